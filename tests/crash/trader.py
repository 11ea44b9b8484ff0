"""A strategy that orders, changes and cancels at random, as fast as quotes come."""

from __future__ import annotations

import os
import random
from decimal import Decimal

from regimeflow.live import (
    LiveOrder,
    LiveOrderStatus,
    Order,
    OrderModification,
    OrderSide,
    OrderType,
    Quote,
    RegimeFlowError,
    Strategy,
    TimeInForce,
)

TICK, LOT = Decimal("0.01"), Decimal("0.00001")
MOST_OPEN = 12
_AT_REST = (LiveOrderStatus.NEW, LiveOrderStatus.PARTIALLY_FILLED)


class CrashTrader(Strategy):
    """Trades at random; what is refused, is refused."""

    def __init__(self) -> None:
        self._chance = random.Random(os.environ["CRASH_SEED"])

    def on_quote(self, quote: Quote) -> None:
        if self._chance.random() > 0.35:
            return
        # What is presumed not sent stays, and there is nothing to be done about it.
        mine = [each for each in self.ctx.open_orders() if each.status != LiveOrderStatus.ERROR]
        for _ in range(self._chance.choice((1, 1, 1, 3))):
            try:
                if mine and (len(mine) >= MOST_OPEN or self._chance.random() < 0.35):
                    self._change(self._chance.choice(mine))
                else:
                    self._order(quote)
            except RegimeFlowError:
                continue

    def _order(self, quote: Quote) -> None:
        chance = self._chance
        side = chance.choice((OrderSide.BUY, OrderSide.SELL))
        is_market = chance.random() < 0.1
        tif = TimeInForce.IOC if chance.random() < 0.15 and not is_market else TimeInForce.GTC
        self.ctx.submit_order(
            Order(
                quote.symbol,
                side,
                OrderType.MARKET if is_market else OrderType.LIMIT,
                chance.randint(1, 30_000) * LOT,
                limit_price=None if is_market else self._price(quote.bid_px_dec),
                time_in_force=tif,
            )
        )

    def _change(self, order: LiveOrder) -> None:
        chance = self._chance
        if order.status not in _AT_REST or order.limit_price is None or chance.random() < 0.6:
            self.ctx.cancel_order(order.order_id)
            return
        quantity = order.quantity + chance.randint(1, 9_999) * LOT
        change = OrderModification(quantity=quantity, limit_price=self._price(order.limit_price))
        self.ctx.modify_order(order.order_id, change)

    def _price(self, near: Decimal) -> Decimal:
        return near + self._chance.randint(-20_000, 20_000) * TICK
