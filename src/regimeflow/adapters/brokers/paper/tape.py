"""What the venue's market says: each event of the feed, at the venue first, then as messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from regimeflow._core.messages import Bar, SystemMessage
from regimeflow.adapters.brokers.paper.bars import BarStore, BarTimer
from regimeflow.adapters.brokers.paper.spec import Spec
from regimeflow.adapters.brokers.paper.translate import MarketMessages
from regimeflow.adapters.brokers.paper.venue import Venue
from regimeflow.adapters.clock import ReplayClock
from regimeflow.adapters.feeds.book import BookChange
from regimeflow.adapters.feeds.feed import (
    DepthEvent,
    Feed,
    FeedEvent,
    QuoteEvent,
    SnapshotEvent,
    TradeEvent,
)
from regimeflow.ports.broker import MarketDataUpdate, OnMarketData
from regimeflow.types.enums import SystemCode

_WARNING: Final = 30
_MOST_TEXT: Final = 1_000
_KINDS: Final = ("quotes", "trades", "depth_updates", "snapshots", "bars", "book_gaps")


class Tape:
    """Plays the events of a feed, counts them, and tells whoever has subscribed.

    A bar is told the moment that its time is over, before anything that happens then or later.
    """

    def __init__(
        self,
        feed: Feed,
        specs: Mapping[str, Spec],
        venue: Venue,
        clock: ReplayClock,
        *,
        bar_interval_ns: int | None,
    ) -> None:
        self._feed: Final = feed
        self._venue: Final = venue
        self._clock: Final = clock
        self._messages: Final = {symbol: MarketMessages(spec) for symbol, spec in specs.items()}
        self._counts: Final = Counter[str]()
        self._subscribed: Final[dict[str, None]] = {}
        self.bars: Final = {symbol: BarStore(spec) for symbol, spec in specs.items()}
        self._bar_timers: Final = {
            symbol: BarTimer(store, clock, bar_interval_ns, self._tell_bar)
            for symbol, store in self.bars.items()
            if bar_interval_ns is not None
        }
        self.on_market_data: OnMarketData = _nowhere
        self.is_open = False

    def subscribe(self, symbols: Iterable[str]) -> None:
        """Tell of these from now on."""
        self._subscribed.update(dict.fromkeys(symbols))

    def unsubscribe(self, symbols: Iterable[str]) -> None:
        """Tell no more of these."""
        for symbol in symbols:
            self._subscribed.pop(symbol, None)

    def counts(self) -> Mapping[str, int]:
        """Counts since the start, of all symbols of the feed."""
        kinds = {name: self._counts[name] for name in _KINDS}
        return {**kinds, "bad_lines": self._feed.bad_line_count}

    def faults(self) -> Sequence[str]:
        """What was wrong with the feed so far, in words; bounded."""
        return [f"{bad.source}:{bad.line}: {bad.reason}" for bad in self._feed.bad_lines]

    def play(self, event: FeedEvent) -> None:
        """Let one event happen: at the venue first, then for whoever listens."""
        venue, counts, symbol = self._venue, self._counts, event.symbol
        is_heard = symbol in self._subscribed
        if isinstance(event, QuoteEvent):
            counts["quotes"] += 1
            venue.on_quote(event)
            if is_heard:
                self._tell(self._messages[symbol].quote(event))
        elif isinstance(event, TradeEvent):
            counts["trades"] += 1
            self._count_in_bars(event)
            venue.on_trade(event)
            if is_heard:
                self._tell(self._messages[symbol].tick(event))
        else:
            counts["depth_updates" if isinstance(event, DepthEvent) else "snapshots"] += 1
            self._play_depth(event, is_heard=is_heard)

    def tell_end(self) -> None:
        """Say that the feed has ended, and what was wrong with it."""
        faults = self.faults()
        if faults:
            count = self._feed.bad_line_count
            text = f"{count} lines of the feed are no event; the first: {faults[0]}"
            self._say(text[:_MOST_TEXT], code=SystemCode.TEXT, level=_WARNING)
        counts = ", ".join(f"{count} {name}" for name, count in self.counts().items())
        self._say(f"the feed has ended: {counts}", code=SystemCode.FEED_END)

    def _count_in_bars(self, event: TradeEvent) -> None:
        self.bars[event.symbol].add(event)
        timer = self._bar_timers.get(event.symbol)
        if timer is not None:
            timer.on_trade(event.recv_ns)

    def _play_depth(self, event: DepthEvent | SnapshotEvent, *, is_heard: bool) -> None:
        symbol, recv_ns = event.symbol, event.recv_ns
        change = self._venue.on_depth(event)
        if change is BookChange.GAP:
            self._counts["book_gaps"] += 1
            text = f"depth updates of {symbol} are missing; no book until the next snapshot"
            self._say(text, code=SystemCode.BOOK_GAP, symbol=symbol, level=_WARNING)
        elif change is BookChange.APPLIED and is_heard:
            market = self._venue.pits[symbol].market
            is_snapshot = isinstance(event, SnapshotEvent)
            self._tell(
                self._messages[symbol].book(market, recv_ns=recv_ns, is_snapshot=is_snapshot)
            )

    def _tell_bar(self, bar: Bar) -> None:
        self._counts["bars"] += 1
        if bar.symbol in self._subscribed:
            self._tell(bar)

    def _tell(self, message: MarketDataUpdate) -> None:
        if self.is_open:
            self.on_market_data(message)

    def _say(self, text: str, *, code: SystemCode, symbol: str = "", level: int = 20) -> None:
        now_ns = self._clock.now_ns()
        message = SystemMessage(
            text, code=code, level=level, symbol=symbol, ts_event_ns=now_ns, ts_recv_ns=now_ns
        )
        if self.is_open:
            self.on_market_data(message)


def _nowhere(_: object) -> None:
    """Take nothing: nobody has said yet where it goes."""
