"""What anybody may ask: time, rules, book, trades, candles, tickers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import islice
from typing import Final

from regimeflow.apps.venues.binance import market_forms, refusals
from regimeflow.apps.venues.binance.candles import bounds
from regimeflow.apps.venues.binance.names import INTERVALS
from regimeflow.apps.venues.binance.parts import Call, Parts
from regimeflow.apps.venues.binance.rates import limits_form
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.texts import ZERO, eight

Form = dict[str, object]
DAY_NS: Final = 86_400_000_000_000
HUNDREDTH: Final = Decimal("0.001")
MILLISECOND: Final = 1_000_000


def ping(_: Parts, call: Call) -> Form:
    """Answer ``GET /api/v3/ping`` and ``ping``."""
    call.parameters.finish()
    return {}


def time(_: Parts, call: Call) -> Form:
    """Answer ``GET /api/v3/time`` and ``time``."""
    call.parameters.finish()
    return {"serverTime": call.now_ns // call.unit}


def exchange_info(parts: Parts, call: Call) -> Form:
    """Answer ``GET /api/v3/exchangeInfo`` and ``exchangeInfo``."""
    parameters = call.parameters
    names = asked_for(parts, call)
    parameters.ignore("permissions")
    shown: Form = {}
    if not parameters.flag("showPermissionSets", default=True):
        shown["permissionSets"] = []
    status = parameters.text("symbolStatus")
    parameters.finish()
    rows = [parts.catalog.row(name) for name in names or parts.catalog.rows]
    return {
        "timezone": "UTC",
        "serverTime": call.now_ns // call.unit,
        "rateLimits": limits_form(parts.weights, parts.counts),
        "exchangeFilters": [],
        "symbols": [
            {**row.form(parts.statuses[row.symbol]), **shown}
            for row in rows
            if status in {None, parts.statuses[row.symbol]}
        ],
    }


def asked_for(parts: Parts, call: Call) -> list[str] | None:
    """Return the symbols that a request names, None for all.

    Raises:
        Refusal: -1128 for both forms together, -1121 for a symbol that does not trade.
    """
    parameters = call.parameters
    if parameters.has("symbol") and parameters.has("symbols"):
        raise refusals.bad_combination()
    names = [parameters.symbol()] if parameters.has("symbol") else parameters.symbols()
    for name in names or []:
        parts.catalog.row(name)
    return names


def depth(parts: Parts, call: Call) -> Form:
    """Answer ``GET /api/v3/depth`` and ``depth``."""
    row = parts.row(call)
    limit = call.parameters.limit(100, 5000)
    wanted = call.parameters.text("symbolStatus")
    call.parameters.finish()
    demand_status(parts, row.symbol, wanted)
    book = parts.exchange.books[row.symbol]
    return market_forms.depth(book.update_id, *book.depth(limit))


def trades(parts: Parts, call: Call) -> list[Form]:
    """Answer ``GET /api/v3/trades``, ``historicalTrades`` and their like."""
    row = parts.row(call)
    first = call.parameters.integer("fromId")
    limit = call.parameters.limit(500, 1000)
    call.parameters.finish()
    log = parts.logs[row.symbol].trades
    if first is None:
        found = list(islice(log, max(0, len(log) - limit), None))
    else:
        found = list(islice((each for each in log if each.trade_id >= first), limit))
    return [market_forms.trade_row(each, call.unit) for each in found]


def aggregates(parts: Parts, call: Call) -> list[Form]:
    """Answer ``GET /api/v3/aggTrades`` and ``trades.aggregate``."""
    row = parts.row(call)
    parameters = call.parameters
    first, start = parameters.integer("fromId"), parameters.integer("startTime")
    end, limit = parameters.integer("endTime"), parameters.limit(500, 1000)
    parameters.finish()
    if first is not None and (start is not None or end is not None):
        raise refusals.bad_combination()
    found = [
        each
        for each in parts.logs[row.symbol].aggregates
        if (first is None or each.aggregate_id >= first)
        and (start is None or each.time_ns >= start * MILLISECOND)
        and (end is None or each.time_ns // MILLISECOND <= end)
    ]
    chosen = found[-limit:] if first is None and start is None else found[:limit]
    return [market_forms.aggregate_row(each, call.unit) for each in chosen]


def klines(parts: Parts, call: Call) -> list[list[object]]:
    """Answer ``GET /api/v3/klines``, ``uiKlines`` and their like."""
    row = parts.row(call)
    parameters = call.parameters
    parameters.required("interval")
    wrong = Refusal(-1120, "Invalid interval.")
    interval = parameters.choice("interval", INTERVALS, wrong) or ""
    start, end = parameters.integer("startTime"), parameters.integer("endTime")
    parameters.ignore("timeZone")
    limit = parameters.limit(500, 1000)
    parameters.finish()
    last = call.now_ns if end is None else min(end * MILLISECOND, call.now_ns)
    opens, closes = bounds(interval, last)
    # Twice as long as it takes: months differ.
    first = opens - 2 * limit * (closes - opens) if start is None else start * MILLISECOND
    found = parts.logs[row.symbol].candles.of(interval, first, last)
    chosen = found[-limit:] if start is None else found[:limit]
    return [market_forms.kline_row(each, call.unit) for each in chosen]


def average_price(parts: Parts, call: Call) -> Form:
    """Answer ``GET /api/v3/avgPrice`` and ``avgPrice``."""
    row = parts.row(call)
    call.parameters.finish()
    log = parts.logs[row.symbol]
    price = log.average(row.average_minutes, call.now_ns)
    closes_ns = log.last.time_ns if log.last else 0
    return {
        "mins": row.average_minutes,
        "price": eight(price or ZERO),
        "closeTime": closes_ns // call.unit,
    }


def per_symbol(parts: Parts, call: Call, form: Callable[[str], Form]) -> Form | list[Form]:
    """Answer with one form, or with a list for several symbols or all."""
    is_single = call.parameters.has("symbol")
    names = asked_for(parts, call)
    wanted = call.parameters.text("symbolStatus")
    call.parameters.finish()
    if is_single and names:
        demand_status(parts, names[0], wanted)
        return form(names[0])
    shown = names or parts.catalog.rows
    return [form(name) for name in shown if wanted in {None, parts.statuses[name]}]


def demand_status(parts: Parts, symbol: str, wanted: str | None) -> None:
    """Refuse a question about a symbol whose status is another than was asked for.

    Raises:
        Refusal: -1220.
    """
    if wanted is not None and parts.statuses[symbol] != wanted:
        raise refusals.other_status()


def best_quotes(parts: Parts, call: Call) -> Form | list[Form]:
    """Answer ``GET /api/v3/ticker/bookTicker`` and ``ticker.book``."""
    return per_symbol(
        parts,
        call,
        lambda name: market_forms.best_quote(name, *parts.exchange.books[name].best()),
    )


def prices(parts: Parts, call: Call) -> Form | list[Form]:
    """Answer ``GET /api/v3/ticker/price`` and ``ticker.price``."""
    return per_symbol(
        parts,
        call,
        lambda name: {
            "symbol": name,
            "price": eight(parts.exchange.books[name].last_price or ZERO),
        },
    )


def day(parts: Parts, call: Call) -> Form | list[Form]:
    """Answer ``GET /api/v3/ticker/24hr`` and ``ticker.24hr``."""
    kind = call.parameters.choice("type", ("FULL", "MINI"), refusals.not_valid("type"))
    return per_symbol(parts, call, lambda name: day_form(parts, call, name, is_mini=kind == "MINI"))


def day_form(parts: Parts, call: Call, symbol: str, *, is_mini: bool = False) -> Form:
    """Return what a symbol did within 24 hours."""
    log, book = parts.logs[symbol], parts.exchange.books[symbol]
    past = log.day(call.now_ns)
    last = log.last
    last_price = last.price if last else ZERO
    change = last_price - past.open
    percent = (change * 100 / past.open).quantize(HUNDREDTH) if past.open else ZERO
    mean = past.quote_volume / past.volume if past.volume else ZERO
    bid, ask = book.best()
    prices_form = {
        "openPrice": eight(past.open),
        "highPrice": eight(past.high),
        "lowPrice": eight(past.low),
    }
    traded: Form = {
        "volume": eight(past.volume),
        "quoteVolume": eight(past.quote_volume),
        "openTime": (call.now_ns - DAY_NS) // call.unit,
        "closeTime": call.now_ns // call.unit,
        "firstId": past.first_id,
        "lastId": past.last_id,
        "count": past.trades,
    }
    if is_mini:
        return {"symbol": symbol, **prices_form, "lastPrice": eight(last_price), **traded}
    quotes = market_forms.best_quote(symbol, bid, ask)
    return {
        "symbol": symbol,
        "priceChange": eight(change),
        "priceChangePercent": f"{percent:.3f}",
        "weightedAvgPrice": eight(mean),
        "prevClosePrice": eight(past.open),
        "lastPrice": eight(last_price),
        "lastQty": eight(last.quantity if last else ZERO),
        **{name: value for name, value in quotes.items() if name != "symbol"},
        **prices_form,
        **traded,
    }
