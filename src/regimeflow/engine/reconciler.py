"""When to agree with the broker on orders, positions and cash, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import AccountInfo, Position
from regimeflow.engine.kill_switch import Hold
from regimeflow.engine.parts import Parts
from regimeflow.types.enums import SystemCode, TradingState
from regimeflow.types.errors import BrokerError

# A fill on its way makes the books differ for a moment: only what still differs then counts.
_ATTEMPTS: Final = 3


class Reconciler:
    """Brings our books and the broker's to one truth, or holds trading and names both sides.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._run_count = 0
        self._running = 0  # the number of the latest run while it is under way
        self._has_opened = False

    async def run(self) -> None:
        """Ask the broker for orders, account and positions and make the books agree.

        A run that is under way then has older answers: it ends without a verdict.

        Raises:
            BrokerError: a read failed; nothing is assumed of what could not be read.
        """
        self._run_count += 1
        number = self._running = self._run_count
        try:
            await self._agree(number)
        finally:
            if self._running == number:
                self._running = 0

    async def run_quietly(self) -> None:
        """As ``run``, but a failed read is told to the listeners, and holds trading meanwhile.

        While another run is under way nothing is asked.
        """
        if self._running:
            return
        parts, number = self._parts, self._run_count + 1
        try:
            await self.run()
        except BrokerError as error:
            parts.listeners.tell_error(error)
            if number == self._run_count:
                self._hold(f"the broker could not be asked: {error}")

    async def _agree(self, number: int) -> None:
        parts, ask = self._parts, self._parts.turns.ask
        before = ours = theirs = self._ours()
        for _ in range(_ATTEMPTS):
            before = self._ours()
            account = await ask("get_account_info", parts.broker.get_account_info)
            positions = await ask("get_positions", parts.broker.get_positions)
            if number != self._run_count:
                return
            if not self._has_opened:
                self._open(account, positions)
            await parts.manager.agree()
            if number != self._run_count:
                return
            parts.account = account
            ours = self._ours()
            theirs = {each.symbol: each.quantity_dec for each in positions if each.quantity_dec}
            if ours == theirs:
                parts.switch.release("books")
                parts.publish_system(SystemCode.RECONCILED, f"{len(theirs)} positions agree")
                return
        if ours != before:
            return  # fills came between question and answer each time: that proves nothing
        differing = [
            f"{symbol}: ours {ours.get(symbol, 0)}, theirs {theirs.get(symbol, 0)}"
            for symbol in sorted({*ours, *theirs})
            if ours.get(symbol, 0) != theirs.get(symbol, 0)
        ]
        self._hold("positions differ: " + "; ".join(differing))

    def _open(self, account: AccountInfo, positions: Sequence[Position]) -> None:
        parts = self._parts
        # What was there before the session is the only strategy's, or nobody's among several.
        owners = [each.id for each in parts.config.strategy]
        owner = owners[0] if len(owners) == 1 else ""
        parts.portfolio.open(account, positions, parts.clock.now_ns(), strategy=owner)
        for position in positions:
            for scope in {None, owner or None}:
                parts.gate.set_position(position.symbol, position.quantity_dec, strategy=scope)
        self._has_opened = True

    def _ours(self) -> dict[str, Decimal]:
        positions = self._parts.portfolio.positions()
        return {each.symbol: each.quantity for each in positions if each.quantity}

    def _hold(self, text: str) -> None:
        parts = self._parts
        if parts.switch.hold(
            Hold(
                cause="books",
                state=TradingState.HALTED,
                text=text,
                ends_with="the next reconciliation that agrees",
                since_ns=parts.clock.now_ns(),
            )
        ):
            parts.say("error", f"trading is halted: {text}")
