"""How this TWS is set up: keys of the first account's table in the accounts file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from regimeflow.apps.venues.ib.times import TimeForm
from regimeflow.types.errors import ConfigError, Fault

MarketDataRight = Literal["live", "delayed", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwsSettings:
    """What a user sets in the windows of TWS, and what the account may see.

    ``time_form``: None writes as the client's version expects. ``messages_per_s``: more gets error
    100, and the third time an end.
    """

    time_zone: str = "US/Eastern"
    time_form: TimeForm | None = None
    master_client_id: int | None = None
    market_data: MarketDataRight = "live"
    is_read_only: bool = False
    messages_per_s: int = 50
    market_data_lines: int = 100
    daily_restart: str = ""  # HH:MM in the zone of TWS


def settings_of(options: Mapping[str, object]) -> TwsSettings:
    """Read the keys that are this venue's.

    Raises:
        ConfigError: unknown keys or bad values, all of them.
    """
    faults = [
        Fault(key, f"{value!r} is no setting; expected one of {', '.join(_CHECKS)}")
        for key, value in options.items()
        if key not in _CHECKS
    ]
    faults += [
        Fault(key, f"{options[key]!r}; expected {expected}")
        for key, (expected, is_right) in _CHECKS.items()
        if key in options and not is_right(options[key])
    ]
    if faults:
        raise ConfigError(faults)
    checked: dict[str, Any] = dict(options)
    return TwsSettings(**checked)


def _is_zone(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (KeyError, ValueError, OSError):
        return False


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_minute(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(time.fromisoformat(value))
    except ValueError:
        return False


_CHECKS: Final[Mapping[str, tuple[str, Callable[[object], bool]]]] = {
    "time_zone": ("a time zone such as US/Eastern", _is_zone),
    "time_form": (
        f"one of {', '.join(get_args(TimeForm))}",
        lambda value: value in get_args(TimeForm),
    ),
    "master_client_id": ("a whole number, 0 or more", _is_count),
    "market_data": (
        f"one of {', '.join(get_args(MarketDataRight))}",
        lambda value: value in get_args(MarketDataRight),
    ),
    "is_read_only": ("true or false", lambda value: isinstance(value, bool)),
    "messages_per_s": ("a whole number, 0 or more", _is_count),
    "daily_restart": ("a time of day such as 23:45", _is_minute),
    "market_data_lines": ("a whole number, 0 or more", _is_count),
}
