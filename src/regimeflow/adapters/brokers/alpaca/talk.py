"""What both kinds of stream have: a socket, steps that are asked for and answered, an end."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from regimeflow._core.alpaca_frames import AlpacaFrames, Control
from regimeflow._core.depth import FrameError
from regimeflow.adapters.brokers._shared.msgpack import packed
from regimeflow.adapters.brokers._shared.websocket import Opener, Socket
from regimeflow.adapters.brokers.alpaca.errors import VENUE, Meaning, Refusal
from regimeflow.adapters.brokers.alpaca.rest import Keys
from regimeflow.types.errors import NetworkError, Outcome
from regimeflow.types.records import Record

_PACKED: Final = {"Content-Type": "application/msgpack"}


class Dial(Record, kw_only=True):
    """How a stream is reached."""

    keys: Keys
    tls: ssl.SSLContext | None
    timeout_s: float
    open_socket: Opener


class Talk:
    """One connection to one stream; kinds of it say what is asked and what answers it.

    Args:
        url: Where.
        dial: How.
        on_broken: Told why a frame could not be read.
        on_closed: Told once, with why.

    Threading: the loop only.
    """

    frames: AlpacaFrames
    packs: bool = False  # whether it is asked in MessagePack, too

    def __init__(
        self,
        url: str,
        dial: Dial,
        *,
        on_broken: Callable[[str], object],
        on_closed: Callable[[str], object],
    ) -> None:
        self._url: Final = url
        self._dial: Final = dial
        self._on_broken: Final = on_broken
        self._on_closed: Final = on_closed
        self._socket: Socket | None = None
        self._step: asyncio.Future[Control] | None = None
        self._is_closed = self._is_ready = False
        self.opened_at_s = 0.0

    @property
    def is_open(self) -> bool:
        """Whether what it is for comes."""
        return self._socket is not None and self._socket.is_open and self._is_ready

    async def open(self) -> None:
        """Connect, log in, ask for what it is for.

        Raises:
            NetworkError: NOT_SENT: there is no connection.
            BrokerError: the venue refused the key, or what it may hear.
        """
        greeting = self.expect()  # it may come with the connection itself
        try:
            async with asyncio.timeout(self._dial.timeout_s):
                self._socket = await self._dial.open_socket(
                    self._url,
                    self._take,
                    self._closed,
                    tls=self._dial.tls,
                    timeout_s=self._dial.timeout_s,
                    headers=_PACKED if self.packs else None,
                )
                await self.begin(greeting)
        except OSError as error:
            text = f"no connection to {self._url}: {str(error) or type(error).__name__}"
            raise NetworkError(text, venue=VENUE, outcome=Outcome.NOT_SENT) from None
        self.opened_at_s = asyncio.get_running_loop().time()
        self._is_ready = True

    async def begin(self, greeting: Awaitable[Control]) -> None:
        """Log in and ask; ends when all of it is answered."""
        del greeting
        await self.ask(self.login())

    def login(self) -> Mapping[str, object]:
        """Return the message that logs in."""
        keys = self._dial.keys
        return {"action": "auth", "key": keys.key, "secret": keys.secret}

    async def ask(self, message: Mapping[str, object]) -> Control:
        """Say something and wait for its answer."""
        step = self.expect()
        self.say(message)
        return await step

    def expect(self) -> asyncio.Future[Control]:
        """Return what will have the next answer."""
        step = self._step = asyncio.get_running_loop().create_future()
        if self._socket is not None and not self._socket.is_open:
            self.fail("the connection was lost")
        return step

    def say(self, message: Mapping[str, object]) -> None:
        """Send a message; nothing happens when the connection is closed."""
        if self._socket is None:
            return
        if self.packs:
            self._socket.send_packed(packed(message))
        else:
            self._socket.send(json.dumps(message).encode())

    def answered(self, control: Control) -> None:
        """Take the answer to what was asked."""
        step = self._step
        if step is not None and not step.done():
            self._step = None
            step.set_result(control)

    def refused(self, text: str, meaning: Meaning, code: int) -> bool:
        """Take a refusal of what was asked; whether anybody waits for it."""
        step, self._step = self._step, None
        if step is None or step.done():
            return False
        step.set_exception(
            Refusal(f"{text} ({code})", meaning, code=code, status=code, retry_after_s=None)
        )
        return True

    def fail(self, why: str) -> None:
        """Have what is asked fail."""
        step, self._step = self._step, None
        if step is not None and not step.done():
            step.set_exception(NetworkError(why, venue=VENUE, outcome=Outcome.NOT_SENT))

    def hang_up(self) -> None:
        """Close the socket; its end is told."""
        if self._socket is not None:
            self._socket.close()

    def close(self) -> None:
        """Close the connection; nobody is told."""
        socket, self._socket = self._socket, None
        self._is_closed, self._is_ready = True, False
        if socket is not None:
            socket.close()
        self.fail("the connection was closed")

    def _take(self, frame: bytes) -> None:
        if self._is_closed:
            return  # what was in the buffer yet: another connection tells it
        try:
            self.frames.take(frame, time.time_ns())
        except FrameError as error:
            self._on_broken(str(error))

    def _closed(self, why: str) -> None:
        self._socket, self._is_ready = None, False
        self.fail(why)
        if not self._is_closed:
            self._on_closed(why)
