"""Answers and streams of a venue in trouble, one fault each: what the adapter makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from regimeflow.live import BrokerError, LiveOrderStatus, Outcome
from tests.fault.test_binance_market import is_whole, trade_until
from tests.support.binance import an_order, in_session
from tests.support.binance_venue import RunningVenue
from tests.support.keeping import until

PLACE = {"method": "order.place"}
READ = {"transport": "rest"}
STREAMS = ("bookTicker", "trade", "depth@100ms")


@pytest.fixture
def venue() -> Iterator[RunningVenue]:
    with RunningVenue() as running:
        running.quote()
        yield running


def orders(venue: RunningVenue) -> list[str]:
    """The client ids of our orders, as the venue has them."""
    found = venue.truth()["orders"]
    return [each["client_order_id"] for each in found if each["account"] == "local"]


def test_an_order_whose_time_ran_out_behind_the_gateway_is_sent_again_and_is_there_once(venue):
    async def act(adapter, heard):
        order = an_order()
        venue.fault("window_over_late", count=1, where=PLACE)

        await adapter.submit_order(order)

        assert [order.client_order_id] == orders(venue)

    in_session(venue.http, act)


@pytest.mark.parametrize(
    ("name", "outcome", "text"),
    [
        ("window_over_late", Outcome.REFUSED, "outside of the recvWindow"),
        ("firewall", Outcome.UNKNOWN, "status 403"),  # its answer has a code that says nothing
        ("overloaded", Outcome.UNKNOWN, "currently overloaded"),
    ],
)
def test_an_order_that_was_never_taken_is_told_as_it_stands(venue, name, outcome, text):
    async def act(adapter, heard):
        order = an_order()
        venue.fault(name, count=2, where=PLACE)

        with pytest.raises(BrokerError) as caught:
            await adapter.submit_order(order)

        assert outcome is caught.value.outcome
        assert text in str(caught.value)
        assert [] == orders(venue)
        found = await adapter.find_order(order.client_order_id)
        assert found is None or found.ord_status == LiveOrderStatus.REJECTED

    in_session(venue.http, act)


@pytest.mark.parametrize("name", ["firewall", "overloaded"])
def test_a_question_that_is_not_let_in_raises_and_may_be_asked_again(venue, name):
    async def act(adapter, heard):
        order = an_order()
        await adapter.submit_order(order)
        venue.fault(name, count=1, where=READ)

        with pytest.raises(BrokerError) as caught:
            await adapter.get_open_orders()
        (found,) = await adapter.get_open_orders()

        is_for_good = caught.value.outcome is Outcome.REFUSED and not caught.value.retry_after_s
        assert not is_for_good
        assert order.client_order_id == found.client_order_id

    in_session(venue.http, act)


def test_how_long_a_ban_lasts_is_told_by_the_venues_clock_and_not_by_ours(venue):
    async def act(adapter, heard):
        venue.skew_ns = 3_600 * 10**9
        venue.fault("banned", count=1, where=PLACE, seconds=20)

        with pytest.raises(BrokerError) as caught:
            await adapter.submit_order(an_order())

        assert 19.0 < caught.value.retry_after_s <= 20.0

    in_session(venue.http, act)


@pytest.mark.parametrize("stream", STREAMS)
def test_what_a_stream_says_twice_spoils_nothing(venue, stream):
    async def act(adapter, heard):
        await until(heard.books)
        venue.fault("stream_duplicated", count=5, where={"stream": f"btcusdt@{stream}"})
        await trade_until(venue, lambda: venue.faults.fired().get("stream_duplicated") == 5)
        await trade_until(venue, lambda: is_whole(venue, heard))

        assert 0 == adapter.counts()["book_gaps"]
        assert 0 == adapter.counts()["broken_frames"]
        assert sorted(heard.trade_ids()) == heard.trade_ids()

    in_session(venue.http, act, watching=["BTCUSDT"])


def test_what_comes_late_over_a_stream_is_there_in_its_order(venue):
    async def act(adapter, heard):
        await until(heard.books)
        venue.fault("stream_late", count=2, delay_ms=300)
        await trade_until(venue, lambda: venue.faults.fired().get("stream_late") == 2)
        told = len(heard.trade_ids())
        await trade_until(venue, lambda: len(heard.trade_ids()) > told + 5)
        await asyncio.to_thread(venue.trade)
        await until(lambda: is_whole(venue, heard))

        ids = heard.trade_ids()
        assert [*range(ids[0], ids[-1] + 1)] == ids
        assert 0 == adapter.counts()["book_gaps"]

    in_session(venue.http, act, watching=["BTCUSDT"])
