"""Commands on their way to the broker: paced, queued until they can leave, followed up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from regimeflow._core.order_rows import OrderRow
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.order import OrderError, OrderModification
from regimeflow.domain.orders.pictures import live_order, own_report
from regimeflow.domain.orders.transitions import OrderEvent
from regimeflow.engine.journal.wishes import Wishes
from regimeflow.engine.order_desk import OrderDesk
from regimeflow.engine.order_lookup import Lookups
from regimeflow.engine.order_pacing import Pacer
from regimeflow.engine.order_requests import REFUSED_AS, Request, Requests
from regimeflow.engine.turns import Turns
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.ports.clock import TimerHandle
from regimeflow.types.config.policies import OrderSettings
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrdRejReason
from regimeflow.types.errors import NetworkError, Outcome, RiskDenied
from regimeflow.types.records import replace

_AT_REST: Final = frozenset(
    {LiveOrderStatus.NEW, LiveOrderStatus.PARTIALLY_FILLED, LiveOrderStatus.INACTIVE}
)
_IS_ABOUT_TO: Final = frozenset({ExecType.PENDING_CANCEL, ExecType.PENDING_REPLACE})
_AWAITED: Final[dict[int, Request]] = {
    LiveOrderStatus.PENDING_CANCEL: Request.CANCEL,
    LiveOrderStatus.PENDING_REPLACE: Request.MODIFY,
}


class OrderSender:
    """Sends what the manager has decided; a failure comes back as a report, like any answer.

    A cancel or a change of an order that the venue has not acknowledged waits for the broker id; of
    several changes the last one counts, and a cancel ends them. A cancel of an order that still
    waits for its turn at the venue's rate ends it here.
    """

    def __init__(
        self,
        broker: BrokerAdapter,
        desk: OrderDesk,
        turns: Turns,
        deliver: Callable[[ExecutionReport], None],
        *,
        settings: OrderSettings,
        wishes: Wishes,
    ) -> None:
        self._broker: Final = broker
        self._desk: Final = desk
        self.turns: Final = turns
        self._deliver: Final = deliver
        self.pacer: Final = Pacer(broker.max_orders_per_second(), settings.longest_pacing_s)
        desk.entry.pace = self.pacer.check
        self.requests: Final = Requests(
            turns, settings.request_timeout_s, on_answer=self._answered, on_failure=self._failed
        )
        self.lookups: Final = Lookups(
            broker,
            desk,
            turns,
            deliver,
            interval_s=settings.lookup_interval_s,
            patience_s=settings.lookup_patience_s,
        )
        self._paced: dict[int, TimerHandle] = {}
        self._exits: Final[dict[int, tuple[int, ...]]] = {}  # of orders that leave with theirs
        self._wishes: Final = wishes  # what waits for an acknowledgement

    def close(self) -> None:
        """Stop waiting for anything."""
        for timer in self._paced.values():
            timer.cancel()
        self._paced.clear()
        self.lookups.close()
        self.requests.close()

    def demand_session(self) -> None:
        """Raise NetworkError, NOT_SENT, when there is no session."""
        if not self.turns.is_up(self._broker):
            text = "there is no session with the broker; nothing was sent"
            raise NetworkError(text, outcome=Outcome.NOT_SENT)

    def submit(self, order_id: int, exits: tuple[int, ...] = ()) -> None:
        """Send a new order, now or at its turn; its exits, if any, leave with it."""
        if exits:
            self._exits[order_id] = exits
        turn_ns = self.pacer.take(self.turns.now_ns())
        if turn_ns <= self.turns.now_ns():
            self._submit_now(order_id)
            return

        def send() -> None:
            for each in (order_id, *exits):
                del self._paced[each]
            self._submit_now(order_id)

        timer = self.turns.call_at(turn_ns, send)
        self._paced.update(dict.fromkeys((order_id, *exits), timer))

    def refuse(self, order_ids: Iterable[int], text: str) -> None:
        """End orders that were entered and will not leave."""
        for order_id in order_ids:
            row = self._desk.table.get(order_id)
            if row is not None:
                self._tell(row, ExecType.REJECTED, text)

    def is_on_its_way(self, order_id: int) -> bool:
        """Whether a new order waits for its turn, or for the first word of the venue."""
        return order_id in self._paced or self.requests.is_waiting(order_id, Request.SUBMIT)

    def cancel(self, row: OrderRow) -> bool:
        """Ask for a cancel, or queue it; false when that was done already."""
        order_id = row.order_id
        if order_id in self._paced:
            self._withdraw(self._paced[order_id])
            return True
        if not row.broker_order_id:
            is_new = self._wishes.want_cancel(order_id)
            if is_new and self._desk.entry.log is not None:
                self._desk.entry.log.wished(order_id, self.turns.now_ns())
            return is_new
        if row.status == LiveOrderStatus.PENDING_CANCEL and not row.in_doubt:
            return False
        self._wishes.forget(order_id)
        self._desk.entry.request(row, OrderEvent.CANCEL_REQUESTED, self.turns.now_ns())
        self._send_cancel(order_id, row.broker_order_id)
        return True

    def _withdraw(self, waiting: TimerHandle) -> None:
        """End what waits for its turn: an order, and the exits that would leave with it."""
        waiting.cancel()
        for each in [each for each, timer in self._paced.items() if timer is waiting]:
            del self._paced[each]
            self._exits.pop(each, None)
            row = self._desk.table.get(each)
            if row is not None:
                self._tell(row, ExecType.CANCELED, "cancelled before it was sent")

    def modify(self, row: OrderRow, mod: OrderModification) -> None:
        """Ask for a change that the gate has let pass, or queue it."""
        order_id = row.order_id
        if row.status == LiveOrderStatus.PENDING_NEW or not row.broker_order_id:
            self._wishes.want_change(order_id, mod)
            if self._desk.entry.log is not None:
                self._desk.entry.log.wished(order_id, self.turns.now_ns(), mod)
            return
        self._wishes.changes.pop(order_id, None)
        self._desk.entry.request(row, OrderEvent.REPLACE_REQUESTED, self.turns.now_ns(), mod)
        changed = self._desk.table.get(order_id)
        if changed is not None:
            self._desk.entry.tell_gate(changed)
        broker_id = row.broker_order_id
        self.requests.send(
            order_id, Request.MODIFY, lambda: self._broker.modify_order(broker_id, mod)
        )

    def after(self, order_id: int, report: ExecutionReport, *, is_new_id: bool) -> None:
        """Settle what a report answers, and send what waited for it."""
        row = self._desk.table.get(order_id)
        if row is None:
            return
        status, settle = row.status, self.requests.settle
        if status != LiveOrderStatus.PENDING_NEW or report.exec_type == ExecType.PENDING_NEW:
            settle(order_id, Request.SUBMIT)
        if status != LiveOrderStatus.PENDING_CANCEL:
            settle(order_id, Request.CANCEL)
        if status not in (LiveOrderStatus.PENDING_REPLACE, LiveOrderStatus.PENDING_CANCEL):
            settle(order_id, Request.MODIFY)
        if report.exec_type in _IS_ABOUT_TO or report.exec_type == ExecType.ORDER_STATUS:
            self._await_end(row)
        if row.in_doubt and status != LiveOrderStatus.ERROR:
            self.lookups.start(order_id)
        if report.exec_type == ExecType.CANCEL_REJECTED and status != LiveOrderStatus.PENDING_NEW:
            self._look_why(row, report)
        if is_new_id and status == LiveOrderStatus.PENDING_CANCEL:
            self._send_cancel(order_id, row.broker_order_id)
        if order_id in self._wishes:
            self._wishes.heard(order_id, status, report.exec_type)
            self._send_queued(row)

    def _await_end(self, row: OrderRow) -> None:
        """Give what the venue is about to do a deadline, whoever asked: its end may be lost."""
        kind = _AWAITED.get(row.status)
        if kind is not None and not row.in_doubt:
            self.requests.expect(row.order_id, kind)

    def _look_why(self, row: OrderRow, report: ExecutionReport) -> None:
        """Ask about an order that cannot be cancelled because, says the venue, it has ended."""
        reasons = (OrdRejReason.TOO_LATE_TO_CANCEL, OrdRejReason.UNKNOWN_ORDER)
        if report.ord_rej_reason in reasons and not LiveOrderStatus(row.status).is_terminal:
            self.lookups.start(row.order_id, is_missing=True)

    def _send_queued(self, row: OrderRow) -> None:
        order_id, status = row.order_id, LiveOrderStatus(row.status)
        if not row.broker_order_id:
            return
        if order_id in self._wishes.cancels:
            self.cancel(row)
            self._wishes.forget(order_id)
            return
        mod = self._wishes.changes.get(order_id)
        if mod is None or status not in _AT_REST:
            return
        if self._desk.gate is not None:
            try:
                self._desk.gate.check_modification(live_order(row), mod)
            except RiskDenied as denied:
                del self._wishes.changes[order_id]
                error = OrderError("RiskDenied", Outcome.NOT_SENT, str(denied))
                self._desk.errors[order_id] = error
                self._tell(row, ExecType.REPLACE_REJECTED, str(denied))
                return
        self.modify(row, mod)

    def _submit_now(self, order_id: int) -> None:
        order = self._desk.picture(order_id)
        exits = self._exits.get(order_id, ())
        if exits and order is not None:
            pictures = (self._desk.picture(each) for each in exits)
            order = replace(order, exits=tuple(each for each in pictures if each is not None))
            for each in exits:
                self.requests.expect(each, Request.SUBMIT)
        if order is not None:
            self.requests.send(order_id, Request.SUBMIT, lambda: self._broker.submit_order(order))

    def _send_cancel(self, order_id: int, broker_id: str) -> None:
        self.requests.send(order_id, Request.CANCEL, lambda: self._broker.cancel_order(broker_id))

    def _tell(self, row: OrderRow, exec_type: ExecType, text: str, broker_id: str = "") -> None:
        now_ns = self.turns.now_ns()
        self._deliver(
            own_report(row, exec_type, now_ns=now_ns, text=text, broker_order_id=broker_id)
        )

    def _answered(self, order_id: int, kind: Request, broker_id: str | None) -> None:
        """Take the venue's id from its answer, as an acknowledgement."""
        if kind is Request.SUBMIT:
            self._exits.pop(order_id, None)  # what is answered of them is told as reports
        row = self._desk.table.get(order_id)
        if row is None or not broker_id or broker_id == row.broker_order_id:
            return
        if kind is Request.MODIFY and row.status not in _AWAITED:
            return  # the venue has said since what became of it; a new leg tells of itself
        exec_type = ExecType.NEW if kind is Request.SUBMIT else ExecType.PENDING_REPLACE
        self._tell(row, exec_type, "", broker_id)

    def _failed(self, order_id: int, kind: Request, error: OrderError) -> None:
        exits = self._exits.pop(order_id, ()) if kind is Request.SUBMIT else ()
        for each in (order_id, *exits):
            if each == order_id or self.requests.is_waiting(each, kind):
                self.requests.settle(each, kind)
                self._fail(each, kind, error)

    def _fail(self, order_id: int, kind: Request, error: OrderError) -> None:
        row = self._desk.table.get(order_id)
        if row is None:
            return
        if not LiveOrderStatus(row.status).is_terminal:
            self._desk.errors[order_id] = error
        is_unknown = error.outcome is Outcome.UNKNOWN
        self._tell(row, ExecType.UNKNOWN_OUTCOME if is_unknown else REFUSED_AS[kind], error.text)
