"""Books: orders, positions and cash as a journal tells them, without asking anybody."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from regimeflow._core import order_table as flags
from regimeflow._core.board import QuoteBoard
from regimeflow._core.frames import Adopted, Command, Frame, Note, RegimeChange, SessionStart
from regimeflow._core.frames import OrderEvent as OrderEventFrame
from regimeflow._core.messages import (
    AccountInfo,
    ExecutionReport,
    LiveMessage,
    SystemMessage,
)
from regimeflow._core.order_table import OrderTable
from regimeflow.domain.moves import is_move
from regimeflow.domain.orders.order_terms import terms_of
from regimeflow.domain.orders.pictures import commission_of, trades_of
from regimeflow.domain.orders.transitions import OrderEvent, as_lookup, status_events
from regimeflow.domain.portfolio import (
    Portfolio,
    capital_of,
)
from regimeflow.engine.journal.answers import instrument_of, load
from regimeflow.engine.journal.codes import (
    CANCEL_WISHED,
    MODIFY_WISHED,
    CommandKind,
    NoteCode,
)
from regimeflow.engine.journal.groups import keep_group
from regimeflow.engine.journal.late import FILLS, ForeignFills, late_trades
from regimeflow.engine.journal.moves import take_move
from regimeflow.engine.journal.opening import opened
from regimeflow.engine.journal.regime import regime_after
from regimeflow.engine.journal.reports import adopted_notional, adopted_report, noted_report
from regimeflow.engine.journal.wishes import Wishes, change_of
from regimeflow.engine.order_orphans import Orphans
from regimeflow.types.account import Trade
from regimeflow.types.enums import LiveOrderStatus, SystemCode
from regimeflow.types.errors import CodecError
from regimeflow.types.instrument import Instrument

_OF_THE_BOOKS: Final = frozenset(
    {NoteCode.OPENED, NoteCode.HOLD, NoteCode.RELEASE, NoteCode.RETIRED, NoteCode.DISAGREED}
)
_TRADES_KEPT: Final = 1_000
_RETIRE_EVERY: Final = 1_024
_RETIRE_BEYOND: Final = 200_000  # orders
_RETIRE_AFTER_NS: Final = 3_600_000_000_000
_GUARD_NS: Final = 86_400_000_000_000
_EVENTS: Final = {
    CommandKind.CANCEL: OrderEvent.CANCEL_REQUESTED,
    CommandKind.MODIFY: OrderEvent.REPLACE_REQUESTED,
}


class Books:
    """What a journal's frames add up to: the same table and portfolio that wrote them. One thread.

    Args:
        id_prefix: Of the client order ids of whoever goes on from here.
        max_orders: How many orders may be held.
        board: Where marks come from; None: there are none.
    """

    def __init__(
        self, *, id_prefix: str, max_orders: int = 1_000_000, board: QuoteBoard | None = None
    ) -> None:
        self.table: Final = OrderTable(
            as_lookup(), status_events(), id_prefix=id_prefix, max_orders=max_orders
        )
        self.instruments: Final[dict[str, Instrument]] = {}
        self.portfolio: Final = Portfolio(self.instruments, board or QuoteBoard())
        self.account: AccountInfo | None = None
        self.orphans = Orphans()
        self.trades: Final[deque[Trade]] = deque(maxlen=_TRADES_KEPT)  # as they were read
        self.wishes: Final = Wishes()  # of orders that are not acknowledged
        self.groups: Final[dict[int, dict[str, Any]]] = {}  # linked orders, by number
        self.holds: Final[dict[str, str]] = {}  # by cause, until a person says otherwise
        self.risk: Final[dict[str, Any]] = {}  # what the watches of the account must know
        self.strategies: dict[str, object] = {}  # what each wants to be started with
        self.regime: dict[str, object] = {}  # where its detector stands
        self.external_orders = "adopt"  # what is done about orders of others; as configured
        self.foreign: Final = ForeignFills()
        self._submitted = 0
        self.disagreement = self.venue = ""
        self.sessions = self.seq = self.last_ns = 0
        self.is_opened = False
        self.since_ns = 0  # from when on executions may have been missed, by the venue's time
        self.base_ns = 0  # what had filled before this is in what the books began with

    def take(self, thing: LiveMessage | Frame) -> None:
        """Count one message or frame, in the journal's order.

        Raises:
            CodecError: a frame of this version that means nothing.
        """
        if isinstance(thing, LiveMessage):
            self._take_message(thing)
        elif isinstance(thing, Command):
            self._take_command(thing)
        elif isinstance(thing, OrderEventFrame):
            self._take_event(thing)
        elif isinstance(thing, Adopted):
            self._adopt(thing)
        elif isinstance(thing, Note):
            self._take_note(thing)
        elif isinstance(thing, RegimeChange):
            self.regime = {**self.regime, "now": regime_after(thing)}
            self.last_ns = max(self.last_ns, thing.now_ns)
        elif isinstance(thing, SessionStart):
            self.begin(str(load(thing.info).get("venue", "")))
            self.last_ns = max(self.last_ns, thing.now_ns)

    def begin(self, venue: str) -> None:
        """Count a session that begins."""
        self.sessions += 1
        self.venue = venue or self.venue

    def late_trades(self, report: ExecutionReport) -> list[Trade] | None:
        """Return what a report about a retired order moves, once; None: that cannot be told yet."""
        if report.exec_type not in FILLS or self.foreign.is_counted(report):
            return []
        trades = late_trades(report, self.trades)
        if trades is not None:
            self.foreign.remember(report)
        elif report in self.orphans.reports():
            return []
        else:
            self.orphans.keep(report)
        return trades

    def retire(self, *, ended_ns: int, guard_ns: int, now_ns: int) -> int:
        """Let go of every order that ended before ``ended_ns``; how many.

        Their ids guard against repeats for ``guard_ns`` from now on.
        """
        retired = 0
        while found := self.table.retire(ended_ns, now_ns, guard_ns):
            retired += found
        if retired:
            for order_id in [key for key in self.wishes.cancels if self.table.status_of(key) < 0]:
                self.wishes.forget(order_id)
        return retired

    def in_flight(self) -> list[int]:
        """Return the orders with a request out of which nothing is known, and none in doubt yet."""
        pending = (
            LiveOrderStatus.PENDING_NEW,
            LiveOrderStatus.PENDING_CANCEL,
            LiveOrderStatus.PENDING_REPLACE,
        )
        rows = (self.table.get(order_id) for order_id in self.table.open_ids())
        return [row.order_id for row in rows if row and row.status in pending and not row.in_doubt]

    # Messages.

    def _take_message(self, message: LiveMessage) -> None:
        self.seq = max(self.seq, message.seq)
        if message.origin:
            return  # another host's: its orders and its clock are not ours
        payload = message.payload
        self.last_ns = max(self.last_ns, payload.ts_recv_ns)
        if isinstance(payload, ExecutionReport):
            (take_move if is_move(payload) else Books._apply)(self, payload)
        elif isinstance(payload, AccountInfo):
            self.account = payload
        elif isinstance(payload, SystemMessage) and payload.code == SystemCode.RECONCILED:
            self.since_ns = payload.value

    def _apply(self, report: ExecutionReport) -> None:
        result = self.table.apply(report)
        order_id = self.table.last_order_id
        if result & flags.DUPLICATE:
            if result & flags.FORETOLD:
                self._charge(order_id, report)
            return
        if result & flags.UNKNOWN:
            if not result & flags.RETIRED:
                self.orphans.keep(report)
                return
            if trades := self.late_trades(report):
                for trade in trades:
                    self.portfolio.apply(trade)
                    self.trades.append(trade)
                self._claim(report)
            return
        row = self.table.get(order_id)
        if row is not None:
            for trade in trades_of(self.table, result, row, report):
                self.portfolio.apply(trade)
                self.trades.append(trade)
            self.wishes.heard(order_id, row.status, report.exec_type)
        if result & flags.NEW_BROKER_ID:
            self._claim(report)

    def _claim(self, report: ExecutionReport) -> None:
        for orphan in self.orphans.claim(report.broker_order_id):
            self._apply(orphan)

    def _charge(self, order_id: int, report: ExecutionReport) -> None:
        row = self.table.get(order_id)
        trade = commission_of(row, report) if row is not None else None
        if trade is not None:
            self.portfolio.apply(trade)

    # Frames.

    def _take_command(self, command: Command) -> None:
        self.last_ns = max(self.last_ns, command.now_ns)
        if command.kind == CommandKind.SUBMIT:
            self._resubmit(command)
            return
        event = _EVENTS.get(CommandKind(command.kind))
        if event is not None:
            self.table.request(command.order_id, event, command.now_ns)
            self.wishes.forget(command.order_id)

    def _resubmit(self, command: Command) -> None:
        if command.qty is None:
            raise CodecError(f"the intent of order {command.order_id} has no quantity")
        self._submitted += 1
        if self._submitted % _RETIRE_EVERY == 0 and len(self.table) > _RETIRE_BEYOND:
            # Of a journal without a snapshot: it may be longer than a table has room for.
            ended_ns = command.now_ns - _RETIRE_AFTER_NS
            self.table.retire(ended_ns, command.now_ns, _GUARD_NS)
        self.table.submit(
            command.symbol,
            command.side,
            command.ord_type,
            command.time_in_force,
            command.qty,
            command.qty_exp,
            command.limit_px,
            command.stop_px,
            command.px_exp,
            strategy=command.strategy,
            client_order_id=command.client_order_id,
            expire_time_ns=command.expire_time_ns,
            now_ns=command.now_ns,
            order_id=command.order_id,
            terms=terms_of(command.text) if command.text else None,
        )

    def _take_event(self, event: OrderEventFrame) -> None:
        self.last_ns = max(self.last_ns, event.now_ns)
        if event.event == CANCEL_WISHED:
            self.wishes.want_cancel(event.order_id)
        elif event.event == MODIFY_WISHED:
            self.wishes.want_change(event.order_id, change_of(event.text))
        else:
            self.table.request(event.order_id, event.event, event.now_ns)

    def _adopt(self, adopted: Adopted) -> None:
        self.table.adopt(
            adopted_report(adopted),
            strategy=adopted.strategy,
            base_qty=adopted.base_qty,
            base_notional=adopted_notional(adopted),
            now_ns=adopted.now_ns,
        )

    def _take_note(self, note: Note) -> None:
        self.last_ns = max(self.last_ns, note.now_ns)
        if note.code == NoteCode.INSTRUMENT:
            instrument = instrument_of(note.body)
            self.instruments[instrument.symbol] = instrument
            return
        if note.code == NoteCode.FOREIGN_FILL:
            self._count_foreign(load(note.body))
        if note.code == NoteCode.WRITTEN_OFF:
            self._apply(noted_report(load(note.body)))
            self.disagreement = ""  # the next session says whether another one is left
            return
        if note.code == NoteCode.GROUP:
            keep_group(self.groups, load(note.body))
            return
        if note.code == NoteCode.RISK:
            keep_risk(self, load(note.body))
        if note.code not in _OF_THE_BOOKS:
            return
        body: Mapping[str, Any] = load(note.body)
        if note.code == NoteCode.OPENED:
            self._open(body, note.now_ns)
        elif note.code == NoteCode.HOLD:
            self.holds[body["cause"]] = body["text"]
        elif note.code == NoteCode.RELEASE:
            self.holds.pop(body["cause"], None)
        elif note.code == NoteCode.RETIRED:
            self.retire(**body, now_ns=note.now_ns)
        else:
            self.disagreement = body.get("text", "")

    def _count_foreign(self, body: Mapping[str, Any]) -> None:
        report = noted_report(body)
        trade = self.foreign.trade_of(report)
        if trade is not None:
            self.foreign.remember(report)
            self.portfolio.apply(trade)
            self.trades.append(trade)

    def _open(self, body: Mapping[str, Any], now_ns: int) -> None:
        account, positions = opened(body)
        self.portfolio.open(account, positions, now_ns, strategy=body["strategy"])
        self.account, self.is_opened = account, True
        self.since_ns = self.base_ns = body.get("since_ns", now_ns)


def keep_risk(books: Books, facts: Mapping[str, Any]) -> None:
    """Take what the watches of the account found; the day's start is the portfolio's."""
    books.risk.update(facts)
    if "capital" in facts:
        capital_of(books.portfolio).restore(facts["capital"])
