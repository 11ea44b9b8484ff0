"""Times as TWS writes them, in whichever form, as nanoseconds UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

NS: Final = 1_000_000_000
_FORM: Final = re.compile(r"(\d{8})(?P<by>-| +)(\d{2}:\d{2}:\d{2})(?:Z| +(?P<zone>\S.*))?")
_LONE_DATE: Final = 8
# Abbreviations that TWS writes and the database of zones does not know, or knows without summer.
_ABBREVIATIONS: Final = {
    "EST": "US/Eastern", "EDT": "US/Eastern", "CST": "US/Central", "CDT": "US/Central",
    "MST": "US/Mountain", "MDT": "US/Mountain", "PST": "US/Pacific", "PDT": "US/Pacific",
    "GMT": "UTC", "BST": "Europe/London", "MET": "Europe/Berlin", "CET": "Europe/Berlin",
    "CEST": "Europe/Berlin", "JST": "Asia/Tokyo", "HKT": "Asia/Hong_Kong",
}  # fmt: skip


def seconds_of(text: str, zone: str) -> int:
    """Return the seconds since 1970 that a time stands for.

    Args:
        text: ``20250415  19:38:31`` (in the zone of TWS), ``20231203 20:15:20 US/Eastern``,
            ``20261122-13:00:01`` and ``20261122-13:00:01Z`` (UTC), seconds since 1970, or a date.
        zone: Of TWS, for a time that names none.

    Raises:
        ValueError: it is none of them.
    """
    text = text.strip()
    if text.isdigit():
        if len(text) != _LONE_DATE:
            return int(text)
        return int(datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).timestamp())
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"found {text!r}; expected a time")
    named = found["zone"] or ("UTC" if found["by"] == "-" or text.endswith("Z") else zone)
    moment = datetime.strptime(f"{found[1]} {found[3]}", "%Y%m%d %H:%M:%S").replace(
        tzinfo=_zone_of(named, zone)
    )
    return int(moment.timestamp())


def stamp(time_ns: int) -> str:
    """Return a time as TWS takes it, UTC."""
    return datetime.fromtimestamp(time_ns // NS, UTC).strftime("%Y%m%d-%H:%M:%S")


def zone_name(name: str) -> str | None:
    """Return a zone's name as the database of zones has it; None for one that it has not."""
    known = _ABBREVIATIONS.get(name, name)
    try:
        ZoneInfo(known)
    except (KeyError, ValueError, OSError):
        return None
    return known


def _zone_of(name: str, usual: str) -> ZoneInfo:
    return ZoneInfo(zone_name(name) or usual)
