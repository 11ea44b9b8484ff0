"""Server-sent events: each page is told what changed, as fast as it reads, and no faster."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web

from regimeflow.apps.server.board import Board, Seen

MOST_STREAMS: Final = 32
# A page that takes nothing for so long is gone, or stuck; it comes back by itself.
PATIENCE_S: Final = 10.0
# Something is sent that often, so that a page knows a quiet session from a dead connection.
BEAT_S: Final = 2.0


class Hub:
    """Everybody who listens, woken when there is something new.

    A listener that is behind holds up nobody and piles nothing up: when it has taken what was sent,
    it is told what has changed since, in one piece. One that takes nothing is cut off.

    Threading: the server's loop, but for ``wake``.
    """

    def __init__(
        self,
        board: Board,
        *,
        on_join: Callable[[], None] = lambda: None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._board: Final = board
        self._patience_s: Final = patience_s
        self._on_join: Final = on_join
        self._changed = asyncio.Event()
        self._is_closed = False
        self._loop: Final = asyncio.get_running_loop()
        self.count = 0
        self.dropped = 0

    def wake(self) -> None:
        """Say that there is something new; any thread."""
        self._loop.call_soon_threadsafe(self._tell)

    def close(self) -> None:
        """Let every listener go."""
        self._is_closed = True
        self._tell()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one listener until it goes."""
        response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
        response.content_type = "text/event-stream"
        response.charset = "utf-8"
        self.count += 1
        self._on_join()
        try:
            await response.prepare(request)
            await self._feed(response)
        except TimeoutError:
            self.dropped += 1
            if request.transport is not None:
                request.transport.abort()
        except ConnectionError:
            pass  # it has gone
        finally:
            self.count -= 1
        return response

    async def _feed(self, response: web.StreamResponse) -> None:
        seen = Seen()
        while not self._is_closed:
            changed = self._changed
            data, seen = self._board.since(seen)
            line = b": still here\n\n" if data is None else b"data: %b\n\n" % data
            async with asyncio.timeout(self._patience_s):
                await response.write(line)
            try:
                async with asyncio.timeout(BEAT_S):
                    await changed.wait()
            except TimeoutError:
                continue  # a beat

    def _tell(self) -> None:
        # Whoever waits has this one; whoever is busy will look at the board again anyhow.
        self._changed.set()
        self._changed = asyncio.Event()
