"""When a market is open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import ClassVar, Final

from regimeflow.types.errors import Fault, InvalidArgument
from regimeflow.types.records import hidden
from regimeflow.types.settings import Settings, setting

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NS: Final = 86_400 * 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_LONGEST_BREAK_DAYS: Final = 370  # beyond a year of holidays there is no next session
_MOST_DAYS_KEPT: Final = 1024


def _weekday_fault(text: str) -> str | None:
    return None if text in _WEEKDAYS else f"one of {', '.join(_WEEKDAYS)}"


def _time_fault(text: str) -> str | None:
    return None if _time_of(text) is not None else 'a time of day, "HH:MM" or "HH:MM:SS"'


def _date_fault(text: str) -> str | None:
    try:
        date.fromisoformat(text)
    except ValueError:
        return 'a date, "YYYY-MM-DD"'
    return None


def _early_close_fault(text: str) -> str | None:
    day, _, at = text.partition(" ")
    is_one = _date_fault(day) is None and _time_fault(at) is None
    return None if is_one else 'a date and a time of day, "YYYY-MM-DD HH:MM"'


def _zone_fault(text: str) -> str | None:
    return None if _zone_of(text) is not None else 'a time zone, such as "America/New_York"'


class SessionCalendar(Settings):
    """The hours of a market; without any argument it never closes.

    Times are local to ``timezone``, so they follow its daylight saving. A close that is not after
    the open is on the next day. Sessions that touch are one.

    Raises:
        InvalidArgument: lists every field that is wrong.
    """

    RAISES: ClassVar[type[InvalidArgument]] = InvalidArgument

    timezone: str = setting(
        "UTC", "Zone of the times, such as America/New_York.", check=_zone_fault
    )
    open_time: str | None = setting(
        None,
        "When a session opens, HH:MM or HH:MM:SS; none: the market never closes.",
        check=_time_fault,
    )
    close_time: str | None = setting(
        None, "When it closes; not after the open: on the next day.", check=_time_fault
    )
    weekdays: tuple[str, ...] = setting(
        ("mon", "tue", "wed", "thu", "fri"),
        "Days on which a session opens: mon, tue, wed, thu, fri, sat, sun.",
        check=_weekday_fault,
    )
    holidays: tuple[str, ...] = setting(
        (), "Days without a session, YYYY-MM-DD.", check=_date_fault
    )
    early_closes: tuple[str, ...] = setting(
        (),
        "Days that close early, and when: YYYY-MM-DD HH:MM.",
        check=_early_close_fault,
    )

    _by_day: dict[int, tuple[tuple[int, int], ...]] = hidden(dict)

    def faults_together(self) -> Iterator[Fault]:
        """A session needs both its ends, and a day."""
        if (self.open_time is None) != (self.close_time is None):
            missing = "open_time" if self.open_time is None else "close_time"
            yield Fault(missing, "is missing; expected both open_time and close_time, or neither")
        if not self.weekdays:
            yield Fault("weekdays", "found an empty list; expected at least one day")

    @property
    def never_closes(self) -> bool:
        """Whether the market is always open."""
        return self.open_time is None

    def is_open(self, ns: int) -> bool:
        """Whether the market is open at ``ns`` (UTC): from its open until just before its close."""
        if self.open_time is None:
            return True
        day = ns // _DAY_NS
        sessions = self._by_day.get(day)
        if sessions is None:
            # Local days begin up to 14 hours off, and a session may last a day.
            sessions = tuple(_days_of_sessions(self, day - 2, day + 2))
            if len(self._by_day) >= _MOST_DAYS_KEPT:
                self._by_day.clear()
            self._by_day[day] = sessions
        return any(opens <= ns < closes for opens, closes in sessions)

    def next_open_ns(self, ns: int) -> int | None:
        """Return when the market next opens after ``ns``; None when there is no such time."""
        return next((opens for opens, _ in self._merged(ns) if opens > ns), None)

    def next_close_ns(self, ns: int) -> int | None:
        """Return when the market next closes after ``ns``; None when there is no such time."""
        return next((closes for _, closes in self._merged(ns) if closes > ns), None)

    def _merged(self, ns: int) -> Iterator[tuple[int, int]]:
        """Every session around and after ``ns``, those that touch made one, for a year."""
        if self.never_closes:
            return
        day = ns // _DAY_NS
        current: tuple[int, int] | None = None
        for opens, closes in _days_of_sessions(self, day - 8, day + _LONGEST_BREAK_DAYS):
            if current is not None and opens <= current[1]:
                current = (current[0], max(closes, current[1]))
                continue
            if current is not None:
                yield current
            current = (opens, closes)
        # What is left may go on beyond the last day looked at: round the clock, it never closes.


def _days_of_sessions(
    calendar: SessionCalendar, first_day: int, last_day: int
) -> Iterator[tuple[int, int]]:
    """The sessions that open on the local days given, counted from 1970, in order."""
    opens, closes = _time_of(calendar.open_time or ""), _time_of(calendar.close_time or "")
    zone = _zone_of(calendar.timezone)
    early = dict(each.split(" ", 1) for each in calendar.early_closes)
    if opens is None or closes is None or zone is None:
        return
    for ordinal in range(first_day + _EPOCH_ORDINAL, last_day + _EPOCH_ORDINAL + 1):
        if not 1 < ordinal < date.max.toordinal() - 1:
            continue
        day = date.fromordinal(ordinal)
        if (
            _WEEKDAYS[day.weekday()] in calendar.weekdays
            and day.isoformat() not in calendar.holidays
        ):
            ends = _time_of(early.get(day.isoformat(), "")) or closes
            last = day if opens < ends else day + timedelta(days=1)
            yield _utc_ns(day, opens, zone), _utc_ns(last, ends, zone)


def _utc_ns(day: date, at: time, zone: tzinfo) -> int:
    since = datetime.combine(day, at, tzinfo=zone) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000_000


def _time_of(text: str) -> time | None:
    if len(text) not in (5, 8) or text[2] != ":":
        return None
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _zone_of(name: str) -> tzinfo | None:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # only where a market has hours of its own

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
