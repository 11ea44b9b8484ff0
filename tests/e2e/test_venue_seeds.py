"""A few of the seeds that ``python -m tests.e2e.venue_seeds`` runs by the hundred."""

from __future__ import annotations

import copy
import gzip
import itertools
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from regimeflow.adapters.brokers._shared.legs import split_leg
from regimeflow.adapters.feeds.feed import DepthEvent, TradeEvent
from regimeflow.adapters.feeds.recorded import RecordedFeed
from tests.e2e.venue.books import differences
from tests.e2e.venue.loop import looped
from tests.e2e.venue.plays import ALPACA, BINANCE, IB
from tests.e2e.venue.run import run_seed
from tests.e2e.venue_seeds import recording

STEPS = 25
SELDOM = (
    "server_shutdown",
    "commission_in_bnb",
    "read_lags",
    "too_many_requests",
    "banned",
    "stream_silent",
)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_goes_wrong_at_binance_our_books_are_the_venues(seed: int, tmp_path: Path):
    run = run_seed(seed, tmp_path, None, steps=STEPS)

    assert [] == run.differences, (run.schedule, run.errors)
    assert run.orders


def test_shutdowns_bans_lagging_reads_foreign_commissions_and_silence_leave_the_books_alike(
    tmp_path,
):
    faults = [each for each in BINANCE.faults if each["name"] in SELDOM]
    play = replace(BINANCE, faults=tuple(faults), share=50)

    run = run_seed(4, tmp_path, None, steps=2 * STEPS, play=play)

    assert [] == run.differences, (run.schedule, run.errors)
    assert run.orders
    assert 3 <= len(set(SELDOM) & set(run.fired))


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_goes_wrong_at_alpaca_our_books_are_the_venues(seed: int, tmp_path: Path):
    run = run_seed(seed, tmp_path, None, steps=STEPS, play=ALPACA)

    assert [] == run.differences, (run.schedule, run.errors)
    assert run.orders


def test_whatever_goes_wrong_at_ib_our_books_are_the_venues(tmp_path: Path):
    run = run_seed(4, tmp_path, None, steps=STEPS, play=IB)

    assert [] == run.differences, (run.schedule, run.errors)
    assert run.orders


@pytest.mark.shared
@pytest.mark.skipif(recording() is None, reason="no recorded market")
def test_over_a_recorded_market_too_and_a_difference_would_be_seen(tmp_path: Path):
    run = run_seed(3, tmp_path, recording(), steps=STEPS)

    assert [] == run.differences, (run.schedule, run.errors)
    assert run.orders
    for what in ("order", "money", "missing"):
        truth = copy.deepcopy(run.truth)
        if what == "order":
            truth["orders"][0]["cum_qty"] = str(Decimal(truth["orders"][0]["cum_qty"]) + 1)
        elif what == "money":
            truth["balances"]["local"]["USDT"]["free"] = "1"
        else:
            filled = next(each for each in truth["orders"] if Decimal(each["cum_qty"]))
            lost = split_leg(filled["client_order_id"])[0]
            truth["orders"] = [
                each for each in truth["orders"] if split_leg(each["client_order_id"])[0] != lost
            ]
        names = BINANCE.executions(0, run.truth)
        assert differences(str(tmp_path), truth, BINANCE.symbol, names)


@pytest.mark.shared
@pytest.mark.skipif(recording() is None, reason="no recorded market")
def test_a_recording_in_rounds_is_one_feed_whose_numbers_go_on(tmp_path: Path):
    with gzip.open(str(recording())) as file:
        some = b"".join(itertools.islice(file, 500))
    tmp_path.joinpath("some.gz").write_bytes(gzip.compress(some))

    whole = looped(tmp_path / "some.gz", 0.5, tmp_path)  # a round takes a few seconds

    feed = RecordedFeed([whole])
    seen = [(each.recv_ns, each) for each in feed.events()]

    assert not feed.bad_line_count
    assert sorted(at_ns for at_ns, _ in seen) == [at_ns for at_ns, _ in seen]
    assert 28 < (seen[-1][0] - seen[0][0]) / 1e9 <= 30
    diffs = [each for _, each in seen if isinstance(each, DepthEvent)]
    assert all(later.first_id == early.last_id + 1 for early, later in pairwise(diffs))
    trades = [each.trade_id for _, each in seen if isinstance(each, TradeEvent)]
    assert sorted(set(trades)) == trades
