"""The latency histogram: bounded size, bounded error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regimeflow._core.latency import LatencyHistogram


@given(st.lists(st.integers(0, 2**62), min_size=1), st.floats(0, 100))
def test_a_percentile_is_the_exact_one_rounded_up_by_at_most_a_thirty_second(
    durations: list[int], percent: float
) -> None:
    histogram = LatencyHistogram()
    for duration in durations:
        histogram.record(duration)

    found = histogram.percentile(percent)

    rank = max(1, int(percent / 100 * len(durations) + 0.5))
    exact = sorted(durations)[rank - 1]
    assert exact <= found <= exact + exact // 32 + 1
    assert max(durations) == histogram.max_ns == histogram.percentile(100)
    assert len(durations) == histogram.count


def test_an_empty_histogram_says_zero() -> None:
    histogram = LatencyHistogram()

    assert (0, 0, 0) == (histogram.percentile(99), histogram.max_ns, histogram.count)


def test_a_negative_duration_counts_as_zero() -> None:
    histogram = LatencyHistogram()

    histogram.record(-5)

    assert (1, 0) == (histogram.count, histogram.percentile(50))


@pytest.mark.parametrize("percent", [-0.1, 100.1, float("nan")])
def test_a_percent_that_is_none_is_refused(percent: float) -> None:
    with pytest.raises(ValueError, match="expected 0 to 100"):
        LatencyHistogram().percentile(percent)


def test_clear_forgets() -> None:
    histogram = LatencyHistogram()
    histogram.record(100)

    histogram.clear()

    assert (0, 0) == (histogram.count, histogram.max_ns)
