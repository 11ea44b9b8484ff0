"""alpaca-py's streams against the local venue."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import msgpack
import orjson
import pytest
from alpaca.trading.enums import OrderClass
from alpaca.trading.requests import (
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLossRequest,
    TakeProfitRequest,
)

from tests.support.alpaca_clients import market_data, trade_updates
from tests.support.alpaca_venue import KEY, PATIENCE_S, SECRET
from tests.support.threads import wait_until


def market(symbol="AAPL", side="buy", qty=10, tif="day", **more):
    return MarketOrderRequest(symbol=symbol, side=side, qty=qty, time_in_force=tif, **more)


def limit(price, qty=10, side="buy", **more):
    return LimitOrderRequest(
        symbol="AAPL", side=side, qty=qty, time_in_force="day", limit_price=price, **more
    )


def test_a_market_order_is_told_from_its_beginning_to_its_end(venue, client):
    with trade_updates(venue) as heard:
        client.submit_order(market())
        done = heard.wait_for_event("fill")

    assert ["pending_new", "new", "fill"] == heard.events
    assert (10, 230.05, 10) == (done.qty, done.price, done.position_qty)
    first, second, third = heard.messages
    assert first.execution_id is None
    assert 2 == len({second.execution_id, third.execution_id} - {None})


def test_partial_fills_tell_their_own_quantity_and_the_order_the_sum(venue, client):
    with trade_updates(venue) as heard:
        sent = client.submit_order(limit(229))
        venue.trade("AAPL", "229", "4")
        client.cancel_order_by_id(sent.id)
        heard.wait_for_event("canceled")

    assert ["pending_new", "new", "partial_fill", "canceled"] == heard.events
    assert [(4, "4"), (None, "4")] == [
        (one.qty, one.order.filled_qty) for one in heard.messages[2:]
    ]


def test_a_replace_is_told_on_the_old_id_and_on_the_new_one(venue, client):
    with trade_updates(venue) as heard:
        old = client.submit_order(limit(229))
        new = client.replace_order_by_id(old.id, ReplaceOrderRequest(limit_price=228))
        heard.wait_for_event("new", 2)

    assert ["pending_new", "new", "replaced", "new"] == heard.events
    assert [(old.id, new.id, None), (new.id, None, old.id)] == [
        (one.order.id, one.order.replaced_by, one.order.replaces) for one in heard.messages[2:]
    ]


def test_the_legs_of_a_bracket_are_told_one_by_one(venue, client):
    with trade_updates(venue) as heard:
        client.submit_order(
            market(
                order_class=OrderClass.BRACKET,
                take_profit=TakeProfitRequest(limit_price=240),
                stop_loss=StopLossRequest(stop_price=220),
            )
        )
        venue.quote("AAPL", "239.90", "240.10")
        venue.trade("AAPL", "240", "300000", "buy")
        heard.wait_for_event("canceled")

    assert ["pending_new", "new", "fill", "new", "fill", "canceled"] == heard.events
    assert all(one.order.legs is None for one in heard.messages)


def test_nothing_is_told_again_after_a_reconnect(venue, client):
    with trade_updates(venue) as heard:
        client.submit_order(market())
        heard.wait_for_event("fill")
    with trade_updates(venue) as again:
        client.submit_order(market(symbol="MSFT"))
        again.wait_for_event("fill")

    assert {"MSFT"} == {one.order.symbol for one in again.messages}


def test_others_hear_nothing_of_an_order(venue, client):
    with trade_updates(venue, key="other-key") as others, trade_updates(venue) as heard:
        client.submit_order(market())
        heard.wait_for_event("fill")
        venue.flush()

    assert [] == others.messages


def subscribe_all(symbol):
    def subscribe(stream, hear):
        stream.subscribe_trades(hear, symbol)
        stream.subscribe_quotes(hear, symbol)
        stream.subscribe_bars(hear, symbol)

    return subscribe


def test_quotes_trades_and_bars_of_stocks_arrive(venue):
    with market_data(venue, subscribe_all("AAPL")) as heard:
        venue.quote("AAPL", "231", "232")
        venue.trade("AAPL", "231", "7")
        venue.clock.offset_ns += 60 * 10**9
        venue.call(venue.venue.follow)
        heard.wait_for(4)

    kinds = [type(one).__name__ for one in heard.messages]
    assert {"Quote", "Trade", "Bar"} == set(kinds)
    quote = heard.messages[kinds.index("Quote")]
    assert ("AAPL", 231.0, 232.0, 100000) == (
        quote.symbol,
        quote.bid_price,
        quote.ask_price,
        quote.bid_size,
    )
    bar = heard.messages[kinds.index("Bar")]
    assert (231.0, 231.0, 7) == (bar.open, bar.close, bar.volume)


def test_a_side_that_is_empty_is_a_price_and_a_size_of_zero(venue):
    venue.quote("AAPL", qty="10")
    with market_data(venue, lambda stream, hear: stream.subscribe_quotes(hear, "AAPL")) as heard:
        venue.trade("AAPL", "230.05", "10", "buy")
        heard.wait_for(1)

    quote = heard.messages[-1]
    assert (229.95, 0.0, 0) == (quote.bid_price, quote.ask_price, quote.ask_size)


def test_a_bar_is_corrected_when_a_trade_came_late(venue):
    def subscribe(stream, hear):
        stream.subscribe_bars(hear, "AAPL")
        stream.subscribe_updated_bars(hear, "AAPL")

    venue.fault("late_trade")
    with market_data(venue, subscribe) as heard:
        venue.trade("AAPL", "230", "5")
        venue.trade("AAPL", "230", "2")
        venue.clock.offset_ns += 60 * 10**9
        venue.call(venue.venue.follow)
        early, late = heard.wait_for(2)

    assert (5, 7) == (early.volume, late.volume)
    assert early.timestamp == late.timestamp


def test_crypto_has_its_own_stream_and_halts_are_told(venue):
    with market_data(venue, subscribe_all("BTC/USD"), crypto=True) as heard:
        venue.trade("BTC/USD", "60000", "0.25", "buy")
        heard.wait_for(1)
    with market_data(
        venue, lambda stream, hear: stream.subscribe_trading_statuses(hear, "*")
    ) as statuses:
        venue.act("halt", symbol="AAPL")
        statuses.wait_for(1)

    assert ("BTC/USD", 0.25) == (heard.messages[0].symbol, heard.messages[0].size)
    assert ("AAPL", "H") == (statuses.messages[0].symbol, statuses.messages[0].status_code)


def test_the_test_stream_is_always_on(venue):
    venue.act("session", session="closed")
    with market_data(venue, subscribe_all("FAKEPACA"), feed="test") as heard:
        heard.wait_for(3)

    assert {"FAKEPACA"} == {one.symbol for one in heard.messages}


async def talk(url, *messages, headers=None, pack=orjson.dumps, unpack=orjson.loads, count=1):
    """Say something to a stream; return the first answers."""
    async with (
        asyncio.timeout(PATIENCE_S),
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers=headers) as socket,
    ):
        for message in messages:
            await socket.send_bytes(pack(message))
        answers = []
        while len(answers) < count:
            frame = await socket.receive()
            if frame.type not in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
                answers.append(frame.type.name)
                break
            answers.append((frame.type.name, unpack(frame.data)))
        return answers


LOGIN = {"action": "auth", "key": KEY, "secret": SECRET}
LISTEN = {"action": "listen", "data": {"streams": ["trade_updates", "nonsense"]}}


def test_the_trading_stream_answers_in_binary_frames_that_hold_json(venue):
    url = f"{venue.ws}/stream"

    answers = asyncio.run(talk(url, LISTEN, LOGIN, LISTEN, count=3))

    assert [
        (
            "BINARY",
            {"stream": "authorization", "data": {"status": "unauthorized", "action": "listen"}},
        ),
        (
            "BINARY",
            {"stream": "authorization", "data": {"status": "authorized", "action": "authenticate"}},
        ),
        ("BINARY", {"stream": "listening", "data": {"streams": ["trade_updates"]}}),
    ] == answers
    venue.fault("text_frames", count=None)
    assert "TEXT" == asyncio.run(talk(url, LOGIN))[0][0]


def test_the_trading_stream_speaks_messagepack_when_asked(venue):
    headers = {"Content-Type": "application/msgpack"}

    (answer,) = asyncio.run(
        talk(
            f"{venue.ws}/stream", LOGIN, headers=headers, pack=msgpack.packb, unpack=msgpack.unpackb
        )
    )

    assert "authorized" == answer[1]["data"]["status"]


def test_nonsense_on_the_trading_stream_is_an_error_and_the_end(venue):
    answers = asyncio.run(talk(f"{venue.ws}/stream", "nonsense", count=2))

    assert "error" == answers[0][1]["action"]
    assert "CLOSE" in answers[1]


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["nonsense"], 400),
        ([{"action": "subscribe", "trades": ["AAPL"]}], 401),
        ([LOGIN | {"secret": "wrong"}], 402),
        ([LOGIN, LOGIN], 403),
        ([LOGIN, {"action": "subscribe", "orderbooks": ["AAPL"]}], 410),
        ([LOGIN, {"action": "subscribe", "trades": "AAPL"}], 400),
    ],
)
def test_the_data_stream_says_what_is_wrong(venue, messages, code):
    answers = asyncio.run(talk(f"{venue.ws}/v2/iex", *messages, count=1 + len(messages)))

    assert code == answers[-1][1][0]["code"]


def test_the_data_stream_admits_one_connection_a_key(venue):
    with market_data(venue, subscribe_all("AAPL")):
        answers = asyncio.run(talk(f"{venue.ws}/v2/iex", LOGIN, count=3))

    assert [{"T": "error", "code": 406, "msg": "connection limit exceeded"}] == answers[1][1]
    assert "CLOSE" in answers[2]


@pytest.mark.parametrize(
    ("fault", "code"), [("connection_limit", 406), ("insufficient_subscription", 409)]
)
def test_a_login_is_refused_on_purpose(venue, fault, code):
    venue.fault(fault)

    answers = asyncio.run(talk(f"{venue.ws}/v2/sip", LOGIN, count=3))

    assert code == answers[1][1][0]["code"]
    assert "CLOSE" in answers[2]


def test_market_data_is_lost_or_cut_on_purpose(venue):
    def subscribe(stream, hear):
        stream.subscribe_trades(hear, "AAPL")

    with market_data(venue, subscribe) as heard:
        venue.fault("lost_data")
        venue.trade("AAPL", "230", "1")
        venue.trade("AAPL", "230", "2")
        heard.wait_for(1)
        venue.fault("disconnect", where={"channel": "trades"})
        venue.trade("AAPL", "230", "3")
        wait_until(lambda: venue.subscribers == 0)

    assert [2] == [one.size for one in heard.messages]


def test_subscriptions_add_up_and_are_answered_in_full(venue):
    answers = asyncio.run(
        talk(
            f"{venue.ws}/v2/sip",
            LOGIN,
            {"action": "subscribe", "trades": ["AAPL"], "quotes": ["MSFT"]},
            {"action": "subscribe", "bars": ["*"]},
            {"action": "unsubscribe", "quotes": ["MSFT"]},
            count=5,
        )
    )

    full = answers[-1][1][0]
    assert "TEXT" == answers[-1][0]
    assert (["AAPL"], [], ["*"], ["AAPL"]) == (
        full["trades"],
        full["quotes"],
        full["bars"],
        full["corrections"],
    )


def test_who_does_not_log_in_is_sent_away(venue):
    venue.venue.login_within(0.01)

    answers = asyncio.run(talk(f"{venue.ws}/v2/iex", count=2))

    assert 404 == answers[1][1][0]["code"]


def test_instants_are_text_in_json(venue):
    async def hear():
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{venue.ws}/v2/sip") as ws,
        ):
            await ws.send_json(LOGIN)
            await ws.send_json({"action": "subscribe", "trades": ["AAPL"]})
            for _ in range(3):
                await ws.receive(PATIENCE_S)
            await venue_trades()
            return json.loads((await ws.receive(PATIENCE_S)).data)

    async def venue_trades():
        await asyncio.to_thread(venue.trade, "AAPL", "230.5", "150")

    (trade,) = asyncio.run(hear())

    assert ("t", "AAPL", 230.5, 150, ["@"], "C") == tuple(trade[name] for name in "TSpscz")
    assert trade["t"].endswith("Z")


def test_a_book_of_crypto_begins_in_full_and_goes_on_in_changes(venue):
    def subscribe(stream, hear):
        stream.subscribe_orderbooks(hear, "BTC/USD")

    with market_data(venue, subscribe, crypto=True) as heard:
        heard.wait_for(1)
        venue.quote("BTC/USD", "59999", "60001")
        heard.wait_for(2)

    full, change = heard.messages[:2]
    assert (59999.95, 60000.05) == (full.bids[0].price, full.asks[0].price)
    assert full.reset
    assert not change.reset
