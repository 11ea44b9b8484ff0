"""python-binance takes the local venue for the real one."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from tests.support.binance_venue import RunningVenue

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it uses old names of websockets
    from binance import AsyncClient, BinanceSocketManager, Client
    from binance.exceptions import BinanceAPIException

WAIT_S = 10.0
pytestmark = [
    # The client's own: sockets and tasks that it leaves to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:binance"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets"),
]


def local(base: type, venue: RunningVenue) -> type:
    """The client with the venue's addresses."""
    urls = {"API_URL": f"{venue.http}/api", "WS_API_URL": f"{venue.ws}/ws-api/v3"}
    return type("Local", (base,), urls)


@pytest.fixture
def client(binance: RunningVenue) -> Iterator[Client]:
    made = local(Client, binance)("local-key", "local-secret")
    yield made
    made.close_connection()
    made.loop.close()
    asyncio.set_event_loop(None)


def test_market_data_is_read(client: Client) -> None:
    assert "TRADING" == client.get_symbol_info("BTCUSDT")["status"]
    assert ["59999.00000000", "1.00000000"] == client.get_order_book(symbol="BTCUSDT")["bids"][0]
    assert "60001.00000000" == client.get_orderbook_ticker(symbol="BTCUSDT")["askPrice"]
    assert 500 == len(client.get_klines(symbol="BTCUSDT", interval="1m"))
    assert 1 == len(client.get_aggregate_trades(symbol="BTCUSDT"))
    assert "60001.00000000" == client.get_avg_price(symbol="BTCUSDT")["price"]


def test_the_account_has_what_it_was_given(client: Client) -> None:
    assert {"asset": "USDT", "free": "1000000.00000000", "locked": "0.00000000"} == (
        client.get_asset_balance("USDT")
    )


def test_an_order_is_placed_filled_in_parts_and_cancelled(
    client: Client, binance: RunningVenue
) -> None:
    placed = client.order_limit_buy(symbol="BTCUSDT", quantity="0.5", price="60000")
    binance.order("SELL", "0.2", "60000")

    partly = client.get_order(symbol="BTCUSDT", orderId=placed["orderId"])
    gone = client.cancel_order(symbol="BTCUSDT", orderId=placed["orderId"])

    assert "NEW" == placed["status"]
    assert ("PARTIALLY_FILLED", "0.20000000") == (partly["status"], partly["executedQty"])
    assert ("CANCELED", placed["clientOrderId"]) == (gone["status"], gone["origClientOrderId"])
    assert ["0.20000000"] == [each["qty"] for each in client.get_my_trades(symbol="BTCUSDT")]
    assert [] == client.get_open_orders(symbol="BTCUSDT")


def test_a_market_order_by_amount_is_filled(client: Client) -> None:
    order = client.order_market_buy(symbol="BTCUSDT", quoteOrderQty="600.01")

    assert ("FILLED", "0.01000000", "600.01000000") == (
        order["status"],
        order["executedQty"],
        order["cummulativeQuoteQty"],
    )


def test_an_order_is_checked_and_not_placed(client: Client) -> None:
    answer = client.create_test_order(
        symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="1", price="50000"
    )

    assert {} == answer
    assert [] == client.get_open_orders()


def test_an_order_list_is_placed_and_its_leg_takes_it_along(client: Client) -> None:
    pair = client.create_oco_order(
        symbol="BTCUSDT",
        side="SELL",
        quantity="0.5",
        aboveType="LIMIT_MAKER",
        abovePrice="61000",
        belowType="STOP_LOSS_LIMIT",
        belowStopPrice="59000",
        belowPrice="58900",
        belowTimeInForce="GTC",
    )
    client.cancel_order(symbol="BTCUSDT", orderId=pair["orders"][0]["orderId"])

    assert "OCO" == pair["contingencyType"]
    assert [] == client.get_open_orders(symbol="BTCUSDT")


def test_a_cancel_replace_that_cannot_cancel_does_nothing(client: Client) -> None:
    with pytest.raises(BinanceAPIException) as caught:
        client.cancel_replace_order(
            symbol="BTCUSDT",
            side="BUY",
            type="LIMIT",
            cancelReplaceMode="STOP_ON_FAILURE",
            cancelOrderId=1,
            timeInForce="GTC",
            quantity="0.5",
            price="59000",
        )

    assert -2022 == caught.value.code


def test_a_refusal_has_binances_code_and_words(client: Client) -> None:
    with pytest.raises(BinanceAPIException) as caught:
        client.get_order(symbol="BTCUSDT", orderId=1)

    assert (-2013, "Order does not exist.") == (caught.value.code, caught.value.message)


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), WAIT_S))


async def leave(closing: Awaitable[object], nudge: Callable[[], object]) -> None:
    """Close something of the client, which notices only with a further message."""
    task = asyncio.ensure_future(closing)
    while not task.done():
        await asyncio.to_thread(nudge)
        await asyncio.wait([task], timeout=0.2)


@asynccontextmanager
async def listening(socket, nudge: Callable[[], object]):
    await socket.__aenter__()
    try:
        yield socket
    finally:
        await leave(socket.__aexit__(None, None, None), nudge)


def test_the_user_socket_tells_what_happens_to_an_order(binance: RunningVenue) -> None:
    async def work() -> None:
        client = await local(AsyncClient, binance).create("local-key", "local-secret")
        manager = type("M", (BinanceSocketManager,), {"STREAM_URL": f"{binance.ws}/"})(client)
        try:
            async with manager.user_socket() as user:
                await client.create_order(
                    symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1"
                )
                events = [await user.recv()]
                while events[-1]["e"] != "outboundAccountPosition" or len(events) < 3:
                    events.append(await user.recv())
        finally:
            ending = partial(binance.act, "day_is_over", kind="ws-api")
            await leave(client.close_connection(), ending)

        kinds = [event["e"] for event in events]
        reports = [event for event in events if event["e"] == "executionReport"]
        assert {"executionReport", "outboundAccountPosition"} == set(kinds)
        assert [("NEW", "NEW"), ("TRADE", "FILLED")] == [(e["x"], e["X"]) for e in reports]

    run(work)


def test_depth_and_trades_are_streamed(binance: RunningVenue) -> None:
    async def work() -> None:
        client = await local(AsyncClient, binance).create("local-key", "local-secret")
        manager = type("M", (BinanceSocketManager,), {"STREAM_URL": f"{binance.ws}/"})(client)
        try:
            names = ["btcusdt@depth@100ms", "btcusdt@trade"]
            async with listening(manager.multiplex_socket(names), binance.trade) as stream:
                await asyncio.to_thread(binance.trade)
                heard = [await stream.recv() for _ in range(2)]
        finally:
            await client.close_connection()

        assert set(names) == {each["stream"] for each in heard}

    run(work)
