"""Coroutines of the engine's own, driven turn by turn and by no event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from regimeflow.engine.awaiting import Failed, Given, Reply, Waiting, reply_of, waiting_of
from regimeflow.ports.clock import TimerHandle
from regimeflow.types.errors import InvalidState, NetworkError, Outcome

if TYPE_CHECKING:
    from regimeflow.engine.turns import Turns

T = TypeVar("T")

Take = Callable[[Reply[T]], None]


class Asked(Generic[T]):
    """A question to the broker, to be awaited."""

    def __init__(
        self, turns: Turns, name: str, call: Callable[[], Awaitable[T]], within_s: float
    ) -> None:
        self._turns = turns
        self._name = name
        self._call = call
        self._within_s = within_s
        self._waiting: Waiting | None = None
        self._deadline: TimerHandle | None = None

    def __await__(self) -> Generator[Asked[T], Reply[T], T]:
        reply = yield self
        return reply.result()

    def begin(self, resume: Take[T]) -> Reply[T] | None:
        """Put the question."""

        def take(reply: Reply[T]) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
            resume(reply)

        def expire() -> None:
            if self._waiting is not None:
                self._waiting.cancel()
            text = f"{self._name}: no answer within {self._within_s:g} s"
            resume(Failed(NetworkError(text, outcome=Outcome.UNKNOWN)))

        answer = self._turns.put(self._name, self._call, take)
        reply = reply_of(answer)
        if reply is not None:
            return reply
        self._waiting = waiting_of(answer)
        self._deadline = self._turns.call_later(self._within_s, expire)
        return None

    def cancel(self) -> Waiting | None:
        """Give the question up."""
        if self._deadline is not None:
            self._deadline.cancel()
        if self._waiting is not None:
            self._waiting.cancel()
        return self._waiting


class Pause:
    """Some time, to be awaited; it passes also while the session's own stands still."""

    def __init__(self, turns: Turns, seconds: float) -> None:
        self._turns = turns
        self._seconds = seconds
        self._timer: TimerHandle | None = None

    def __await__(self) -> Generator[Pause, Reply[None], None]:
        yield self

    def begin(self, resume: Take[None]) -> Reply[None] | None:
        """Set the timer."""
        reply = Given(None)
        self._timer = self._turns.call_later(self._seconds, lambda: resume(reply))
        return None

    def cancel(self) -> Waiting | None:
        """Never wake."""
        if self._timer is not None:
            self._timer.cancel()
        return None


class Script(Generic[T]):
    """A coroutine of the engine's, driven turn by turn."""

    def __init__(
        self,
        turns: Turns,
        work: Coroutine[object, object, T],
        on_end: Callable[[Reply[T]], None] | None,
    ) -> None:
        self._turns = turns
        self._work = work
        self._on_end = on_end
        self._step: Asked[Any] | Pause | None = None
        self._start: TimerHandle | None = None
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether it has ended or was stopped."""
        return self._is_over

    def begin(self) -> None:
        """Run up to the first await; from inside a dispatch, in a turn of its own after it."""
        if self._turns.is_dispatching():
            self._start = self._turns.call_at(self._turns.now_ns(), self.begin)
        elif not self._is_over:
            self._advance(None)

    def stop(self, on_gone: Callable[[], None] | None = None) -> None:
        """End it where it waits; ``on_end`` is not told. Harmless when it is over.

        Args:
            on_gone: Called when nothing works on its question any more.
        """
        waiting: Waiting | None = None
        if not self._is_over:
            self._is_over = True
            if self._start is not None:
                self._start.cancel()
            if self._step is not None:
                waiting = self._step.cancel()
            self._work.close()
        if on_gone is not None:
            if waiting is None:
                on_gone()
            else:
                waiting.on_gone(on_gone)

    def _resume(self, reply: Reply[Any]) -> None:
        if not self._is_over:
            self._advance(reply)

    def _advance(self, reply: Reply[Any] | None) -> None:
        while True:
            try:
                step = self._work.send(reply)
            except StopIteration as done:
                self._end(Given(done.value))
                return
            except Exception as error:  # noqa: BLE001 - handed to on_end, or raised below
                self._end(Failed(error))
                return
            if not isinstance(step, (Asked, Pause)):
                self._work.close()
                text = "a coroutine of the engine awaited something that is no turn"
                self._end(Failed(InvalidState(text)))
                return
            self._step = step
            reply = step.begin(self._resume)
            if reply is None:
                return

    def _end(self, reply: Reply[T]) -> None:
        self._is_over = True
        if self._on_end is not None:
            self._on_end(reply)
        else:
            reply.result()
