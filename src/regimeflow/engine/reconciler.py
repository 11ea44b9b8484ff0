"""When to agree with the broker on orders, positions and cash, and doing it."""

from __future__ import annotations

from regimeflow.engine.kill_switch import Hold
from regimeflow.engine.parts import Parts
from regimeflow.types.enums import SystemCode, TradingState
from regimeflow.types.errors import BrokerError


class Reconciler:
    """Brings our books and the broker's to one truth, or holds trading and names both sides.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._is_running = False
        self._has_opened = False

    async def run(self) -> None:
        """Ask the broker for orders, account and positions and make the books agree.

        Raises:
            BrokerError: a read failed; nothing is assumed of what could not be read.
        """
        if self._is_running:
            return
        self._is_running = True
        try:
            await self._agree()
        finally:
            self._is_running = False

    async def run_quietly(self) -> None:
        """As ``run``, but a failed read is told to the listeners, and holds trading meanwhile."""
        parts = self._parts
        try:
            await self.run()
        except BrokerError as error:
            parts.listeners.tell_error(error)
            self._hold(f"the broker could not be asked: {error}")

    async def _agree(self) -> None:
        parts = self._parts
        account = await parts.broker.get_account_info()
        positions = await parts.broker.get_positions()
        if not self._has_opened:
            # What was there before the session is the only strategy's, or nobody's among several.
            owners = [each.id for each in parts.config.strategy]
            owner = owners[0] if len(owners) == 1 else ""
            parts.portfolio.open(account, positions, parts.clock.now_ns(), strategy=owner)
            for position in positions:
                for scope in {None, owner or None}:
                    parts.gate.set_position(position.symbol, position.quantity_dec, strategy=scope)
            self._has_opened = True
        await parts.manager.reconcile_with_broker()
        parts.account = account
        theirs = {position.symbol: position.quantity_dec for position in positions}
        ours = {position.symbol: position.quantity for position in parts.portfolio.positions()}
        differing = [
            f"{symbol}: ours {ours.get(symbol, 0)}, theirs {theirs.get(symbol, 0)}"
            for symbol in sorted({*ours, *theirs})
            if ours.get(symbol, 0) != theirs.get(symbol, 0)
        ]
        if differing:
            self._hold("positions differ: " + "; ".join(differing))
            return
        parts.switch.release("books")
        parts.publish_system(SystemCode.RECONCILED, f"{len(theirs)} positions agree")

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
