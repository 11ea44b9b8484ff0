"""One connection to the market streams: what it asks for, how fast, and how long a stream rests."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from types import SimpleNamespace

import pytest

from regimeflow._core.binance_frames import BinanceFrames
from regimeflow.adapters.brokers.binance import streams as module
from regimeflow.adapters.brokers.binance.streams import StreamConnection, streams_of
from regimeflow.types.config.binance import BinanceSettings
from tests.support.hand_loop import in_hand_loop

START_NS = 1_700_000_000 * 10**9
QUOTE = b'{"u":1,"s":"BTCUSDT","b":"1.00","B":"1.00","a":"2.00","A":"1.00"}'


class Wire:
    """A socket that keeps what is sent, each with when."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, str, list[str]]] = []
        self.is_open = True

    async def __call__(self, url, on_frame, on_closed, **_: object) -> Wire:
        self.hear, self.end = on_frame, on_closed
        return self

    def send(self, text: bytes) -> None:
        said = json.loads(text)
        at_s = asyncio.get_running_loop().time()
        self.sent.append((at_s, said["method"], said["params"]))

    def close(self) -> None:
        self.is_open = False


@pytest.fixture
def connected(monkeypatch):
    """Runs a test's coroutine function with a connection whose clock is the loop's."""

    def run(act):
        async def work():
            wire = Wire()
            loop = asyncio.get_running_loop()
            clock = SimpleNamespace(time_ns=lambda: START_NS + int(loop.time() * 1e9))
            monkeypatch.setattr(module, "time", clock)
            connection = StreamConnection(
                "ws://venue",
                open_socket=wire,
                frames=BinanceFrames(on_market_data=lambda _: None),
                on_shutdown=lambda _: None,
                on_closed=lambda *_: None,
                on_broken=pytest.fail,
            )
            await connection.open(tls=None, timeout_s=1.0)
            await act(connection, wire)
            connection.close()

        in_hand_loop(work)

    return run


def of_btc(**given: object):
    return streams_of("BTCUSDT", BinanceSettings(environment="local", **given))


def now_ns() -> int:
    return module.time.time_ns()


def test_a_stream_is_silent_since_it_was_asked_for_and_then_since_it_was_heard(connected):
    quotes, *others = of_btc()

    async def act(connection, wire):
        connection.subscribe([quotes, *others])
        await asyncio.sleep(12)
        assert 12.0 == pytest.approx(connection.silent_s(quotes, now_ns()))
        wire.hear(QUOTE)
        await asyncio.sleep(8)
        assert 8.0 == pytest.approx(connection.silent_s(quotes, now_ns()))
        assert [20.0] * 3 == pytest.approx([connection.silent_s(e, now_ns()) for e in others])

    connected(act)


def test_to_ask_again_is_to_unsubscribe_and_to_subscribe(connected):
    quotes, *others = of_btc()

    async def act(connection, wire):
        connection.subscribe([quotes, *others])
        await asyncio.sleep(40)
        connection.ask_again(quotes)
        await asyncio.sleep(5)

        name = ["btcusdt@bookTicker"]
        assert [("UNSUBSCRIBE", name), ("SUBSCRIBE", name)] == [e[1:] for e in wire.sent[1:]]
        assert [quotes, *others] == [*connection.watched()]
        assert 5.0 == pytest.approx(connection.silent_s(quotes, now_ns()))

    connected(act)


def test_in_no_second_leave_more_messages_than_the_venue_takes_with_a_pong_among_them(connected):
    quotes, *_ = of_btc()

    async def act(connection, wire):
        for _ in range(10):
            connection.ask_again(quotes)
        await asyncio.sleep(10)

        times = [at_s for at_s, *_ in wire.sent]
        assert 20 == len(times)
        most = max(sum(start <= at < start + 1.0 for at in times) for start in times)
        assert 4 == most  # of 5: one is left for the pong
        assert 4.0 == pytest.approx(times[-1])

    connected(act)


def test_asked_for_again_in_order(connected):
    quotes, trades, *_ = of_btc()

    async def act(connection, wire):
        for each in (quotes, trades, quotes):
            connection.ask_again(each)
        await asyncio.sleep(10)

        methods = [method for _, method, _ in wire.sent]
        assert ["UNSUBSCRIBE", "SUBSCRIBE"] * 3 == methods
        assert all(early[2] == later[2] for early, later in [*pairwise(wire.sent)][::2])

    connected(act)


def test_what_may_be_quiet_by_right_has_a_limit_of_its_own():
    def limits(**given: object) -> list[float | None]:
        return [each.silence_s for each in of_btc(**given)]

    quotes_trades_depth_bars = [30.0, None, 30.0, None]
    assert quotes_trades_depth_bars == limits()
    assert [30.0, 7.0, 30.0, 7.0] == limits(max_trade_silence_s=7.0)
    assert [None, 7.0, None, 7.0] == limits(max_trade_silence_s=7.0, max_stream_silence_s=None)
