"""When a contract trades, from the coming days that IB lists of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from regimeflow.adapters.brokers.ib.times import zone_name
from regimeflow.types.records import Record
from regimeflow.types.session import SessionCalendar

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import TwsDetails

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKEND: Final = 5
_DAY: Final = timedelta(days=1)
_NEVER_CLOSES: Final = SessionCalendar()
# Of shares and options the regular hours count, as at other brokers; of the rest, all.
_BY_LIQUID_HOURS: Final = frozenset({"STK", "OPT"})
_OPEN: Final = re.compile(r"(\d{8}):(\d{4})-(?:(\d{8}):)?(\d{4})")
_CLOSED: Final = re.compile(r"(\d{8}):CLOSED")


class Listed(Record):
    """One session of the list: when it opens and closes, local to the exchange."""

    opens: datetime
    closes: datetime

    @property
    def times(self) -> tuple[str, str]:
        """From when to when, without its days."""
        return f"{self.opens:%H:%M}", f"{self.closes:%H:%M}"


def calendar_of(details: TwsDetails) -> SessionCalendar:
    """Return a contract's hours; of what does not fit a calendar: it never closes.

    IB lists about a week. What is usual in it is taken for usual; a weekday that is closed is a
    holiday, and one that ends sooner closes early. Several sessions in a day, or days that open
    late, are no calendar that could be kept here.
    """
    contract = details.contract
    by_liquid_hours = contract is not None and contract.secType in _BY_LIQUID_HOURS
    text = details.liquidHours if by_liquid_hours else details.tradingHours
    zone = zone_name(details.timeZoneId)
    found = _listed(text)
    if zone is None or found is None:
        return _NEVER_CLOSES
    sessions, closed = found
    if not sessions:
        return _NEVER_CLOSES
    opens, closes = Counter(each.times for each in sessions.values()).most_common(1)[0][0]
    is_round_the_clock = opens == "00:00" and closes in {"00:00", "23:59"} and not closed
    if is_round_the_clock or any(each.times[0] != opens for each in sessions.values()):
        return _NEVER_CLOSES
    is_overnight = closes <= opens
    # Days that are not listed are as in any week: a session ends on each from Monday to Friday.
    weekdays = {(day - is_overnight) % len(_WEEKDAYS) for day in range(_WEEKEND)}
    weekdays |= {each.opens.weekday() for each in sessions.values()}
    ends = {
        each.opens.date(): each.times[1] for each in sessions.values() if each.times[1] != closes
    }
    return SessionCalendar(
        timezone=zone,
        open_time=opens,
        close_time=closes,
        weekdays=tuple(name for number, name in enumerate(_WEEKDAYS) if number in weekdays),
        holidays=tuple(
            day.isoformat()
            for day in sorted(_opening(each, is_overnight=is_overnight) for each in closed)
            if day.weekday() in weekdays
        ),
        early_closes=tuple(f"{day.isoformat()} {end}" for day, end in sorted(ends.items())),
    )


def _listed(text: str) -> tuple[Mapping[date, Listed], set[date]] | None:
    """The sessions by the day on which they end, and the days without; None: it is no list."""
    sessions: dict[date, Listed] = {}
    closed: set[date] = set()
    for part in filter(None, (part.strip() for part in text.split(";"))):
        try:
            if away := _CLOSED.fullmatch(part):
                closed.add(_local(away[1], "0000").date())
                continue
            span = _OPEN.fullmatch(part)
            if span is None:
                return None
            opens, closes = _local(span[1], span[2]), _local(span[3] or span[1], span[4])
        except ValueError:
            return None
        if closes <= opens:
            opens -= _DAY  # of one that began the day before, some forms name its last day twice
        if closes.date() in sessions or closes - opens > _DAY:
            return None
        sessions[closes.date()] = Listed(opens, closes)
    return sessions, closed


def _local(day: str, time: str) -> datetime:
    """A time of the exchange's; its zone is named apart."""
    return datetime.strptime(day + time, "%Y%m%d%H%M").replace(tzinfo=UTC)


def _opening(trading_day: date, *, is_overnight: bool) -> date:
    """The day on which the session of a trading day opens."""
    return trading_day - _DAY if is_overnight else trading_day
