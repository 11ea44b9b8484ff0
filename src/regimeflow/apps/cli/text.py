"""Numbers and times as a person reads them."""

from __future__ import annotations

import time
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import lru_cache

_NS_PER_S = 1_000_000_000
_S_PER_MINUTE = 60


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def utc(ts_ns: int) -> str:
    """Return a UTC time to the millisecond; a dash where there is none."""
    if ts_ns <= 0:
        return "-"
    seconds, rest_ns = divmod(ts_ns, _NS_PER_S)
    return f"{_second(seconds)}.{rest_ns // 1_000_000:03d}Z"


def amount(value: Decimal | None) -> str:
    """Return a number with thousands apart and without idle zeros; None is not known.

    Exact to eight decimals, which is more than any money has; the JSON output has the rest.
    """
    if value is None:
        return "unknown"
    with localcontext(rounding=ROUND_HALF_EVEN):  # whatever a library made of the host's context
        text = f"{value:,.8f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: Decimal | None) -> str:
    """Return an exact number with its sign; None is not known."""
    text = amount(value)
    return f"+{text}" if value is not None and value > 0 else text


def duration(seconds: float) -> str:
    """Return a time span."""
    if seconds < _S_PER_MINUTE:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), _S_PER_MINUTE)
    hours, minutes = divmod(minutes, _S_PER_MINUTE)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def short_time(ns: int) -> str:
    """Return a latency in the unit that suits it."""
    for unit, size in (("s", _NS_PER_S), ("ms", 1_000_000), ("us", 1_000)):
        if ns >= size:
            return f"{ns / size:.1f} {unit}"
    return f"{ns} ns"
