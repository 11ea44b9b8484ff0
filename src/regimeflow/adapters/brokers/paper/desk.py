"""The venue's back office: makes reports, sends them home, keeps what can be asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from regimeflow._core.messages import AccountInfo, ExecutionReport, Position
from regimeflow.adapters.brokers.paper import translate
from regimeflow.adapters.brokers.paper.account import Holding
from regimeflow.adapters.brokers.paper.link import Link
from regimeflow.adapters.brokers.paper.orders import PaperOrder
from regimeflow.adapters.brokers.paper.translate import News
from regimeflow.adapters.brokers.paper.venue import Venue
from regimeflow.adapters.clock import ReplayClock
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.ports.broker import OnExecutionReport, OnPositionUpdate
from regimeflow.types.enums import ExecType
from regimeflow.types.errors import BrokerError, InvalidState

# Executions stay readable for reconciliation; a session that never ends must not grow without end.
KEPT_EXECUTIONS: Final = 20_000


class BackOffice:
    """The owner's side of a venue.

    Reports are made at the moment of what they report and arrive after the latency, in order.
    ``is_open``: whether somebody listens; what arrives meanwhile is lost to him but stays readable.
    """

    def __init__(self, clock: ReplayClock, link: Link) -> None:
        self._clock: Final = clock
        self._link: Final = link
        self._venue: Venue | None = None
        self._executions: Final[deque[ExecutionReport]] = deque(maxlen=KEPT_EXECUTIONS)
        self._forgotten_ns = -1  # time of the newest execution that was forgotten
        self.is_open = False
        self.on_execution_report: OnExecutionReport = _nowhere
        self.on_position_update: OnPositionUpdate = _nowhere

    @property
    def venue(self) -> Venue:
        """Whose office it is."""
        if self._venue is None:
            raise InvalidState("the office has no venue yet")
        return self._venue

    @property
    def in_flight(self) -> int:
        """How much is under way to the owner."""
        return self._link.in_flight

    def open(self, venue: Venue) -> None:
        """Say whose office it is."""
        self._venue = venue

    def report(self, order: PaperOrder, news: News) -> None:
        """Send a report on an order as it stands (``Desk``)."""
        now_ns, recv_ns = self._clock.now_ns(), self._link.next_arrival_ns()
        report = translate.report_of(order, news, event_ns=now_ns, recv_ns=recv_ns)
        if news.exec_type is ExecType.TRADE:
            if len(self._executions) == KEPT_EXECUTIONS:
                self._forgotten_ns = self._executions[0].ts_event_ns
            self._executions.append(report)
        self._send(report, recv_ns)

    def refuse_unknown(self, broker_order_id: str, news: News) -> None:
        """Refuse a request for an order that is not known (``Desk``)."""
        now_ns, recv_ns = self._clock.now_ns(), self._link.next_arrival_ns()
        self._send(
            translate.refusal_of(broker_order_id, news, event_ns=now_ns, recv_ns=recv_ns), recv_ns
        )

    def refuse_symbol(self, order: LiveOrder, broker_order_id: str, news: News) -> None:
        """Refuse an order for a symbol that is not known (``Desk``)."""
        now_ns, recv_ns = self._clock.now_ns(), self._link.next_arrival_ns()
        refusal = translate.new_refusal_of(
            order, broker_order_id, news, event_ns=now_ns, recv_ns=recv_ns
        )
        self._send(refusal, recv_ns)

    def booked(self, holding: Holding) -> None:
        """Send the position and the account as a fill left them (``Desk``)."""
        now_ns, recv_ns = self._clock.now_ns(), self._link.next_arrival_ns()
        market = self.venue.pits[holding.spec.symbol].market
        position = translate.position_of(holding, market=market, event_ns=now_ns, recv_ns=recv_ns)
        account = self._account_info(now_ns, recv_ns)

        def arrive() -> None:
            if self.is_open:
                self.on_position_update(position)
                self.on_position_update(account)

        self._link.send_at(recv_ns, arrive)

    def account_info(self) -> AccountInfo:
        """The account now."""
        now_ns = self._clock.now_ns()
        return self._account_info(now_ns, now_ns)

    def positions(self) -> Sequence[Position]:
        """Every position that is not flat."""
        now_ns, venue = self._clock.now_ns(), self.venue
        return [
            translate.position_of(
                one, market=venue.pits[one.spec.symbol].market, event_ns=now_ns, recv_ns=now_ns
            )
            for one in venue.ledger.account.holdings
            if one.qty
        ]

    def open_orders(self) -> Sequence[ExecutionReport]:
        """Every open order, oldest first."""
        return [self._status_of(order) for order in self.venue.ledger.orders.open_orders()]

    def find(self, client_order_id: str) -> ExecutionReport | None:
        """The order that came first under a client order id."""
        order = self.venue.ledger.orders.by_client_id(client_order_id)
        return None if order is None else self._status_of(order)

    def executions_since(self, since_ns: int) -> Sequence[ExecutionReport]:
        """Fills at ``since_ns`` or later, oldest first.

        Raises:
            BrokerError: some of them have been forgotten.
        """
        if since_ns <= self._forgotten_ns:
            raise BrokerError(
                f"fills up to {self._forgotten_ns} have been forgotten", venue="paper"
            )
        return [report for report in self._executions if report.ts_event_ns >= since_ns]

    def _account_info(self, event_ns: int, recv_ns: int) -> AccountInfo:
        venue = self.venue
        marks = {
            symbol: mark
            for symbol, pit in venue.pits.items()
            if (mark := pit.market.mark2()) is not None
        }
        return translate.account_of(venue.ledger.account, marks, event_ns=event_ns, recv_ns=recv_ns)

    def _status_of(self, order: PaperOrder) -> ExecutionReport:
        now_ns = self._clock.now_ns()
        return translate.report_of(
            order, News(ExecType.ORDER_STATUS, ""), event_ns=now_ns, recv_ns=now_ns
        )

    def _send(self, report: ExecutionReport, recv_ns: int) -> None:
        def arrive() -> None:
            if self.is_open:
                self.on_execution_report(report)

        self._link.send_at(recv_ns, arrive)


def _nowhere(_: object) -> None:
    """Where news goes that nobody has asked for."""
