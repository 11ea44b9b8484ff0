"""Orders in doubt: the venue is asked until there is evidence, or until its patience has passed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regimeflow._core.order_rows import OrderRow
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.anomalies import is_lost, lost_order
from regimeflow.domain.orders.pictures import own_report, restated, terms_differ
from regimeflow.domain.orders.transitions import OrderEvent
from regimeflow.engine.order_desk import OrderDesk, tell
from regimeflow.engine.scripts import Script
from regimeflow.engine.turns import Turns
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.ports.clock import TimerHandle
from regimeflow.types.enums import ExecType, LiveOrderStatus
from regimeflow.types.errors import BrokerError
from regimeflow.types.records import Record

_CONCLUSIONS: Final = {
    LiveOrderStatus.PENDING_CANCEL: (
        ExecType.CANCEL_REJECTED,
        "the cancel did not arrive: the venue works the order",
    ),
    LiveOrderStatus.PENDING_REPLACE: (
        ExecType.REPLACE_REJECTED,
        "the change did not arrive: the venue works the order as it was",
    ),
}


class _Search(Record, frozen=False):
    since_ns: int
    is_missing: bool = False  # the venue does not list it; else a request of ours has no answer
    differs_until_ns: int = 0  # a change may be out: on what terms does it end?
    timer: TimerHandle | None = None
    script: Script[None] | None = None


class Lookups:
    """Asks the venue about orders, by client order id.

    A question that fails says nothing. "No such order" counts only after ``patience_s``, because a
    venue may show an order late; then the order is marked, and never sent again.
    """

    def __init__(
        self,
        broker: BrokerAdapter,
        desk: OrderDesk,
        turns: Turns,
        deliver: Callable[[ExecutionReport], None],
        *,
        interval_s: float,
        patience_s: float,
    ) -> None:
        self._broker: Final = broker
        self._desk: Final = desk
        self._turns: Final = turns
        self._deliver: Final = deliver
        self.interval_ns: Final = int(interval_s * 1e9)
        self.patience_ns: Final = int(patience_s * 1e9)
        self._searches: dict[int, _Search] = {}

    def start(self, order_id: int, *, is_missing: bool = False, may_differ: bool = False) -> None:
        """Begin to ask about an order; asking already is harmless.

        Args:
            order_id: The order.
            is_missing: The venue does not list it, though nothing was in doubt.
            may_differ: It may end, or have ended, on other terms than we know: more has filled than
                was ordered, or fills alone have ended it.
        """
        now_ns = self._turns.now_ns()
        search = self._searches.get(order_id)
        if search is None:
            may_differ = may_differ or self._desk.table.status_of(order_id) in _CONCLUSIONS
            search = self._searches[order_id] = _Search(now_ns, is_missing)
            self._ask_later(order_id, search, 0)
        if may_differ:
            search.differs_until_ns = now_ns + self.patience_ns

    def doubt_request(self, row: OrderRow) -> None:
        """Doubt a cancel or a change that was told to be under way, and of which no more comes."""
        if row.in_doubt or row.status not in _CONCLUSIONS:
            return
        text = "the venue works the order and says nothing of what it was asked"
        now_ns = self._turns.now_ns()
        self._deliver(own_report(row, ExecType.UNKNOWN_OUTCOME, now_ns=now_ns, text=text))
        self.start(row.order_id)

    def close(self) -> None:
        """Stop asking."""
        for search in self._searches.values():
            if search.timer is not None:
                search.timer.cancel()
            if search.script is not None:
                search.script.stop()
        self._searches.clear()

    def _ask_later(self, order_id: int, search: _Search, wait_ns: int) -> None:
        def ask() -> None:
            search.script = self._turns.start(self._ask(order_id, search))

        search.timer = self._turns.call_at(self._turns.now_ns() + wait_ns, ask)

    async def _ask(self, order_id: int, search: _Search) -> None:
        """Ask once, and act on the answer."""
        row = self._desk.table.get(order_id)
        if row is None or not self._is_open_question(row, search):
            self._searches.pop(order_id, None)
            return
        is_late = self._turns.now_ns() - search.since_ns >= self.patience_ns
        try:
            client_order_id = row.client_order_id
            found = await self._turns.ask(
                "find_order", lambda: self._broker.find_order(client_order_id)
            )
        except (BrokerError, OSError):
            self._ask_later(order_id, search, self.interval_ns)
            return
        except Exception:  # a fault in the adapter goes up, and answers nothing
            self._ask_later(order_id, search, self.interval_ns)
            raise
        if found is not None:
            self._deliver(found)
            search.is_missing = False
            row = self._desk.table.get(order_id)
            if is_late and row is not None and row.in_doubt:
                self._conclude(row, found)
        elif is_late:
            self._give_up(order_id)
        if _is_of_now(found, row) or self._turns.now_ns() >= search.differs_until_ns:
            search.differs_until_ns = 0
        self._ask_later(order_id, search, self.interval_ns)

    def _is_open_question(self, row: OrderRow, search: _Search) -> bool:
        status = LiveOrderStatus(row.status)
        if status.is_terminal:
            return search.differs_until_ns > 0
        if status is LiveOrderStatus.ERROR:
            return False
        return row.in_doubt or search.is_missing

    def _conclude(self, row: OrderRow, found: ExecutionReport) -> None:
        """The venue works the order, and says nothing of our request."""
        conclusion = _CONCLUSIONS.get(LiveOrderStatus(row.status))
        if conclusion is None:
            return
        exec_type, text = conclusion
        if exec_type is ExecType.REPLACE_REJECTED and terms_differ(row, found):
            self._deliver(restated(row, found, ExecType.REPLACED))
            return
        self._deliver(
            own_report(
                row,
                exec_type,
                now_ns=self._turns.now_ns(),
                text=text,
                broker_order_id=found.broker_order_id,
            )
        )

    def _give_up(self, order_id: int) -> None:
        now_ns = self._turns.now_ns()
        self._desk.entry.conclude(order_id, OrderEvent.NOT_FOUND, now_ns)
        self._desk.tell_update(order_id)
        row = self._desk.table.get(order_id)
        if row is not None and is_lost(row):
            tell(self._desk.on_anomaly, lost_order(row, now_ns))


def _is_of_now(found: ExecutionReport | None, row: OrderRow | None) -> bool:
    """Whether an answer is no older than what we know."""
    return found is not None and (row is None or (found.cum_qty_dec or 0) >= row.cum_qty_dec)
