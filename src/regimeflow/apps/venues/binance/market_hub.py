"""Market streams: what the exchange does, told to whoever subscribed to it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Final, Protocol

import orjson

from regimeflow.apps.venues.binance import market_forms, stream_names
from regimeflow.apps.venues.binance.candles import Candle, bounds
from regimeflow.apps.venues.binance.parts import Parts
from regimeflow.apps.venues.binance.stream_forms import average, mini_ticker, ticker
from regimeflow.apps.venues.binance.tradelog import Aggregate, Print
from regimeflow.apps.venues.exchange.book import Book
from regimeflow.apps.venues.exchange.events import BookChanged, Event, PublicTrade
from regimeflow.types.enums import OrderSide

Form = dict[str, object]
Make = Callable[[int], Form]
Level = tuple[Decimal, Decimal]
TICK_S: Final = 0.1
TICKS_PER_SECOND: Final = 10
DEPTHS: Final = (5, 10, 20)


class Listener(Protocol):
    """A connection that subscribed to streams."""

    unit: int
    is_combined: bool

    def tell(self, stream: str, text: str) -> None:
        """Send an event of a stream."""
        ...


class Changes:
    """What changed in one book since it was last told."""

    __slots__ = ("asks", "bids", "first", "last")

    def __init__(self) -> None:
        self.first = 0
        self.last = 0
        self.bids: dict[Decimal, Decimal] = {}
        self.asks: dict[Decimal, Decimal] = {}

    def add(self, event: BookChanged) -> None:
        """Add a change of one level."""
        self.first = self.first or event.update_id
        self.last = event.update_id
        side = self.bids if event.side is OrderSide.BUY else self.asks
        side[event.price] = event.quantity

    def levels(self) -> tuple[list[Level], list[Level]]:
        """Return what changed, best first."""
        return sorted(self.bids.items(), reverse=True), sorted(self.asks.items())


class MarketHub:
    """Who subscribed to which stream, and what is to be told at the next tick.

    Args:
        parts: Of the venue.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._listeners: dict[str, list[Listener]] = {}
        self._fast: dict[str, Changes] = defaultdict(Changes)
        self._slow: dict[str, Changes] = defaultdict(Changes)
        self._prints: list[tuple[str, Print]] = []
        self._aggregates: dict[tuple[str, int], Aggregate] = {}
        self._touched: set[str] = set()
        self._best: dict[str, tuple[Level | None, Level | None]] = {}
        self._is_scheduled = False
        self._ticks = 0
        self._closed_ns: dict[str, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        parts.exchange.listen(self._on_event)

    def add(self, stream: str, listener: Listener) -> None:
        """Begin to tell a listener."""
        known = self._listeners.setdefault(stream, [])
        if listener not in known:
            known.append(listener)

    def remove(self, stream: str, listener: Listener) -> None:
        """Tell a listener no more."""
        known = self._listeners.get(stream, [])
        if listener in known:
            known.remove(listener)
        if not known:
            self._listeners.pop(stream, None)
            self._closed_ns.pop(stream, None)

    def start(self) -> None:
        """Begin to tick, ten times a second."""
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def stop(self) -> None:
        """Tick no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, BookChanged):
            symbol = event.symbol
            self._fast[symbol].add(event)
            self._slow[symbol].add(event)
            self._touched.add(symbol)
        elif isinstance(event, PublicTrade):
            log = self._parts.logs[event.symbol]
            if log.last is not None:
                self._prints.append((event.symbol, log.last))
            aggregate = log.aggregates[-1]
            self._aggregates[event.symbol, aggregate.aggregate_id] = aggregate
        else:
            return
        if not self._is_scheduled:
            self._is_scheduled = True
            self._schedule()

    def _schedule(self) -> None:
        try:
            asyncio.get_running_loop().call_soon(self.drain)
        except RuntimeError:
            self._is_scheduled = False  # built before the loop runs; the first tick tells it

    def drain(self) -> None:
        """Tell trades and best prices; the rest waits for a tick."""
        self._is_scheduled = False
        prints, self._prints = self._prints, []
        aggregates, self._aggregates = self._aggregates, {}
        touched, self._touched = self._touched, set()
        for symbol, trade in prints:
            self._tell(f"{symbol.lower()}@trade", _trade(symbol, trade, self._parts.clock()))
        for (symbol, _), aggregate in aggregates.items():
            make = _aggregate(symbol, aggregate, self._parts.clock())
            self._tell(f"{symbol.lower()}@aggTrade", make)
        for symbol in touched:
            self._tell_best(symbol)

    def _tell_best(self, symbol: str) -> None:
        book = self._parts.exchange.books[symbol]
        best = book.best()
        if best == self._best.get(symbol):
            return
        self._best[symbol] = best
        update_id = book.update_id
        self._tell(
            f"{symbol.lower()}@bookTicker",
            lambda _: market_forms.book_ticker(symbol, update_id, *best),
        )

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        self.tick()

    def tick(self) -> None:
        """Tell what is told ten times a second, and every tenth time the rest."""
        self.drain()
        self._ticks += 1
        self._tell_depth(self._fast, "@100ms")
        if self._ticks % TICKS_PER_SECOND:
            return
        self._tell_depth(self._slow, "")
        for stream in list(self._listeners):
            self._tell_timed(stream)

    def _tell_depth(self, pending: dict[str, Changes], suffix: str) -> None:
        for symbol, changes in list(pending.items()):
            del pending[symbol]
            name = symbol.lower()
            self._tell_changes(f"{name}@depth{suffix}", symbol, changes)
            book = self._parts.exchange.books[symbol]
            for count in DEPTHS:
                stream = f"{name}@depth{count}{suffix}"
                if stream in self._listeners:
                    self._tell(stream, _picture(book, count))

    def _tell_changes(self, stream: str, symbol: str, changes: Changes) -> None:
        if stream not in self._listeners:
            return
        if self._parts.faults.take("depth_gap", stream=stream, symbol=symbol) is not None:
            return
        now_ns, levels = self._parts.clock(), changes.levels()
        self._tell(
            stream,
            lambda unit: market_forms.depth_update(
                symbol, changes.first, changes.last, levels, now_ns // unit
            ),
        )

    def _tell_timed(self, stream: str) -> None:
        named = stream_names.parse(stream)
        if named is None or named.symbol not in self._parts.logs:
            return
        now_ns, symbol = self._parts.clock(), named.symbol
        if named.channel == "kline":
            self._tell_kline(stream, symbol, named.detail, now_ns)
        elif named.channel == "ticker":
            self._tell(stream, lambda unit: ticker(self._parts, symbol, now_ns, unit))
        elif named.channel == "miniTicker":
            self._tell(stream, lambda unit: mini_ticker(self._parts, symbol, now_ns, unit))
        elif named.channel == "avgPrice":
            self._tell(stream, lambda unit: average(self._parts, symbol, now_ns, unit))

    def _tell_kline(self, stream: str, symbol: str, interval: str, now_ns: int) -> None:
        candles = self._parts.logs[symbol].candles
        opens_ns, _ = bounds(interval, now_ns)
        told_ns = self._closed_ns.get(stream, opens_ns)
        while told_ns < opens_ns:
            closed = candles.at(interval, told_ns)
            if closed is not None:
                self._tell(stream, _kline(symbol, interval, closed, now_ns))
            told_ns = bounds(interval, told_ns)[1]
        self._closed_ns[stream] = opens_ns
        current = candles.at(interval, now_ns)
        is_due = interval == "1s" or self._ticks % (2 * TICKS_PER_SECOND) == 0
        if current is not None and is_due:
            self._tell(stream, _kline(symbol, interval, current, now_ns))

    def _tell(self, stream: str, make: Make) -> None:
        listeners = self._listeners.get(stream)
        if not listeners:
            return
        made: dict[tuple[int, bool], str] = {}
        for listener in list(listeners):
            key = (listener.unit, listener.is_combined)
            text = made.get(key)
            if text is None:
                form: Form = make(listener.unit)
                if listener.is_combined:
                    form = {"stream": stream, "data": form}
                text = made[key] = orjson.dumps(form).decode()
            listener.tell(stream, text)


def _picture(book: Book, count: int) -> Make:
    return lambda _: market_forms.depth(book.update_id, *book.depth(count))


def _trade(symbol: str, trade: Print, now_ns: int) -> Make:
    return lambda unit: market_forms.trade_event(symbol, trade, now_ns // unit, unit)


def _aggregate(symbol: str, trade: Aggregate, now_ns: int) -> Make:
    return lambda unit: market_forms.aggregate_event(symbol, trade, now_ns // unit, unit)


def _kline(symbol: str, interval: str, candle: Candle, now_ns: int) -> Make:
    return lambda unit: market_forms.kline_event(symbol, interval, candle, now_ns, unit)
