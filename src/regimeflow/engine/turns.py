"""Turns: the one door through which anything enters the engine's decisions.

What the engine decides is a function of the messages of its stream, in their order, and of what
comes in here: timers that fire and answers of the broker, one turn at a time, each at a moment of
the session's time. A log of the turns beside the stream is therefore all that a replay needs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Final, Protocol, TypeVar

from regimeflow._core.bus import EventBus
from regimeflow.engine.awaiting import Failed, Reply, Waiting, reply_of, waiting_of, watch
from regimeflow.engine.scripts import Asked, Pause, Script
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.ports.clock import Clock, TimerHandle
from regimeflow.ports.promise import Promise

T = TypeVar("T")

_NS_PER_S: Final = 1_000_000_000


class TurnLog(Protocol):
    """Who writes the turns down; called before their effects."""

    def timer_fired(self, number: int, now_ns: int) -> None:
        """Note that a timer fires; timers are numbered as they are set."""
        ...

    def pending(self, number: int, name: str, now_ns: int) -> None:
        """Note that a question was put, and its answer is not there yet.

        Questions are numbered as they are put.
        """
        ...

    def answered(
        self, number: int, name: str, now_ns: int, reply: Reply[object], *, at_once: bool
    ) -> None:
        """Note an answer; ``at_once``: it was there when the call returned."""
        ...

    def called(self, name: str, now_ns: int, args: Mapping[str, object]) -> None:
        """Note that the host calls, from outside of any turn."""
        ...

    def saw_link(self, *, is_up: bool, now_ns: int) -> None:
        """Note that the session with the broker was seen to be up, or down."""
        ...


class Turns:
    """The session's time, its timers, its questions to the broker, and its coroutines.

    Time stands still within a turn: ``now_ns`` is the moment at which the message on hand arrived,
    the timer fired, or the answer came; it never goes back, whatever the machine's clock does.

    Coroutines are driven here and by no event loop: what follows an ``await`` runs in the turn of
    the answer, so that no scheduling comes between. They await ``ask`` and ``pause``, nothing else,
    and never run inside a dispatch of the bus.

    Args:
        clock: Where time and timers come from.
        bus: The session's stream; None: an order manager without an engine. Time is then the
            clock's own.
        wall: Where time comes from while the session's own stands still; None: ``clock``.
        is_inline: The broker's coroutines have nothing to wait for.
        patience_s: How long a question may stay open, unless it says otherwise.

    Threading: the loop only; ``now_ns`` any thread.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        bus: EventBus | None = None,
        wall: Clock | None = None,
        is_inline: bool = False,
        patience_s: float = 30.0,
    ) -> None:
        self._clock: Final = clock
        self._wall: Final = wall or clock
        self._bus: Final = bus
        self._is_inline: Final = is_inline
        self._patience_s: Final = patience_s
        self._now_ns = clock.now_ns()
        self._depth = 0  # turns under way: one, or one inside another
        self._timers = 0
        self._questions = 0
        self._was_up = False
        self.log: TurnLog | None = None

    # Time.

    def now_ns(self) -> int:
        """The session's time, UTC, nanoseconds since 1970."""
        if self._bus is None:
            return self._clock.now_ns()
        stream_ns = self._bus.stream_ns
        if stream_ns > self._now_ns:  # noqa: PLR1730 - max() costs twice as much, at every order
            self._now_ns = stream_ns
        return self._now_ns

    def monotonic_ns(self) -> int:
        """The same: the session's time never goes back."""
        return self.now_ns()

    @property
    def is_inside(self) -> bool:
        """Whether this is a turn: else the host calls."""
        return self._depth > 0 or self.is_dispatching()

    def call(
        self, name: str, action: Callable[[], T], args: Callable[[], Mapping[str, object]] = dict
    ) -> T:
        """Make a call of the host's a turn, unless it comes from inside one.

        Args:
            name: Of the call, for the log.
            action: The call; what it returns is returned, what it raises goes up.
            args: Gives the arguments for the log, as plain values.
        """
        if self.is_inside:
            return action()
        self._move()
        if self.log is not None:
            self.log.called(name, self._now_ns, args())
        return self._turn(action)

    def is_up(self, broker: BrokerAdapter) -> bool:
        """Whether there is a session with the broker; each change is logged when it is seen."""
        is_up = broker.is_connected()
        if is_up != self._was_up:
            self._was_up = is_up
            if self.log is not None:
                self.log.saw_link(is_up=is_up, now_ns=self.now_ns())
        return is_up

    def _move(self) -> None:
        self._now_ns = max(self.now_ns(), self._clock.now_ns())

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> TimerHandle:
        """Call back in a turn of its own when the session's time has reached ``when_ns``."""
        return self._set(self._clock, when_ns, callback)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> TimerHandle:
        """As ``call_at``, counted from now, and also while the session's own time stands still."""
        when_ns = self._wall.now_ns() + int(seconds * _NS_PER_S)
        return self._set(self._wall, when_ns, callback)

    def _set(self, clock: Clock, when_ns: int, callback: Callable[[], None]) -> TimerHandle:
        self._timers += 1
        number = self._timers

        def fire() -> None:
            self._move()
            if self.log is not None:
                self.log.timer_fired(number, self._now_ns)
            self._turn(callback)

        return clock.call_at(when_ns, fire)

    def _turn(self, action: Callable[[], T]) -> T:
        self._depth += 1
        try:
            return action()
        finally:
            self._depth -= 1

    # Questions.

    def put(
        self, name: str, call: Callable[[], Awaitable[T]], take: Callable[[Reply[T]], None]
    ) -> Waiting | Reply[T]:
        """Ask the broker; return the reply if it is there at once, else ``take`` gets it later.

        What the call itself raises is a reply too.
        """
        number = self._next_question()
        answer: Waiting | Reply[T]
        try:
            answer = watch(
                call(),
                self._taker(number, name, take),
                is_inline=self._is_inline,
                patience_s=self._patience_s,
            )
        except Exception as error:  # noqa: BLE001 - raised where the reply is asked for its result
            answer = Failed(error)
        reply = reply_of(answer)
        if reply is None:
            self._log_pending(number, name)
        else:
            self._log_answer(number, name, reply)
        return answer

    def _next_question(self) -> int:
        self._questions += 1
        return self._questions

    def _taker(
        self, number: int, name: str, take: Callable[[Reply[T]], None]
    ) -> Callable[[Reply[T]], None]:
        def taken(reply: Reply[T]) -> None:
            self._move()
            if self.log is not None:
                self.log.answered(number, name, self._now_ns, reply, at_once=False)
            self._turn(lambda: take(reply))

        return taken

    def _log_pending(self, number: int, name: str) -> None:
        if self.log is not None:
            self.log.pending(number, name, self.now_ns())

    def _log_answer(self, number: int, name: str, reply: Reply[object]) -> None:
        if self.log is not None:
            self.log.answered(number, name, self.now_ns(), reply, at_once=True)

    def ask(
        self, name: str, call: Callable[[], Awaitable[T]], *, within_s: float | None = None
    ) -> Asked[T]:
        """Return what a coroutine of the engine's awaits: the broker's answer.

        Awaiting it raises what the broker's call raises, and NetworkError (UNKNOWN) when there is
        no answer in time.
        """
        return Asked(self, name, call, self._patience_s if within_s is None else within_s)

    def at_hand(self, name: str, call: Callable[[], Awaitable[T]]) -> Reply[T] | None:
        """Ask, and return the reply if it is there at once; else drop the question: None."""
        answer = self.put(name, call, _drop)
        reply = reply_of(answer)
        if reply is None:
            waiting_of(answer).cancel()
        return reply

    def pause(self, seconds: float) -> Pause:
        """Return what a coroutine of the engine's awaits to let time pass."""
        return Pause(self, seconds)

    # Coroutines.

    def start(
        self,
        work: Coroutine[object, object, T],
        on_end: Callable[[Reply[T]], None] | None = None,
        *,
        name: str = "start",
    ) -> Script[T]:
        """Run a coroutine of the engine's own up to its first ``await``, and on turn by turn.

        Args:
            work: It awaits ``ask``, ``pause`` and other such coroutines only.
            on_end: Told of its result or its failure. Without it nothing may fail.
            name: Of the call, where it is the host that starts it.
        """
        script = Script(self, work, on_end)
        if self.is_inside:
            script.begin()
        else:
            self.call(name, script.begin)
        return script

    def stopped(self, script: Script[T]) -> Asked[None]:
        """Stop a script and return what ends when nothing works on its question any more."""

        def stop() -> Promise[None]:
            gone: Promise[None] = Promise()
            script.stop(lambda: gone.keep(None))
            return gone

        return self.ask("stop", stop)

    def is_dispatching(self) -> bool:
        """Whether a message is being handed out."""
        return self._bus is not None and self._bus.draining

    async def in_loop(self, work: Coroutine[object, object, T], name: str = "start") -> T:
        """Run a coroutine of the engine's for a host that awaits it on an event loop."""
        import asyncio

        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def end(reply: Reply[T]) -> None:
            if done.cancelled():
                return
            try:
                done.set_result(reply.result())
            except Exception as error:  # noqa: BLE001 - raised by the await below
                done.set_exception(error)

        script = self.start(work, end, name=name)
        try:
            return await done
        finally:
            script.stop()


def _drop(_: object) -> None:
    """Take a reply that nobody wants any more."""
