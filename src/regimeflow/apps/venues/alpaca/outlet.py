"""Frames on their way out of one connection: in order, bounded, and countable."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from aiohttp import web

from regimeflow.apps.venues.alpaca.framing import Codec, encode

PING_EVERY_S: Final = 10.0  # as WebSocket pings; who does not answer is cut off
_MOST_QUEUED: Final = 100_000
GOING_AWAY: Final = 1001


class Outlet:
    """Sends what it is given, one frame after the other, in a task of its own.

    Args:
        socket: Prepared.
        transport: Of the request, so that a connection can be cut without a word.
        codec: How messages become bytes.
        binary: Whether JSON goes out as binary frames; MessagePack always does.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        *,
        codec: Codec,
        binary: bool,
    ) -> None:
        self.codec: Final = codec
        self.binary = binary
        self._socket: Final = socket
        self._transport: Final = transport
        self._frames: Final[asyncio.Queue[bytes | str | None]] = asyncio.Queue()
        self._timers: Final[set[asyncio.TimerHandle]] = set()
        self._task: Final = asyncio.get_running_loop().create_task(self._run())
        self.is_slow = False

    def send(self, message: object, *, as_text: bool = False) -> None:
        """Queue a message; a client that does not read loses the rest."""
        if self._frames.qsize() >= _MOST_QUEUED:
            self.is_slow = True
            return
        frame = encode(message, self.codec)
        is_text = as_text or (self.codec is Codec.JSON and not self.binary)
        self._frames.put_nowait(frame.decode() if is_text else frame)

    def send_later(self, message: object, delay_s: float) -> None:
        """Queue a message when others may have overtaken it."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(delay_s, self.send, message)
        self._timers.add(timer)

    async def _run(self) -> None:
        while (frame := await self._frames.get()) is not None:
            # A client that is gone is told nothing; its reader ends the connection.
            with contextlib.suppress(ConnectionError, RuntimeError):
                if isinstance(frame, str):
                    await self._socket.send_str(frame)
                else:
                    await self._socket.send_bytes(frame)
            self._frames.task_done()
        self._frames.task_done()
        with contextlib.suppress(ConnectionError, RuntimeError):
            await self._socket.close(code=GOING_AWAY)

    async def flush(self) -> None:
        """Return when everything queued has been handed to the socket."""
        if not self._task.done():
            await self._frames.join()

    def finish(self) -> None:
        """Close, after what is queued."""
        self._frames.put_nowait(None)

    def cut(self) -> None:
        """End the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    async def end(self) -> None:
        """Stop sending; the connection is over."""
        for timer in self._timers:
            timer.cancel()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        while not self._frames.empty():
            self._frames.get_nowait()
            self._frames.task_done()
