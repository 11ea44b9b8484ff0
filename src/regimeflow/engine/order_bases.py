"""What had filled of an order before the books began: it is in what they began with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.moves import is_move
from regimeflow.engine.journal.books import Books
from regimeflow.engine.turns import Turns
from regimeflow.ports.broker import BrokerAdapter

_DAY_NS: Final = 86_400_000_000_000
_TRIES: Final = 3
_ZERO: Final = Decimal(0)


class Bases:
    """Works out how much of an order that others placed is no fill of these books.

    Attributes:
        are_begun: Whether the books have been compared once; those of an earlier session have.
    """

    def __init__(self, broker: BrokerAdapter, books: Books, turns: Turns) -> None:
        self._broker: Final = broker
        self._books: Final = books
        self._turns: Final = turns
        self.are_begun = False

    def _begin_ns(self) -> int:
        """What filled before this is in what the books began with; 0: that is long settled."""
        if not self.are_begun:
            return self._books.since_ns
        # The first list of open orders may have been an old one, and the next ones show the rest.
        is_long_ago = self._turns.now_ns() - self._books.base_ns > _DAY_NS
        return 0 if is_long_ago else self._books.base_ns

    async def fills_before(
        self, foreign: Sequence[ExecutionReport], since: Sequence[ExecutionReport]
    ) -> list[ExecutionReport]:
        """Return what had filled before the books begin, of orders that do not say it.

        Those are what has been touched since, and what tells no average price. An answer that
        does not explain all that has filled may be an old one: it is asked for again.

        Args:
            foreign: Orders that are about to be taken in.
            since: What has filled since the books begin.
        """
        begin_ns = self._begin_ns()
        unsaid = [
            report for report in foreign if report.cum_qty_raw and not _tells_base(report, begin_ns)
        ]
        earlier = list[ExecutionReport]()
        for _ in range(_TRIES if begin_ns else 0):
            if all(_is_explained(report, (*earlier, *since)) for report in unsaid):
                break
            executions = await self._turns.ask(
                "get_executions", lambda: self._broker.get_executions(begin_ns - _DAY_NS)
            )
            told = [each for each in executions if not is_move(each)]
            earlier = [each for each in told if each.ts_event_ns < begin_ns]
        return earlier

    def base_of(
        self,
        report: ExecutionReport,
        fills: Sequence[ExecutionReport],
        earlier: Sequence[ExecutionReport],
    ) -> tuple[int, int]:
        """What had filled before the books begin, quantity and value; the rest is ours to book."""
        begin_ns = self._begin_ns()
        if not begin_ns:
            return 0, 0
        before = [
            (each.last_qty_dec or _ZERO, each.last_px_dec or _ZERO)
            for each in earlier
            if _is_of(each, report)
        ]
        if report.ts_event_ns < begin_ns:
            known = sum((each.last_qty_dec or _ZERO for each in fills), _ZERO)
            filled = max((report.cum_qty_dec or _ZERO) - known, _ZERO)
            if filled != sum((qty for qty, _ in before), _ZERO):
                before = [(filled, report.avg_px_dec or _ZERO)]
        qty = sum((qty for qty, _ in before), _ZERO).scaleb(-report.qty_exp)
        value = sum((qty * px for qty, px in before), _ZERO)
        return int(qty), int(value.scaleb(-report.qty_exp - report.px_exp))


def _tells_base(report: ExecutionReport, begin_ns: int) -> bool:
    return report.ts_event_ns < begin_ns and bool(report.avg_px_dec)


def _is_of(fill: ExecutionReport, report: ExecutionReport) -> bool:
    return (fill.symbol, fill.broker_order_id) == (report.symbol, report.broker_order_id)


def _is_explained(report: ExecutionReport, fills: Iterable[ExecutionReport]) -> bool:
    """Whether fills add up to what has filled of an order."""
    ours = (each.last_qty_dec or _ZERO for each in fills if _is_of(each, report))
    return sum(ours, _ZERO) >= (report.cum_qty_dec or _ZERO)
