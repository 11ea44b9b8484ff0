"""Candles of every interval, made of candles of a second and of a minute."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Final

from regimeflow.apps.venues.binance.texts import ZERO
from regimeflow.types.intervals import interval_ns_of

SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
DAY: Final = 86_400 * SECOND
WEEK: Final = 7 * DAY
FIRST_MONDAY: Final = 4 * DAY  # 1970-01-05
KEPT_SECONDS: Final = 7_200
KEPT_MINUTES: Final = 20_000


@dataclass(slots=True)
class Candle:
    """What was traded between two times."""

    opens_ns: int
    closes_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    first_id: int
    last_id: int
    volume: Decimal = ZERO
    quote_volume: Decimal = ZERO
    taker_volume: Decimal = ZERO
    taker_quote_volume: Decimal = ZERO
    count: int = 0

    def take(self, other: Candle) -> None:
        """Add what was traded after this."""
        if not self.count:
            self.open, self.high, self.low = other.open, other.high, other.low
            self.first_id = other.first_id
        if other.count:
            self.high, self.low = max(self.high, other.high), min(self.low, other.low)
            self.close, self.last_id = other.close, other.last_id
        self.volume += other.volume
        self.quote_volume += other.quote_volume
        self.taker_volume += other.taker_volume
        self.taker_quote_volume += other.taker_quote_volume
        self.count += other.count


def bounds(interval: str, at_ns: int) -> tuple[int, int]:
    """Return when the candle of a moment opens and closes: weeks begin on Mondays, UTC."""
    if interval == "1M":
        at = datetime.fromtimestamp(at_ns // SECOND, UTC)
        first = datetime(at.year, at.month, 1, tzinfo=UTC)
        following = datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC)
        return int(first.timestamp()) * SECOND, int(following.timestamp()) * SECOND
    if interval == "1w":
        start = (at_ns - FIRST_MONDAY) // WEEK * WEEK + FIRST_MONDAY
        return start, start + WEEK
    length = interval_ns_of(interval)
    start = at_ns // length * length
    return start, start + length


def one_trade(
    at_ns: int, trade_id: int, price: Decimal, quantity: Decimal, *, buyer_is_maker: bool
) -> Candle:
    """Return a candle of one trade."""
    value = price * quantity
    candle = Candle(at_ns, at_ns, price, price, price, price, trade_id, trade_id, quantity, value)
    candle.count = 1
    if not buyer_is_maker:
        candle.taker_volume, candle.taker_quote_volume = quantity, value
    return candle


class Candles:
    """The candles of one symbol; a time without a trade repeats the last price, with no volume.

    ``before`` are those of before the first trade: asked for by interval, they count nowhere else.
    """

    def __init__(self) -> None:
        self.before: list[Candle] = []
        self._seconds: deque[Candle] = deque(maxlen=KEPT_SECONDS)
        self._minutes: deque[Candle] = deque(maxlen=KEPT_MINUTES)

    def add(self, trade: Candle) -> None:
        """Add a trade."""
        _add(self._seconds, trade, SECOND)
        _add(self._minutes, trade, MINUTE)

    def of(self, interval: str, start_ns: int, end_ns: int) -> list[Candle]:
        """Return the candles that open within a span, oldest first."""
        if not self._minutes or start_ns > end_ns:
            return []
        source = self._seconds if interval == "1s" else [*self.before, *self._minutes]
        opens, closes = bounds(interval, max(start_ns, source[0].opens_ns))
        if opens < start_ns:
            opens, closes = bounds(interval, closes)
        position = bisect_left(source, opens, key=attrgetter("opens_ns"))
        price = source[position - 1].close if position else source[0].open
        found: list[Candle] = []
        while opens <= end_ns:
            candle = Candle(opens, closes, price, price, price, price, -1, -1)
            while position < len(source) and source[position].opens_ns < closes:
                candle.take(source[position])
                price = candle.close
                position += 1
            found.append(candle)
            opens, closes = bounds(interval, closes)
        return found

    def within(self, start_ns: int) -> Sequence[Candle]:
        """Return the candles of a minute that close after a time."""
        return list(_tail(self._minutes, start_ns))

    def at(self, interval: str, at_ns: int) -> Candle | None:
        """Return the candle that a moment belongs to, None before the first trade."""
        found = self.of(interval, bounds(interval, at_ns)[0], at_ns)
        return found[-1] if found else None


def _tail(source: deque[Candle], start_ns: int) -> Iterable[Candle]:
    kept = []
    for candle in reversed(source):
        if candle.closes_ns <= start_ns:
            break
        kept.append(candle)
    return reversed(kept)


def _add(source: deque[Candle], trade: Candle, length: int) -> None:
    opens = trade.opens_ns // length * length
    if not source or source[-1].opens_ns < opens:
        price = trade.open
        source.append(Candle(opens, opens + length, price, price, price, price, -1, -1))
    source[-1].take(trade)
