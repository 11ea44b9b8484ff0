"""Bars: built from trades as they come, and put together into longer ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.refusals import bad_input
from regimeflow.apps.venues.alpaca.times import MINUTE_NS, at_new_york, new_york

_MICRO: Final = Decimal("0.000001")
_TIMEFRAME = re.compile(r"(\d{1,2})(Min|T|Hour|H|Day|D|Week|W|Month|M)")
_MOST: Final = {"Min": 59, "Hour": 23, "Day": 1, "Week": 1, "Month": 12}
_LONG_NAMES: Final = {"T": "Min", "H": "Hour", "D": "Day", "W": "Week", "M": "Month"}


@dataclass(slots=True, kw_only=True)
class Bar:
    """One bar; ``start_ns`` is when it begins. ``amount`` is price times size, summed."""

    start_ns: int
    open_px: Decimal
    high_px: Decimal
    low_px: Decimal
    close_px: Decimal
    volume: Decimal
    trade_count: int
    amount: Decimal

    @property
    def average_px(self) -> Decimal:
        """Weighted by volume, to a millionth."""
        return (self.amount / self.volume).quantize(_MICRO) if self.volume else self.close_px

    def add(self, price: Decimal, size: Decimal) -> None:
        """Take one more trade in."""
        self.high_px = max(self.high_px, price)
        self.low_px = min(self.low_px, price)
        self.close_px = price
        self.volume += size
        self.trade_count += 1
        self.amount += price * size

    def join(self, later: Bar) -> None:
        """Take a later bar in."""
        self.high_px = max(self.high_px, later.high_px)
        self.low_px = min(self.low_px, later.low_px)
        self.close_px = later.close_px
        self.volume += later.volume
        self.trade_count += later.trade_count
        self.amount += later.amount


def first_bar(start_ns: int, price: Decimal, size: Decimal) -> Bar:
    """The bar of one trade."""
    return Bar(
        start_ns=start_ns,
        open_px=price,
        high_px=price,
        low_px=price,
        close_px=price,
        volume=size,
        trade_count=1,
        amount=price * size,
    )


def minute_of(instant_ns: int) -> int:
    """When the minute of an instant began."""
    return instant_ns - instant_ns % MINUTE_NS


@dataclass(frozen=True, slots=True)
class Timeframe:
    """``count`` of ``unit``: Min, Hour, Day, Week or Month."""

    count: int
    unit: str

    def start(self, instant_ns: int) -> int:
        """When the bar of an instant begins; days and longer begin at New York's midnight."""
        if self.unit in {"Min", "Hour"}:
            length = self.count * MINUTE_NS * (60 if self.unit == "Hour" else 1)
            return instant_ns - instant_ns % length
        day = new_york(instant_ns).date()
        if self.unit == "Week":
            day -= timedelta(days=day.weekday())
        elif self.unit == "Month":
            day = day.replace(month=(day.month - 1) // self.count * self.count + 1, day=1)
        return at_new_york(day, 0)


def parse_timeframe(text: str) -> Timeframe:
    """Read a timeframe such as ``5Min`` or ``1D``.

    Raises:
        Refusal: it is none.
    """
    match = _TIMEFRAME.fullmatch(text)
    if match is None:
        raise bad_input(f"invalid timeframe: {text}")
    unit = _LONG_NAMES.get(match[2], match[2])
    if not 1 <= int(match[1]) <= _MOST[unit]:
        raise bad_input(f"invalid timeframe: {text}")
    return Timeframe(int(match[1]), unit)


def longer(minutes: Iterable[Bar], timeframe: Timeframe) -> Sequence[Bar]:
    """Put minute bars together, oldest first."""
    if timeframe == Timeframe(1, "Min"):
        return list(minutes)
    found: list[Bar] = []
    for bar in minutes:
        start_ns = timeframe.start(bar.start_ns)
        if found and found[-1].start_ns == start_ns:
            found[-1].join(bar)
        else:
            found.append(
                Bar(
                    start_ns=start_ns,
                    open_px=bar.open_px,
                    high_px=bar.high_px,
                    low_px=bar.low_px,
                    close_px=bar.close_px,
                    volume=bar.volume,
                    trade_count=bar.trade_count,
                    amount=bar.amount,
                )
            )
    return found
