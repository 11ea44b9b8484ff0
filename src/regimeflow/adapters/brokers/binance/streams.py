"""Market streams: their names, and one connection that carries up to 1,024 of them.

Source:
    binance-spot-api-docs a5e0bc3, web-socket-streams.md.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

import orjson

from regimeflow._core.binance_frames import BinanceFrames, FrameError
from regimeflow.adapters.brokers._shared.pacing import MessagePacer
from regimeflow.adapters.brokers._shared.silence import Stream
from regimeflow.adapters.brokers._shared.websocket import Opener, Socket
from regimeflow.adapters.brokers.binance.errors import VENUE
from regimeflow.types.config.binance import BinanceSettings
from regimeflow.types.errors import NetworkError, Outcome

MOST_STREAMS: Final = 1_024
# The venue takes 5 messages a second, our pongs among them.
_CONTROL_PER_S: Final = 4
_NAMES_A_MESSAGE: Final = 100
_NS_PER_S: Final = 10**9

QUOTES: Final = 1  # as BinanceFrames.last_recv_ns numbers them
TRADES: Final = 2
BARS: Final = 3
DEPTH: Final = 4


def streams_of(symbol: str, settings: BinanceSettings) -> list[Stream]:
    """What is subscribed of a symbol."""
    low, found = symbol.lower(), []
    silence_s, quiet_s = settings.max_stream_silence_s, settings.max_trade_silence_s
    if settings.quotes:
        found.append(Stream(f"{low}@bookTicker", symbol, QUOTES, silence_s))
    if settings.trades:
        found.append(Stream(f"{low}@trade", symbol, TRADES, quiet_s))
    if settings.book:
        pace = "@100ms" if settings.book_interval_ms == 100 else ""  # noqa: PLR2004
        found.append(Stream(f"{low}@depth{pace}", symbol, DEPTH, silence_s))
    if settings.bar_interval != "none":
        name = f"{low}@kline_{settings.bar_interval}"
        found.append(Stream(name, symbol, BARS, quiet_s))
    return found


class StreamConnection:
    """One connection to the market streams.

    Args:
        url: Of the stream host.
        open_socket: The transport.
        frames: What its frames go through; may be exchanged while it is open.
        on_other: Takes a frame that is no market data of ours: an answer, an announcement.
        on_closed: Told once, with why.
        on_broken: Takes why a frame could not be read.

    Threading: the loop only.
    """

    def __init__(
        self,
        url: str,
        *,
        open_socket: Opener,
        frames: BinanceFrames,
        on_shutdown: Callable[[StreamConnection], object],
        on_closed: Callable[[StreamConnection, str], object],
        on_broken: Callable[[str], object],
    ) -> None:
        self._url: Final = url
        self._open_socket: Final = open_socket
        self.frames = frames
        self._on_shutdown: Final = on_shutdown
        self._on_closed: Final = on_closed
        self._on_broken: Final = on_broken
        self._socket: Socket | None = None
        self._pacer: MessagePacer | None = None
        self._is_closed = False
        self._count = 0
        self._asked: Final[dict[int, tuple[str, ...]]] = {}
        self._subscribed = asyncio.Event()
        self._ended = asyncio.Event()
        self.streams: Final[dict[str, Stream]] = {}
        self.opened_at_s = 0.0
        self.since_ns: Final[dict[str, int]] = {}  # when each stream was last asked for

    @property
    def is_open(self) -> bool:
        """Whether frames come."""
        return self._socket is not None and self._socket.is_open

    async def open(self, *, tls: ssl.SSLContext | None, timeout_s: float) -> None:
        """Connect.

        Raises:
            NetworkError: NOT_SENT.
        """
        try:
            self._socket = await self._open_socket(
                f"{self._url}/stream", self._take, self._closed, tls=tls, timeout_s=timeout_s
            )
        except OSError as error:
            text = f"no connection to {self._url}: {str(error) or type(error).__name__}"
            raise NetworkError(text, venue=VENUE, outcome=Outcome.NOT_SENT) from None
        self.opened_at_s = asyncio.get_running_loop().time()
        self._pacer = MessagePacer(self._put, per_second=_CONTROL_PER_S)

    def subscribe(self, streams: Iterable[Stream]) -> None:
        """Ask for streams; asking again for one is harmless."""
        self._subscribed.clear()
        names = []
        for each in streams:
            self.streams[each.name] = each
            names.append(each.name)
        self._ask("SUBSCRIBE", names)

    def unsubscribe(self, names: Iterable[str]) -> None:
        """Give streams up."""
        wanted = [name for name in names if self.streams.pop(name, None) is not None]
        self._ask("UNSUBSCRIBE", wanted)

    def ask_again(self, stream: Stream) -> None:
        """Give a stream up and ask for it anew."""
        self._ask("UNSUBSCRIBE", [stream.name])
        self._ask("SUBSCRIBE", [stream.name])

    async def until_subscribed(self) -> None:
        """Wait until the venue has confirmed what was asked for, or the connection is lost."""
        await self._subscribed.wait()

    async def lives(self, seconds: float) -> bool:
        """Wait for so long, or until the connection has ended; whether it lives."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        return self.is_open

    def close(self) -> None:
        """Close it."""
        socket, self._socket = self._socket, None
        self._is_closed = True
        if self._pacer is not None:
            self._pacer.close()
        self._subscribed.set()
        self._ended.set()
        if socket is not None:
            socket.close()

    def watched(self) -> Iterable[Stream]:
        """Give the streams that should say something now."""
        return self.streams.values()

    def heard_ns(self, stream: Stream) -> int:
        """When a stream last said something; 0: not yet."""
        return self.frames.last_recv_ns(stream.symbol, stream.kind)

    def silent_s(self, stream: Stream, now_ns: int) -> float:
        """For how long a stream has said nothing."""
        since_ns = self.since_ns.get(stream.name, now_ns)
        return (now_ns - max(since_ns, self.heard_ns(stream))) / _NS_PER_S

    def _ask(self, method: str, names: list[str]) -> None:
        now_ns = time.time_ns()
        for start in range(0, len(names), _NAMES_A_MESSAGE):
            part = names[start : start + _NAMES_A_MESSAGE]
            self._count += 1
            request = {"method": method, "params": part, "id": self._count}
            if method == "SUBSCRIBE":
                self._asked[self._count] = tuple(part)
                self.since_ns.update(dict.fromkeys(part, now_ns))
            if self._pacer is not None:
                self._pacer.put(orjson.dumps(request))

    def _put(self, message: bytes) -> None:
        if self._socket is not None:
            self._socket.send(message)

    def _take(self, frame: bytes) -> None:
        if self._is_closed:
            return  # what was in the buffer yet: another connection tells it
        try:
            if not self.frames.take(frame, time.time_ns()):
                self._take_other(frame)
        except FrameError as error:
            self._on_broken(str(error))

    def _take_other(self, frame: bytes) -> None:
        try:
            said = orjson.loads(frame)
        except orjson.JSONDecodeError:
            return
        if not isinstance(said, dict):
            return
        data = said.get("data")
        event = said.get("e") or (data.get("e") if isinstance(data, dict) else None)
        if event == "serverShutdown" or said.get("stream") == "!serverShutdown":
            self._on_shutdown(self)
        elif "id" in said:
            self._answered(said)

    def _answered(self, said: dict[str, object]) -> None:
        name = said.get("id")
        asked = self._asked.pop(name, ()) if isinstance(name, int) else ()
        error = said.get("error", said if "code" in said else None)
        if error is not None:
            self._on_broken(f"the venue refused {', '.join(asked) or 'a request'}: {error}"[:300])
        if not self._asked:
            self._subscribed.set()

    def _closed(self, why: str) -> None:
        was_open = self._socket is not None
        self.close()
        if was_open:
            self._on_closed(self, why)
