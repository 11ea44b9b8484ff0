"""Times as TWS writes them: in its own zone, in whichever of three forms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

NS: Final = 1_000_000_000
TimeForm = Literal["zone", "plain", "utc"]


def moment(time_ns: int) -> datetime:
    """Return the second that a time lies in."""
    return datetime.fromtimestamp(time_ns // NS, UTC)


def stamp(time_ns: int, zone: str, form: TimeForm) -> str:
    """Return the time of an execution.

    Recorded: ``20231203 20:15:20 US/Eastern`` (zone), ``20230224  12:04:56`` in the zone of TWS
    (plain, older), ``20261122-13:00:01`` (utc).
    """
    if form == "utc":
        return moment(time_ns).strftime("%Y%m%d-%H:%M:%S")
    local = moment(time_ns).astimezone(ZoneInfo(zone))
    if form == "plain":
        return local.strftime("%Y%m%d  %H:%M:%S")
    return f"{local:%Y%m%d %H:%M:%S} {zone}"


def read_stamp(text: str, zone: str) -> int | None:
    """Return the time that a client wrote, in any of the forms; None for an empty one.

    Raises:
        ValueError: it is no time.
    """
    words = text.replace("-", " ").split()
    if not words:
        return None
    if len(words) == 1:
        words.append("00:00:00")
    named = words[2] if len(words) > 2 else ("UTC" if "-" in text else zone)  # noqa: PLR2004
    try:
        place = ZoneInfo(named)
    except (KeyError, ValueError):
        place = ZoneInfo(zone)  # abbreviations such as EST
    local = datetime.strptime(f"{words[0]} {words[1]}", "%Y%m%d %H:%M:%S").replace(tzinfo=place)
    return int(local.timestamp()) * NS


def midnight(time_ns: int, zone: str) -> int:
    """Return when the day of a time began in the zone of TWS."""
    local = moment(time_ns).astimezone(ZoneInfo(zone))
    return int(local.replace(hour=0, minute=0, second=0).timestamp()) * NS
