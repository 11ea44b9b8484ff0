"""Instants as venues write them: RFC 3339, any number of digits, any offset; exact nanoseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_NS_PER_S: Final = 10**9
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?"
    r"(?:[Zz]|([+-])(\d\d):?(\d\d))"
)


def instant_ns(text: str) -> int:
    """Return an instant [ns, UTC].

    Raises:
        ValueError: it is none.
    """
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no instant of RFC 3339")
    *date, fraction, sign, hours, minutes = found.groups()
    year, month, day, hour, minute, second = map(int, date)
    since = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC) - _EPOCH
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        since += offset if sign == "-" else -offset
    whole_s = since.days * 86_400 + since.seconds + (second == 60)  # noqa: PLR2004  # a leap second
    return whole_s * _NS_PER_S + int((fraction or "").ljust(9, "0"))


def rfc3339(instant: int) -> str:
    """Write an instant [ns, UTC] with all nine digits."""
    seconds, rest = divmod(instant, _NS_PER_S)
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
