"""A plain client of the local Binance venue: it sends what it is told, and hides nothing."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.support.binance_venue import WAIT_S, RunningVenue

KEY = "local-key"
SECRET = "local-secret"  # noqa: S105 - the venue's default


def signature(payload: str) -> str:
    return hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Answer:
    """What HTTP answered."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str]) -> None:
        self.status = status
        self.text = text
        self.headers = headers

    @property
    def form(self) -> Any:
        return json.loads(self.text)


class Wire:
    """One WebSocket connection."""

    def __init__(self, web_socket: aiohttp.ClientWebSocketResponse) -> None:
        self.raw = web_socket

    async def hear(self) -> Any:
        return json.loads(await self.raw.receive_str(timeout=WAIT_S))

    async def hear_event(self, name: str, **fields: object) -> Any:
        """The next event of a kind with these fields; what comes before is passed over."""
        while True:
            heard = await self.hear()
            event = heard.get("event") or heard.get("data") or heard
            if event.get("e") == name and fields.items() <= event.items():
                return event

    async def say(self, form: object) -> None:
        await self.raw.send_str(json.dumps(form))

    async def ask(self, method: str, **params: object) -> Any:
        """Send a request and return its answer; events before it are passed over."""
        await self.say({"id": method, "method": method, "params": params})
        while True:
            heard = await self.hear()
            if heard.get("id") == method:
                return heard

    async def ask_signed(self, method: str, **params: object) -> Any:
        return await self.ask(method, **signed(params))

    async def ending(self) -> int | None:
        """Read until the connection ends; return the code of its closing frame, if it had one."""
        async with asyncio.timeout(WAIT_S):
            while not self.raw.closed:
                heard = await self.raw.receive()
                if heard.type is aiohttp.WSMsgType.CLOSE:
                    return int(heard.data)
        return None


def signed(params: Mapping[str, object]) -> dict[str, object]:
    whole = {**params, "apiKey": KEY, "timestamp": now_ms()}
    text = "&".join(f"{name}={whole[name]}" for name in sorted(whole))
    return {**whole, "signature": signature(text)}


class Plain:
    """REST and WebSockets of one venue."""

    def __init__(self, venue: RunningVenue, session: aiohttp.ClientSession) -> None:
        self.venue = venue
        self._session = session

    async def rest(self, method: str, path: str, **params: object) -> Answer:
        return await self.send(method, path, urlencode(params))

    async def signed(self, method: str, path: str, **params: object) -> Answer:
        query = urlencode({**params, "recvWindow": 60_000, "timestamp": now_ms()})
        return await self.send(method, path, f"{query}&signature={signature(query)}")

    async def send(
        self, method: str, path: str, query: str, *, key: str | None = KEY, body: str = ""
    ) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if key is not None:
            headers["X-MBX-APIKEY"] = key
        url = f"{self.venue.http}{path}" + (f"?{query}" if query else "")
        from yarl import URL

        async with self._session.request(
            method, URL(url, encoded=True), headers=headers, data=body or None
        ) as answer:
            return Answer(answer.status, await answer.text(), answer.headers)

    async def order(self, side: str = "BUY", price: str = "59000", **more: object) -> Answer:
        """Place a limit order of half a coin, with what is given on top."""
        params: dict[str, object] = {
            "symbol": "BTCUSDT",
            "side": side,
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.5",
            "price": price,
            **more,
        }
        chosen = {name: value for name, value in params.items() if value is not None}
        return await self.signed("POST", "/api/v3/order", **chosen)

    @asynccontextmanager
    async def wire(self, path: str) -> AsyncIterator[Wire]:
        async with self._session.ws_connect(f"{self.venue.ws}{path}") as web_socket:
            yield Wire(web_socket)

    @asynccontextmanager
    async def user(self, path: str = "/ws-api/v3") -> AsyncIterator[Wire]:
        """A connection that hears about the account of everybody."""
        async with self.wire(path) as wire:
            await wire.ask_signed("userDataStream.subscribe.signature")
            yield wire


@asynccontextmanager
async def plain(venue: RunningVenue) -> AsyncIterator[Plain]:
    timeout = aiohttp.ClientTimeout(total=WAIT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Plain(venue, session)


def talk(venue: RunningVenue, work: Any) -> Any:
    """Run ``work(client)`` and return what it returns."""

    async def run() -> Any:
        async with plain(venue) as client:
            return await work(client)

    return asyncio.run(asyncio.wait_for(run(), 2 * WAIT_S))
