"""Binance's own client takes the local venue for the real one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from binance_common.configuration import (
    ConfigurationRestAPI,
    ConfigurationWebSocketAPI,
    ConfigurationWebSocketStreams,
)
from binance_common.errors import BadRequestError, ClientError
from binance_sdk_spot.spot import Spot

from tests.support.binance_venue import RunningVenue

WAIT_S = 10.0
pytestmark = [
    # The client's own: sockets and tasks that it leaves to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:parameter 'timeout':DeprecationWarning"),
]


def client_of(venue: RunningVenue) -> Spot:
    key, secret = "local-key", "local-secret"
    return Spot(
        config_rest_api=ConfigurationRestAPI(
            api_key=key, api_secret=secret, base_path=venue.http, timeout=5000, retries=0
        ),
        config_ws_api=ConfigurationWebSocketAPI(
            api_key=key, api_secret=secret, stream_url=f"{venue.ws}/ws-api/v3", timeout=5000
        ),
        config_ws_streams=ConfigurationWebSocketStreams(stream_url=venue.ws),
    )


@pytest.fixture
def rest(binance: RunningVenue):
    return client_of(binance).rest_api


def limit(rest, side: str, price: float, qty: float = 0.5, **more):
    return rest.new_order(
        symbol="BTCUSDT",
        side=side,
        type="LIMIT",
        time_in_force="GTC",
        quantity=qty,
        price=price,
        **more,
    ).data()


def test_market_data_is_read(rest) -> None:
    info = rest.exchange_info(symbol="BTCUSDT").data()
    depth = rest.depth(symbol="BTCUSDT", limit=5).data()
    klines = rest.klines(symbol="BTCUSDT", interval="1m").data()
    ticker = rest.ticker24hr(symbol="BTCUSDT").data().actual_instance

    assert "BTCUSDT" == info.symbols[0].symbol
    assert ["59999.00000000", "1.00000000"] == depth.bids[0]
    assert "60001.00000000" == klines[-1][4]
    assert "60001.00000000" == ticker.last_price
    assert rest.time().data().server_time > 1_600_000_000_000


def test_the_account_has_what_it_was_given(rest) -> None:
    account = rest.get_account().data()
    rates = rest.account_commission(symbol="BTCUSDT").data()

    held = {balance.asset: balance.free for balance in account.balances}
    assert {"BTC": "100.00000000", "ETH": "100.00000000", "USDT": "1000000.00000000"} == held
    assert account.can_trade
    assert "0.00100000" == rates.standard_commission.taker


def test_an_order_is_placed_filled_in_parts_and_cancelled(rest, binance: RunningVenue) -> None:
    placed = limit(rest, "BUY", 60000, 0.5, new_client_order_id="mine-1")
    binance.order("SELL", "0.2", "60000")

    partly = rest.get_order(symbol="BTCUSDT", orig_client_order_id="mine-1").data()
    gone = rest.delete_order(symbol="BTCUSDT", order_id=placed.order_id).data()
    trades = rest.my_trades(symbol="BTCUSDT").data()

    assert ("NEW", "mine-1") == (placed.status, placed.client_order_id)
    assert ("PARTIALLY_FILLED", "0.20000000") == (partly.status, partly.executed_qty)
    assert ("CANCELED", "mine-1") == (gone.status, gone.orig_client_order_id)
    assert "mine-1" != gone.client_order_id
    assert [("0.20000000", "12000.00000000", True)] == [
        (trade.qty, trade.quote_qty, trade.is_maker) for trade in trades
    ]
    assert [] == rest.get_open_orders(symbol="BTCUSDT").data()


def test_a_market_order_shows_its_fills(rest) -> None:
    order = rest.new_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity=1.5).data()

    assert "FILLED" == order.status
    assert ["60001.00000000", "60002.00000000"] == [fill.price for fill in order.fills]
    assert "BTC" == order.fills[0].commission_asset


def test_the_quantity_is_amended_and_the_id_kept(rest) -> None:
    placed = limit(rest, "BUY", 59000, 0.5, new_client_order_id="keep")

    answer = rest.order_amend_keep_priority(
        symbol="BTCUSDT", new_qty=0.25, order_id=placed.order_id, new_client_order_id="keep"
    ).data()

    assert ("0.25000000", "keep") == (
        answer.amended_order.qty,
        answer.amended_order.client_order_id,
    )


def replace(rest, mode: str, cancel_id: str, price: float = 59500, qty: float = 0.5):
    return rest.order_cancel_replace(
        symbol="BTCUSDT",
        side="BUY",
        type="LIMIT",
        cancel_replace_mode=mode,
        time_in_force="GTC",
        quantity=qty,
        price=price,
        cancel_orig_client_order_id=cancel_id,
    )


def test_cancel_replace_does_both(rest) -> None:
    limit(rest, "BUY", 59000, new_client_order_id="old")

    answer = replace(rest, "STOP_ON_FAILURE", "old").data()

    assert ("SUCCESS", "SUCCESS") == (answer.cancel_result, answer.new_order_result)
    assert 1 == len(rest.get_open_orders(symbol="BTCUSDT").data())


@pytest.mark.parametrize(
    ("mode", "known", "qty", "after"),
    [
        ("STOP_ON_FAILURE", False, 0.5, ("failed.", 0)),
        ("STOP_ON_FAILURE", True, 100, ("partially failed.", 0)),
        ("ALLOW_FAILURE", False, 0.5, ("partially failed.", 1)),
        ("ALLOW_FAILURE", False, 100, ("failed.", 0)),
    ],
)
def test_cancel_replace_fails_whole_or_in_half(rest, mode, known, qty, after) -> None:
    if known:
        limit(rest, "BUY", 59000, new_client_order_id="old")

    with pytest.raises((BadRequestError, ClientError)) as caught:
        replace(rest, mode, "old", qty=qty)

    words, still_open = after
    assert f"Order cancel-replace {words}" == caught.value.error_message
    assert still_open == len(rest.get_open_orders(symbol="BTCUSDT").data())


def test_order_lists_are_placed_and_cancelled(rest) -> None:
    pair = rest.order_list_oco(
        symbol="BTCUSDT",
        side="SELL",
        quantity=0.5,
        above_type="LIMIT_MAKER",
        above_price=61000,
        below_type="STOP_LOSS_LIMIT",
        below_stop_price=59000,
        below_price=58900,
        below_time_in_force="GTC",
    ).data()
    triple = rest.order_list_otoco(
        symbol="BTCUSDT",
        working_type="LIMIT",
        working_side="BUY",
        working_price=59500,
        working_quantity=0.5,
        working_time_in_force="GTC",
        pending_side="SELL",
        pending_quantity=0.5,
        pending_above_type="LIMIT_MAKER",
        pending_above_price=61000,
        pending_below_type="STOP_LOSS",
        pending_below_stop_price=58000,
    ).data()
    gone = rest.delete_order_list(symbol="BTCUSDT", order_list_id=pair.order_list_id).data()

    assert ["NEW", "NEW"] == [report.status for report in pair.order_reports]
    assert ["NEW", "PENDING_NEW", "PENDING_NEW"] == [
        report.status for report in triple.order_reports
    ]
    assert ("OTO", "EXECUTING") == (triple.contingency_type, triple.list_order_status)
    assert "ALL_DONE" == gone.list_order_status
    assert 3 == len(rest.get_open_orders(symbol="BTCUSDT").data())


def test_an_order_that_breaks_a_filter_is_refused(rest) -> None:
    with pytest.raises(BadRequestError, match="PRICE_FILTER"):
        limit(rest, "BUY", 59000.123)


@asynccontextmanager
async def connection(api):
    await api.create_connection()
    try:
        yield api
    finally:
        await api.close_connection(close_session=True)


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), WAIT_S))


def test_streams_tell_what_happens(binance: RunningVenue) -> None:
    async def work() -> None:
        heard: asyncio.Queue[object] = asyncio.Queue()
        async with connection(client_of(binance).websocket_streams) as streams:
            trades = await streams.trade(symbol="btcusdt")
            trades.on("message", heard.put_nowait)
            best = await streams.book_ticker(symbol="btcusdt")
            best.on("message", heard.put_nowait)
            await asyncio.to_thread(binance.trade)
            first, second = await heard.get(), await heard.get()

        assert {"trade", None} == {getattr(first, "e", None), getattr(second, "e", None)}

    run(work)


def test_orders_and_events_go_over_the_websocket_api(binance: RunningVenue) -> None:
    async def work() -> None:
        heard: asyncio.Queue[object] = asyncio.Queue()
        async with connection(client_of(binance).websocket_api) as api:
            subscribed = await api.user_data_stream_subscribe_signature()
            subscribed.stream.on("message", heard.put_nowait)
            placed = await api.order_place(
                symbol="BTCUSDT",
                side="BUY",
                type="LIMIT",
                time_in_force="GTC",
                quantity=0.5,
                price=59000,
                new_client_order_id="over-ws",
            )
            report = (await heard.get()).actual_instance
            status = await api.order_status(symbol="BTCUSDT", orig_client_order_id="over-ws")
            await api.order_cancel(symbol="BTCUSDT", orig_client_order_id="over-ws")
            account = await api.account_status()

        assert "NEW" == placed.data().result.status
        assert ("NEW", "over-ws") == (report.x, report.c)
        assert "NEW" == status.data().result.status
        assert account.data().result.can_trade

    run(work)
