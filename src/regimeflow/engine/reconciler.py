"""When to agree with the broker on orders, positions and cash, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import AccountInfo, Position
from regimeflow.domain.portfolio import Portfolio, held_of
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.engine.kill_switch import Hold
from regimeflow.engine.parts import Parts
from regimeflow.engine.scripts import Pause
from regimeflow.types.enums import ExecType, SystemCode, TradingState
from regimeflow.types.errors import BrokerError
from regimeflow.types.fixed import plain

# A fill on its way makes the books differ for a moment: only what still differs then counts.
_ATTEMPTS: Final = 3
_VERDICTS: Final = 5  # runs before trading begins, while fills keep coming in between
_OPENINGS: Final = 4  # readings that are taken until two are of one moment
_CASH: Final = "cash differs"
_CENTS: Final = 2  # places that every broker tells


def is_told_as(ours: Decimal, theirs: Decimal) -> bool:
    """Whether an amount is what a broker says it is: some tell no more than cents."""
    exponent = theirs.as_tuple().exponent
    places = max(_CENTS, -exponent if isinstance(exponent, int) else _CENTS)
    return 2 * abs(ours - theirs) <= Decimal(1).scaleb(-places)


def cash_difference(portfolio: Portfolio, account: AccountInfo) -> str:
    """Return both sides of a difference in cash; "" when there is none.

    It is told and holds nothing: deposits, interest, funding and fees that no fill names move cash
    at a venue without a word to us.
    """
    cash = portfolio.cash()
    ours = None if cash is None else cash.get(account.currency, Decimal(0))
    if ours is not None and is_told_as(ours, account.cash_dec):
        return ""
    mine = "unknown" if ours is None else plain(ours)
    return f"{_CASH}: ours {mine}, theirs {plain(account.cash_dec)} {account.currency}"


def _as_of_ns(account: AccountInfo, positions: Sequence[Position]) -> int:
    """Return of when positions are; those that do not say it are of the account's time."""
    return max((each.ts_event_ns for each in positions), default=0) or account.ts_event_ns


