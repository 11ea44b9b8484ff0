"""What was traded: the day's figures of each symbol and its bars, from the first trade on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.ib.times import NS

_ZERO: Final = Decimal(0)
BAR_SECONDS: Final = 5
_BARS_KEPT: Final = 200_000  # eleven days of five-second bars


@dataclass(slots=True)
class FiveSeconds:
    """One bar of five seconds; ``began`` in seconds."""

    began: int
    open_px: Decimal
    high_px: Decimal
    low_px: Decimal
    close_px: Decimal
    volume: Decimal = _ZERO
    amount: Decimal = _ZERO
    count: int = 0

    def add(self, price: Decimal, quantity: Decimal, count: int = 1) -> None:
        """Take a trade, or what a later bar saw."""
        self.high_px = max(self.high_px, price)
        self.low_px = min(self.low_px, price)
        self.close_px = price
        self.volume += quantity
        self.amount += price * quantity
        self.count += count

    @property
    def average_px(self) -> Decimal:
        """Price weighted by volume."""
        return self.amount / self.volume if self.volume else self.close_px


class Tape:
    """The trades of one symbol."""

    def __init__(self) -> None:
        self._bars: deque[FiveSeconds] = deque(maxlen=_BARS_KEPT)
        self.open_px: Decimal | None = None
        self.high_px = self.low_px = self.last_px = self.last_qty = self.volume = _ZERO
        self.last_ns = 0

    def add(self, price: Decimal, quantity: Decimal, time_ns: int) -> None:
        """Take a trade."""
        if self.open_px is None:
            self.open_px = self.high_px = self.low_px = price
        self.high_px = max(self.high_px, price)
        self.low_px = min(self.low_px, price)
        self.last_px, self.last_qty, self.last_ns = price, quantity, time_ns
        self.volume += quantity
        began = time_ns // NS // BAR_SECONDS * BAR_SECONDS
        if not self._bars or self._bars[-1].began < began:
            self._bars.append(FiveSeconds(began, price, price, price, price))
        self._bars[-1].add(price, quantity)

    @property
    def began(self) -> int | None:
        """The second of the first bar."""
        return self._bars[0].began if self._bars else None

    def bar(self, began: int) -> FiveSeconds | None:
        """Return the bar of five seconds that began so, or a flat one when nothing traded."""
        last: FiveSeconds | None = None
        for bar in reversed(self._bars):
            if bar.began == began:
                return bar
            if bar.began < began:
                last = bar
                break
        if last is None:
            return None
        price = last.close_px
        return FiveSeconds(began, price, price, price, price)

    def bars(self, since: int, until: int, seconds: int) -> Iterator[FiveSeconds]:
        """Yield bars of so many seconds, of trades only."""
        current: FiveSeconds | None = None
        for bar in self._bars:
            if not since <= bar.began < until:
                continue
            began = bar.began // seconds * seconds
            if current is None or current.began != began:
                if current is not None:
                    yield current
                current = FiveSeconds(began, bar.open_px, bar.high_px, bar.low_px, bar.close_px)
            current.high_px = max(current.high_px, bar.high_px)
            current.low_px = min(current.low_px, bar.low_px)
            current.close_px = bar.close_px
            current.volume += bar.volume
            current.amount += bar.amount
            current.count += bar.count
        if current is not None:
            yield current
