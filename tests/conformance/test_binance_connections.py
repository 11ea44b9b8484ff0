"""Connections end in every way that they can, and more than one hears of the same."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from regimeflow.apps.venues.binance import sockets
from tests.support.binance_client import Plain, talk
from tests.support.binance_venue import RunningVenue


def test_two_connections_both_hear_of_it(binance: RunningVenue) -> None:
    async def work(client: Plain):
        async with client.user() as old, client.user() as new:
            await client.order()
            return [await wire.hear_event("executionReport") for wire in (old, new)]

    first, second = talk(binance, work)

    assert first == second


def test_after_its_day_a_socket_is_closed(binance: RunningVenue) -> None:
    async def work(client: Plain):
        async with client.wire("/ws/btcusdt@trade") as wire, client.user() as user:
            await asyncio.to_thread(binance.act, "day_is_over")
            return await wire.ending(), await user.ending()

    assert (1001, 1001) == talk(binance, work)


def test_a_socket_ends_without_a_closing_frame(binance: RunningVenue) -> None:
    binance.fault("disconnect", count=1, where={"kind": "ws-api"})

    async def work(client: Plain):
        async with client.user() as wire:
            await client.order()
            return await wire.ending()

    assert talk(binance, work) is None


def test_a_shutdown_is_announced_at_every_door(binance: RunningVenue) -> None:
    async def work(client: Plain):
        async with (
            client.wire("/ws") as bare,
            client.wire("/stream") as wrapped,
            client.wire("/ws-api/v3") as api,
        ):
            await asyncio.to_thread(binance.act, "server_shutdown", grace_ms=0)
            heard = [await wire.hear() for wire in (bare, wrapped, api)]
            return heard, [await wire.ending() for wire in (bare, wrapped, api)]

    (bare, wrapped, api), endings = talk(binance, work)

    assert "serverShutdown" == bare["e"]
    assert ("!serverShutdown", "serverShutdown") == (wrapped["stream"], wrapped["data"]["e"])
    assert "serverShutdown" == api["event"]["e"]
    assert [1001] * 3 == endings


@pytest.mark.parametrize("path", ["/ws/btcusdt@trade", "/ws-api/v3"])
def test_a_connection_is_refused(binance: RunningVenue, path) -> None:
    binance.fault("connect_refused", count=1, status=503)

    async def work(client: Plain):
        async with client.wire(path):
            pass

    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        talk(binance, work)


@pytest.mark.parametrize(("fault", "code"), [("day_is_over", 1001), ("server_shutdown", 1001)])
@pytest.mark.parametrize("kind", ["stream", "ws-api"])
def test_a_connection_is_closed_when_something_is_to_be_said(binance, fault, code, kind) -> None:
    options = {"grace_ms": 0} if fault == "server_shutdown" else {}
    binance.fault(fault, count=1, where={"kind": kind}, **options)

    async def work(client: Plain):
        async with client.wire("/ws/btcusdt@trade") as stream, client.user() as user:
            await asyncio.to_thread(binance.trade)
            await client.order()
            return await (stream if kind == "stream" else user).ending()

    assert code == talk(binance, work)


@pytest.mark.parametrize("path", ["/ws/btcusdt@trade", "/ws-api/v3"])
def test_no_connection_outlives_its_day(binance: RunningVenue, path, monkeypatch) -> None:
    monkeypatch.setattr(sockets, "LIFE_S", 0.0)

    async def work(client: Plain):
        async with client.wire(path) as wire:
            return await wire.ending()

    assert 1001 == talk(binance, work)


def test_a_client_that_answers_no_ping_is_cut_off(binance: RunningVenue, monkeypatch) -> None:
    monkeypatch.setattr(sockets, "PING_EVERY_S", 0.01)
    monkeypatch.setattr(sockets, "PONG_WITHIN_S", 0.0)

    async def work(client: Plain):
        url = f"{binance.ws}/ws"
        async with client._session.ws_connect(url, autoping=False) as web_socket:
            return (await web_socket.receive(timeout=5)).type

    cut = {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.ERROR}
    assert talk(binance, work) in cut


def test_a_client_is_pinged(binance: RunningVenue, monkeypatch) -> None:
    monkeypatch.setattr(sockets, "PING_EVERY_S", 0.01)

    async def work(client: Plain):
        url = f"{binance.ws}/ws-api/v3"
        async with client._session.ws_connect(url, autoping=False) as web_socket:
            return (await web_socket.receive(timeout=5)).type

    assert aiohttp.WSMsgType.PING == talk(binance, work)


@pytest.mark.parametrize("query", ["timeUnit=fortnight", "responseFormat=sbe"])
def test_what_the_venue_does_not_speak_is_refused_at_once(binance: RunningVenue, query) -> None:
    async def work(client: Plain):
        async with client.wire(f"/ws-api/v3?{query}"):
            pass

    with pytest.raises(aiohttp.WSServerHandshakeError, match="400"):
        talk(binance, work)
