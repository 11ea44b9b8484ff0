"""The door to market streams: ``/ws`` bare, ``/stream`` wrapped; messages and their limits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import orjson
from aiohttp import WSMsgType, web

from regimeflow.apps.venues.binance import event_forms
from regimeflow.apps.venues.binance.market_hub import MarketHub
from regimeflow.apps.venues.binance.parts import Parts
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.rest import unit_of
from regimeflow.apps.venues.binance.sockets import POLICY, Pace, Socket
from regimeflow.apps.venues.binance.stream_control import control
from regimeflow.apps.venues.binance.stream_names import canonical

MOST_STREAMS: Final = 1_024
MESSAGES_PER_SECOND: Final = 5


class StreamConnection:
    """One connection and what it subscribed to.

    Args:
        socket: Sends.
        unit: Of the times in what is sent.
        is_combined: Whether an event is wrapped in the name of its stream.
        hub: Tells about the market.
    """

    def __init__(
        self, socket: Socket, unit: int, hub: MarketHub, parts: Parts, *, is_combined: bool
    ) -> None:
        self.socket = socket
        self.unit = unit
        self.is_combined = is_combined
        self.names: list[str] = []
        self._hub = hub
        self._clock = parts.clock
        self._faults = parts.faults

    def tell(self, stream: str, text: str) -> None:
        """Send an event of a stream, unless the stream has fallen silent."""
        symbol = stream.partition("@")[0].upper()
        where = {"stream": stream, "symbol": symbol}
        if self._faults.take("stream_silent", **where) is not None:
            return
        ending = self._faults.take("server_shutdown", kind="stream", **where)
        if ending is not None:
            self.warn(float(str(ending["grace_ms"])) / 1000)
        late = self._faults.take("stream_late", **where)
        delay_s = 0.0 if late is None else float(str(late["delay_ms"])) / 1000
        self.socket.send_event(text, where, delay_s=delay_s)
        if self._faults.take("stream_duplicated", **where) is not None:
            self.socket.send_event(text, where)

    def subscribe(self, names: Sequence[str]) -> bool:
        """Begin to hear streams; False when they would be too many."""
        new = [name for name in dict.fromkeys(names) if name not in self.names]
        if len(self.names) + len(new) > MOST_STREAMS:
            return False
        self.names += new
        for name in new:
            self._hub.add(canonical(name), self)
        return True

    def unsubscribe(self, names: Sequence[str]) -> None:
        """Hear streams no more."""
        for name in names:
            if name in self.names:
                self.names.remove(name)
                self._hub.remove(canonical(name), self)

    def warn(self, grace_s: float) -> None:
        """Send serverShutdown, and close some time later."""
        form = event_forms.server_shutdown(self._clock(), self.unit)
        if self.is_combined:
            form = {"stream": "!serverShutdown", "data": form}
        self.socket.send_event(orjson.dumps(form).decode())
        self.socket.close(delay_s=grace_s)

    def end(self) -> None:
        """The connection is over."""
        self.unsubscribe(list(self.names))


class StreamDoor:
    """Serves ``/ws`` and ``/stream``.

    Args:
        parts: Of the venue.
        hub: Tells about the market.
    """

    def __init__(self, parts: Parts, hub: MarketHub) -> None:
        self._parts = parts
        self._hub = hub
        self._connections: set[StreamConnection] = set()

    def add_routes(self, app: web.Application) -> None:
        """Add the paths."""
        app.router.add_get("/ws", self._serve)
        app.router.add_get("/ws/{names:.*}", self._serve)
        app.router.add_get("/stream", self._serve)

    @property
    def sockets(self) -> Sequence[Socket]:
        """Every connection."""
        return [each.socket for each in self._connections]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        refused = self._parts.faults.take("connect_refused", kind="stream")
        if refused is not None:
            return web.Response(status=int(str(refused["status"])))
        is_combined = request.path == "/stream"
        text = request.query.get("streams", "") if is_combined else request.match_info.get("names")
        try:
            unit = unit_of(request.query.get("timeUnit"))
        except Refusal as refusal:
            return web.json_response(refusal.body(), status=refusal.status)
        web_socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=1_000_000)
        await web_socket.prepare(request)
        socket = Socket(request, web_socket, "stream", self._parts.faults)
        connection = StreamConnection(socket, unit, self._hub, self._parts, is_combined=is_combined)
        self._connections.add(connection)
        try:
            if not connection.subscribe([name for name in (text or "").split("/") if name]):
                socket.close(POLICY)
            await self._listen(web_socket, connection)
        finally:
            self._connections.discard(connection)
            connection.end()
            await socket.end()
        return web_socket

    async def _listen(
        self, web_socket: web.WebSocketResponse, connection: StreamConnection
    ) -> None:
        pace = Pace(MESSAGES_PER_SECOND)
        loop = asyncio.get_running_loop()
        async for frame in web_socket:
            if not pace.admits(loop.time()):
                connection.socket.close(POLICY)
                continue
            connection.socket.heard(frame.type)
            if frame.type is WSMsgType.PING:
                await web_socket.pong(frame.data)
            elif frame.type is WSMsgType.TEXT:
                connection.socket.send(control(connection, frame.data))

    def warn(self, grace_s: float) -> None:
        """Send serverShutdown to every connection."""
        for connection in list(self._connections):
            connection.warn(grace_s)
