"""``/stream``: every connection that hears of its account's orders. Nothing is told twice."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import WSMsgType, web

from regimeflow.apps.venues.alpaca.doors import KEY_HEADER, SECRET_HEADER, Doors
from regimeflow.apps.venues.alpaca.fields import Json
from regimeflow.apps.venues.alpaca.framing import Codec, FrameError, decode
from regimeflow.apps.venues.alpaca.outlet import PING_EVERY_S, Outlet
from regimeflow.apps.venues.alpaca.trade_session import TRADE_UPDATES, TradeSession, failure
from regimeflow.apps.venues.server.faults import Faults


def codec_of(request: web.Request) -> Codec:
    """What the upgrade asks for."""
    wanted = request.headers.get("Content-Type", "")
    return Codec.MSGPACK if wanted.startswith("application/msgpack") else Codec.JSON


class TradeStreams:
    """All connections; who was not connected misses what was said (no replay)."""

    def __init__(self, doors: Doors, faults: Faults) -> None:
        self._doors: Final = doors
        self._faults: Final = faults
        self._open: Final[dict[TradeSession, Outlet]] = {}

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it ends."""
        socket = web.WebSocketResponse(heartbeat=PING_EVERY_S)
        await socket.prepare(request)
        # Paper sends JSON as binary frames: clients must look at the content.
        outlet = Outlet(socket, request.transport, codec=codec_of(request), binary=True)
        session = TradeSession(self._login)
        session.authenticate(request.headers.get(KEY_HEADER), request.headers.get(SECRET_HEADER))
        self._open[session] = outlet
        try:
            await self._serve(socket, session, outlet)
        finally:
            del self._open[session]
            await outlet.end()
        return socket

    def _login(self, key: str, secret: str) -> str | None:
        account = self._doors.account(key, secret)
        return account.name if account is not None else None

    async def _serve(
        self, socket: web.WebSocketResponse, session: TradeSession, outlet: Outlet
    ) -> None:
        async for message in socket:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                return
            try:
                answer = session.answer(decode(message.data, outlet.codec))
            except FrameError:
                answer = None
            outlet.send(failure() if answer is None else answer, as_text=self._as_text())
            if answer is None:
                outlet.finish()

    def _as_text(self) -> bool:
        return self._faults.take("text_frames") is not None

    def publish(self, account: str, data: Json, delay_s: float) -> None:
        """Tell every connection of an account that listens."""
        message: Json = {"stream": TRADE_UPDATES, "data": data}
        for session, outlet in self._open.items():
            if session.account != account or not session.listens:
                continue
            if self._faults.take("disconnect", stream="trading", event=data["event"]) is not None:
                outlet.cut()
            elif self._faults.take("silent_stream", stream="trading") is not None:
                continue
            elif delay_s:
                outlet.send_later(message, delay_s)
            else:
                outlet.send(message, as_text=self._as_text())

    @property
    def listeners(self) -> int:
        """How many connections listen."""
        return sum(session.listens for session in self._open)

    def cut(self, account: str = "") -> int:
        """End connections without a word; returns how many."""
        found = [
            outlet for session, outlet in self._open.items() if account in {"", session.account}
        ]
        for outlet in found:
            outlet.cut()
        return len(found)

    async def flush(self) -> None:
        """Return when everything said is on its way."""
        await asyncio.gather(*(outlet.flush() for outlet in [*self._open.values()]))

    async def stop(self) -> None:
        """Close every connection."""
        for outlet in self._open.values():
            outlet.send(failure("server is shutting down"))
            outlet.finish()
        await self.flush()
