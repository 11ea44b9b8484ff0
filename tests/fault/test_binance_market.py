"""Binance's market data when streams stall, skip and are cut: over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from regimeflow.adapters.brokers._shared import websocket_aiohttp
from regimeflow.adapters.brokers.binance.adapter import BinanceAdapter
from regimeflow.live import SystemCode, SystemMessage
from regimeflow.types.config.binance import BinanceSettings
from tests.support.binance import Heard, in_session
from tests.support.binance_venue import RunningVenue
from tests.support.keeping import until


@pytest.fixture
def venue() -> Iterator[RunningVenue]:
    with RunningVenue() as running:
        running.quote()
        yield running


def is_whole(venue: RunningVenue, heard: Heard) -> bool:
    """Whether the newest book that was told is the venue's own."""
    if not heard.books():
        return False
    book = heard.books()[-1]
    bids, asks = venue.do(lambda each: each.exchange.books["BTCUSDT"].depth(5))
    return (list(bids), list(asks)) == (list(book.bids_dec)[:5], list(book.asks_dec)[:5])


async def trade_until(venue: RunningVenue, is_enough: Callable[[], object]) -> None:
    """Let trades happen, and quotes with them, until something is so."""
    async with asyncio.timeout(60):
        while not is_enough():  # there are five units to be had
            await asyncio.to_thread(venue.trade, quantity="0.0001")


def all_told_once(heard: Heard) -> bool:
    ids = heard.trade_ids()
    return sorted(ids) == list(range(min(ids), max(ids) + 1))


def test_a_book_is_that_of_the_venue(venue):
    async def act(adapter, heard):
        await until(heard.books)
        await asyncio.to_thread(venue.trade)
        await until(lambda: is_whole(venue, heard))

        assert all(book.best_bid_px < book.best_ask_px for book in heard.books())

    in_session(venue.http, act, watching=["BTCUSDT"])


def test_a_gap_is_told_and_the_book_begins_again(venue):
    async def act(adapter, heard):
        await until(heard.books)
        venue.fault("depth_gap", count=1)
        await trade_until(venue, lambda: SystemCode.BOOK_GAP in heard.codes())
        await until(lambda: is_whole(venue, heard))

        assert 1 == adapter.counts()["book_gaps"]

    in_session(venue.http, act, watching=["BTCUSDT"])


def test_a_connection_that_is_old_is_replaced_and_no_trade_is_lost_or_told_twice(venue):
    async def act(adapter, heard):
        await trade_until(venue, lambda: adapter.counts()["cut_overs"] >= 1)
        told = len(heard.trade_ids())
        await trade_until(venue, lambda: len(heard.trade_ids()) > told + 5)

        assert all_told_once(heard)
        assert 0 == adapter.counts()["book_gaps"]
        assert 0 == adapter.counts()["losses"]

    in_session(venue.http, act, watching=["BTCUSDT"], connection_life_s=0.5)


def test_a_shutdown_that_is_announced_loses_no_trade(venue):
    async def act(adapter, heard):
        await trade_until(venue, heard.trade_ids)
        venue.act("server_shutdown", kind="stream", grace_ms=4_000)
        await trade_until(venue, lambda: adapter.counts()["cut_overs"] >= 1)
        told = len(heard.trade_ids())
        await trade_until(venue, lambda: len(heard.trade_ids()) > told + 5)

        assert all_told_once(heard)

    in_session(venue.http, act, watching=["BTCUSDT"])


def test_a_cut_without_a_word_is_told_and_the_data_comes_back(venue):
    async def act(adapter, heard):
        await trade_until(venue, heard.trade_ids)
        venue.act("day_is_over", kind="stream")
        await until(lambda: SystemCode.DATA_STALE in heard.codes())
        await trade_until(venue, lambda: SystemCode.DATA_RESUMED in heard.codes())
        await until(lambda: is_whole(venue, heard))

        assert 1 == adapter.counts()["losses"]

    in_session(venue.http, act, watching=["BTCUSDT"])


