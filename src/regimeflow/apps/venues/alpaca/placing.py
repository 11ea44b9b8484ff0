"""Orders on their way into the matching engine and out of it again.

An order that cannot work in this phase of the day stays here, queued; so does one whose phase ends.
The engine sees what may trade now and nothing else.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.house import House
from regimeflow.apps.venues.alpaca.orders import Order
from regimeflow.apps.venues.alpaca.updates import Updates
from regimeflow.apps.venues.exchange.kinds import Kind, Refused, Tif
from regimeflow.apps.venues.exchange.requests import NewList, NewOrder
from regimeflow.types.enums import OrderSide

ORDER_TAG: Final = "order"
_KINDS: Final = {
    "market": Kind.MARKET,
    "limit": Kind.LIMIT,
    "stop": Kind.STOP,
    "stop_limit": Kind.STOP_LIMIT,
    "trailing_stop": Kind.STOP,
}
_TIFS: Final = {"ioc": Tif.IOC, "fok": Tif.FOK}
_CENT: Final = Decimal("0.01")
_FIFTY: Final = 50


class Placing:
    """Hands orders to the engine; what then happens is heard in ``happenings.py``."""

    def __init__(self, house: House, updates: Updates) -> None:
        self._house: Final = house
        self._updates: Final = updates
        self.withdrawn: Final[set[int]] = set()  # taken out of the engine, alive here

    def place(self, head: Order, now_ns: int, *, at_auction: bool = False) -> None:
        """Let an order and its legs work now."""
        members = head.open_members
        news = [self._new_order(one, at_auction=at_auction) for one in members]
        try:
            if len(news) == 1:
                self._house.exchange.submit(head.account, news[0], now_ns)
            else:
                kind = _list_kind(head, members)
                self._house.exchange.submit_list(
                    head.account, NewList(kind=kind, orders=news), now_ns
                )
        except Refused:
            for one in members:
                self.reject(one, now_ns)

    def reject(self, order: Order, now_ns: int) -> None:
        """Refuse an order after it was accepted: the stream says so, without a reason."""
        order.status, order.failed_ns = "rejected", now_ns
        self._updates.tell(order, "rejected", time_ns=now_ns, execution_id=self._house.ids.uuid())

    def withdraw(self, order: Order, now_ns: int) -> None:
        """Take an order, with its group, out of the engine; here it stays open."""
        head = order.parent or order
        members = [one for one in head.open_members if one.engine_id]
        self.withdrawn.update(one.engine_id for one in members)
        for one in members:
            view = self._house.exchange.order(one.engine_id)
            if view is not None and view.is_open:
                self._house.exchange.cancel(one.account, one.engine_id, now_ns)
        for one in members:
            self.withdrawn.discard(one.engine_id)
            one.engine_id = 0

    def _new_order(self, order: Order, *, at_auction: bool) -> NewOrder:
        kind, limit = _KINDS[order.type], order.limit_price
        if order.type == "stop" and order.side == "buy" and order.stop_price is not None:
            kind, limit = Kind.STOP_LIMIT, collar(order.stop_price)
        bips = None if order.trail_percent is None else int(order.trail_percent * 100)
        tif = Tif.IOC if at_auction else _TIFS.get(order.time_in_force, Tif.GTC)
        is_money = order.notional is not None
        order.carried_qty = order.filled_qty
        return NewOrder(
            symbol=order.asset.symbol,
            side=OrderSide.BUY if order.side == "buy" else OrderSide.SELL,
            kind=kind,
            quantity=None if is_money else order.leaves_qty,
            quote_quantity=order.notional,
            limit_price=limit,
            stop_price=None if order.type == "trailing_stop" else order.stop_price,
            trail=order.trail_price,
            trail_bips=bips,
            tif=tif,
            client_order_id=order.client_order_id,
            tags={ORDER_TAG: order.id},
        )


def collar(stop_price: Decimal) -> Decimal:
    """The limit of a buy stop: 2.5 percent above it, 4 percent below 50 dollars.

    Source: Alpaca, "Placing orders", stop orders.
    """
    wider = Decimal("1.025") if stop_price >= _FIFTY else Decimal("1.04")
    return (stop_price * wider).quantize(_CENT, rounding=ROUND_DOWN if stop_price < 1 else ROUND_UP)


def _list_kind(head: Order, members: list[Order]) -> str:
    if head.group_role == "entry" and head.is_open:
        return "OTO" if len(members) == 2 else "OTOCO"  # noqa: PLR2004
    return "OCO"
