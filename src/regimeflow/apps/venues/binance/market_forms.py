"""Market data as answers and streams show it, keys in Binance's order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from regimeflow.apps.venues.binance.candles import Candle
from regimeflow.apps.venues.binance.texts import ZERO, eight
from regimeflow.apps.venues.binance.tradelog import Aggregate, Print

Form = dict[str, object]
Levels = Sequence[tuple[Decimal, Decimal]]


def levels_form(levels: Levels) -> list[list[str]]:
    """Return price and quantity of each level."""
    return [[eight(price), eight(quantity)] for price, quantity in levels]


def depth(update_id: int, bids: Levels, asks: Levels) -> Form:
    """Return a picture of the book: of REST, and of ``depth5``, ``depth10``, ``depth20``."""
    return {"lastUpdateId": update_id, "bids": levels_form(bids), "asks": levels_form(asks)}


def depth_update(
    symbol: str, first: int, last: int, changed: tuple[Levels, Levels], at: int
) -> Form:
    """Return what changed in the book between two update ids."""
    return {
        "e": "depthUpdate",
        "E": at,
        "s": symbol,
        "U": first,
        "u": last,
        "b": levels_form(changed[0]),
        "a": levels_form(changed[1]),
    }


def _best(level: tuple[Decimal, Decimal] | None) -> tuple[str, str]:
    price, quantity = level or (ZERO, ZERO)
    return eight(price), eight(quantity)


def book_ticker(
    symbol: str,
    update_id: int,
    bid: tuple[Decimal, Decimal] | None,
    ask: tuple[Decimal, Decimal] | None,
) -> Form:
    """Return the best bid and offer as the stream shows them: with no type and no time."""
    bid_price, bid_qty = _best(bid)
    ask_price, ask_qty = _best(ask)
    return {
        "u": update_id,
        "s": symbol,
        "b": bid_price,
        "B": bid_qty,
        "a": ask_price,
        "A": ask_qty,
    }


def best_quote(
    symbol: str, bid: tuple[Decimal, Decimal] | None, ask: tuple[Decimal, Decimal] | None
) -> Form:
    """Return the best bid and offer as REST shows them."""
    bid_price, bid_qty = _best(bid)
    ask_price, ask_qty = _best(ask)
    return {
        "symbol": symbol,
        "bidPrice": bid_price,
        "bidQty": bid_qty,
        "askPrice": ask_price,
        "askQty": ask_qty,
    }


def trade_event(symbol: str, trade: Print, at: int, unit: int) -> Form:
    """Return a trade as the stream shows it."""
    return {
        "e": "trade",
        "E": at,
        "s": symbol,
        "t": trade.trade_id,
        "p": eight(trade.price),
        "q": eight(trade.quantity),
        "T": trade.time_ns // unit,
        "m": trade.buyer_is_maker,
        "M": True,
    }


def trade_row(trade: Print, unit: int) -> Form:
    """Return a trade as REST shows it."""
    return {
        "id": trade.trade_id,
        "price": eight(trade.price),
        "qty": eight(trade.quantity),
        "quoteQty": eight(trade.price * trade.quantity),
        "time": trade.time_ns // unit,
        "isBuyerMaker": trade.buyer_is_maker,
        "isBestMatch": True,
    }


def aggregate_row(trade: Aggregate, unit: int) -> Form:
    """Return trades of one taker at one price, as REST shows them."""
    return {
        "a": trade.aggregate_id,
        "p": eight(trade.price),
        "q": eight(trade.quantity),
        "f": trade.first_id,
        "l": trade.last_id,
        "T": trade.time_ns // unit,
        "m": trade.buyer_is_maker,
        "M": True,
    }


def aggregate_event(symbol: str, trade: Aggregate, at: int, unit: int) -> Form:
    """Return trades of one taker at one price, as the stream shows them."""
    return {"e": "aggTrade", "E": at, "s": symbol, **aggregate_row(trade, unit)}


def kline_row(candle: Candle, unit: int) -> list[object]:
    """Return a candle as REST shows it."""
    return [
        candle.opens_ns // unit,
        eight(candle.open),
        eight(candle.high),
        eight(candle.low),
        eight(candle.close),
        eight(candle.volume),
        candle.closes_ns // unit - 1,
        eight(candle.quote_volume),
        candle.count,
        eight(candle.taker_volume),
        eight(candle.taker_quote_volume),
        "0",
    ]


def kline_event(symbol: str, interval: str, candle: Candle, at_ns: int, unit: int) -> Form:
    """Return a candle as the stream shows it; it is closed when its time is over."""
    return {
        "e": "kline",
        "E": at_ns // unit,
        "s": symbol,
        "k": {
            "t": candle.opens_ns // unit,
            "T": candle.closes_ns // unit - 1,
            "s": symbol,
            "i": interval,
            "f": candle.first_id,
            "L": candle.last_id,
            "o": eight(candle.open),
            "c": eight(candle.close),
            "h": eight(candle.high),
            "l": eight(candle.low),
            "v": eight(candle.volume),
            "n": candle.count,
            "x": at_ns >= candle.closes_ns,
            "q": eight(candle.quote_volume),
            "V": eight(candle.taker_volume),
            "Q": eight(candle.taker_quote_volume),
            "B": "0",
        },
    }
