"""The subscriptions of market data: which there are, and whether each still says something."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING, Final

from regimeflow.adapters.brokers._shared.silence import Stream
from regimeflow.adapters.brokers.ib.barmaker import BarMaker
from regimeflow.adapters.brokers.ib.contracts import Traded
from regimeflow.adapters.brokers.ib.depth import Depth
from regimeflow.adapters.brokers.ib.order_ids import OrderIds
from regimeflow.types.config.ib import IBSettings
from regimeflow.types.errors import BrokerError
from regimeflow.types.records import Record, made

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import Requests

TICKS: Final = "ticks"
TRADES: Final = "trades"
BARS: Final = "bars"
BOOK: Final = "book"
BAR_S: Final = 5
_PARTS: Final = (TICKS, TRADES, BARS, BOOK)
_NAMES: Final = {TICKS: "quotes", TRADES: "trades", BARS: "bars", BOOK: "book"}
_MARKET_DATA_TYPES: Final = {"live": 1, "frozen": 2, "delayed": 3, "delayed_frozen": 4}
_NS_PER_S: Final = 10**9


class Feed(Record, frozen=False, kw_only=True):
    """What comes of one symbol."""

    traded: Traded
    bid: tuple[Decimal, Decimal] | None = None
    ask: tuple[Decimal, Decimal] | None = None
    last_px: Decimal | None = None
    last_told: tuple[Decimal, Decimal] | None = None
    ids: dict[str, int] = made(dict)  # of the subscriptions, by what they are of
    since_ns: dict[str, int] = made(dict)  # from when on each should say something
    heard_ns: dict[str, int] = made(dict)  # when each last did
    refused_ns: dict[str, int] = made(dict)  # when IB refused each
    is_retried: bool = False  # whether what was refused may be given later

    @property
    def main(self) -> str:
        """The subscription whose refusal leaves the symbol without a price."""
        return next((what for what in _PARTS if what in self.ids), TICKS)

    @property
    def is_refused(self) -> bool:
        """Whether IB gives no price of it."""
        return self.main in self.refused_ns


class Feeds:
    """Opens and closes subscriptions, and knows which are silent (``silence.Streaming``).

    Instants are those of a clock that nobody sets.

    Args:
        requests: Gives what sends requests.
        is_open: Whether a symbol's market is open: else its silence is normal.
    """

    def __init__(
        self,
        settings: IBSettings,
        requests: Callable[[], Requests],
        ids: OrderIds,
        is_open: Callable[[Traded], bool],
    ) -> None:
        self._settings: Final = settings
        self._requests: Final = requests
        self._ids: Final = ids
        self._is_open: Final = is_open
        self._feeds: Final[dict[str, Feed]] = {}
        self._by_id: Final[dict[int, tuple[Feed, str]]] = {}
        self.books: Final[dict[int, Depth]] = {}
        self.makers: Final[dict[int, BarMaker]] = {}

    def __iter__(self) -> Iterator[Feed]:
        return iter(list(self._feeds.values()))

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._feeds

    def of(self, number: int) -> tuple[Feed, str] | None:
        """Return what a request is a subscription of."""
        return self._by_id.get(number)

    def hear(self, number: int) -> Feed | None:
        """Take that a subscription says something; None for a request that is none."""
        found = self._by_id.get(number)
        if found is None:
            return None
        feed, what = found
        feed.heard_ns[what] = time.monotonic_ns()
        feed.refused_ns.pop(what, None)  # a part of it comes all the same
        return feed

    def refuse(self, feed: Feed, what: str, *, is_retried: bool) -> None:
        """Take that IB does not give a subscription, or not now."""
        feed.refused_ns[what] = time.monotonic_ns()
        feed.is_retried = is_retried

    def retry(self, wait_s: float) -> None:
        """Ask again for what was refused so long ago and may be given now."""
        due_ns = time.monotonic_ns() - int(wait_s * _NS_PER_S)
        for feed in self:
            if feed.is_retried and feed.is_refused and feed.refused_ns[feed.main] < due_ns:
                self.again(feed, feed.main)

    def open(self, traded: Traded) -> None:
        """Ask for all that is wanted of a symbol."""
        self._requests()  # without a line nothing is begun
        feed = Feed(traded=traded)
        for what in self._wanted(traded):
            self._ask(feed, what)
        self._feeds[traded.symbol] = feed

    def close(self, symbol: str) -> None:
        """Give a symbol up."""
        feed = self._feeds.pop(symbol)
        for what in list(feed.ids):
            with suppress(BrokerError):  # without a line there is nothing to stop
                self._cancel(self._forget(feed, what), what)

    def again(self, feed: Feed, what: str) -> None:
        """Give one subscription up and ask for it anew."""
        self._requests()  # without a line it stays as it is
        self._cancel(self._forget(feed, what), what)
        self._ask(feed, what)

    def reopen(self) -> None:
        """Ask for everything anew: IB knows nothing of it any more."""
        for feed in self:
            for what in list(feed.ids):
                self._forget(feed, what)
            for what in self._wanted(feed.traded):
                self._ask(feed, what)

    def clear(self) -> None:
        """Forget everything."""
        self._feeds.clear()
        for table in (self._by_id, self.books, self.makers):
            table.clear()

    def hold(self) -> None:
        """Begin to count silence anew: nothing can be heard now."""
        now_ns = time.monotonic_ns()
        for feed in self:
            feed.heard_ns.clear()
            feed.since_ns = dict.fromkeys(feed.ids, now_ns)

    # ---- silence

    def watched(self) -> Sequence[Stream]:
        """Give the subscriptions that should say something now: none that IB refused."""
        found = []
        for feed in self:
            is_open = self._is_open(feed.traded)
            if not is_open:
                feed.since_ns = dict.fromkeys(feed.ids, time.monotonic_ns())
            if not feed.is_refused:
                found += [
                    self._stream(feed, what, is_open=is_open)
                    for what in feed.ids
                    if what not in feed.refused_ns
                ]
        return found

    def heard_ns(self, stream: Stream) -> int:
        """When a subscription last said something; 0: not yet."""
        return self._feeds[stream.symbol].heard_ns.get(_PARTS[stream.kind], 0)

    def silent_s(self, stream: Stream, now_ns: int) -> float:
        """For how long it has said nothing."""
        feed, what = self._feeds[stream.symbol], _PARTS[stream.kind]
        last_ns = max(feed.since_ns.get(what, now_ns), feed.heard_ns.get(what, 0))
        return (now_ns - last_ns) / _NS_PER_S

    def ask_again(self, stream: Stream) -> None:
        """Give it up and ask for it anew."""
        self.again(self._feeds[stream.symbol], _PARTS[stream.kind])

    # ---- the parts

    def _wanted(self, traded: Traded) -> list[str]:
        settings = self._settings
        wants_trades = settings.trades != "none" and not traded.is_pair
        wanted = {
            TICKS: settings.quotes or (wants_trades and settings.trades == "last"),
            TRADES: wants_trades and settings.trades == "tick_by_tick",
            BARS: settings.bar_interval_s > 0,
            BOOK: settings.book_levels > 0,
        }
        return [what for what in _PARTS if wanted[what]]

    def _stream(self, feed: Feed, what: str, *, is_open: bool) -> Stream:
        symbol = feed.traded.symbol
        may_not_be_silent = what in {TICKS, BOOK}  # trades and bars may, by right
        silence_s = self._settings.max_data_silence_s if may_not_be_silent else None
        if silence_s is not None and not is_open:
            silence_s = inf  # what was stale comes back all the same
        return Stream(f"{_NAMES[what]} of {symbol}", symbol, _PARTS.index(what), silence_s)

    def _ask(self, feed: Feed, what: str) -> None:
        settings, requests, traded = self._settings, self._requests(), feed.traded
        number = self._ids.next_request()
        feed.ids[what] = number
        self._by_id[number] = feed, what
        feed.since_ns[what] = time.monotonic_ns()
        feed.heard_ns.pop(what, None)
        feed.refused_ns.pop(what, None)
        if what == TICKS:
            feed.bid = feed.ask = feed.last_px = feed.last_told = None
            requests.reqMarketDataType(_MARKET_DATA_TYPES[settings.market_data])
            requests.reqMktData(number, traded.contract, "", False, False, [])
        elif what == TRADES:
            requests.reqTickByTickData(number, traded.contract, "AllLast", 0, False)
        elif what == BARS:
            self.makers[number] = BarMaker(traded.symbol, settings.bar_interval_s)
            shown, hours = "MIDPOINT" if traded.is_pair else "TRADES", settings.regular_hours_only
            requests.reqRealTimeBars(number, traded.contract, BAR_S, shown, hours, [])
        else:
            self.books[number] = Depth(traded.symbol)
            requests.reqMktDepth(number, traded.contract, settings.book_levels, False, [])

    def _cancel(self, number: int, what: str) -> None:
        requests = self._requests()
        if what == TICKS:
            requests.cancelMktData(number)
        elif what == TRADES:
            requests.cancelTickByTickData(number)
        elif what == BARS:
            requests.cancelRealTimeBars(number)
        else:
            requests.cancelMktDepth(number, False)

    def _forget(self, feed: Feed, what: str) -> int:
        number = feed.ids.pop(what)
        for table in (self._by_id, self.books, self.makers):
            table.pop(number, None)
        return number