class Reconciler:
    """Brings our books and the broker's to one truth, or holds trading and names both sides.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._run_count = 0
        self._running = 0  # the number of the latest run while it is under way
        self._has_opened = False

    @property
    def is_running(self) -> bool:
        """Whether the broker is being asked."""
        return self._running > 0

    async def open(self) -> None:
        """As ``run``, before trading begins: it goes on until there is a verdict, or holds.

        Raises:
            BrokerError: as of ``run``.
        """
        for _ in range(_VERDICTS):
            if await self.run():
                return
        text = "fills came between each question and its answer: whether the books agree is open"
        self._hold(text)

    async def run(self) -> bool:
        """Ask the broker for orders, account and positions and make the books agree.

        A run that is under way then has older answers: it ends without a verdict.

        Returns:
            Whether there is a verdict: the books agree, or trading is held. There is none when
            fills came between question and answer each time.

        Raises:
            BrokerError: a read failed; nothing is assumed of what could not be read.
        """
        self._run_count += 1
        number = self._running = self._run_count
        try:
            return await self._agree(number)
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

    async def _agree(self, number: int) -> bool:
        parts = self._parts
        before = ours = theirs = self._ours()
        orders: tuple[str, ...] = ()
        for _ in range(_ATTEMPTS):
            before = self._ours()
            account, positions = await self._readings()
            if number != self._run_count:
                return False
            if not self._has_opened:
                self._open(account, positions)
            orders = (await parts.manager.agree()).differing
            if number != self._run_count:
                return False
            parts.take_account(account)
            ours = self._ours()
            theirs = {each.symbol: each.quantity_dec for each in positions if each.quantity_dec}
            if ours == theirs and not orders:
                parts.switch.release("books")
                text = f"{len(theirs)} positions agree"
                if parts.journal_is_whole():  # else what since then was found is not in it
                    parts.publish_system(SystemCode.RECONCILED, text, value=parts.books.since_ns)
                self._note(cash_difference(parts.portfolio, account) if ours == before else "")
                return True
        if ours != before and not orders:
            return False  # fills came between question and answer each time: that proves nothing
        differing = (
            []
            if ours != before
            else [
                f"{symbol}: ours {ours.get(symbol, 0)}, theirs {theirs.get(symbol, 0)}"
                for symbol in sorted({*ours, *theirs})
                if ours.get(symbol, 0) != theirs.get(symbol, 0)
            ]
        )
        texts = ["positions differ: " + "; ".join(differing)] if differing else []
        texts += ["orders differ: " + "; ".join(orders)] if orders else []
        self._note("; ".join(texts))
        self._hold("; ".join(texts))
        return True

    async def _readings(self) -> tuple[AccountInfo, Sequence[Position]]:
        """Ask for account and positions; new books begin with those of one moment, or the last."""
        parts, ask = self._parts, self._parts.turns.ask
        is_new = not self._has_opened and not parts.books.is_opened
        tries_left = _OPENINGS if is_new else 1
        while True:
            tries_left -= 1
            if tries_left and self._rest_s() > 0:
                await self._rest(self._rest_s())
            account = await ask("get_account_info", parts.broker.get_account_info)
            positions = await ask("get_positions", parts.broker.get_positions)
            if not tries_left or await self._is_one_moment(account, positions):
                return account, positions

    async def _is_one_moment(self, account: AccountInfo, positions: Sequence[Position]) -> bool:
        """Whether nothing has traded between two readings that new books are to begin with."""
        parts = self._parts
        again = await parts.turns.ask("get_account_info", parts.broker.get_account_info)
        read_ns = _as_of_ns(account, positions)
        in_order = account.ts_event_ns <= read_ns <= again.ts_event_ns
        if not in_order or account.cash_dec != again.cash_dec or self._rest_s() > 0:
            return False
        is_dated = any(each.ts_event_ns for each in positions) or not parts.asks_before_opening
        return is_dated or not await self._has_traded_before(again.ts_event_ns)

    async def _has_traded_before(self, as_of_ns: int) -> bool:
        """Whether positions that do not say of when they are may lack a fill; waits till they have.

        An empty list is one of those.
        """
        parts = self._parts
        patience_s = parts.config.orders.lookup_patience_s
        since_ns = as_of_ns - int(patience_s * 1e9)
        executions = await parts.turns.ask(
            "get_executions", lambda: parts.broker.get_executions(since_ns)
        )
        newest_ns = max((each.ts_event_ns for each in executions), default=0)
        if newest_ns <= max(since_ns, 0):
            return False
        await self._rest(min(patience_s, patience_s - (as_of_ns - newest_ns) / 1e9))
        return True

    def _rest(self, seconds: float) -> Pause:
        """Return what lets answers become newer than the last fill."""
        text = f"the account has just traded: {seconds:.1f} s until its positions must show it"
        self._parts.say("warning", text)
        return self._parts.turns.pause(seconds)

    def _rest_s(self) -> float:
        """For how long yet an answer may be from before a fill that we have heard, and not booked.

        Positions seldom say of when they are: new books begin with those that must have it.
        """
        parts = self._parts
        if not parts.asks_before_opening:
            return 0.0
        fills = (each for each in parts.books.orphans.reports() if each.exec_type == ExecType.TRADE)
        heard_ns = max((each.ts_recv_ns for each in fills), default=0)
        patience_s = parts.config.orders.lookup_patience_s
        return min(patience_s, patience_s - (parts.clock.now_ns() - heard_ns) / 1e9)

    def _note(self, text: str) -> None:
        """Write down in what the books differ, or that they do not."""
        parts = self._parts
        if text == parts.books.disagreement:
            return
        if text.startswith(_CASH) and not parts.books.disagreement.startswith(_CASH):
            parts.say("warning", text)  # once, not with every payment
        parts.books.disagreement = text
        if parts.log is not None:
            parts.log.note(parts.clock.now_ns(), NoteCode.DISAGREED, {"text": text})

    def _open(self, account: AccountInfo, positions: Sequence[Position]) -> None:
        self._has_opened = True
        books = self._parts.books
        if books.is_opened:
            self._resume()
            return
        parts = self._parts
        books.is_opened = True
        # What had traded by the time of these readings is in them, and is not to be booked again.
        as_of_ns = _as_of_ns(account, positions)
        if as_of_ns:
            books.since_ns = as_of_ns + 1
        books.base_ns = books.since_ns
        # What was there before the session is the only strategy's, or nobody's among several.
        owners = [each.id for each in parts.config.strategy]
        owner = owners[0] if len(owners) == 1 else ""
        parts.portfolio.open(account, positions, parts.clock.now_ns(), strategy=owner)
        for position in positions:
            for scope in {None, owner or None}:
                parts.gate.set_position(position.symbol, position.quantity_dec, strategy=scope)
        if parts.log is not None:
            body = {
                "currency": account.currency,
                "equity": str(account.equity_dec),
                "cash": str(account.cash_dec),
                "buying_power": str(account.buying_power_dec),
                "strategy": owner,
                "since_ns": books.since_ns,
                "positions": [
                    {
                        "symbol": each.symbol,
                        "quantity": str(each.quantity_dec),
                        "avg_px": None if each.avg_px_dec is None else str(each.avg_px_dec),
                    }
                    for each in positions
                ],
            }
            parts.log.note(parts.clock.now_ns(), NoteCode.OPENED, body)

    def _resume(self) -> None:
        """Go on with the books of an earlier session."""
        parts = self._parts
        for owner in (None, *(each.id for each in parts.config.strategy)):
            for each in parts.portfolio.positions(strategy=owner):
                parts.gate.set_position(each.symbol, each.quantity, strategy=owner)
        parts.manager.resume()

    def _ours(self) -> dict[str, Decimal]:
        return held_of(self._parts.portfolio)

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
