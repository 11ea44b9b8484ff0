"""What everyone sees: the last quote, trade and bars of each symbol, and their past.

It listens to the engine and tells each happening once, to the streams; it changes nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.assets import Asset, Assets
from regimeflow.apps.venues.alpaca.bars import Bar, Timeframe, first_bar, minute_of
from regimeflow.apps.venues.alpaca.history import History
from regimeflow.apps.venues.alpaca.times import MINUTE_NS

_KEPT: Final = 10_000  # trades and quotes a symbol
_ZERO: Final = Decimal(0)
Levels = Sequence[tuple[Decimal, Decimal]]
_ONE: Final = Decimal(1)
_DAY: Final = Timeframe(1, "Day")


@dataclass(frozen=True, slots=True)
class Quote:
    """Best prices; a price and a size of zero mean that the side is empty."""

    time_ns: int
    bid_px: Decimal
    bid_qty: Decimal
    ask_px: Decimal
    ask_qty: Decimal


@dataclass(frozen=True, slots=True)
class Print:
    """One trade."""

    time_ns: int
    trade_id: int
    price: Decimal
    size: Decimal
    taker_buys: bool


@dataclass(frozen=True, slots=True)
class Status:
    """Halted or trading."""

    time_ns: int
    code: str
    message: str
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Book:
    """Levels of a book, price and size, best first: all of them, or those that changed."""

    time_ns: int
    bids: Levels
    asks: Levels
    is_full: bool


@dataclass(slots=True)
class SymbolData:
    """One symbol's present and past."""

    asset: Asset
    quote: Quote | None = None
    last: Print | None = None
    minute: Bar | None = None
    day: Bar | None = None
    history: History | None = None
    prints: deque[Print] = field(default_factory=lambda: deque(maxlen=_KEPT))
    quotes: deque[Quote] = field(default_factory=lambda: deque(maxlen=_KEPT))
    minutes: deque[Bar] = field(default_factory=lambda: deque(maxlen=_KEPT))
    split_by: Decimal = _ONE  # since the venue began; past bars stay as they were traded

    def bars(self, since_ns: int = 0) -> Iterable[Bar]:
        """Every minute from ``since_ns`` on, oldest first; the one that runs is the last."""
        if self.history is not None:
            yield from self.history.minutes(since_ns)
        yield from (bar for bar in self.minutes if bar.start_ns >= since_ns)
        if self.minute is not None and self.minute.start_ns >= since_ns:
            yield self.minute

    def split(self, ratio: Decimal) -> None:
        """Say the last price in new shares."""
        self.split_by *= ratio
        if self.last is not None:
            self.last = replace(self.last, price=self.last.price / ratio)

    @property
    def previous_close(self) -> Decimal:
        """The last price before the venue began in today's shares, 0 when nobody knows."""
        return self.history.price / self.split_by if self.history else _ZERO


Happening = Quote | Print | Bar | Status | Book
Sink = Callable[[Asset, str, Happening], object]


class Market:
    """All symbols.

    Args:
        assets: What trades.
        seed: Of the made-up past.
        holds_back: Asked when a minute ends with more than one trade: whether its last trade
            comes late, so that ``updatedBars`` has something to correct.
    """

    def __init__(self, assets: Assets, *, seed: int, holds_back: Callable[[str], bool]) -> None:
        self._data: Final = {asset.symbol: SymbolData(asset) for asset in assets}
        self._seed: Final = seed
        self._holds_back: Final = holds_back
        self._sinks: Final[list[Sink]] = []

    def __getitem__(self, symbol: str) -> SymbolData:
        return self._data[symbol]

    def listen(self, sink: Sink) -> None:
        """Add who is told."""
        self._sinks.append(sink)

    def _tell(self, data: SymbolData, channel: str, happening: Happening) -> None:
        for sink in self._sinks:
            sink(data.asset, channel, happening)

    def quote(
        self,
        symbol: str,
        bid: tuple[Decimal, Decimal] | None,
        ask: tuple[Decimal, Decimal] | None,
        time_ns: int,
    ) -> None:
        """The best prices are these now; nothing is told when they were."""
        data = self._data[symbol]
        bid_px, bid_qty = bid or (_ZERO, _ZERO)
        ask_px, ask_qty = ask or (_ZERO, _ZERO)
        known = data.quote
        if known is not None and (bid_px, bid_qty, ask_px, ask_qty) == (
            known.bid_px,
            known.bid_qty,
            known.ask_px,
            known.ask_qty,
        ):
            return
        data.quote = Quote(time_ns, bid_px, bid_qty, ask_px, ask_qty)
        data.quotes.append(data.quote)
        self._tell(data, "quotes", data.quote)

    def level(self, symbol: str, price: Decimal, qty: Decimal, time_ns: int, *, bid: bool) -> None:
        """One level of a pair's book is this now; stocks show their best prices only."""
        data = self._data[symbol]
        if data.asset.is_crypto:
            changed = ((price, qty),)
            book = Book(time_ns, changed if bid else (), () if bid else changed, is_full=False)
            self._tell(data, "orderbooks", book)

    def trade(self, symbol: str, happened: Print) -> None:
        """Somebody traded."""
        data = self._data[symbol]
        if data.history is None:
            data.history = History(
                data.asset, seed=self._seed, end_ns=happened.time_ns, price=happened.price
            )
        data.last = happened
        data.prints.append(happened)
        self._tell(data, "trades", happened)
        start_ns = minute_of(happened.time_ns)
        if data.minute is not None and data.minute.start_ns != start_ns:
            self._finish(data)
        if data.minute is None:
            data.minute = first_bar(start_ns, happened.price, happened.size)
        else:
            data.minute.add(happened.price, happened.size)
        day_ns = _DAY.start(happened.time_ns)
        if data.day is None or data.day.start_ns != day_ns:
            data.day = first_bar(day_ns, happened.price, happened.size)
        else:
            data.day.add(happened.price, happened.size)

    def status(self, symbol: str, status: Status) -> None:
        """Trading stops or goes on."""
        self._tell(self._data[symbol], "statuses", status)

    def tick(self, now_ns: int) -> None:
        """Finish the minutes that are over."""
        for data in self._data.values():
            if data.minute is not None and data.minute.start_ns + MINUTE_NS <= now_ns:
                self._finish(data)

    def _finish(self, data: SymbolData) -> None:
        minute, last = data.minute, data.last
        if minute is None or last is None:
            return
        data.minute = None
        data.minutes.append(minute)
        if minute.trade_count > 1 and self._holds_back(data.asset.symbol):
            self._tell(data, "bars", _without(minute, last))
            self._tell(data, "updatedBars", minute)
        else:
            self._tell(data, "bars", minute)
        if data.day is not None:
            self._tell(data, "dailyBars", data.day)

    def prices(self) -> Mapping[str, Decimal]:
        """The last price of each symbol that has one."""
        return {name: data.last.price for name, data in self._data.items() if data.last}


def _without(bar: Bar, last: Print) -> Bar:
    """The bar as it was before its last trade came in; high, low and close as they are."""
    return Bar(
        start_ns=bar.start_ns,
        open_px=bar.open_px,
        high_px=bar.high_px,
        low_px=bar.low_px,
        close_px=bar.close_px,
        volume=bar.volume - last.size,
        trade_count=bar.trade_count - 1,
        amount=bar.amount - last.price * last.size,
    )
