"""Market streams: control messages and their limits, and what each stream says."""

from __future__ import annotations

import asyncio
import random

import aiohttp
import pytest

from tests.support.binance_client import Plain, Wire, talk
from tests.support.binance_mirror import Mirror
from tests.support.binance_venue import RunningVenue


async def answer_to(wire: Wire, form: object) -> object:
    """What a control message is answered; events before it are passed over."""
    await wire.say(form)
    while True:
        heard = await wire.hear()
        if "id" in heard or "code" in heard:
            return heard


def test_streams_are_subscribed_listed_and_left(binance: RunningVenue) -> None:
    async def work(client: Plain):
        async with client.wire("/ws/btcusdt@trade") as wire:
            return [
                await answer_to(wire, {"method": "SUBSCRIBE", "params": ["a@b"], "id": 1}),
                await answer_to(wire, {"method": "LIST_SUBSCRIPTIONS", "id": "two"}),
                await answer_to(wire, {"method": "UNSUBSCRIBE", "params": ["a@b"], "id": None}),
            ]

    assert [
        {"result": None, "id": 1},
        {"result": ["btcusdt@trade", "a@b"], "id": "two"},
        {"result": None, "id": None},
    ] == talk(binance, work)


def test_the_wrapping_is_a_property_that_can_be_set(binance: RunningVenue) -> None:
    async def work(client: Plain):
        async with client.wire("/ws/btcusdt@trade") as wire:
            put = {"method": "SET_PROPERTY", "params": ["combined", True], "id": 1}
            ask = {"method": "GET_PROPERTY", "params": ["combined"], "id": 2}
            answers = [await answer_to(wire, put), await answer_to(wire, ask)]
            await asyncio.to_thread(binance.trade)
            return answers, await wire.hear()

    answers, heard = talk(binance, work)

    assert [None, True] == [each["result"] for each in answers]
    assert "btcusdt@trade" == heard["stream"]


@pytest.mark.parametrize(
    ("form", "code", "msg"),
    [
        ({"method": "SET_PROPERTY", "params": ["colour", True], "id": 1}, 0, "Unknown property"),
        (
            {"method": "SET_PROPERTY", "params": ["combined", "yes"], "id": 1},
            1,
            "Invalid value type: expected Boolean",
        ),
        ({"params": [], "id": 1}, 2, "Invalid request: missing field `method`"),
        ({"method": "DANCE", "id": 1}, 2, "Invalid request: unknown variant DANCE"),
        (
            {"method": "SUBSCRIBE", "params": [], "id": 1.5},
            2,
            "Invalid request: request ID must be an unsigned integer",
        ),
        ([1], 3, "Invalid JSON"),
    ],
)
def test_a_message_that_cannot_be_followed_says_why(binance, form, code, msg) -> None:
    async def work(client: Plain):
        async with client.wire("/ws") as wire:
            return await answer_to(wire, form)

    answer = talk(binance, work)

    assert code == answer["code"]
    assert answer["msg"].startswith(msg)


def test_the_sixth_message_within_a_second_ends_the_connection(binance: RunningVenue) -> None:
    async def work(client: Plain):
        async with client.wire("/ws") as wire:
            for number in range(6):
                await wire.say({"method": "LIST_SUBSCRIPTIONS", "id": number})
            return await wire.ending()

    assert 1008 == talk(binance, work)


def test_one_stream_too_many_is_refused(binance: RunningVenue) -> None:
    async def work(client: Plain):
        async with client.wire("/ws") as wire:
            many = [f"coin{number}@trade" for number in range(1025)]
            return await answer_to(wire, {"method": "SUBSCRIBE", "params": many, "id": 1})

    assert 2 == talk(binance, work)["code"]


def test_a_ping_is_answered_with_its_own_payload(binance: RunningVenue) -> None:
    async def work(client: Plain):
        url = f"{binance.ws}/ws"
        async with client._session.ws_connect(url, autoping=False) as web_socket:
            await web_socket.ping(b"are you there")
            heard = await web_socket.receive(timeout=5)
            return heard.type, heard.data

    assert (aiohttp.WSMsgType.PONG, b"are you there") == talk(binance, work)


def test_times_are_in_microseconds_for_who_asks(binance: RunningVenue) -> None:
    async def work(client: Plain):
        async with client.wire("/ws/btcusdt@trade?timeUnit=MICROSECOND") as wire:
            await asyncio.to_thread(binance.trade)
            return await wire.hear()

    heard = talk(binance, work)

    assert [16, 16] == [len(str(heard[name])) for name in ("E", "T")]


def test_best_prices_have_no_type_and_no_time(binance: RunningVenue) -> None:
    async def work(client: Plain):
        async with client.wire("/ws/btcusdt@bookTicker") as wire:
            await asyncio.to_thread(binance.order, "BUY", "0.5", "59999.5")
            return await wire.hear()

    heard = talk(binance, work)

    assert ["u", "s", "b", "B", "a", "A"] == list(heard)
    assert ("59999.50000000", "0.50000000") == (heard["b"], heard["B"])


def test_trades_of_one_taker_at_one_price_are_one_aggregate(binance: RunningVenue) -> None:
    async def work(client: Plain):
        for _ in range(2):
            await asyncio.to_thread(binance.order, "SELL", "0.1", "60000.5")
        async with client.wire("/ws/btcusdt@aggTrade") as wire:
            await asyncio.to_thread(binance.order, "BUY", "0.2")
            return await wire.hear()

    heard = talk(binance, work)

    assert ("0.20000000", 1) == (heard["q"], heard["l"] - heard["f"])


@pytest.mark.parametrize("interval", ["1s", "1m", "1d", "1w", "1M"])
def test_a_candle_is_told_while_it_grows(binance: RunningVenue, interval) -> None:
    async def work(client: Plain):
        async with client.wire(f"/ws/btcusdt@kline_{interval}") as wire:
            await asyncio.to_thread(binance.trade)
            for _ in range(20):
                await asyncio.to_thread(binance.act, "tick")
            return await wire.hear()

    heard = talk(binance, work)

    assert ("kline", interval) == (heard["e"], heard["k"]["i"])
    assert heard["k"]["t"] <= heard["E"]


@pytest.mark.parametrize("seed", range(3))
def test_a_book_kept_from_updates_is_the_venues_book(binance: RunningVenue, seed) -> None:
    chance = random.Random(seed)

    async def work(client: Plain):
        async with client.wire("/ws/btcusdt@depth@100ms") as wire:
            await asyncio.to_thread(binance.trade)
            first = await wire.hear()
            picture = (await client.rest("GET", "/api/v3/depth", symbol="BTCUSDT")).form
            mirror = Mirror(picture)
            mirror.apply(first)
            for _ in range(30):
                side = chance.choice(["BUY", "SELL"])
                price = None if chance.random() < 0.2 else str(chance.randint(59_990, 60_010))
                await asyncio.to_thread(binance.order, side, "0.05", price)
            await asyncio.to_thread(binance.act, "tick")
            after = (await client.rest("GET", "/api/v3/depth", symbol="BTCUSDT")).form
            while mirror.last < after["lastUpdateId"]:
                mirror.apply(await wire.hear())
            return mirror, after

    mirror, after = talk(binance, work)

    assert [dict(after["bids"]), dict(after["asks"])] == mirror.sides
