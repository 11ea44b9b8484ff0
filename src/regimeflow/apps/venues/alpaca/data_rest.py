"""The market data API: bars, trades, quotes, the latest of each, snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from aiohttp import web

from regimeflow.apps.venues.alpaca.accounts import Account
from regimeflow.apps.venues.alpaca.assets import CRYPTO, EQUITY, OPTION
from regimeflow.apps.venues.alpaca.bars import Bar, longer, parse_timeframe
from regimeflow.apps.venues.alpaca.fields import Json, whole
from regimeflow.apps.venues.alpaca.house import House
from regimeflow.apps.venues.alpaca.market import Book, SymbolData
from regimeflow.apps.venues.alpaca.market_forms import (
    bar_form,
    book_form,
    latest_bar,
    quote_form,
    snapshot_form,
    trade_form,
)
from regimeflow.apps.venues.alpaca.paging import page
from regimeflow.apps.venues.alpaca.refusals import bad_input, coded
from regimeflow.apps.venues.alpaca.rest import Answer, Operation, Rest, query_of
from regimeflow.apps.venues.alpaca.times import at_new_york, new_york, parse_instant

_MOST: Final = 10_000
_USUAL: Final = 1_000
_DEPTH: Final = 50
_STOCKS: Final = "/v2/stocks"
_CRYPTO: Final = "/v1beta3/crypto/{loc}"
_OPTIONS: Final = "/v1beta1/options"
Points = Sequence[tuple[int, Callable[[], Json]]]
"""When, and what is answered, written out only where it is."""
Series = Callable[[SymbolData, Mapping[str, str], int], Points]


class DataRest:
    """One method a kind of data; kinds of assets differ in paths and keys only."""

    def __init__(self, house: House) -> None:
        self._house: Final = house

    def add_routes(self, app: web.Application, rest: Rest) -> None:
        """Say which path is which."""
        series = {"bars": self._bars, "trades": self._trades, "quotes": self._quotes}
        latest = {
            "bars": self._latest_bar,
            "trades": self._latest_trade,
            "quotes": self._latest_quote,
        }

        def add(path: str, operation: Operation, *, needs_key: bool) -> None:
            app.router.add_get(path, rest.handler(operation, "data", needs_key=needs_key))

        for name, points in series.items():
            operation = self._series(name, points)
            add(f"{_STOCKS}/{name}", operation, needs_key=True)
            add(f"{_CRYPTO}/{name}", operation, needs_key=False)
        for name, form in latest.items():
            add(f"{_STOCKS}/{name}/latest", self._latest(name, form), needs_key=True)
            add(f"{_CRYPTO}/latest/{name}", self._latest(name, form), needs_key=False)
        for name in ("bars", "trades"):
            add(f"{_OPTIONS}/{name}", self._series(name, series[name]), needs_key=True)
        for name in ("quotes", "trades"):
            add(f"{_OPTIONS}/{name}/latest", self._latest(name, latest[name]), needs_key=True)
        add(f"{_STOCKS}/snapshots", self._snapshots, needs_key=True)
        add(f"{_CRYPTO}/snapshots", self._crypto_snapshots, needs_key=False)
        add(
            f"{_CRYPTO}/latest/orderbooks",
            self._latest("orderbooks", self._latest_book),
            needs_key=False,
        )

    def _symbols(
        self, request: web.Request, query: Mapping[str, str]
    ) -> dict[str, SymbolData | None]:
        asset_class = _class_of(request)
        names = [name for name in query.get("symbols", "").split(",") if name]
        if not names:
            raise bad_input("symbols is required")
        found: dict[str, SymbolData | None] = {}
        for name in names:
            asset = self._house.assets.find(name)
            is_ours = asset is not None and asset.asset_class == asset_class
            found[name] = self._house.market[asset.symbol] if asset and is_ours else None
        return found

    def _asked(self, request: web.Request) -> tuple[dict[str, str], dict[str, SymbolData]]:
        query = query_of(request)
        self._check_feed(query.get("feed", ""))
        found = self._symbols(request, query)
        return query, {name: data for name, data in found.items() if data is not None}

    def _check_feed(self, feed: str) -> None:
        take = self._house.faults.take
        if feed == "sip" and take("insufficient_subscription", stream=feed) is not None:
            raise coded(403, 42210000, "subscription does not permit querying recent SIP data")

    def _series(self, name: str, series: Series) -> Operation:
        async def answer(request: web.Request, _account: Account) -> Answer:
            query, found = self._asked(request)
            first_ns, last_ns = self._range(query)
            points = {
                symbol: [
                    (time_ns, form)
                    for time_ns, form in series(data, query, first_ns)
                    if first_ns <= time_ns <= last_ns
                ]
                for symbol, data in found.items()
            }
            if query.get("sort") == "desc":
                points = {symbol: list(reversed(some)) for symbol, some in points.items()}
            chosen, following = page(
                points,
                limit=whole(query, "limit", _USUAL, most=_MOST),
                token=query.get("page_token", ""),
                kind=_kind(query) if name == "bars" else name[0].upper(),
            )
            forms = {symbol: [form() for form in some] for symbol, some in chosen.items()}
            return 200, {name: forms, "next_page_token": following}

        return answer

    def _range(self, query: Mapping[str, str]) -> tuple[int, int]:
        now_ns = self._house.clock()
        try:
            begun = query.get("start")
            first = parse_instant(begun) if begun else at_new_york(new_york(now_ns).date(), 0)
            last = parse_instant(query["end"]) if query.get("end") else now_ns
        except ValueError as error:
            raise bad_input(f"invalid start or end: {error}") from error
        if last < first:
            raise bad_input("end should not be before start")
        return first, last

    def _bars(self, data: SymbolData, query: Mapping[str, str], first_ns: int) -> Points:
        timeframe = parse_timeframe(query.get("timeframe", ""))
        bars = longer(data.bars(timeframe.start(first_ns)), timeframe)
        return [(bar.start_ns, partial(bar_form, bar)) for bar in bars]

    def _trades(self, data: SymbolData, query: Mapping[str, str], _first_ns: int) -> Points:
        feed = query.get("feed", "sip")
        return [(one.time_ns, partial(trade_form, data.asset, one, feed)) for one in data.prints]

    def _quotes(self, data: SymbolData, query: Mapping[str, str], _first_ns: int) -> Points:
        feed = query.get("feed", "sip")
        return [(one.time_ns, partial(quote_form, data.asset, one, feed)) for one in data.quotes]

    def _latest(self, name: str, form: Callable[[SymbolData, str], Json | None]) -> Operation:
        async def answer(request: web.Request, _account: Account) -> Answer:
            query, found = self._asked(request)
            feed = query.get("feed", "sip")
            forms = {symbol: form(data, feed) for symbol, data in found.items()}
            return 200, {name: {symbol: one for symbol, one in forms.items() if one is not None}}

        return answer

    def _latest_bar(self, data: SymbolData, _feed: str) -> Json | None:
        bar: Bar | None = latest_bar(data)
        return None if bar is None else bar_form(bar)

    def _latest_trade(self, data: SymbolData, feed: str) -> Json | None:
        return None if data.last is None else trade_form(data.asset, data.last, feed)

    def _latest_quote(self, data: SymbolData, feed: str) -> Json | None:
        return None if data.quote is None else quote_form(data.asset, data.quote, feed)

    def _latest_book(self, data: SymbolData, _feed: str) -> Json | None:
        if data.quote is None:
            return None
        bids, asks = self._house.exchange.books[data.asset.symbol].depth(_DEPTH)
        return book_form(Book(data.quote.time_ns, bids, asks, is_full=True))

    async def _snapshots(self, request: web.Request, _account: Account) -> Answer:
        query = query_of(request)
        self._check_feed(query.get("feed", ""))
        found = self._symbols(request, query)
        feed = query.get("feed", "sip")
        return 200, {
            symbol: None if data is None else snapshot_form(data, feed)
            for symbol, data in found.items()
        }

    async def _crypto_snapshots(self, request: web.Request, _account: Account) -> Answer:
        _, found = self._asked(request)
        return 200, {"snapshots": {name: snapshot_form(one, "") for name, one in found.items()}}


def _class_of(request: web.Request) -> str:
    if "loc" in request.match_info:
        return CRYPTO
    return OPTION if request.path.startswith(_OPTIONS) else EQUITY


def _kind(query: Mapping[str, str]) -> str:
    return parse_timeframe(query.get("timeframe", "")).unit[0]
