"""Market data: ticks become quotes and trades, depth a book, five-second bars longer ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from regimeflow._core.messages import Quote, Tick
from regimeflow.adapters.brokers._shared.feed_news import feed_news
from regimeflow.adapters.brokers._shared.silence import Silence
from regimeflow.adapters.brokers.ib import errors
from regimeflow.adapters.brokers.ib.amounts import amount, exact
from regimeflow.adapters.brokers.ib.clock import VenueClock
from regimeflow.adapters.brokers.ib.contracts import Contracts, Traded
from regimeflow.adapters.brokers.ib.feeds import BARS, BOOK, Feed, Feeds
from regimeflow.adapters.brokers.ib.order_ids import OrderIds
from regimeflow.adapters.brokers.ib.times import NS
from regimeflow.ports.broker import MarketDataUpdate, OnMarketData
from regimeflow.types.config.ib import IBSettings
from regimeflow.types.enums import SystemCode

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import Requests

_ZERO: Final = Decimal(0)
# Tick types and their delayed forms; odd ones of no interest are passed over.
_BID_SIZE, _BID, _ASK, _ASK_SIZE, _LAST, _LAST_SIZE = 0, 1, 2, 3, 4, 5
_LIVE_OF: Final = {66: _BID, 67: _ASK, 68: _LAST, 69: _BID_SIZE, 70: _ASK_SIZE, 71: _LAST_SIZE}
_RETRY_S: Final = 60.0


class Market:
    """Subscriptions of market data, and what they bring.

    One that is silent while its market is open is told, and asked for again: IB answers with what
    was told last, so that a quiet symbol is no dead one. Where nothing comes even then the socket
    is replaced.

    Args:
        requests: Gives what sends requests.
        is_up: Whether what IB says is heard.
        sink: Takes market data, and news of it.
        tell: Takes a line for people.
        replace: Gives the socket up, told why.
    """

    def __init__(
        self,
        settings: IBSettings,
        requests: Callable[[], Requests],
        ids: OrderIds,
        contracts: Contracts,
        clock: VenueClock,
        *,
        is_up: Callable[[], bool],
        sink: Callable[[], OnMarketData],
        tell: Callable[[str], object],
        replace: Callable[[str], object],
    ) -> None:
        self._settings: Final = settings
        self._contracts: Final = contracts
        self._clock: Final = clock
        self._is_up: Final = is_up
        self._sink: Final = sink
        self._tell: Final = tell
        self._replace: Final = replace
        self._silence: Final = Silence(self._say)
        self.feeds: Final = Feeds(settings, requests, ids, self._is_open)

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Ask for data; twice is once."""
        for symbol in symbols:
            if symbol not in self.feeds:
                self.feeds.open(self._contracts.find(symbol))

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        """Stop data."""
        for symbol in symbols:
            if symbol in self.feeds:
                self.feeds.close(symbol)
                self._silence.forget(symbol)

    def resubscribe(self) -> None:
        """Ask for everything again: IB has lost it."""
        self.feeds.reopen()

    def clear(self) -> None:
        """Forget every subscription."""
        for feed in self.feeds:
            self._silence.forget(feed.traded.symbol)
        self.feeds.clear()

    def lost(self, why: str) -> None:
        """Take that nothing comes any more."""
        self.feeds.hold()
        for feed in self.feeds:
            self._silence.lost(feed.traded.symbol, why)

    def check(self) -> None:
        """Look for subscriptions that have fallen silent; called now and then."""
        if not self._is_up():
            self.feeds.hold()
            return
        self.feeds.retry(self._settings.max_data_silence_s or _RETRY_S)
        if self._silence.check(self.feeds, time.monotonic_ns()):
            self._replace("market data stays silent")

    def is_mine(self, number: int) -> bool:
        """Whether a request is one of these subscriptions."""
        return self.feeds.of(number) is not None

    def error(self, number: int, code: int, text: str) -> None:
        """Take an error that names a subscription."""
        found = self.feeds.of(number)
        if found is None:
            return
        feed, what = found
        symbol = feed.traded.symbol
        if code == errors.DEPTH_RESET and what == BOOK:
            self.feeds.books[number].reset()
            return
        self._tell(f"market data of {symbol}: {errors.shown(code, text)}")
        if code == errors.BARS_BUSTED and what == BARS:
            self.feeds.again(feed, BARS)
        elif code != errors.DELAYED_SHOWN and not errors.is_informative(code):
            self.feeds.refuse(feed, what, is_retried=code == errors.COMPETING_SESSION)
            if what == feed.main:
                self._silence.lost(symbol, text)

    # ---- messages

    def price_tick(self, number: int, tick: int, price: float, size: float) -> None:
        """Take a price with its size; -1 is none."""
        feed = self.feeds.hear(number)
        if feed is None:
            return
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
        feed = self.feeds.hear(number)
        if feed is None:
            return
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
        feed = self.feeds.hear(number)
        if feed is not None and (px := exact(price)) is not None and size > 0:
            self._print(feed, px, amount(size), seconds * NS)

    def bar(self, number: int, seconds: int, *values: float) -> None:
        """Take a bar of five seconds."""
        maker = self.feeds.makers.get(number)
        if maker is None or self.feeds.hear(number) is None:
            return
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
        book, feed = self.feeds.books.get(number), self.feeds.hear(number)
        if book is None or feed is None:
            return
        if not book.change(position, operation, side, (amount(price), amount(size))):
            self._tell(f"the book of {feed.traded.symbol} skipped a row; it begins again")
            self.feeds.again(feed, BOOK)
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

    def _is_open(self, traded: Traded) -> bool:
        return traded.instrument.session.is_open(self._clock.now_ns())

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

    def _give(self, update: MarketDataUpdate) -> None:
        self._sink()(update)

    def _say(self, code: SystemCode, symbol: str, text: str) -> None:
        self._sink()(feed_news(code, symbol, text))
