"""The time window of a signed request."""

from __future__ import annotations

import pytest

from regimeflow.apps.venues.binance import timing
from regimeflow.apps.venues.binance.refusals import Refusal

NOW = 1_700_000_000_000_000_000
MS = 1_000_000


def code_of(sent_ns: int, window: str | None = None) -> int | None:
    try:
        timing.check(sent_ns, timing.window_ns(window), NOW)
    except Refusal as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize(
    ("sent_ns", "window", "code"),
    [
        (NOW, None, None),
        (NOW - 5000 * MS, None, None),
        (NOW - 5001 * MS, None, -1021),
        (NOW + 999 * MS, None, None),
        (NOW + 1000 * MS, None, -1021),
        (NOW - 60_000 * MS, "60000", None),
        (NOW - 101 * MS, "100", -1021),
        (NOW - 100 * MS - 1, "100.001", None),
        (NOW, "60001", -1131),
        (NOW, "1.2345", -1100),
    ],
)
def test_a_request_counts_within_its_window_and_a_second_ahead(sent_ns, window, code):
    assert code == code_of(sent_ns, window)


def test_a_timestamp_may_count_milliseconds_or_microseconds():
    assert NOW == timing.timestamp_ns("1700000000000")
    assert NOW + 1000 == timing.timestamp_ns("1700000000000001")
