"""Which days the US stock market trades, and when it closes early.

Source: the holidays of NYSE rule 7.2 as published for 2024 to 2028; one-off closings are not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from regimeflow.apps.venues.alpaca.times import at_new_york

_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TradingDay:
    """One day of the market: regular hours, and the wider ones in which extended orders work."""

    day: date
    close_hour: int = 16

    @property
    def pre_ns(self) -> int:
        """04:00: extended hours begin."""
        return at_new_york(self.day, 4)

    @property
    def open_ns(self) -> int:
        """09:30: the opening auction."""
        return at_new_york(self.day, 9, 30)

    @property
    def close_ns(self) -> int:
        """16:00, or 13:00 on half days: the closing auction."""
        return at_new_york(self.day, self.close_hour)

    @property
    def after_ns(self) -> int:
        """20:00, or 17:00 on half days: extended hours end."""
        return at_new_york(self.day, self.close_hour + 4)


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _observed(day: date) -> date:
    if day.weekday() == _SATURDAY:
        return day - _DAY
    return day + _DAY if day.weekday() == _SUNDAY else day


def _easter(year: int) -> date:
    """Source: the anonymous Gregorian computus (Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    w = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * w) // 451
    month, day = divmod(h + w - 7 * m + 114, 31)
    return date(year, month, day + 1)


@lru_cache
def holidays(year: int) -> frozenset[date]:
    """The weekdays of ``year`` without trading."""
    last_of_may = date(year, 5, 31)
    new_year = date(year, 1, 1)
    days = {
        _nth(year, 1, _MONDAY, 3),
        _nth(year, 2, _MONDAY, 3),
        _easter(year) - 2 * _DAY,
        last_of_may - timedelta(days=last_of_may.weekday()),
        _observed(date(year, 6, 19)),
        _observed(date(year, 7, 4)),
        _nth(year, 9, _MONDAY, 1),
        _nth(year, 11, _THURSDAY, 4),
        _observed(date(year, 12, 25)),
    }
    if new_year.weekday() != _SATURDAY:  # NYSE keeps the last day of the year when it is a Friday
        days.add(_observed(new_year))
    return frozenset(days)


def _is_half(day: date) -> bool:
    is_eve = (day.month, day.day) in {(7, 3), (12, 24)}
    return is_eve or day == _nth(day.year, 11, _THURSDAY, 4) + _DAY


def trading_day(day: date) -> TradingDay | None:
    """The hours of ``day``, or None when the market stays closed."""
    if day.weekday() >= _SATURDAY or day in holidays(day.year):
        return None
    return TradingDay(day, 13 if _is_half(day) else 16)


def trading_days(first: date, last: date) -> Iterator[TradingDay]:
    """Every trading day from ``first`` to ``last``, both included."""
    day = first
    while day <= last:
        if (found := trading_day(day)) is not None:
            yield found
        day += _DAY


def next_trading_day(day: date) -> TradingDay:
    """The first trading day after ``day``."""
    return next(trading_days(day + _DAY, day + timedelta(days=14)))
