"""ccxt takes the local venue for the real one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager

import ccxt.pro
import pytest

from tests.support.binance_venue import RunningVenue

WAIT_S = 20.0
pytestmark = [
    # The client's own: sockets and tasks that it leaves to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ccxt"),
]


@asynccontextmanager
async def exchange(venue: RunningVenue):
    client = ccxt.pro.binance({"apiKey": "local-key", "secret": "local-secret"})
    urls = client.urls["api"]
    for name in urls:
        if name.startswith("sapi"):
            urls[name] = f"{venue.http}/{name}"
    urls["public"] = urls["private"] = f"{venue.http}/api/v3"
    urls["v1"] = f"{venue.http}/api/v1"
    urls["ws"]["spot"] = f"{venue.ws}/ws"
    urls["ws"]["ws-api"]["spot"] = f"{venue.ws}/ws-api/v3"
    client.options |= {
        "fetchMarkets": {"types": ["spot"]},
        "fetchMargins": False,
        "fetchCurrencies": False,
    }
    try:
        yield client
    finally:
        await client.close()


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), WAIT_S))


def test_markets_book_and_balance_are_read(binance: RunningVenue) -> None:
    async def work() -> None:
        async with exchange(binance) as client:
            markets = await client.load_markets()
            book = await client.fetch_order_book("BTC/USDT", 5)
            ticker = await client.fetch_ticker("BTC/USDT")
            balance = await client.fetch_balance()

        assert 0.01 == markets["BTC/USDT"]["precision"]["price"]
        assert 5 == markets["BTC/USDT"]["limits"]["cost"]["min"]
        assert [59999.0, 1.0] == book["bids"][0][:2]
        assert 60001.0 == ticker["last"]
        assert 1_000_000 == balance["USDT"]["free"]

    run(work)


def test_an_order_is_placed_filled_in_parts_and_cancelled(binance: RunningVenue) -> None:
    async def work() -> None:
        async with exchange(binance) as client:
            placed = await client.create_order("BTC/USDT", "limit", "buy", 0.5, 60000)
            await asyncio.to_thread(binance.order, "SELL", "0.2", "60000")
            partly = await client.fetch_order(placed["id"], "BTC/USDT")
            gone = await client.cancel_order(placed["id"], "BTC/USDT")
            trades = await client.fetch_my_trades("BTC/USDT")

        assert "open" == placed["status"]
        assert (0.2, "open") == (partly["filled"], partly["status"])
        assert "canceled" == gone["status"]
        assert [(0.2, "maker")] == [(each["amount"], each["takerOrMaker"]) for each in trades]

    run(work)


def test_an_order_is_replaced(binance: RunningVenue) -> None:
    async def work() -> None:
        async with exchange(binance) as client:
            placed = await client.create_order("BTC/USDT", "limit", "buy", 0.5, 59000)
            edited = await client.edit_order(placed["id"], "BTC/USDT", "limit", "buy", 0.25, 59500)
            orders = await client.fetch_open_orders("BTC/USDT")

        assert [edited["id"]] == [each["id"] for each in orders]
        assert (59500, 0.25) == (orders[0]["price"], orders[0]["amount"])

    run(work)


def test_what_is_refused_is_understood(binance: RunningVenue) -> None:
    async def work() -> None:
        async with exchange(binance) as client:
            with pytest.raises(ccxt.InsufficientFunds):
                await client.create_order("BTC/USDT", "limit", "buy", 100, 59000)
            with pytest.raises(ccxt.OrderImmediatelyFillable):
                await client.create_order("BTC/USDT", "limit", "buy", 1, 60100, {"postOnly": True})
            with pytest.raises(ccxt.OrderNotFound):
                await client.fetch_order("1", "BTC/USDT")

    run(work)


def test_books_and_own_orders_are_watched(binance: RunningVenue) -> None:
    async def work() -> None:
        async with exchange(binance) as client:
            await client.load_markets()
            trades = asyncio.create_task(client.watch_trades("BTC/USDT"))
            book = asyncio.create_task(client.watch_order_book("BTC/USDT"))
            own = asyncio.create_task(client.watch_orders("BTC/USDT"))
            while not all(task.done() for task in (trades, book, own)):
                await asyncio.to_thread(binance.trade)
                await client.create_order("BTC/USDT", "limit", "buy", 0.1, 59000)
                await asyncio.wait([trades, book, own], timeout=0.5)
            assert 60001.0 == trades.result()[-1]["price"]
            assert 60001.0 == book.result()["asks"][0][0]
            assert "open" == own.result()[-1]["status"]

    run(work)
