"""Lengths of bars, as people write them: ``1s``, ``5m``, ``1h``, ``1d``."""

from __future__ import annotations

from typing import Final

_COUNT_DIGITS: Final = 4
_NS_PER_S: Final = 10**9
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def interval_ns_of(interval: str) -> int:
    """Nanoseconds of ``"1s"``, ``"5m"``, ``"1h"``, ``"1d"``.

    Raises:
        ValueError: it is no such text.
    """
    count, unit = interval[:-1], interval[-1:]
    is_number = count.isascii() and count.isdecimal() and len(count) <= _COUNT_DIGITS
    if unit not in _UNITS or not is_number or int(count) == 0:
        raise ValueError(
            f"interval is {interval!r}; expected a number and s, m, h or d, as in '1m'"
        )
    return int(count) * _UNITS[unit] * _NS_PER_S


def interval_text(interval_ns: int) -> str:
    """Return how people write a length of bars, in the largest unit that leaves no rest."""
    seconds = interval_ns // _NS_PER_S
    unit = next(unit for unit in "dhms" if seconds % _UNITS[unit] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"
