"""The tickers of market streams."""

from __future__ import annotations

from regimeflow.apps.venues.binance.market_forms import best_quote
from regimeflow.apps.venues.binance.parts import Parts
from regimeflow.apps.venues.binance.texts import ZERO, eight

Form = dict[str, object]
DAY_NS = 86_400_000_000_000


def ticker(parts: Parts, symbol: str, now_ns: int, unit: int) -> Form:
    """Return what a symbol did within 24 hours."""
    log = parts.logs[symbol]
    past, last = log.day(now_ns), log.last
    price = last.price if last else ZERO
    change = price - past.open
    mean = past.quote_volume / past.volume if past.volume else ZERO
    percent = change * 100 / past.open if past.open else ZERO
    quote = best_quote(symbol, *parts.exchange.books[symbol].best())
    return {
        "e": "24hrTicker",
        "E": now_ns // unit,
        "s": symbol,
        "p": eight(change),
        "P": f"{percent:.3f}",
        "w": eight(mean),
        "x": eight(past.open),
        "c": eight(price),
        "Q": eight(last.quantity if last else ZERO),
        "b": quote["bidPrice"],
        "B": quote["bidQty"],
        "a": quote["askPrice"],
        "A": quote["askQty"],
        "o": eight(past.open),
        "h": eight(past.high),
        "l": eight(past.low),
        "v": eight(past.volume),
        "q": eight(past.quote_volume),
        "O": (now_ns - DAY_NS) // unit,
        "C": now_ns // unit,
        "F": past.first_id,
        "L": past.last_id,
        "n": past.trades,
    }


def mini_ticker(parts: Parts, symbol: str, now_ns: int, unit: int) -> Form:
    """Return the short form of what a symbol did within 24 hours."""
    log = parts.logs[symbol]
    past, last = log.day(now_ns), log.last
    return {
        "e": "24hrMiniTicker",
        "E": now_ns // unit,
        "s": symbol,
        "c": eight(last.price if last else ZERO),
        "o": eight(past.open),
        "h": eight(past.high),
        "l": eight(past.low),
        "v": eight(past.volume),
        "q": eight(past.quote_volume),
    }


def average(parts: Parts, symbol: str, now_ns: int, unit: int) -> Form:
    """Return the average price of the last minutes."""
    log = parts.logs[symbol]
    return {
        "e": "avgPrice",
        "E": now_ns // unit,
        "s": symbol,
        "i": "5m",
        "w": eight(log.average(5, now_ns) or ZERO),
        "T": (log.last.time_ns if log.last else 0) // unit,
    }
