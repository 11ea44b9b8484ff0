"""Instants as Alpaca writes them: RFC 3339 with up to nine digits, and New York's wall clock.

Instants are int64 nanoseconds UTC throughout; text exists only at the border.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SECOND_NS: Final = 1_000_000_000
MICROSECOND_NS: Final = 1_000
MINUTE_NS: Final = 60 * SECOND_NS
NEW_YORK: Final = ZoneInfo("America/New_York")

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?)?"
    r"(Z|z|[+-]\d\d:?\d\d)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(instant_ns: int) -> str:
    """Write an instant in UTC as Go does: no trailing zeros, no fraction when it is zero."""
    seconds, fraction_ns = divmod(instant_ns, SECOND_NS)
    whole = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}{_fraction(fraction_ns)}Z"


def rfc3339_new_york(instant_ns: int) -> str:
    """Write an instant with New York's offset, as some of Alpaca's fields are."""
    hours = -int(new_york_offset(instant_ns).total_seconds()) // 3600
    fraction = _fraction(instant_ns % SECOND_NS)
    return f"{new_york(instant_ns):%Y-%m-%dT%H:%M:%S}{fraction}-{hours:02}:00"


def _fraction(fraction_ns: int) -> str:
    return f".{fraction_ns:09}".rstrip("0") if fraction_ns else ""


def parse_instant(text: str) -> int:
    """Read RFC 3339, a date alone (midnight UTC) or an instant without zone (UTC).

    Raises:
        ValueError: it is none of these.
    """
    match = _RFC3339.fullmatch(text.strip().replace(" ", "+") if "T" in text else text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no instant; expected RFC 3339 or YYYY-MM-DD")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    whole = datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
        tzinfo=UTC,
    )  # fmt: skip
    if zone and zone not in "Zz":
        sign = -1 if zone[0] == "-" else 1
        whole -= sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return ns_of(whole) + int((fraction or "").ljust(9, "0"))


def ns_of(instant: datetime) -> int:
    """An aware datetime as nanoseconds; exact, for a datetime holds whole microseconds."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND_NS + since.microseconds * MICROSECOND_NS


def new_york_offset(instant_ns: int) -> timedelta:
    """New York's offset from UTC."""
    offset = _utc(instant_ns).astimezone(NEW_YORK).utcoffset()
    return offset or timedelta()


def new_york(instant_ns: int) -> datetime:
    """New York's wall clock as a naive datetime, whole microseconds."""
    return _utc(instant_ns).astimezone(NEW_YORK).replace(tzinfo=None)


def at_new_york(day: date, hour: int, minute: int = 0) -> int:
    """The instant at which New York's clocks show that time of day."""
    return ns_of(datetime.combine(day, time(hour, minute), tzinfo=NEW_YORK))


def _utc(instant_ns: int) -> datetime:
    return _EPOCH + timedelta(microseconds=instant_ns // MICROSECOND_NS)
