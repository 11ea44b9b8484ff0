"""Market data: the connections it comes over, and what becomes of one that falls silent."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from regimeflow._core.binance_frames import BinanceFrames
from regimeflow._core.messages import SystemMessage
from regimeflow.adapters.backoff import Backoff
from regimeflow.adapters.brokers._shared.feed_news import feed_news
from regimeflow.adapters.brokers._shared.silence import Silence, Stream
from regimeflow.adapters.brokers._shared.websocket import Opener
from regimeflow.adapters.brokers.binance.books import Books
from regimeflow.adapters.brokers.binance.overlap import Once
from regimeflow.adapters.brokers.binance.streams import (
    DEPTH,
    MOST_STREAMS,
    StreamConnection,
    streams_of,
)
from regimeflow.ports.broker import MarketDataUpdate
from regimeflow.types.config.binance import BinanceSettings
from regimeflow.types.enums import SystemCode
from regimeflow.types.errors import BrokerError

OVERLAP_S: Final = 2.0
# How far one connection may lag behind another.
LAG_S: Final = 1.0
_SUBSCRIBE_TIMEOUT_S: Final = 10.0

Sink = Callable[[MarketDataUpdate], object]


class Market:
    """Keeps the streams of the session's symbols coming.

    Args:
        settings: As configured.
        open_socket: The transport.
        tls: Of the connections.
        depth: Fetches a snapshot of a book.
        sink: Takes market data; may be the engine's own intake, in C.
        tell: Takes news about the feed.
        log: Takes a line for people.
    """

    def __init__(
        self,
        settings: BinanceSettings,
        *,
        open_socket: Opener,
        tls: ssl.SSLContext | None,
        depth: Callable[[str, int], Awaitable[bytes]],
        sink: Sink,
        tell: Callable[[SystemMessage], object],
        log: Callable[[str], object],
    ) -> None:
        self._settings: Final = settings
        self._open_socket: Final = open_socket
        self._tls: Final = tls
        self._sink: Final = sink
        self._tell: Final = tell
        self._log: Final = log
        self._books: Final = Books(
            depth,
            levels=settings.book_levels,
            show=sink,
            tell=self._say,
        )
        self._silence: Final = Silence(self._say)
        self._connections: Final[list[StreamConnection]] = []
        self._works: Final[dict[StreamConnection, asyncio.Task[None]]] = {}
        self._symbols: Final[dict[str, None]] = {}
        self._is_closed = False
        self.cut_overs = 0
        self.losses = 0
        self.broken = 0

    async def subscribe(self, symbols: Sequence[str]) -> None:
        """Ask for the streams of symbols that are not there yet.

        Raises:
            NetworkError: a connection could not be opened.
        """
        self._is_closed = False
        new = [symbol for symbol in symbols if symbol not in self._symbols]
        streams = [each for symbol in new for each in streams_of(symbol, self._settings)]
        while streams:
            connection = next((c for c in self._connections if _room(c)), None)
            if connection is None:
                connection = await self._opened(self._frames(self._sink))
                self._connections.append(connection)
            part, streams = streams[: _room(connection)], streams[_room(connection) :]
            self._attach(connection, part)
            connection.subscribe(part)
            try:
                async with asyncio.timeout(_SUBSCRIBE_TIMEOUT_S):
                    await connection.until_subscribed()
            except TimeoutError:
                self._log("the venue has not confirmed the streams yet")
        self._symbols.update(dict.fromkeys(new))

    def unsubscribe(self, symbols: Iterable[str]) -> None:
        """Give the streams of symbols up."""
        for symbol in symbols:
            if symbol not in self._symbols:
                continue
            del self._symbols[symbol]
            names = {each.name for each in streams_of(symbol, self._settings)}
            for connection in self._connections:
                self._books.detach(symbol, connection.frames)
                connection.unsubscribe(names & set(connection.streams))
            self._books.drop(symbol)
            self._silence.forget(symbol)

    async def close(self) -> None:
        """Close every connection."""
        self._is_closed = True
        works = list(self._works.values())
        for work in works:
            work.cancel()
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._symbols.clear()
        self._books.close()
        if works:
            await asyncio.wait(works)
        self._works.clear()

    def check(self) -> None:
        """Look for connections that are old and streams that are silent; called now and then."""
        now_s, now_ns = asyncio.get_running_loop().time(), time.time_ns()
        for connection in list(self._connections):
            if connection in self._works or not connection.is_open:
                continue
            if now_s - connection.opened_at_s >= self._settings.connection_life_s:
                self._replace(connection, "it is old")
            elif self._silence.check(connection, now_ns):
                self._replace(connection, "a stream stays silent")

    def counts(self) -> dict[str, int]:
        """What happened to the connections so far."""
        return {
            "connections": len(self._connections),
            "cut_overs": self.cut_overs,
            "losses": self.losses,
            "book_gaps": self._books.gaps(),
            "broken_frames": self.broken,
        }

    # ---- connections

    def _frames(self, sink: Callable[[MarketDataUpdate], object]) -> BinanceFrames:
        return BinanceFrames(on_market_data=sink)

    def _attach(self, connection: StreamConnection, streams: Iterable[Stream]) -> None:
        for each in streams:
            if each.kind == DEPTH:
                self._books.attach(each.symbol, connection.frames)

    async def _opened(self, frames: BinanceFrames) -> StreamConnection:
        connection = StreamConnection(
            self._settings.hosts.stream_url,
            open_socket=self._open_socket,
            frames=frames,
            on_shutdown=lambda it: self._replace(it, "the venue announced its shutdown"),
            on_closed=self._lost,
            on_broken=self._broken,
        )
        await connection.open(tls=self._tls, timeout_s=self._settings.connect_timeout_s)
        return connection

    def _replace(self, connection: StreamConnection, why: str) -> None:
        if self._is_closed or connection in self._works or connection not in self._connections:
            return
        self._log(f"a market connection is being replaced: {why}")
        self._start(connection, self._cut_over(connection))

    def _lost(self, connection: StreamConnection, why: str) -> None:
        if self._is_closed or connection not in self._connections:
            return
        self.losses += 1
        self._log(f"a market connection is lost: {why}")
        for symbol in {each.symbol for each in connection.streams.values()}:
            self._silence.lost(symbol, "the connection is lost")
        if connection not in self._works:  # else the cut-over that is under way replaces it
            self._start(connection, self._come_back(connection))

    def _start(self, connection: StreamConnection, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._works[connection] = task

        def done(ended: asyncio.Future[None]) -> None:
            self._works.pop(connection, None)
            if ended.cancelled() or self._is_closed:
                return
            error = ended.exception()
            if error is not None:
                self._log(f"keeping a market connection failed: {type(error).__name__}: {error}")
            if connection in self._connections and not connection.is_open:
                self._start(connection, self._come_back(connection))

        task.add_done_callback(done)

    async def _come_back(self, old: StreamConnection) -> None:
        """Open a lost connection again; books begin anew, since diffs were missed."""
        backoff = Backoff(0.1, 10.0)
        new = None
        while new is None:
            try:
                new = await self._opened(self._frames(self._sink))
            except BrokerError as error:
                self._log(f"a market connection does not open: {error}")
                await asyncio.sleep(backoff.next_s())
        streams = list(old.streams.values())
        self._connections[self._connections.index(old)] = new
        for each in streams:
            if each.kind == DEPTH:
                self._books.detach(each.symbol, old.frames)
                self._books.reset(each.symbol)
        self._attach(new, streams)
        new.subscribe(streams)

    async def _cut_over(self, old: StreamConnection) -> None:
        """Replace a connection while both deliver: what they both say is told once."""
        once = Once(self._sink)
        old_frames, new_frames = self._frames(once), self._frames(once)
        streams = list(old.streams.values())
        self._exchange(old, old_frames, streams)
        new = await self._opened(new_frames)
        try:
            self._attach(new, streams)
            new.subscribe(streams)
            async with asyncio.timeout(_SUBSCRIBE_TIMEOUT_S):
                await new.until_subscribed()
            is_whole = await new.lives(OVERLAP_S)
        except BaseException:  # cancelled too: nothing stays open
            new.close()
            raise
        if old not in self._connections or not is_whole:
            new.close()  # lost before it took over: the old one goes on, and is replaced anew
            for each in streams:
                if each.kind == DEPTH:
                    self._books.detach(each.symbol, new_frames)
            return
        self._connections[self._connections.index(old)] = new
        old.close()
        for each in streams:
            if each.kind == DEPTH:
                self._books.detach(each.symbol, old.frames)
        self.cut_overs += 1
        await self._settle(new, streams)

    async def _settle(self, new: StreamConnection, streams: Iterable[Stream]) -> None:
        """Tell things once until a connection has said all that the one before it said."""
        task = asyncio.current_task()
        if task is not None:
            self._works[new] = task  # it is not replaced meanwhile
        try:
            is_whole = await new.lives(LAG_S)
        finally:
            self._works.pop(new, None)
        if new not in self._connections:
            return
        if is_whole:
            self._exchange(new, self._frames(self._sink), streams)
        else:
            self._start(new, self._come_back(new))

    def _exchange(
        self, connection: StreamConnection, frames: BinanceFrames, streams: Iterable[Stream]
    ) -> None:
        """Have a connection's frames go another way; what was silent stays so."""
        now_ns = time.time_ns()
        for each in streams:
            heard_ns = connection.frames.last_recv_ns(each.symbol, each.kind)
            since_ns = connection.since_ns.get(each.name, now_ns)
            connection.since_ns[each.name] = max(since_ns, heard_ns)
            if each.kind == DEPTH:
                self._books.detach(each.symbol, connection.frames)
        connection.frames = frames
        self._attach(connection, streams)

    # ---- news

    def _broken(self, why: str) -> None:
        self.broken += 1
        if self.broken & (self.broken - 1) == 0:  # the 1st, 2nd, 4th, 8th ...
            self._log(f"frame {self.broken} that could not be read: {why}")

    def _say(self, code: SystemCode, symbol: str, text: str) -> None:
        self._tell(feed_news(code, symbol, text))


def _room(connection: StreamConnection) -> int:
    return MOST_STREAMS - len(connection.streams)
