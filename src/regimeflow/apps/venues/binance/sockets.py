"""One WebSocket connection: what is to be sent waits in order, and life ends by rule."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Coroutine, Mapping
from typing import Final

import orjson
from aiohttp import WSMsgType, web

from regimeflow.apps.venues.server.faults import Faults

PING_EVERY_S: Final = 20.0
PONG_WITHIN_S: Final = 60.0
LIFE_S: Final = 86_400.0
MOST_WAITING: Final = 50_000
GOING_AWAY: Final = 1001
POLICY: Final = 1008


class Socket:
    """Sends what it is given, in order, and closes when it must.

    Args:
        request: What asked for the connection.
        web_socket: Prepared.
        kind: ``stream`` or ``ws-api``.
        faults: What goes wrong on purpose.
    """

    def __init__(
        self, request: web.Request, web_socket: web.WebSocketResponse, kind: str, faults: Faults
    ) -> None:
        self.kind = kind
        self._transport = request.transport
        self._web_socket = web_socket
        self._faults = faults
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, str]] = deque()
        self._held: list[tuple[str, float]] | None = None
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._ponged_at = self._loop.time()
        self._timers = [
            self._loop.call_later(PING_EVERY_S, self._ping),
            self._loop.call_later(LIFE_S, self.close),
        ]
        self._closing: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writer = self._start(self._write())

    def _start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @property
    def is_open(self) -> bool:
        """Whether something can still be sent."""
        return not self._web_socket.closed and not self._writer.done()

    def hold(self) -> None:
        """Keep events back until ``release``."""
        if self._held is None:
            self._held = []

    def release(self) -> None:
        """Send the events that were kept back."""
        held, self._held = self._held or [], None
        for text, delay_s in held:
            self._put(text, delay_s)

    def send(self, form: object) -> None:
        """Send an answer."""
        self._put(orjson.dumps(form).decode(), 0.0)

    def send_event(
        self, text: str, where: Mapping[str, object] | None = None, *, delay_s: float = 0.0
    ) -> None:
        """Send an event, unless a fault strikes this socket first."""
        if self._struck(where or {}):
            return
        if self._held is None:
            self._put(text, delay_s)
        else:
            self._held.append((text, delay_s))

    def _struck(self, context: Mapping[str, object]) -> bool:
        where = {"kind": self.kind, **context}
        if self._faults.take("disconnect", **where) is not None:
            self.abort()
            return True
        if self._faults.take("day_is_over", **where) is not None:
            self.close()
            return True
        return False

    def _put(self, text: str, delay_s: float) -> None:
        if not self.is_open:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.abort()
            return
        self._waiting.append((self._loop.time() + delay_s if delay_s else 0.0, text))
        self._idle.clear()
        self._wake.set()

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            while True:
                await self._wake.wait()
                while self._waiting:
                    not_before, text = self._waiting.popleft()
                    if not_before > self._loop.time():
                        await asyncio.sleep(not_before - self._loop.time())
                    await self._web_socket.send_str(text)
                self._wake.clear()
                self._idle.set()
        self._idle.set()

    async def flush(self) -> None:
        """Return when all that was given is sent, or the socket is gone."""
        if not self._writer.done():
            await self._idle.wait()

    def _ping(self) -> None:
        if not self.is_open:
            return
        if self._loop.time() - self._ponged_at > PONG_WITHIN_S:
            self.abort()
            return
        payload = str(int(self._loop.time() * 1000)).encode()
        self._start(self._web_socket.ping(payload))
        self._timers[0] = self._loop.call_later(PING_EVERY_S, self._ping)

    def heard(self, kind: WSMsgType) -> None:
        """Take note of a pong."""
        if kind is WSMsgType.PONG:
            self._ponged_at = self._loop.time()

    def close(self, code: int = GOING_AWAY, delay_s: float = 0.0) -> None:
        """Close as the protocol wants it, after what waits is sent."""
        self._timers.append(self._loop.call_later(delay_s, self._begin_close, code))

    def _begin_close(self, code: int) -> None:
        if self._closing is None:
            self._closing = self._start(self._close(code))

    async def _close(self, code: int) -> None:
        await self.flush()
        with contextlib.suppress(ConnectionError, RuntimeError):
            await self._web_socket.close(code=code)

    def abort(self) -> None:
        """End without a closing frame."""
        self._waiting.clear()
        self._idle.set()
        self._writer.cancel()
        if self._transport is not None:
            self._transport.abort()

    async def end(self) -> None:
        """Finish closing, let go of timers and tasks; the connection is over."""
        for timer in self._timers:
            timer.cancel()
        if self._closing is not None:
            await self._closing
        for task in list(self._tasks):
            task.cancel()
        self._idle.set()


class Pace:
    """How many messages a client may send within a second."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: deque[float] = deque()

    def admits(self, now_s: float) -> bool:
        """Count a message; False when it is one too many."""
        while self._times and self._times[0] <= now_s - 1.0:
            self._times.popleft()
        self._times.append(now_s)
        return len(self._times) <= self._most
