"""How soon IB may be asked for bars again."""

from __future__ import annotations

import pytest

from regimeflow.adapters.brokers.ib.history_pace import HistoryPace, has_no_bars, paced
from regimeflow.live import BrokerError
from regimeflow.types.errors import Outcome


class Now:
    def __init__(self) -> None:
        self.s = 1_000.0

    def __call__(self) -> float:
        return self.s


def test_the_same_question_waits_until_fifteen_seconds_have_passed() -> None:
    now = Now()
    pace = HistoryPace(now)
    pace.reserve(7, "bars", "bars of AAPL")
    now.s += 5

    wait_s = pace.reserve(7, "bars", "bars of AAPL")

    assert 10 <= wait_s < 11
    assert 0 == pace.reserve(7, "other bars", "bars of AAPL")


def test_the_third_of_three_that_are_the_same_is_refused_and_says_when() -> None:
    pace = HistoryPace(Now())
    for _ in range(2):
        pace.reserve(7, "bars", "bars of AAPL")

    with pytest.raises(BrokerError, match=r"bars of AAPL: .* ask again in 30 s") as caught:
        pace.reserve(7, "bars", "bars of AAPL")

    assert Outcome.NOT_SENT is caught.value.outcome
    assert 30 <= caught.value.retry_after_s < 31


def test_the_sixth_of_one_contract_waits_two_seconds_and_another_contract_does_not() -> None:
    pace = HistoryPace(Now())

    waits = [pace.reserve(7, number, "bars") for number in range(6)]

    assert [0] * 5 == waits[:5]
    assert 2 <= waits[5] < 2.5
    assert 0 == pace.reserve(8, "others", "bars")


def test_sixty_in_ten_minutes_are_all() -> None:
    now = Now()
    pace = HistoryPace(now)
    for number in range(60):
        assert 0 == pace.reserve(number, number, "bars")
        now.s += 1

    with pytest.raises(BrokerError, match="ask again in 540 s"):
        pace.reserve(99, 99, "bars")

    now.s += 541
    assert 0 == pace.reserve(99, 99, "bars")


def test_a_refusal_for_pacing_says_when_to_ask_again_and_others_stay_as_they_are() -> None:
    too_soon = BrokerError("API historical data query pacing violation (162)", code=162)
    nothing = BrokerError("HMDS query returned no data (162)", code=162)

    assert 15 == paced(too_soon).retry_after_s
    assert "ask again in 15 s" in paced(too_soon).text
    assert paced(nothing) is nothing
    assert [False, True] == [has_no_bars(each) for each in (too_soon, nothing)]
