"""Market data: ticks become quotes and trades, depth a book, five-second bars longer ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from regimeflow._core.messages import Quote, SystemMessage, Tick
from regimeflow.adapters.brokers.ib import errors
from regimeflow.adapters.brokers.ib.amounts import amount, exact
from regimeflow.adapters.brokers.ib.barmaker import BarMaker
from regimeflow.adapters.brokers.ib.clock import VenueClock
from regimeflow.adapters.brokers.ib.contracts import Contracts, Traded
from regimeflow.adapters.brokers.ib.depth import Depth
from regimeflow.adapters.brokers.ib.order_ids import OrderIds
from regimeflow.adapters.brokers.ib.times import NS
from regimeflow.ports.broker import MarketDataUpdate, OnMarketData
from regimeflow.types.config.ib import IBSettings
from regimeflow.types.enums import SystemCode
from regimeflow.types.errors import BrokerError
from regimeflow.types.records import Record, made

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import Requests

_ZERO: Final = Decimal(0)
# Tick types and their delayed forms; odd ones of no interest are passed over.
_BID_SIZE, _BID, _ASK, _ASK_SIZE, _LAST, _LAST_SIZE = 0, 1, 2, 3, 4, 5
_LIVE_OF: Final = {66: _BID, 67: _ASK, 68: _LAST, 69: _BID_SIZE, 70: _ASK_SIZE, 71: _LAST_SIZE}
_KINDS: Final = {"live": 1, "frozen": 2, "delayed": 3, "delayed_frozen": 4}
_BAR_S: Final = 5
_WARNING: Final = 30


class Feed(Record, frozen=False, kw_only=True):
    """What comes of one symbol."""

    traded: Traded
    bid: tuple[Decimal, Decimal] | None = None
    ask: tuple[Decimal, Decimal] | None = None
    last_px: Decimal | None = None
    last_told: tuple[Decimal, Decimal] | None = None
    is_stale: bool = False
    heard_s: float = 0.0
    ids: dict[str, int] = made(dict)  # of the subscriptions, by what they are of


class Market:
    """Subscriptions of market data, and what they bring.

    Args:
        requests: Gives what sends requests.
        sink: Takes market data, and news of it.
        tell: Takes a line for people.
    """

    def __init__(
        self,
        settings: IBSettings,
        requests: Callable[[], Requests],
        ids: OrderIds,
        contracts: Contracts,
        clock: VenueClock,
        *,
        sink: Callable[[], OnMarketData],
        tell: Callable[[str], object],
    ) -> None:
        self._settings: Final = settings
        self._requests: Final = requests
        self._ids: Final = ids
        self._contracts: Final = contracts
        self._clock: Final = clock
        self._sink: Final = sink
        self._tell: Final = tell
        self._feeds: Final[dict[str, Feed]] = {}
        self._by_id: Final[dict[int, Feed]] = {}
        self._depths: Final[dict[int, Depth]] = {}
        self._bars: Final[dict[int, BarMaker]] = {}

    @property
    def symbols(self) -> list[str]:
        """What is subscribed."""
        return list(self._feeds)

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Ask for data; twice is once."""
        for symbol in symbols:
            if symbol not in self._feeds:
                feed = Feed(traded=self._contracts.find(symbol), heard_s=time.monotonic())
                self._open(feed)
                self._feeds[symbol] = feed

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        """Stop data."""
        for symbol in symbols:
            feed = self._feeds.pop(symbol, None)
            if feed is not None:
                with suppress(BrokerError):  # without a line there is nothing to stop
                    self._close(feed, is_there=True)

    def resubscribe(self) -> None:
        """Ask for everything again: IB has lost it."""
        for feed in self._feeds.values():
            self._close(feed, is_there=False)
            self._open(feed)

    def clear(self) -> None:
        """Forget every subscription."""
        self._feeds.clear()
        for table in (self._by_id, self._depths, self._bars):
            table.clear()

    def lost(self, why: str) -> None:
        """Take that nothing comes any more."""
        for feed in self._feeds.values():
            self._went_stale(feed, why)

    def check(self) -> None:
        """Look for symbols that have fallen silent."""
        longest = self._settings.max_data_silence_s
        if longest is None:
            return
        for feed in self._feeds.values():
            silent_s = time.monotonic() - feed.heard_s
            if silent_s > longest:
                self._went_stale(feed, f"no data for {silent_s:.1f} s")

    def is_mine(self, number: int) -> bool:
        """Whether a request is one of these subscriptions."""
        return number in self._by_id

    def error(self, number: int, code: int, text: str) -> None:
        """Take an error that names a subscription."""
        feed = self._by_id[number]
        symbol = feed.traded.symbol
        if code == errors.DEPTH_RESET and number in self._depths:
            self._depths[number].reset()
            return
        self._tell(f"market data of {symbol}: {errors.shown(code, text)}")
        if code == errors.BARS_BUSTED and number in self._bars:
            del self._by_id[number], self._bars[number]
            self._requests().cancelRealTimeBars(number)
            self._open_bars(feed)
        elif code != errors.DELAYED_SHOWN and not errors.is_informative(code):
            self._went_stale(feed, text)

    # ---- messages

    def price_tick(self, number: int, tick: int, price: float, size: float) -> None:
        """Take a price with its size; -1 is none."""
        feed = self._by_id.get(number)
        if feed is None:
            return
        self._alive(feed)
        kind, px = _LIVE_OF.get(tick, tick), exact(price)
        is_none = px is None or (price <= 0 and not feed.traded.instrument.allows_negative_px)
        row = None if px is None or is_none else (px, amount(size))
        if kind == _BID:
            feed.bid = row
            self._quote(feed)
        elif kind == _ASK:
            feed.ask = row
            self._quote(feed)
        elif kind == _LAST and row is not None:
            feed.last_px = row[0]
            self._traded(feed, row)

    def size_tick(self, number: int, tick: int, size: float) -> None:
        """Take a size, of the price that was told last."""
        feed = self._by_id.get(number)
        if feed is None:
            return
        self._alive(feed)
        kind, quantity = _LIVE_OF.get(tick, tick), amount(size)
        if kind == _BID_SIZE and feed.bid is not None:
            feed.bid = (feed.bid[0], quantity)
            self._quote(feed)
        elif kind == _ASK_SIZE and feed.ask is not None:
            feed.ask = (feed.ask[0], quantity)
            self._quote(feed)
        elif kind == _LAST_SIZE and feed.last_px is not None:
            row = (feed.last_px, quantity)
            if row != feed.last_told:  # TWS repeats the size that came with the price
                self._traded(feed, row)

    def trade(
        self, number: int, _kind: int, seconds: int, price: float, size: float, *_: object
    ) -> None:
        """Take one trade of a tick-by-tick stream."""
        feed = self._by_id.get(number)
        if feed is not None and (px := exact(price)) is not None and size > 0:
            self._alive(feed)
            self._print(feed, px, amount(size), seconds * NS)

    def bar(self, number: int, seconds: int, *values: float) -> None:
        """Take a bar of five seconds."""
        feed, maker = self._by_id.get(number), self._bars.get(number)
        if feed is None or maker is None:
            return
        self._alive(feed)
        opened, high, low, close, volume, vwap, count = values
        made_of = maker.add(
            seconds * NS,
            (amount(opened), amount(high), amount(low), amount(close)),
            volume=max(amount(volume), _ZERO),
            vwap=amount(vwap),
            count=max(int(count), 0),
        )
        if made_of is not None:
            self._give(made_of)

    def depth(  # noqa: PLR0917  # as the library calls it
        self, number: int, position: int, operation: int, side: int, price: float, size: float
    ) -> None:
        """Take a change of a book."""
        book, feed = self._depths.get(number), self._by_id.get(number)
        if book is None or feed is None:
            return
        self._alive(feed)
        if not book.change(position, operation, side, (amount(price), amount(size))):
            self._tell(f"the book of {feed.traded.symbol} skipped a row; it begins again")
            self._depths.pop(number, None)
            self._requests().cancelMktDepth(number, False)
            self._open_depth(feed)
            return
        shown = book.shown(self._clock.now_ns(), time.time_ns())
        if shown is not None:
            self._give(shown)

    def depth_by_maker(  # noqa: PLR0917  # as the library calls it
        self,
        number: int,
        position: int,
        _maker: str,
        operation: int,
        side: int,
        price: float,
        size: float,
        _is_smart: bool = False,  # noqa: FBT001, FBT002  # the library's order
    ) -> None:
        """Take a change of a book that names its market maker."""
        self.depth(number, position, operation, side, price, size)

    # ---- the parts

    def _open(self, feed: Feed) -> None:
        settings, requests = self._settings, self._requests()
        feed.bid = feed.ask = feed.last_px = feed.last_told = None
        contract = feed.traded.contract
        wants_trades = settings.trades != "none" and not feed.traded.is_pair
        if settings.quotes or (wants_trades and settings.trades == "last"):
            requests.reqMarketDataType(_KINDS[settings.market_data])
            requests.reqMktData(self._number(feed, "ticks"), contract, "", False, False, [])
        if wants_trades and settings.trades == "tick_by_tick":
            requests.reqTickByTickData(self._number(feed, "trades"), contract, "AllLast", 0, False)
        if settings.bar_interval_s:
            self._open_bars(feed)
        if settings.book_levels:
            self._open_depth(feed)

    def _open_bars(self, feed: Feed) -> None:
        settings, number = self._settings, self._number(feed, "bars")
        self._bars[number] = BarMaker(feed.traded.symbol, settings.bar_interval_s)
        what = "MIDPOINT" if feed.traded.is_pair else "TRADES"
        hours = settings.regular_hours_only
        self._requests().reqRealTimeBars(number, feed.traded.contract, _BAR_S, what, hours, [])

    def _open_depth(self, feed: Feed) -> None:
        number = self._number(feed, "book")
        levels = self._settings.book_levels
        self._depths[number] = Depth(feed.traded.symbol)
        self._requests().reqMktDepth(number, feed.traded.contract, levels, False, [])

    def _number(self, feed: Feed, what: str) -> int:
        number = self._ids.next_request()
        feed.ids[what] = number
        self._by_id[number] = feed
        return number

    def _close(self, feed: Feed, *, is_there: bool) -> None:
        for what, number in feed.ids.items():
            self._by_id.pop(number, None)
            self._depths.pop(number, None)
            self._bars.pop(number, None)
            if not is_there:
                continue
            requests = self._requests()
            if what == "ticks":
                requests.cancelMktData(number)
            elif what == "trades":
                requests.cancelTickByTickData(number)
            elif what == "bars":
                requests.cancelRealTimeBars(number)
            else:
                requests.cancelMktDepth(number, False)
        feed.ids.clear()

    def _quote(self, feed: Feed) -> None:
        if feed.bid is None or feed.ask is None or not self._settings.quotes:
            return
        if feed.bid[0] >= feed.ask[0]:
            return  # one side is told after the other: what lies between is no market
        now_ns = self._clock.now_ns()
        self._give(
            Quote(
                feed.traded.symbol,
                *feed.bid,
                *feed.ask,
                ts_event_ns=now_ns,
                ts_recv_ns=time.time_ns(),
            )
        )

    def _traded(self, feed: Feed, row: tuple[Decimal, Decimal]) -> None:
        is_first, feed.last_told = feed.last_told is None, row
        if is_first or not row[1] or self._settings.trades != "last":
            return  # what is told first is past: it was there before we asked
        self._print(feed, *row, self._clock.now_ns())

    def _print(self, feed: Feed, px: Decimal, quantity: Decimal, event_ns: int) -> None:
        self._give(
            Tick(
                feed.traded.symbol,
                px,
                quantity,
                ts_event_ns=event_ns,
                ts_recv_ns=time.time_ns(),
            )
        )

    def _alive(self, feed: Feed) -> None:
        feed.heard_s = time.monotonic()
        if feed.is_stale:
            feed.is_stale = False
            self._sink()(_news(SystemCode.DATA_RESUMED, feed, "market data is back"))

    def _went_stale(self, feed: Feed, why: str) -> None:
        if not feed.is_stale:
            feed.is_stale = True
            self._sink()(_news(SystemCode.DATA_STALE, feed, why))

    def _give(self, update: MarketDataUpdate) -> None:
        self._sink()(update)


def _news(code: SystemCode, feed: Feed, text: str) -> SystemMessage:
    now_ns = time.time_ns()
    return SystemMessage(
        text[:200],
        code=code,
        level=_WARNING,
        symbol=feed.traded.symbol,
        ts_event_ns=now_ns,
        ts_recv_ns=now_ns,
    )
