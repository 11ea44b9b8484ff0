"""A market maker that quotes both sides, moves its orders, shrinks them and takes them back."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import ClassVar

from regimeflow.live import (
    Order,
    OrderModification,
    OrderSide,
    OrderType,
    Quote,
    RegimeFlowError,
    Strategy,
)

TICK = Decimal("0.01")


class Maker(Strategy):
    """One order a side, at the best price or a little off it; it acts once for each ``turn``.

    Param ``quantity``: what an order asks for a multiple of; a half of it is a lot.
    """

    turn: ClassVar[threading.Event] = threading.Event()
    seen: ClassVar[threading.Event] = threading.Event()

    def on_quote(self, quote: Quote) -> None:
        self.seen.set()
        if not self.turn.is_set():
            return
        self.turn.clear()
        side = self.ctx.random.choice((OrderSide.BUY, OrderSide.SELL))
        try:
            self._act(quote, side)
        except RegimeFlowError as error:
            self.ctx.log.info("not now: %s", error)

    def _act(self, quote: Quote, side: OrderSide) -> None:
        draw, unit = self.ctx.random, Decimal(str(self.ctx.params["quantity"]))
        best = quote.bid_px_dec if side is OrderSide.BUY else quote.ask_px_dec
        off = TICK * draw.choice((0, 0, 1, 50, -200))
        price = best - off if side is OrderSide.BUY else best + off
        mine = [each for each in self.ctx.open_orders(quote.symbol) if each.side == side]
        if not mine:
            kind = OrderType.MARKET if draw.random() < 0.1 else OrderType.LIMIT
            limit = None if kind is OrderType.MARKET else price
            quantity = unit * draw.randint(1, 5)
            self.ctx.submit_order(Order(quote.symbol, side, kind, quantity, limit_price=limit))
            return
        order = draw.choice(mine)
        what = draw.random()
        if what < 0.4:
            self.ctx.cancel_order(order.order_id)
        elif what < 0.8:
            self.ctx.modify_order(order.order_id, OrderModification(limit_price=price))
        else:
            less = OrderModification(quantity=order.quantity - unit / 2)
            self.ctx.modify_order(order.order_id, less)
