"""Streams that say nothing, messages that are too many, pings: over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from aiohttp import WSMsgType, web

from regimeflow.adapters.brokers._shared import websocket_aiohttp, websocket_picows
from regimeflow.adapters.brokers._shared.websocket import Socket
from regimeflow.adapters.brokers.binance.adapter import BinanceAdapter
from regimeflow.apps.venues.binance import sockets
from regimeflow.live import SystemCode
from regimeflow.types.config.binance import BinanceSettings
from tests.fault.test_binance_market import trade_until
from tests.support.binance import Heard, in_session
from tests.support.binance_venue import RunningVenue
from tests.support.keeping import until

OPENERS = {"picows": websocket_picows.open_socket, "aiohttp": websocket_aiohttp.open_socket}
PING_EVERY_S = 0.05
ALONE = {
    "btcusdt@bookTicker": {"book": False, "max_stream_silence_s": 0.5},
    "btcusdt@trade": {"quotes": False, "book": False, "max_trade_silence_s": 0.5},
}


@pytest.fixture
def venue() -> Iterator[RunningVenue]:
    with RunningVenue() as running:
        running.quote()
        yield running


class Written:
    """An opener that writes down what is opened, and what is sent of market data, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def __call__(self, url, on_frame, on_closed, **more) -> Socket:
        socket = await websocket_aiohttp.open_socket(url, on_frame, on_closed, **more)
        if not url.endswith("/stream"):
            return socket
        self.lines.append("open")
        send = socket.send

        def written(text: bytes) -> None:
            said = json.loads(text)
            self.lines.append(f"{said['method']} {' '.join(said['params'])}")
            send(text)

        socket.send = written
        return socket


@pytest.mark.parametrize("name", ALONE)
def test_a_silent_stream_is_asked_for_again_before_its_connection_is_replaced(venue, name):
    async def main() -> Written:
        written = Written()
        settings = BinanceSettings(
            environment="local", base_url=venue.http, bar_interval="none", **ALONE[name]
        )
        adapter = BinanceAdapter(settings, symbols=["BTCUSDT"], open_socket=written)
        heard = Heard(adapter)
        await adapter.connect()
        try:
            await adapter.subscribe_market_data(["BTCUSDT"])
            await trade_until(venue, lambda: heard.quotes() or heard.trade_ids())
            venue.fault("stream_silent", where={"stream": name})
            await trade_until(venue, lambda: written.lines.count("open") >= 2)
            assert SystemCode.DATA_STALE in heard.codes()
        finally:
            await adapter.disconnect()
        return written

    written = asyncio.run(asyncio.wait_for(main(), 60))

    replaced_at = written.lines.index("open", 1)
    assert name in written.lines[1]
    asked_again = written.lines[replaced_at - 2 : replaced_at]
    assert [f"UNSUBSCRIBE {name}", f"SUBSCRIBE {name}"] == asked_again


def test_messages_are_no_more_than_the_venue_takes_which_hangs_up_at_one_too_many(venue):
    async def act(adapter, heard):
        for _ in range(4):
            await adapter.unsubscribe_market_data(["BTCUSDT"])
            await adapter.subscribe_market_data(["BTCUSDT"])
        await trade_until(venue, heard.trade_ids)

        assert 0 == adapter.counts()["losses"]

    in_session(venue.http, act, watching=["BTCUSDT"])


@pytest.mark.parametrize("transport", OPENERS)
def test_the_pings_of_the_venue_are_answered_while_nothing_else_is_said(
    venue, transport, monkeypatch
):
    monkeypatch.setattr(sockets, "PING_EVERY_S", PING_EVERY_S)
    answered = []
    hear = sockets.Socket.heard

    def heard_by_the_venue(self: sockets.Socket, kind: WSMsgType) -> None:
        if kind is WSMsgType.PONG:
            answered.append(self.kind)
        hear(self, kind)

    monkeypatch.setattr(sockets.Socket, "heard", heard_by_the_venue)

    async def main() -> None:
        settings = BinanceSettings(environment="local", base_url=venue.http)
        adapter = BinanceAdapter(settings, symbols=["BTCUSDT"], open_socket=OPENERS[transport])
        await adapter.connect()
        try:
            await adapter.subscribe_market_data(["BTCUSDT"])
            await until(lambda: min(map(answered.count, ("stream", "ws-api"))) >= 3)
        finally:
            await adapter.disconnect()

    asyncio.run(main())


@pytest.mark.parametrize("transport", OPENERS)
def test_a_pong_has_the_payload_of_its_ping(transport):
    async def main() -> bytes:
        ponged: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def serve(request: web.Request) -> web.WebSocketResponse:
            server = web.WebSocketResponse(autoping=False)
            await server.prepare(request)
            await server.ping(b"1795424794829")
            frame = await server.receive()
            ponged.set_result(frame.data if frame.type is WSMsgType.PONG else b"")
            return server

        app = web.Application()
        app.router.add_get("/stream", serve)
        runner = web.AppRunner(app, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            url = f"ws://127.0.0.1:{runner.addresses[0][1]}/stream"
            open_socket = OPENERS[transport]
            socket = await open_socket(url, print, lambda _: None, tls=None, timeout_s=10.0)
            async with asyncio.timeout(20):
                payload = await ponged
            socket.close()
        finally:
            await runner.cleanup()
        return payload

    assert b"1795424794829" == asyncio.run(main())
