"""The session of a host with its gateway: questions and answers, and whether both are there."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

from regimeflow._core.messages import LiveMessage, SystemMessage
from regimeflow.adapters.clock import SystemClock
from regimeflow.adapters.gateway.lines import Inlet, Outlet, from_gateway, stream_of, to_gateway
from regimeflow.adapters.gateway.parcels import Parcel, Unpacking
from regimeflow.adapters.gateway.values import error_of
from regimeflow.types.config.gateway import QueueBrokerSettings
from regimeflow.types.config.queue import Topic
from regimeflow.types.errors import BrokerError, CodecError, NetworkError, Outcome

T = TypeVar("T")
Content = Mapping[str, Any]

_TOPICS: Final[tuple[Topic, ...]] = ("market_data", "execution_report", "account_update", "system")
_NS_PER_S: Final = 1_000_000_000
_LOOK_AGAIN_S: Final = 0.01
_HELLOS: Final = 3
SKEW_S: Final = 5  # by which the queue's clock may be behind ours


class Link:
    """Asks a gateway, hears its stream, and knows when either has gone.

    Args:
        settings: Of the host.
        on_stream: Called on the loop with each message of the gateway's stream.

    Threading: the loop only.
    """

    def __init__(
        self, settings: QueueBrokerSettings, on_stream: Callable[[LiveMessage], None]
    ) -> None:
        self._settings: Final = settings
        self._on_stream: Final = on_stream
        self._clock: Final = SystemClock()
        self._name: Final = settings.queue.origin or ""
        self._numbers = itertools.count(self._clock.now_ns())
        self._asked: dict[int, tuple[asyncio.Future[Any], Callable[[Any], Any]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lines: tuple[Outlet, Inlet, Inlet] | None = None
        self._unpacking = Unpacking(self._name)
        self._beating: asyncio.TimerHandle | None = None
        self._boot = ""  # the gateway's; another one has lost what it knew of us
        self._is_gateway_up = False
        self._heard_ns = self._hello_ns = 0
        self._lost = 0
        self._session = 0
        self._began_ns = 0

    @property
    def is_up(self) -> bool:
        """Whether commands would reach a gateway that has a session with its venue."""
        if self._lines is None or not self._boot or not self._is_gateway_up:
            return False
        silent_ns = self._clock.monotonic_ns() - self._heard_ns
        is_whole = all(each.is_open for each in self._lines) and self._lines[2].lost == self._lost
        return is_whole and silent_ns < self._settings.silence_s * _NS_PER_S

    async def open(self) -> Content:
        """Connect, and say hello; returns what the gateway says of itself.

        Raises:
            NetworkError: there is no queue, or no gateway at it.
            BrokerError: the gateway does not want us.
        """
        await self.close()
        self._loop = asyncio.get_running_loop()
        self._session += 1
        session, queue = self._session, self._settings.queue
        self._began_ns = self._clock.now_ns()
        since_ns = self._began_ns - SKEW_S * _NS_PER_S
        self._unpacking = Unpacking(self._name)
        lines = (
            Outlet(to_gateway(queue), self._not_sent, self._clock.now_ns),
            Inlet(from_gateway(queue), self._hear_answer, since_ns),
            Inlet(stream_of(queue, _TOPICS), lambda each: self._hear(each, session), since_ns),
        )
        self._lines = lines
        for each in lines:
            each.start()
        try:
            await self._until_open(lines)
            hello = await self._say_hello()
        except BaseException:  # whatever it was, nothing stays open
            await self.close()
            raise
        self._boot, self._is_gateway_up = str(hello["boot"]), True
        self._hello_ns = int(hello["said_ns"])
        self._lost = lines[2].lost
        self._beat()
        return hello

    @property
    def _name_of_session(self) -> str:
        # Of this process, and of this time that it is open.
        return f"{os.getpid()}-{self._began_ns}"

    async def _say_hello(self) -> Content:
        # More than once: a queue may take a while to carry what has just been subscribed to.
        for _ in range(_HELLOS - 1):
            try:
                return await self.ask("hello", _table, {})
            except NetworkError as error:
                if error.outcome is not Outcome.UNKNOWN:
                    raise
        return await self.ask("hello", _table, {})

    async def _until_open(self, lines: tuple[Outlet, Inlet, Inlet]) -> None:
        until_ns = self._clock.monotonic_ns() + int(self._settings.request_timeout_s * _NS_PER_S)
        while not all(each.is_open for each in lines):
            if self._clock.monotonic_ns() > until_ns:
                why = next((each.fault for each in lines if each.fault), "no answer")
                raise self._error(f"there is no queue: {why}")
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def close(self) -> None:
        """Say goodbye, and let everything go; harmless when it is closed."""
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None
        lines, self._lines = self._lines, None
        if lines is None:
            return
        if self._boot:
            lines[0].send(self._parcel("bye", {}))
        self._boot, self._is_gateway_up = "", False
        await asyncio.gather(*(asyncio.to_thread(each.stop) for each in lines))
        for future, _ in self._asked.values():
            if not future.done():
                future.set_exception(self._error("the session has ended", Outcome.UNKNOWN))
        self._asked.clear()

    def ask(
        self, kind: str, read: Callable[[Any], T], args: Mapping[str, object]
    ) -> asyncio.Future[T]:
        """Send a question or a command; it is on its way when this returns.

        Args:
            kind: What is asked.
            read: Makes the answer of its JSON.
            args: What belongs to it.

        Raises:
            NetworkError: NOT_SENT, there is no connection. Awaiting it raises what the gateway
                answers, or UNKNOWN when there is no answer in time.
        """
        if self._loop is None or self._lines is None:
            raise self._error("not connected; nothing was sent")
        parcel = self._parcel(kind, args)
        future: asyncio.Future[T] = self._loop.create_future()
        self._asked[parcel.number] = future, read
        if not self._lines[0].send(parcel):
            del self._asked[parcel.number]
            raise self._error("the queue takes nothing; nothing was sent")
        timer = self._loop.call_later(
            self._settings.request_timeout_s, self._fail, parcel.number, Outcome.UNKNOWN
        )
        future.add_done_callback(lambda _: timer.cancel())
        return future

    def _parcel(self, kind: str, args: Mapping[str, object]) -> Parcel:
        until_ns = self._clock.now_ns() + int(self._settings.request_timeout_s * _NS_PER_S)
        content = {"kind": kind, "until_ns": until_ns, "session": self._name_of_session, **args}
        return Parcel(self._settings.gateway, next(self._numbers), content)

    def _beat(self) -> None:
        if self._lines is not None and self._loop is not None:
            self._lines[0].send(self._parcel("beat", {}))
            self._beating = self._loop.call_later(self._settings.heartbeat_s, self._beat)

    # On the lines' threads.

    def _hear(self, message: LiveMessage, session: int) -> None:
        if message.origin == self._settings.gateway:
            self._on_loop(lambda: self._pass_on(message, session))

    def _hear_answer(self, message: LiveMessage) -> None:
        payload = message.payload
        if message.origin != self._settings.gateway or not isinstance(payload, SystemMessage):
            return
        try:
            parcel = self._unpacking.take(message.origin, payload.text)
        except CodecError:
            return  # whoever may write to the queue may write that; nothing waits for it
        if parcel is not None:
            self._heard_ns = self._clock.monotonic_ns()
            self._on_loop(lambda: self._take(parcel))

    def _not_sent(self, number: int) -> None:
        self._on_loop(lambda: self._fail(number, Outcome.NOT_SENT))

    def _on_loop(self, act: Callable[[], None]) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended, and with it whoever wanted to know
                self._loop.call_soon_threadsafe(act)

    # On the loop.

    def _pass_on(self, message: LiveMessage, session: int) -> None:
        if session == self._session and self._lines is not None:
            self._on_stream(message)

    def _take(self, parcel: Parcel) -> None:
        content = parcel.content
        if content.get("kind") == "beat":
            if parcel.number > self._hello_ns:
                self._hear_beat(content)
            return
        if content.get("over") == self._name_of_session:
            self._boot = ""  # another process has our name, or had it: we say hello again
        future, read = self._asked.pop(parcel.number, (None, None))
        if future is None or read is None or future.done():
            return
        try:
            error = content.get("error")
            if isinstance(error, dict):
                future.set_exception(error_of(error, self._settings.venue))
            else:
                future.set_result(read(content.get("value")))
        except (CodecError, LookupError, TypeError, ValueError) as fault:
            text = f"the gateway's answer is none: {fault!r}"
            future.set_exception(self._error(text, Outcome.UNKNOWN))

    def _hear_beat(self, content: Content) -> None:
        if content.get("boot") != self._boot:
            self._boot = ""  # it began anew: so do we
        self._is_gateway_up = bool(content.get("is_up"))

    def _fail(self, number: int, outcome: Outcome) -> None:
        future, _ = self._asked.pop(number, (None, None))
        if future is not None and not future.done():
            text = "the gateway does not answer" if outcome is Outcome.UNKNOWN else "nothing left"
            future.set_exception(self._error(text, outcome))

    def _error(self, text: str, outcome: Outcome = Outcome.NOT_SENT) -> BrokerError:
        return NetworkError(text, venue=self._settings.venue, outcome=outcome)


def _table(value: Any) -> Content:  # noqa: ANN401 - what JSON has
    return dict(value)
