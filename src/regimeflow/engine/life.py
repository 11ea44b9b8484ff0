"""A runtime on an event loop: one session from connect to stop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

from regimeflow.engine.awaiting import Reply
from regimeflow.engine.gateway.opening import open_gateway
from regimeflow.engine.order_externals import has_own_open
from regimeflow.engine.queue.opening import open_queue
from regimeflow.engine.resume import open_journal
from regimeflow.engine.risk.kill_file import KillFile, kill_path
from regimeflow.engine.runtime import Runtime
from regimeflow.ports.feed import FeedDriven

if TYPE_CHECKING:
    from regimeflow.engine.gateway.desk import GatewayDesk


class Life:
    """Runs a runtime: hands out what other threads publish, plays the feed, waits for the end.

    Threading: the loop only.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._parts = runtime.parts
        self.ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._all_ended = asyncio.Event()
        self._is_up = asyncio.Event()
        self._feed: asyncio.Task[None] | None = None
        self._kill_file = _kill_file_of(runtime)
        self._gateway: GatewayDesk | None = None

    async def run(self) -> None:
        """Run one session until it is told to stop or its feed ends.

        Raises:
            BrokerError: the first connect failed; nothing stays open.
        """
        self._bind()
        try:
            open_journal(self._parts)
            open_queue(self._parts)
            self._gateway = open_gateway(self._parts)
            self._kill_file.start()  # before the strategies: they may have sent orders by then
            if await self._is_opened():
                self.ready.set()
                await self._serve()
        finally:
            await self._close()

    def _bind(self) -> None:
        parts, runtime = self._parts, self._runtime
        parts.loop, parts.loop_thread = asyncio.get_running_loop(), threading.get_ident()
        parts.manager.bind_loop(parts.loop, parts.loop_thread)
        parts.bus.drain()  # from here on this is the thread that dispatches
        parts.loop.add_reader(parts.bus.fileno(), self._deliver)
        runtime.on_stop_asked = self._stopping.set
        runtime.on_all_ended = self._all_ended.set
        runtime.on_up = self._is_up.set
        self._deliver()

    async def _is_opened(self) -> bool:
        # A stop does not wait for a broker that takes its time to answer.
        opened: asyncio.Future[Reply[None]] = asyncio.get_running_loop().create_future()
        self._runtime.begin(opened.set_result)
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((opened, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        if not opened.done():
            return False
        opened.result().result()  # what failed says so here
        if self._runtime.is_ready:
            self._runtime.health.start()
            if self._parts.queue is not None:
                self._parts.queue.start()
            if self._gateway is not None:
                self._gateway.start()
        return not self._runtime.is_winding_down

    async def _serve(self) -> None:
        parts = self._parts
        stopping = asyncio.ensure_future(self._stopping.wait())
        if isinstance(parts.broker, FeedDriven):
            self._feed = asyncio.ensure_future(self._play(parts.broker))
        try:
            waiting = (stopping,) if self._feed is None else (stopping, self._feed)
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if self._feed is not None and self._feed.done():
                self._feed.result()  # a feed that failed says so here
            elif has_own_open(parts.books.table):
                await self._await_last_cancels()
        finally:
            stopping.cancel()

    async def _play(self, broker: FeedDriven) -> None:
        while not self._stopping.is_set():
            await broker.run_feed(speed=broker.speed)
            # It stood still because its session was lost, or it has ended; its clock cannot tell.
            self._is_up.clear()
            self._runtime.session.check()
            if not self._runtime.session.is_up:
                await self._is_up.wait()

    async def _await_last_cancels(self) -> None:
        with contextlib.suppress(TimeoutError):  # what is still open then is left to the venue
            async with asyncio.timeout(self._parts.config.orders.stop_timeout_s):
                await self._all_ended.wait()

    async def _close(self) -> None:
        parts = self._parts
        self._stopping.set()
        self._runtime.health.stop()
        self._kill_file.stop()
        if self._gateway is not None:
            await self._gateway.stop()
        ended: asyncio.Future[Reply[None]] = asyncio.get_running_loop().create_future()
        self._runtime.end(ended.set_result)
        reply = await ended
        if self._feed is not None:
            self._feed.cancel()
            await asyncio.wait({self._feed})
        if parts.loop is not None:
            parts.loop.remove_reader(parts.bus.fileno())
        if parts.queue is not None:  # with the journal's last frames
            await asyncio.to_thread(parts.queue.stop)
        reply.result()

    def _deliver(self) -> None:
        # What other threads published: deliver it, in turns, and ask to be woken for the next.
        bus = self._parts.bus
        bus.drain()
        if not bus.park() and self._parts.loop is not None and not self._stopping.is_set():
            self._parts.loop.call_soon(self._deliver)


def _kill_file_of(runtime: Runtime) -> KillFile:
    parts = runtime.parts
    is_played = isinstance(parts.broker, FeedDriven)
    path = kill_path(parts.config, parts.broker.capabilities().venue, is_played=is_played)
    return KillFile(parts, runtime.risk.kill, path, lambda: runtime.is_ready)
