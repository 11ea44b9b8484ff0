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


@given(st.lists(st.integers(0, 2**62)), st.lists(st.integers(0, 2**62), min_size=1))
def test_how_many_are_within_a_bound_is_exact_to_a_bucket(
    durations: list[int], bounds: list[int]
) -> None:
    histogram = LatencyHistogram()
    for duration in durations:
        histogram.record(duration)
    bounds.sort()

    found = histogram.at_most(bounds)

    for bound, count in zip(bounds, found, strict=True):
        assert count <= sum(duration <= bound for duration in durations)
        assert count >= sum(duration + duration // 32 + 1 <= bound for duration in durations)


def test_the_sum_is_at_most_a_thirty_second_too_high() -> None:
    histogram = LatencyHistogram()
    for duration in (1, 31, 1_000, 2_000_000):
        histogram.record(duration)

    assert 2_001_032 <= histogram.sum_ns <= 2_001_032 * 33 // 32
