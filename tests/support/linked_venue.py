"""A venue that works the orders of one group, with its own truth; what it says is late."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal

from regimeflow.domain.orders.links import (
    CancelLeg,
    LinkCommand,
    LinkedOrders,
    ModifyLeg,
    SubmitLeg,
)
from regimeflow.domain.orders.order import LiveOrder, Order
from regimeflow.types.enums import LiveOrderStatus as S
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce

AWAITING = {S.PENDING_NEW, S.PENDING_CANCEL, S.PENDING_REPLACE}


def an_order(quantity: int = 10) -> Order:
    return Order("BTCUSDT", OrderSide.BUY, OrderType.LIMIT, quantity, limit_price=100)


def a_picture(order_id: int, quantity: int, filled: int, status: S, *, doubt: bool) -> LiveOrder:
    return LiveOrder(
        order_id=order_id,
        client_order_id=f"c-{order_id}",
        broker_order_id="",
        symbol="BTCUSDT",
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal(quantity),
        limit_price=None,
        stop_price=None,
        time_in_force=TimeInForce.GTC,
        expire_time_ns=None,
        status=status,
        cum_qty=Decimal(filled),
        leaves_qty=Decimal(0 if status.is_terminal else quantity - filled),
        avg_px=None,
        in_doubt=doubt,
        strategy="",
        created_at_ns=0,
        updated_at_ns=0,
    )


@dataclass
class Sent:
    """One order: as we know it, and as it is."""

    order_id: int
    leg: int
    quantity: int
    filled: int = 0
    status: S = S.PENDING_NEW
    doubt: bool = False
    is_at_venue: bool = False
    is_live: bool = False
    true_quantity: int = 0
    true_filled: int = 0
    said: list[tuple[str, int]] = field(default_factory=list)  # reports on their way, in order

    @property
    def working(self) -> S:
        return S.PARTIALLY_FILLED if self.filled else S.NEW

    @property
    def picture(self) -> LiveOrder:
        return a_picture(self.order_id, self.quantity, self.filled, self.status, doubt=self.doubt)


class LinkedVenue:
    """Runs a group against a venue; every step is drawn."""

    def __init__(self, group: LinkedOrders, draw: random.Random) -> None:
        self.group = group
        self.draw = draw
        self.orders: dict[int, Sent] = {}
        self.requests: list[tuple[str, Sent, int]] = []
        self.commands: list[LinkCommand] = []

    def do(self, commands: list[LinkCommand]) -> None:
        for command in commands:
            self.commands.append(command)
            match command:
                case SubmitLeg(leg=leg, quantity=quantity):
                    order = Sent(len(self.orders) + 1, leg, int(quantity))
                    self.orders[order.order_id] = order
                    self.group.sent(leg, order.order_id)
                    self.requests.append(("submit", order, int(quantity)))
                    self.tell(order)
                case CancelLeg(order_id=order_id):
                    order = self.orders[order_id]
                    order.status = S.PENDING_CANCEL
                    self.requests.append(("cancel", order, 0))
                    self.tell(order)
                case ModifyLeg(order_id=order_id, quantity=quantity):
                    order = self.orders[order_id]
                    order.status = S.PENDING_REPLACE
                    self.requests.append(("modify", order, int(quantity)))
                    self.tell(order)

    def tell(self, order: Sent) -> None:
        self.do(self.group.apply(order.picture))

    def step(self) -> None:
        """Something happens: a fill, a request arrives, a report arrives, a doubt, a repeat."""
        what = self.draw.choice(
            ["fill"] * 3 + ["request"] * 3 + ["report"] * 4 + ["doubt", "again", "bust"]
        )
        getattr(self, what)()

    def settle(self) -> None:
        """Let all requests and reports arrive; nothing fills any more."""
        for _ in range(10_000):
            if not self.requests and not any(order.said for order in self.orders.values()):
                return
            self.request()
            self.report()
        raise AssertionError("the group and the venue talk for ever")

    def fill(self) -> None:
        live = [order for order in self.orders.values() if order.is_live]
        if live:
            order = self.draw.choice(live)
            qty = self.draw.randint(1, order.true_quantity - order.true_filled)
            order.true_filled += qty
            order.said.append(("fill", qty))
            order.is_live = order.true_filled < order.true_quantity

    def bust(self) -> None:
        entries = [order for order in self.orders.values() if order.leg == 0 and order.true_filled]
        if entries and self.draw.random() < 0.3:
            entries[0].true_filled -= 1
            entries[0].true_quantity -= 1  # the venue works no more of it
            entries[0].said.append(("bust", 1))

    def doubt(self) -> None:
        awaiting = [order for order in self.orders.values() if order.status in AWAITING]
        if awaiting:
            order = self.draw.choice(awaiting)
            order.doubt = True
            self.tell(order)

    def again(self) -> None:
        if self.orders:
            self.tell(self.draw.choice(list(self.orders.values())))

    def request(self) -> None:
        if not self.requests:
            return
        kind, order, qty = self.requests.pop(0)
        if kind == "submit":
            order.is_at_venue = order.is_live = True
            order.true_quantity = qty
            order.said.append(("new", 0))
        elif not order.is_live:
            order.said.append(("too late", 0))
        elif kind == "cancel":
            order.is_live = False
            order.said.append(("cancelled", 0))
        elif qty > order.true_filled:
            order.true_quantity = qty
            order.said.append(("replaced", qty))
        else:
            order.said.append(("too late", 0))

    def report(self) -> None:
        telling = [order for order in self.orders.values() if order.said]
        if not telling:
            return
        order = self.draw.choice(telling)
        kind, qty = order.said.pop(0)
        self._hear(order, kind, qty)
        self.tell(order)

    def _hear(self, order: Sent, kind: str, qty: int) -> None:
        if kind == "fill":
            order.filled += qty
        elif kind == "bust":
            order.filled -= qty
            order.quantity -= qty
        elif kind == "cancelled":
            order.status, order.doubt = S.CANCELLED, False
            return
        elif order.status is S.CANCELLED:
            return  # an answer to what was asked before it ended
        elif kind == "replaced":
            order.quantity = qty
        if kind in {"replaced", "too late"} or (kind == "new" and order.status is S.PENDING_NEW):
            order.status, order.doubt = order.working, False
        if order.filled >= order.quantity and order.status is not S.CANCELLED:
            order.status, order.doubt = S.FILLED, False
        elif order.status in {S.NEW, S.PARTIALLY_FILLED}:
            order.status = order.working
