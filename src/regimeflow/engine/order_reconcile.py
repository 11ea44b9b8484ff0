"""Making our orders and the broker's agree, by evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from regimeflow._core.order_rows import OrderRow
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.moves import is_move
from regimeflow.domain.orders.anomalies import both_sides_of_lost, is_lost
from regimeflow.domain.orders.pictures import order_of, restated, terms_differ
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.moves import is_new_move
from regimeflow.engine.order_bases import Bases
from regimeflow.engine.order_desk import OrderDesk
from regimeflow.engine.order_externals import EXTERNAL, Externals, own_unsent
from regimeflow.engine.order_sender import OrderSender
from regimeflow.engine.scripts import Asked
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.types.enums import ExecType, LiveOrderStatus
from regimeflow.types.errors import BrokerError
from regimeflow.types.fixed import plain
from regimeflow.types.records import Record

_TRIES: Final = 3
_MAY_ARRIVE_NS: Final = 600_000_000_000  # for so long an order presumed not sent is asked for
_AT_REST: Final = frozenset(
    {LiveOrderStatus.NEW, LiveOrderStatus.PARTIALLY_FILLED, LiveOrderStatus.INACTIVE}
)
_OVERLAP_NS: Final = (
    60_000_000_000  # executions are asked for again from so far back; each counts once
)


class OrderReconciliation(Record, kw_only=True):
    """What asking the broker changed.

    ``open_at_broker`` orders it works; ``fills_booked`` executions that we had missed; ``adopted``
    orders that somebody else placed; ``closed`` orders of ours that had ended there; ``unresolved``
    orders whose fate is still being asked for; ``differing`` both sides of each order that has been
    quiet here for longer than an answer may be old, and stands otherwise there.
    """

    open_at_broker: int = 0
    fills_booked: int = 0
    adopted: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()
    unresolved: tuple[int, ...] = ()
    differing: tuple[str, ...] = ()

    @property
    def is_agreed(self) -> bool:
        """Whether nothing is left open between us and the broker."""
        return not self.unresolved and not self.differing


class OrderReconciler:
    """Compares the broker's open orders and executions with the table."""

    def __init__(
        self,
        broker: BrokerAdapter,
        desk: OrderDesk,
        sender: OrderSender,
        deliver: Callable[[ExecutionReport], None],
        *,
        books: Books,
    ) -> None:
        self._externals: Final = Externals(books, desk, sender, sender.turns)
        self._broker: Final = broker
        self._desk: Final = desk
        self._table: Final = desk.table
        self._sender: Final = sender
        self._lookups: Final = sender.lookups
        self._missing: set[int] = set()
        self._unseen: dict[str, int] = {}  # orders of others: how often the venue knew nothing
        self._turns: Final = sender.turns
        self._deliver: Final = deliver
        self._books: Final = books
        books.since_ns = books.since_ns or sender.turns.now_ns()
        self.last_asked_ns: int | None = None  # when the newest run that came to its end began
        self._bases: Final = Bases(broker, books, sender.turns)

    async def run(self) -> OrderReconciliation:
        """Ask and agree.

        Raises:
            BrokerError, NetworkError: the broker could not be asked; what was learnt before holds.
        """
        asked_ns = self._turns.now_ns()
        ours = set(self._table.open_ids())  # what comes from here on, the answers need not know
        executions = await self._executions()
        works = await self._turns.ask("get_open_orders", self._broker.get_open_orders)
        adopted = await self._adopt(works, executions)
        booked = self._book(executions)
        for report in works:
            order_id = self._order_of(report)
            if order_id not in adopted and (order_id or not self._externals.are_ignored):
                self._deliver(report)
                self._take_terms(report, asked_ns)
                self._doubt_request(report, asked_ns)
        for report in works:
            self._externals.take_rule(self._order_of(report), report)
        missing = (ours | self._unsent()) - {self._order_of(report) for report in works}
        closed, unresolved, lost = await self._ask_for_missing(missing)
        self._ask_how_they_ended(ours & set(booked))
        self._bases.are_begun = True
        self.last_asked_ns = asked_ns
        return OrderReconciliation(
            open_at_broker=len(works),
            fills_booked=len(booked),
            adopted=tuple(adopted),
            closed=closed,
            unresolved=unresolved,
            differing=(*self._differing(works, asked_ns), *lost),
        )

    def _differing(self, works: Sequence[ExecutionReport], asked_ns: int) -> Iterator[str]:
        for report in works:
            row = self._table.get(self._order_of(report))
            if row is None and self._is_ours_retired(report):
                name = report.client_order_id
                yield f"{name} {report.symbol}: ours given up long ago, theirs open"
            if row is None or not self._is_quiet(row, asked_ns):
                continue
            status, theirs = LiveOrderStatus(row.status), report.cum_qty_dec or Decimal(0)
            if status.is_terminal or row.cum_qty_dec != theirs:
                name = row.client_order_id or row.broker_order_id
                yield (
                    f"{name} {row.symbol}: ours {status.name} with {plain(row.cum_qty_dec)} filled,"
                    f" theirs open with {plain(theirs)}"
                )

    def _is_quiet(self, row: OrderRow, asked_ns: int) -> bool:
        """Whether we have heard nothing of an order for longer than an answer may be old."""
        heard_ns = row.updated_at_ns
        was_set_back = heard_ns > self._turns.now_ns()  # our clock, since then
        return was_set_back or heard_ns < asked_ns - self._lookups.patience_ns

    def resume(self) -> None:
        """Go on with books of an earlier session: they hold what had filled before."""
        self._bases.are_begun = True

    async def book_missed_fills(self) -> int:
        """Ask for executions only, and book those that we missed; how many."""
        ours = set(self._table.open_ids())
        executions = await self._executions()
        await self._adopt((), executions)
        booked = self._book(executions)
        self._ask_how_they_ended(ours & set(booked))
        return len(booked)

    def _executions(self) -> Asked[Sequence[ExecutionReport]]:
        since_ns = self._books.since_ns
        return self._turns.ask("get_executions", lambda: self._broker.get_executions(since_ns))

    def check_fills_later(self, order_id: int) -> None:
        """Give executions that are on their way a moment; then ask for those that are missing."""
        if not self._missing:
            due_ns = self._turns.now_ns() + self._lookups.interval_ns
            self._turns.call_at(due_ns, self._check_fills)
        self._missing.add(order_id)

    def _check_fills(self) -> None:
        rows = [self._table.get(order_id) for order_id in self._missing]
        self._missing.clear()
        missing = [row.order_id for row in rows if row is not None and row.missing_qty_raw]
        if missing:
            self._turns.start(self._book_later(missing))

    async def _book_later(self, missing: list[int]) -> None:
        try:
            await self.book_missed_fills()
        except (BrokerError, OSError):
            for order_id in missing:
                self.check_fills_later(order_id)

    def _order_of(self, report: ExecutionReport) -> int:
        return order_of(self._table, report)

    def _is_ours_retired(self, report: ExecutionReport) -> bool:
        return bool(report.client_order_id) and self._table.was_used(report.client_order_id)

    def _is_homeless(self, report: ExecutionReport) -> bool:
        known = self._order_of(report) or self._is_ours_retired(report)
        return not known and not self._externals.are_ignored

    def _book(self, executions: Sequence[ExecutionReport]) -> list[int]:
        """Deliver what a question has told; the orders of those that we had missed."""
        booked = list[int]()
        fills = [report for report in executions if not is_move(report)]
        if fills:
            # By the venue's own times: ours may be set, and wrong.
            newest_ns = max(report.ts_event_ns for report in fills) - _OVERLAP_NS
            homeless = [report.ts_event_ns for report in fills if self._is_homeless(report)]
            until_ns = min([newest_ns, *homeless])  # they are asked for until they are taken in
            self._books.since_ns = max(self._books.since_ns, until_ns)
        for report in executions:
            if is_move(report):
                if is_new_move(self._books, report):
                    self._deliver(report)
                continue
            order_id = self._order_of(report)
            if not order_id and self._externals.are_ignored and not self._is_ours_retired(report):
                continue  # counted, or not to be
            if order_id and not self._table.has_execution(order_id, report.exec_id):
                booked.append(order_id)
            self._deliver(report)
        return booked

    async def _adopt(
        self, works: Sequence[ExecutionReport], executions: Sequence[ExecutionReport]
    ) -> list[int]:
        """Take in what somebody else placed: open orders, and those that only fills are left of."""
        traded: dict[tuple[str, str], list[ExecutionReport]] = {}
        for report in executions:
            is_known = self._order_of(report) or self._is_ours_retired(report)
            if not is_known and not is_move(report):
                key = report.symbol, report.broker_order_id or report.client_order_id
                traded.setdefault(key, []).append(report)
        if self._externals.are_ignored:
            self._externals.count_fills(fill for fills in traded.values() for fill in fills)
            return []
        foreign = [
            report
            for report in works
            if not self._order_of(report) and not self._is_ours_retired(report)
        ]
        earlier = await self._bases.fills_before(foreign, executions)
        adopted = []
        for report in foreign:
            fills = traded.pop((report.symbol, report.broker_order_id), [])
            adopted.append(self._take_in(report, fills, earlier))
        for fills in traded.values():
            whole = await self._whole_of(fills)
            if whole is not None and not self._order_of(fills[0]):
                earlier = await self._bases.fills_before([whole], fills)
                adopted.append(self._take_in(whole, fills, earlier))
        return [order_id for order_id in adopted if order_id > 0]

    def _doubt_request(self, report: ExecutionReport, asked_ns: int) -> None:
        row = self._table.get(self._order_of(report))
        if row is not None and report.ord_status in _AT_REST and self._is_quiet(row, asked_ns):
            self._lookups.doubt_request(row)

    def _take_terms(self, report: ExecutionReport, asked_ns: int) -> None:
        """Take over terms, or the return of an older id, that we were never told of.

        Only of an order at rest: an answer may be as old as the venue's patience, and must not undo
        what we have heard since.
        """
        row = self._table.get(self._order_of(report))
        if row is None or row.status not in _AT_REST or not self._is_quiet(row, asked_ns):
            return
        other_leg = report.broker_order_id not in {"", row.broker_order_id}
        if other_leg or terms_differ(row, report):
            self._deliver(restated(row, report, ExecType.RESTATED))

    async def _whole_of(self, fills: Sequence[ExecutionReport]) -> ExecutionReport | None:
        """Return the order that some fills are of, as the venue knows it; else as they show it.

        None: it could not be asked, or does not know it yet; the next time says more.
        """
        name = fills[0].client_order_id
        if not name:
            return _of_fills(fills)
        try:
            found = await self._find(name)
        except (BrokerError, OSError):
            return None
        tries = self._unseen[name] = self._unseen.get(name, 0) + 1
        if found is None and tries < _TRIES:
            return None
        del self._unseen[name]
        return found or _of_fills(fills)

    def _take_in(
        self,
        report: ExecutionReport,
        fills: Sequence[ExecutionReport],
        earlier: Sequence[ExecutionReport],
    ) -> int:
        qty, notional = self._bases.base_of(report, fills, earlier)
        order_id = self._desk.entry.adopt(
            report, EXTERNAL, base_qty=qty, base_notional=notional, now_ns=self._turns.now_ns()
        )
        if order_id > 0:
            self._deliver(report)
        return order_id

    def _find(self, client_order_id: str) -> Asked[ExecutionReport | None]:
        return self._turns.ask("find_order", lambda: self._broker.find_order(client_order_id))

    def _unsent(self) -> set[int]:
        """Orders presumed not sent: one that arrived late may have lived and ended unheard."""
        since_ns = self._turns.now_ns() - _MAY_ARRIVE_NS
        rows = own_unsent(self._table)
        return {
            row.order_id
            for row in rows
            if not self._bases.are_begun or row.updated_at_ns >= since_ns
        }

    def _ask_how_they_ended(self, order_ids: Iterable[int]) -> None:
        """Ask for orders that fills alone have ended: they may have been changed unheard."""
        for order_id in sorted(order_ids):
            if self._table.status_of(order_id) == LiveOrderStatus.FILLED:
                self._lookups.start(order_id, may_differ=True)

    async def _ask_for_missing(
        self, missing: set[int]
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[str, ...]]:
        """Ask for each order that we hold open and the broker does not list: that is no proof.

        Returns those that have ended, those that are asked for on, and both sides of each that the
        venue had and, after its patience, knows no more.
        """
        closed, unresolved, lost = list[int](), list[int](), list[str]()
        for order_id in sorted(missing):
            row = self._table.get(order_id)
            if row is None or LiveOrderStatus(row.status).is_terminal:
                continue
            if self._sender.is_on_its_way(order_id):
                continue  # its request has a deadline of its own
            is_answered = True
            try:
                found = await self._find(row.client_order_id)
            except (BrokerError, OSError):
                found, is_answered = None, False
            if found is not None:
                self._deliver(found)
            row = self._table.get(order_id)
            if row is None or LiveOrderStatus(row.status).is_terminal:
                closed.append(order_id)
            elif found is None and (row.status != LiveOrderStatus.ERROR or row.in_doubt):
                unresolved.append(order_id)
                if is_answered and is_lost(row):
                    lost.append(both_sides_of_lost(row))
                self._lookups.start(order_id, is_missing=True)
        return tuple(closed), tuple(unresolved), tuple(lost)


def _of_fills(fills: Sequence[ExecutionReport]) -> ExecutionReport:
    """Return what an order of somebody else must have been, from its fills alone."""
    first = fills[0]
    quantity = sum((fill.last_qty_dec or Decimal(0) for fill in fills), Decimal(0))
    return ExecutionReport(
        symbol=first.symbol,
        exec_type=ExecType.ORDER_STATUS,
        ord_status=LiveOrderStatus.NEW,
        side=first.side,
        ord_type=first.ord_type,
        time_in_force=first.time_in_force,
        client_order_id=first.client_order_id,
        broker_order_id=first.broker_order_id,
        order_qty=quantity,
        last_px=first.last_px_dec,
        ts_event_ns=first.ts_event_ns,
        ts_recv_ns=first.ts_recv_ns,
    )
