"""Trades and quotes that the market makes because it was told to: by a fault, or by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow.adapters.feeds.feed import QuoteEvent, Scale, TradeEvent
from regimeflow.apps.venues.alpaca.house import House
from regimeflow.apps.venues.alpaca.orders import Order
from regimeflow.types.enums import OrderSide

_PLACES: Final = 9
_SCALE: Final = Scale(-_PLACES, -_PLACES)
_ZERO: Final = Decimal(0)


def _mantissa(value: Decimal) -> int:
    return int(value.scaleb(_PLACES))


def print_trade(house: House, symbol: str, price: Decimal, qty: Decimal, taker: str) -> None:
    """Let somebody trade: resting orders at the price, and at better ones, are met."""
    now_ns = house.clock()
    last = house.market[symbol].last
    aggressor = OrderSide.BUY if taker == "buy" else OrderSide.SELL
    event = TradeEvent(
        now_ns,
        symbol,
        1 if last is None else last.trade_id + 1,
        _mantissa(price),
        _mantissa(qty),
        int(aggressor),
        now_ns,
    )
    house.exchange.apply_as_it_is(event, _SCALE, now_ns)


def show_quote(
    house: House, symbol: str, bid: tuple[Decimal, Decimal], ask: tuple[Decimal, Decimal]
) -> None:
    """Let the market's own best prices be these."""
    now_ns = house.clock()
    (bid_px, bid_qty), (ask_px, ask_qty) = (
        (_mantissa(price), _mantissa(qty)) for price, qty in (bid, ask)
    )
    event = QuoteEvent(now_ns, symbol, 0, bid_px, bid_qty, ask_px, ask_qty, now_ns)
    house.exchange.apply_as_it_is(event, _SCALE, now_ns)


def trade_through(house: House, order: Order) -> bool:
    """Let the market trade all that a resting order still wants, at its price.

    Returns:
        Whether it could: a stop has nothing in the book.
    """
    view = house.exchange.order(order.engine_id) if order.engine_id else None
    if view is None or not view.is_open or not view.is_triggered or view.limit_price is None:
        return False
    buys = order.side == "buy"
    depth = house.exchange.books[order.asset.symbol].depth()[0 if buys else 1]
    price = view.limit_price
    ahead = sum((qty for px, qty in depth if (px >= price if buys else px <= price)), _ZERO)
    print_trade(
        house, order.asset.symbol, price, ahead + view.leaves_qty, "sell" if buys else "buy"
    )
    return True
