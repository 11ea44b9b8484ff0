from __future__ import annotations

import pytest

from regimeflow.types.intervals import interval_ns_of

SECOND = 10**9


@pytest.mark.parametrize("interval", ["", "m", "1", "0m", "1w", "-1m", "1.5m", "99999s"])
def test_an_interval_that_is_none_is_refused(interval: str) -> None:
    with pytest.raises(ValueError, match="interval"):
        interval_ns_of(interval)


def test_intervals_are_counted_in_nanoseconds() -> None:
    assert [SECOND, 300 * SECOND, 3_600 * SECOND, 86_400 * SECOND] == [
        interval_ns_of(text) for text in ("1s", "5m", "1h", "1d")
    ]