def test_a_stream_that_falls_silent_is_noticed_though_others_live(venue):
    async def act(adapter, heard):
        await trade_until(venue, heard.quotes)
        venue.fault("stream_silent", where={"stream": "btcusdt@bookTicker"})
        await trade_until(venue, lambda: SystemCode.DATA_STALE in heard.codes())
        assert SystemCode.DATA_RESUMED not in heard.codes()
        await trade_until(venue, lambda: adapter.counts()["cut_overs"] >= 1)
        venue.do(lambda _: venue.faults.clear())
        await trade_until(venue, lambda: SystemCode.DATA_RESUMED in heard.codes())

        told = [each for each in heard.data if isinstance(each, SystemMessage)]
        assert any("bookTicker" in each.text for each in told)

    in_session(venue.http, act, watching=["BTCUSDT"], max_stream_silence_s=2.0)


def test_unsubscribed_data_stops_and_comes_back_when_asked_for(venue):
    async def act(adapter, heard):
        await trade_until(venue, heard.trade_ids)
        await adapter.unsubscribe_market_data(["BTCUSDT"])
        await adapter.subscribe_market_data(["BTCUSDT"])
        told = len(heard.trade_ids())
        await trade_until(venue, lambda: len(heard.trade_ids()) > told)
        await until(lambda: is_whole(venue, heard))

    in_session(venue.http, act, watching=["BTCUSDT"])


def test_conflated_quotes_are_the_newest(venue):
    async def act(adapter, heard):
        await trade_until(venue, lambda: adapter.counts()["conflated"] > 3)
        await until(heard.quotes)
        await until(lambda: heard.quotes()[-1].ask_qty_dec == venue_ask(venue))

    in_session(venue.http, act, watching=["BTCUSDT"], conflate_ms=200.0)


def test_streams_beyond_what_one_connection_carries_come_over_another(venue, monkeypatch):
    monkeypatch.setattr("regimeflow.adapters.brokers.binance.market.MOST_STREAMS", 3)

    async def main() -> None:
        settings = BinanceSettings(environment="local", base_url=venue.http)
        adapter = BinanceAdapter(settings, symbols=["BTCUSDT", "ETHUSDT"])
        heard = Heard(adapter)
        await adapter.connect()
        try:
            await adapter.subscribe_market_data(["BTCUSDT", "ETHUSDT"])
            await asyncio.to_thread(venue.quote, "ETHUSDT", "3000")
            await trade_until(venue, lambda: {"BTCUSDT", "ETHUSDT"} == symbols_of(heard))
            assert 3 == adapter.counts()["connections"]
        finally:
            await adapter.disconnect()

    asyncio.run(asyncio.wait_for(main(), 30))


def symbols_of(heard: Heard) -> set[str]:
    return {each.symbol for each in heard.quotes()} & {each.symbol for each in heard.books()}


def venue_ask(venue: RunningVenue):
    return venue.do(lambda each: each.exchange.books["BTCUSDT"].depth(1))[1][0][1]


def test_aiohttp_does_in_the_place_of_picows(venue):
    async def main() -> None:
        settings = BinanceSettings(environment="local", base_url=venue.http)
        adapter = BinanceAdapter(
            settings, symbols=["BTCUSDT"], open_socket=websocket_aiohttp.open_socket
        )
        heard = Heard(adapter)
        await adapter.connect()
        try:
            await adapter.subscribe_market_data(["BTCUSDT"])
            await trade_until(venue, lambda: heard.trade_ids() and heard.quotes())
            venue.act("disconnect")
            await until(lambda: SystemCode.DATA_STALE in heard.codes())
            await trade_until(venue, lambda: SystemCode.DATA_RESUMED in heard.codes())
            await until(lambda: adapter.counts()["order_gaps"] == 1)
        finally:
            await adapter.disconnect()

    asyncio.run(asyncio.wait_for(main(), 30))
