"""Quote both sides of the market, small, and lean against what is held.

    regimeflow-live run examples/market_making.toml --feed RECORDING.gz --speed max

One order a side rests at the best bid and the best ask; where the spread is wide it is a tick
better than them. An order stays where it is, and keeps its place in the queue, as long as the
market is where it was when the order was placed; when the market has moved the order is replaced.
A side that would take the position beyond ``max_notional`` is withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from regimeflow.live import (
    LiveOrder,
    LiveOrderStatus,
    Order,
    OrderModification,
    OrderSide,
    OrderType,
    Quote,
    RiskDenied,
    Strategy,
)

RESTING = (LiveOrderStatus.NEW, LiveOrderStatus.PARTIALLY_FILLED)


@dataclass
class Side:
    """What is out on one side of one symbol: an order at a price, or nothing (``order_id`` 0).

    ``is_resting`` is false while the venue's answer to something is awaited.
    """

    side: OrderSide
    order_id: int = 0
    price: Decimal = Decimal(0)
    is_resting: bool = False


class MarketMaker(Strategy):
    """Rest at the best bid and the best ask, within an inventory limit."""

    default_params: ClassVar[Mapping[str, object]] = {
        "notional": Decimal(1000),  # of one order, in the quote currency
        "max_notional": Decimal(20000),  # of the position, long or short
        "wide_ticks": 3,  # a spread of this many ticks is improved by one on each side
    }

    def __init__(self) -> None:
        self._sides: dict[str, tuple[Side, Side]] = {}

    def on_start(self) -> None:
        """Read the parameters once."""
        params = self.ctx.params
        self._notional = Decimal(str(params["notional"]))
        self._max_notional = Decimal(str(params["max_notional"]))
        self._wide_ticks = int(str(params["wide_ticks"]))

    def on_quote(self, quote: Quote) -> None:
        """Follow the market on both sides."""
        symbol = quote.symbol
        sides = self._sides.get(symbol)
        if sides is None:
            sides = self._sides[symbol] = (Side(OrderSide.BUY), Side(OrderSide.SELL))
        bid, ask = quote.bid_px_dec, quote.ask_px_dec
        tick = self.ctx.instrument(symbol).tick_size
        if ask - bid >= self._wide_ticks * tick:
            bid, ask = bid + tick, ask - tick
        for side, price in zip(sides, (bid, ask), strict=True):
            if side.price != price:
                self._follow(symbol, side, price)

    def _follow(self, symbol: str, side: Side, price: Decimal) -> None:
        instrument = self.ctx.instrument(symbol)
        quantity = instrument.round_qty(self._notional / price)
        if self._is_full(symbol, side, quantity, price):
            self._withdraw(side)
        elif not side.order_id:
            self._place(symbol, side, price, quantity)
        elif side.is_resting:
            self._move(side, price)

    def _is_full(self, symbol: str, side: Side, quantity: Decimal, price: Decimal) -> bool:
        held = self.ctx.position(symbol).quantity_dec
        after = held + quantity if side.side is OrderSide.BUY else quantity - held
        return after * price > self._max_notional

    def _place(self, symbol: str, side: Side, price: Decimal, quantity: Decimal) -> None:
        side.price = price
        try:
            side.order_id = self.ctx.submit_order(
                Order(symbol, side.side, OrderType.LIMIT, quantity, limit_price=price)
            )
        except RiskDenied as denied:
            self.ctx.log.info("not quoting %s at %s: %s", symbol, price, denied)

    def _move(self, side: Side, price: Decimal) -> None:
        side.price = price
        try:
            self.ctx.modify_order(side.order_id, OrderModification(limit_price=price))
            side.is_resting = False
        except RiskDenied as denied:
            self.ctx.log.info("not moving order %s to %s: %s", side.order_id, price, denied)

    def _withdraw(self, side: Side) -> None:
        if side.is_resting:
            self.ctx.cancel_order(side.order_id)
            side.is_resting = False

    def on_order_update(self, order: LiveOrder) -> None:
        """Remember how the order of this side stands; what is over leaves room for the next."""
        for side in self._sides.get(order.symbol, ()):
            if side.order_id == order.order_id:
                side.is_resting = order.status in RESTING
                if not order.is_open:
                    side.order_id, side.price = 0, Decimal(0)
                elif side.is_resting and order.limit_price is not None:
                    side.price = order.limit_price
