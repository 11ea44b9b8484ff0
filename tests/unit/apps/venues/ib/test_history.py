"""Historical bars: a past that leads to the market as it is, the same for a seed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from regimeflow.apps.venues.ib.catalogue import catalogue
from regimeflow.apps.venues.ib.errors import Refusal
from regimeflow.apps.venues.ib.history import History, HistoryRequest
from regimeflow.apps.venues.ib.tape import Tape
from tests.support.ib_tws import INSTRUMENTS, START_NS

NS = 10**9
APPLE = catalogue(INSTRUMENTS, date(2026, 11, 23)).by_market["AAPL"]
HOUR = HistoryRequest(
    contract=APPLE,
    end_ns=START_NS,
    bar_size="5 mins",
    duration="3600 S",
    what="TRADES",
    date_format=2,
    is_live=False,
)


def bars(request: HistoryRequest = HOUR, tape: Tape | None = None, seed: int = 1):
    return list(History(APPLE, tape or Tape(), seed).bars(request, Decimal(200)))


def test_a_past_is_the_same_for_its_seed_and_another_for_another():
    assert bars() == bars()
    assert bars() != bars(seed=2)


def test_prices_are_on_the_tick_and_bars_are_whole():
    for bar in bars():
        assert bar.low_px <= min(bar.open_px, bar.close_px)
        assert bar.high_px >= max(bar.open_px, bar.close_px)
        assert bar.open_px % APPLE.min_tick == 0
        assert bar.volume > 0


def test_bars_follow_one_another_up_to_the_end():
    starts = [int(bar.time) for bar in bars()]

    assert [START_NS // NS - 300 * back for back in range(12, 0, -1)] == starts


def test_what_traded_here_takes_the_place_of_the_past():
    tape = Tape()
    began = START_NS // NS - 300
    tape.add(Decimal("321.00"), Decimal(7), began * NS)
    tape.add(Decimal("323.00"), Decimal(3), (began + 299) * NS)

    last = bars(tape=tape)[-1]

    assert (str(began), Decimal(321), Decimal(323), Decimal(10), 2) == (
        last.time,
        last.open_px,
        last.close_px,
        last.volume,
        last.count,
    )
    assert Decimal("321.6") == last.average_px


def test_quotes_have_no_volume():
    bar = bars(replace(HOUR, what="MIDPOINT"))[0]

    assert (Decimal(-1), Decimal(-1), -1) == (bar.volume, bar.average_px, bar.count)


@pytest.mark.parametrize(
    ("bar_size", "date_format", "time"),
    [
        ("1 day", 2, "20261122"),
        ("1 hour", 1, "20261123  14:00:00"),
        ("1 hour", 2, str(START_NS // NS - 3600)),
    ],
)
def test_times_are_told_as_they_were_asked_for(bar_size, date_format, time):
    request = replace(HOUR, bar_size=bar_size, duration="1 D", date_format=date_format)

    assert time in {bar.time for bar in bars(replace(request, duration="2 D"))}


@pytest.mark.parametrize(
    "change",
    [
        {"bar_size": "6 mins"},
        {"duration": "1 H"},
        {"duration": "D"},
        {"bar_size": "1 secs", "duration": "1 W"},
        {"end_ns": 5 * NS},
    ],
)
def test_what_cannot_be_told_is_refused(change):
    with pytest.raises(Refusal):
        bars(replace(HOUR, **change))
