"""The time window of a signed request."""

from __future__ import annotations

import re
from decimal import Decimal

from regimeflow.apps.venues.binance import refusals
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.texts import integer_of

AHEAD_NS = 1_000_000_000
DEFAULT_WINDOW_NS = 5_000_000_000
LONGEST_WINDOW_NS = 60_000_000_000
# A timestamp with this many digits counts microseconds.
MICROSECOND_DIGITS = 16
WINDOW = re.compile(r"[0-9]{1,20}(\.[0-9]{1,3})?")


def timestamp_ns(text: str) -> int:
    """Return the time of a request, sent in milliseconds or in microseconds."""
    number = integer_of("timestamp", text)
    return number * (1_000 if len(text) >= MICROSECOND_DIGITS else 1_000_000)


def window_ns(text: str | None) -> int:
    """Return how long a request is good for."""
    if text is None:
        return DEFAULT_WINDOW_NS
    if not WINDOW.fullmatch(text):
        raise refusals.illegal("recvWindow", refusals.DECIMAL_RANGE)
    window = int(Decimal(text) * 1_000_000)
    if window > LONGEST_WINDOW_NS:
        raise Refusal(-1131, "recvWindow must be less than 60000.")
    return window


def check(sent_ns: int, window: int, now_ns: int) -> None:
    """Refuse a request of the future or of long ago.

    Raises:
        Refusal: -1021.
    """
    if sent_ns >= now_ns + AHEAD_NS:
        raise refusals.ahead_of_time()
    if now_ns - sent_ns > window:
        raise refusals.outside_window()
