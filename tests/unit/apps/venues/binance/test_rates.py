"""Weights, order counts, bans."""

from __future__ import annotations

import pytest

from regimeflow.apps.venues.binance.rates import OrderCounts, Weights
from regimeflow.apps.venues.binance.refusals import Refusal

SECOND = 1_000_000_000
NOW = 28_333_333 * 60 * SECOND + 30 * SECOND


def test_weight_above_the_limit_is_refused_with_the_seconds_to_wait():
    weights = Weights(limit=10)
    weights.add("here", 8, NOW)

    with pytest.raises(Refusal) as caught:
        weights.admit("here", 3, NOW)

    assert (429, -1003) == (caught.value.status, caught.value.code)
    assert {"Retry-After": "30"} == caught.value.headers
    assert 8 == weights.used("here", NOW)


def test_a_new_minute_begins_with_nothing_used():
    weights = Weights(limit=10)
    weights.add("here", 10, NOW)

    weights.admit("here", 10, NOW + 60 * SECOND)

    assert 0 == weights.used("here", NOW + 60 * SECOND)


def test_who_goes_on_after_being_refused_is_banned_for_longer_each_time():
    weights = Weights(limit=1)
    found = []
    for minute in (0, 10):
        now = NOW + minute * 60 * SECOND
        weights.add("here", 1, now)
        for _ in range(11):
            with pytest.raises(Refusal) as caught:
                weights.admit("here", 1, now)
        found.append((caught.value.status, caught.value.headers["Retry-After"]))

    assert [(418, "120"), (418, "240")] == found


def test_another_address_is_not_concerned():
    weights = Weights(limit=10)
    weights.ban("here", 60, NOW)

    weights.admit("there", 1, NOW)

    with pytest.raises(Refusal, match="banned until"):
        weights.admit("here", 1, NOW)


def test_one_order_too_many_within_ten_seconds_is_refused():
    counts = OrderCounts()
    counts.limits["10S"] = 2
    counts.add("a", 2, NOW)

    with pytest.raises(Refusal) as caught:
        counts.admit("a", 1, NOW)

    assert "Too many new orders; current limit is 2 orders per 10 SECOND." == caught.value.msg
    assert 429 == caught.value.status
    counts.admit("b", 1, NOW)
    counts.admit("a", 1, NOW + 10 * SECOND)


def test_a_fill_gives_back():
    counts = OrderCounts()
    counts.add("a", 2, NOW)
    counts.add("a", -1, NOW)

    assert [1, 1] == [row["count"] for row in counts.rows("a", NOW)]
