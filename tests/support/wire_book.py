"""What a venue in another process knows: orders, executions, cash, positions; exact, as text."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from decimal import Decimal

from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide

Line = dict[str, object]

CASH = Decimal(10_000_000)
FEE = Decimal("0.0003")
_ENDS = {ExecType.CANCELED: LiveOrderStatus.CANCELLED, ExecType.EXPIRED: LiveOrderStatus.EXPIRED}

_OF_THE_ORDER = {"order_qty", "cum_qty", "leaves_qty", "limit_px"}


class RefusedError(Exception):
    """The venue says no; its words."""


@dataclass
class WorkedOrder:
    """One order as the venue has it."""

    client_order_id: str
    symbol: str
    side: int
    ord_type: int
    time_in_force: int
    quantity: Decimal
    limit_px: Decimal | None
    venue_ids: list[str]
    status: LiveOrderStatus = LiveOrderStatus.NEW
    cum: Decimal = Decimal(0)
    notional: Decimal = Decimal(0)
    exec_ids: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return not self.status.is_terminal

    def told(self, exec_type: ExecType, **more: object) -> Line:
        """Return a report about the order as it stands; its names are ExecutionReport's."""
        return {
            "symbol": self.symbol,
            "exec_type": int(exec_type),
            "ord_status": int(self.status),
            "side": self.side,
            "ord_type": self.ord_type,
            "time_in_force": self.time_in_force,
            "client_order_id": self.client_order_id,
            "broker_order_id": self.venue_ids[-1],
            "order_qty": str(self.quantity),
            "cum_qty": str(self.cum),
            "leaves_qty": str(self.quantity - self.cum) if self.is_open else "0",
            "limit_px": None if self.limit_px is None else str(self.limit_px),
            "ts_event_ns": time.time_ns(),
            **more,
        }


class VenueBook:
    """The venue's truth. Requests raise RefusedError; what happens is returned as reports."""

    def __init__(self) -> None:
        self.orders: list[WorkedOrder] = []
        self.by_client_id: dict[str, WorkedOrder] = {}
        self.by_venue_id: dict[str, WorkedOrder] = {}
        self.executions: list[Line] = []
        self.cash = CASH
        self.positions: dict[str, Decimal] = {}
        self.received: dict[str, int] = {}  # client order id -> how often an order came under it
        self.asked: dict[str, int] = {}  # every other request, by what it says

    def submit(self, line: Line, *, is_refused: bool) -> Line:
        name = str(line["client_order_id"])
        self.received[name] = self.received.get(name, 0) + 1
        if self.received[name] > 1:
            raise RefusedError(f"{name} was used before")
        limit = line["limit_px"]
        order = WorkedOrder(
            name,
            str(line["symbol"]),
            int(str(line["side"])),
            int(str(line["ord_type"])),
            int(str(line["time_in_force"])),
            Decimal(str(line["quantity"])),
            None if limit is None else Decimal(str(limit)),
            [f"V{len(self.orders) + 1}"],
        )
        self.orders.append(order)
        self.by_client_id[name] = self.by_venue_id[order.venue_ids[0]] = order
        if is_refused:
            order.status = LiveOrderStatus.REJECTED
            raise RefusedError("not today")
        return order.told(ExecType.NEW)

    def open_order(self, venue_id: str) -> WorkedOrder:
        order = self.by_venue_id.get(venue_id)
        if order is None:
            raise RefusedError(f"there is no order {venue_id}")
        if not order.is_open:
            raise RefusedError(f"{venue_id} has ended: {order.status.name}")
        return order

    def end(self, order: WorkedOrder, exec_type: ExecType) -> Line:
        order.status = _ENDS[exec_type]
        return order.told(exec_type)

    def replace(self, order: WorkedOrder, line: Line, *, new_id: bool) -> Line:
        quantity, limit = line["quantity"], line["limit_px"]
        if quantity is not None and Decimal(str(quantity)) <= order.cum:
            raise RefusedError(f"{order.cum} has filled already")
        if quantity is not None:
            order.quantity = Decimal(str(quantity))
        if limit is not None:
            order.limit_px = Decimal(str(limit))
        if new_id:
            order.venue_ids.append(f"{order.venue_ids[0]}.{len(order.venue_ids)}")
            self.by_venue_id[order.venue_ids[-1]] = order
        return order.told(ExecType.REPLACED)

    def fill(self, order: WorkedOrder, part: Decimal, px: Decimal) -> Line:
        sign = 1 if order.side == OrderSide.BUY else -1
        fee = part * px * FEE
        order.cum += part
        order.notional += part * px
        self.cash -= sign * part * px + fee
        self.positions[order.symbol] = self.positions.get(order.symbol, Decimal(0)) + sign * part
        is_done = order.cum == order.quantity
        order.status = LiveOrderStatus.FILLED if is_done else LiveOrderStatus.PARTIALLY_FILLED
        exec_id = f"E{len(self.executions) + 1}"
        order.exec_ids.append(exec_id)
        report = order.told(
            ExecType.TRADE,
            exec_id=exec_id,
            last_qty=str(part),
            last_px=str(px),
            commission=str(fee),
            commission_currency="USDT",
        )
        self.executions.append(report)
        return report

    def open_orders(self) -> list[Line]:
        return [each.told(ExecType.ORDER_STATUS) for each in self.orders if each.is_open]

    def find(self, client_order_id: str) -> Line | None:
        order = self.by_client_id.get(client_order_id)
        return None if order is None else order.told(ExecType.ORDER_STATUS)

    def since(self, ns: int) -> list[Line]:
        """Return executions as venues list them: nothing of the order but its ids."""
        return [
            {key: value for key, value in each.items() if key not in _OF_THE_ORDER}
            for each in self.executions
            if int(str(each["ts_event_ns"])) >= ns
        ]

    def truth(self) -> Line:
        """Return everything, for whoever compares."""
        return {
            "orders": [
                {
                    "client_order_id": each.client_order_id,
                    "broker_order_id": each.venue_ids[-1],
                    "status": each.status.name,
                    "quantity": str(each.quantity),
                    "limit_px": None if each.limit_px is None else str(each.limit_px),
                    "cum_qty": str(each.cum),
                    "notional": str(each.notional),
                    "exec_ids": each.exec_ids,
                }
                for each in self.orders
            ],
            "positions": {name: str(held) for name, held in self.positions.items() if held},
            "cash": str(self.cash),
            "fills": len(self.executions),
            "sent_twice": sorted(
                name for name, count in {**self.received, **self.asked}.items() if count > 1
            ),
        }
