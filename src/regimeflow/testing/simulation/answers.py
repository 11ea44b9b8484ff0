"""What the model venue answers to who asks, as the values that an adapter makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import AccountInfo, ExecutionReport, Position
from regimeflow.ports.clock import Clock
from regimeflow.testing.simulation.faults import Fault, FaultPlan
from regimeflow.testing.simulation.news import News
from regimeflow.testing.simulation.venue import ModelVenue
from regimeflow.types.enums import ExecType, LiveOrderStatus


class Answers:
    """Account, positions and orders as they were at some time, received now by the own clock."""

    def __init__(self, venue: ModelVenue, own: Clock, plan: FaultPlan) -> None:
        self._venue: Final = venue
        self._own: Final = own
        self._plan: Final = plan

    def account(self, at_ns: int) -> AccountInfo:
        """The account."""
        ledger, (cash, _) = self._venue.ledger, self._venue.ledger.account_of(at_ns)
        money = Decimal(cash).scaleb(-ledger.money_places)
        return AccountInfo(
            equity=money,
            cash=money,
            buying_power=money,
            currency="USD",
            ts_event_ns=at_ns,
            ts_recv_ns=self._own.now_ns(),
        )

    def positions(self, at_ns: int) -> list[Position]:
        """Positions that were not flat."""
        _, held = self._venue.ledger.account_of(at_ns)
        return [self.position(symbol, at_ns) for symbol, quantity in held.items() if quantity]

    def position(self, symbol: str, at_ns: int) -> Position:
        """What was held of a symbol, flat included."""
        ledger = self._venue.ledger
        _, held = ledger.account_of(at_ns)
        quantity = ledger.products[symbol].qty(held[symbol])
        return Position(symbol, quantity, ts_event_ns=at_ns, ts_recv_ns=self._own.now_ns())

    def open_orders(self, at_ns: int) -> list[ExecutionReport]:
        """What it worked."""
        return self._reports(self._venue.open_orders(at_ns))

    def executions(self, since_ns: int, at_ns: int) -> list[ExecutionReport]:
        """What was traded, corrected and busted."""
        return self._reports(self._venue.executions(since_ns, at_ns))

    def find(self, client_order_id: str, at_ns: int) -> ExecutionReport | None:
        """The order of a client id; None: it was not there yet, or cannot be seen."""
        if self._plan.happens(Fault.ORDER_UNSEEN):
            at_ns -= int(self._venue.style.find_lag_s * 1e9)
        news = self._venue.find(client_order_id, at_ns)
        return None if news is None else self._reports([news])[0]

    def _reports(self, news: Sequence[News]) -> list[ExecutionReport]:
        recv_ns = self._own.now_ns()
        for each in news:
            is_status = each["exec_type"] == ExecType.ORDER_STATUS
            if is_status and self._plan.happens(Fault.STATE_UNKNOWN):
                each["ord_status"] = LiveOrderStatus.ERROR
        return [ExecutionReport(**each, ts_recv_ns=recv_ns) for each in news]
