"""Market data as messages: keys in Alpaca's order, which differs between streams and REST."""

from __future__ import annotations

from typing import Final

from regimeflow.apps.venues.alpaca.assets import Asset
from regimeflow.apps.venues.alpaca.bars import Bar, Timeframe, longer
from regimeflow.apps.venues.alpaca.fields import Json
from regimeflow.apps.venues.alpaca.framing import Instant, number
from regimeflow.apps.venues.alpaca.market import Book, Happening, Print, Quote, Status, SymbolData

_ROUND_LOT: Final = 100
_LONGEST_BREAK_NS: Final = 6 * 86_400 * 10**9  # from one trading day to the next, and more
_BAR_TYPES: Final = {"bars": "b", "updatedBars": "u", "dailyBars": "d"}


def venue_code(asset: Asset, feed: str) -> str:
    """Which exchange reported: V for IEX, C for CBOE."""
    if asset.option is not None:
        return "C"
    if feed == "iex":
        return "V"
    return "Q" if asset.exchange == "NASDAQ" else "P"


def stream_form(asset: Asset, channel: str, happened: Happening, feed: str) -> Json:
    """As a stream carries it; ``T`` says what it is."""
    if isinstance(happened, Quote):
        return _stream_quote(asset, happened, feed)
    if isinstance(happened, Print):
        return _stream_trade(asset, happened, feed)
    if isinstance(happened, Status):
        return {
            "T": "s",
            "S": asset.symbol,
            "sc": happened.code,
            "sm": happened.message,
            "rc": happened.reason_code,
            "rm": happened.reason,
            "t": Instant(happened.time_ns),
            "z": asset.tape,
        }
    if isinstance(happened, Book):
        form: Json = {"T": "o", "S": asset.symbol} | book_form(happened)
        return form | ({"r": True} if happened.is_full else {})
    head: Json = {"T": _BAR_TYPES[channel], "S": asset.symbol}
    body = bar_form(happened)
    start = body.pop("t")
    counts = {name: body.pop(name) for name in ("n", "vw")}
    return head | body | {"t": start} | counts


def book_form(book: Book) -> Json:
    """A book's levels; a size of zero takes one away."""
    sides = [
        [{"p": number(price), "s": number(size)} for price, size in side]
        for side in (book.bids, book.asks)
    ]
    return {"t": Instant(book.time_ns), "b": sides[0], "a": sides[1]}


def _stream_quote(asset: Asset, quote: Quote, feed: str) -> Json:
    head: Json = {"T": "q", "S": asset.symbol}
    sides = _sides(quote)
    if asset.is_crypto:
        return head | sides | {"t": Instant(quote.time_ns)}
    code = venue_code(asset, feed)
    if asset.option is not None:
        return head | quote_form(asset, quote, feed)
    bid: Json = {"bx": code, "bp": sides["bp"], "bs": sides["bs"]}
    ask: Json = {"ax": code, "ap": sides["ap"], "as": sides["as"]}
    return head | bid | ask | {"t": Instant(quote.time_ns), "c": ["R"], "z": asset.tape}


def _sides(quote: Quote) -> Json:
    return {
        "bp": number(quote.bid_px),
        "bs": number(quote.bid_qty),
        "ap": number(quote.ask_px),
        "as": number(quote.ask_qty),
    }


def _stream_trade(asset: Asset, trade: Print, feed: str) -> Json:
    if asset.is_crypto:
        return {
            "T": "t",
            "S": asset.symbol,
            "p": number(trade.price),
            "s": number(trade.size),
            "t": Instant(trade.time_ns),
            "i": trade.trade_id,
            "tks": "B" if trade.taker_buys else "S",
        }
    if asset.option is not None:
        return {"T": "t", "S": asset.symbol} | trade_form(asset, trade, feed)
    return {
        "T": "t",
        "i": trade.trade_id,
        "S": asset.symbol,
        "x": venue_code(asset, feed),
        "p": number(trade.price),
        "s": number(trade.size),
        "t": Instant(trade.time_ns),
        "c": _conditions(trade),
        "z": asset.tape,
    }


def _conditions(trade: Print) -> list[str]:
    return ["@", "I"] if trade.size < _ROUND_LOT else ["@"]


def bar_form(bar: Bar) -> Json:
    """A bar as REST answers."""
    return {
        "t": Instant(bar.start_ns),
        "o": number(bar.open_px),
        "h": number(bar.high_px),
        "l": number(bar.low_px),
        "c": number(bar.close_px),
        "v": number(bar.volume),
        "n": bar.trade_count,
        "vw": number(bar.average_px),
    }


def quote_form(asset: Asset, quote: Quote, feed: str) -> Json:
    """A quote as REST answers."""
    sides = _sides(quote)
    if asset.is_crypto:
        return {"t": Instant(quote.time_ns), **sides}
    code = venue_code(asset, feed)
    form: Json = {
        "t": Instant(quote.time_ns),
        "ax": code,
        "ap": sides["ap"],
        "as": sides["as"],
        "bx": code,
        "bp": sides["bp"],
        "bs": sides["bs"],
    }
    return form | ({"c": ["R"], "z": asset.tape} if asset.option is None else {"c": "A"})


def trade_form(asset: Asset, trade: Print, feed: str) -> Json:
    """A trade as REST answers."""
    if asset.is_crypto:
        return {
            "t": Instant(trade.time_ns),
            "p": number(trade.price),
            "s": number(trade.size),
            "tks": "B" if trade.taker_buys else "S",
            "i": trade.trade_id,
        }
    form: Json = {
        "t": Instant(trade.time_ns),
        "x": venue_code(asset, feed),
        "p": number(trade.price),
        "s": number(trade.size),
    }
    if asset.option is not None:
        return form | {"c": "I"}
    return form | {
        "c": _conditions(trade),
        "i": trade.trade_id,
        "z": asset.tape,
    }


def snapshot_form(data: SymbolData, feed: str) -> Json:
    """Everything that is known of a symbol now."""
    days = [*_days(data)]
    return {
        "latestTrade": trade_form(data.asset, data.last, feed) if data.last else None,
        "latestQuote": quote_form(data.asset, data.quote, feed) if data.quote else None,
        "minuteBar": bar_form(latest) if (latest := latest_bar(data)) else None,
        "dailyBar": days[-1] if days else None,
        "prevDailyBar": days[-2] if len(days) > 1 else None,
    }


def latest_bar(data: SymbolData) -> Bar | None:
    """The last finished minute, or the one that runs when it is the first."""
    if data.minutes:
        return data.minutes[-1]
    past = data.history.latest() if data.history else None
    return data.minute if past is None else past


def _days(data: SymbolData) -> list[Json]:
    since_ns = data.last.time_ns - _LONGEST_BREAK_NS if data.last else 0
    return [bar_form(bar) for bar in longer(data.bars(since_ns), Timeframe(1, "Day"))[-2:]]
