"""Answers from the edge: whatever an adapter's call returned is watched until it is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Generic, Never, Protocol, TypeVar, cast

from regimeflow.ports.answered import Answered
from regimeflow.ports.promise import Promise
from regimeflow.types.errors import InvalidState, NetworkError, Outcome

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Reply(Protocol[T_co]):
    """An answer that is there."""

    def result(self) -> T_co:
        """Return the answer, or raise the failure that is the answer."""
        ...


class Waiting(Protocol):
    """An answer that is not there yet."""

    def cancel(self) -> None:
        """Stop waiting, and stop what works on the answer."""
        ...

    def on_gone(self, cb: Callable[[], None]) -> None:
        """Call back when nothing works on the answer any more."""
        ...


class Failed:
    """A reply that is a failure."""

    __slots__ = ("_error",)

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def result(self) -> Never:
        """Raise it."""
        raise self._error


class Given(Generic[T_co]):
    """A reply that is a value."""

    __slots__ = ("_value",)

    def __init__(self, value: T_co) -> None:
        self._value = value

    def result(self) -> T_co:
        """Return it."""
        return self._value


def given_up() -> NetworkError:
    """Return the failure of an answer that nobody waited for to the end."""
    return NetworkError("given up before there was an answer", outcome=Outcome.UNKNOWN)


def reply_of(answer: Waiting | Reply[T]) -> Reply[T] | None:
    """Return an answer that is there."""
    return cast("Reply[T]", answer) if hasattr(answer, "result") else None


def waiting_of(answer: Waiting | Reply[T]) -> Waiting:
    """Return an answer that is not there yet."""
    return cast("Waiting", answer)


def watch(
    answer: Awaitable[T],
    take: Callable[[Reply[T]], None],
    *,
    is_inline: bool,
    patience_s: float,
) -> Waiting | Reply[T]:
    """Return the reply when it is there, else have ``take`` called once when it is.

    Args:
        answer: What an adapter's call returned.
        take: Called on the loop; never from inside this call.
        is_inline: A coroutine has nothing to wait for and is run here to its end.
        patience_s: How long to wait where no loop runs: there the answer is waited for on the spot.
    """
    if isinstance(answer, Answered):
        return Given(answer.value)
    if isinstance(answer, Promise):
        return _Promised(answer, take) if not answer.is_done else answer
    if is_inline and isinstance(answer, Coroutine):
        return _run_inline(answer)
    return _in_loop(answer, take, patience_s)


class _Promised:
    def __init__(self, promise: Promise[T], take: Callable[[Reply[T]], None]) -> None:
        self._is_cancelled = False

        def tell() -> None:
            if not self._is_cancelled:
                take(promise)

        promise.on_done(tell)

    def cancel(self) -> None:
        self._is_cancelled = True

    def on_gone(self, cb: Callable[[], None]) -> None:
        cb()


def _run_inline(answer: Coroutine[object, None, T]) -> Reply[T]:
    try:
        # A bare yield only offers others a turn; whoever waits for something is on a network.
        while answer.send(None) is None:
            pass
    except StopIteration as done:
        return Given(done.value)
    except Exception as error:  # noqa: BLE001 - raised where the answer is used
        return Failed(error)
    answer.close()
    text = "a call to the broker suspended where its feed stands still"
    return Failed(InvalidState(text))


class _Task:
    def __init__(self, future: asyncio.Future[T], take: Callable[[Reply[T]], None]) -> None:
        self._future = future
        self._is_cancelled = False

        def tell(done: asyncio.Future[T]) -> None:
            if self._is_cancelled:
                if not done.cancelled():
                    done.exception()  # looked at: nobody wants it, so nobody need be warned
            elif done.cancelled():
                take(Failed(given_up()))
            else:
                take(done)

        future.add_done_callback(tell)

    def cancel(self) -> None:
        self._is_cancelled = True
        self._future.cancel()

    def on_gone(self, cb: Callable[[], None]) -> None:
        self._future.add_done_callback(lambda _: cb())


def _in_loop(
    answer: Awaitable[T], take: Callable[[Reply[T]], None], patience_s: float
) -> Waiting | Reply[T]:
    import asyncio

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return _run_alone(answer, patience_s)
    future: asyncio.Future[T]
    if isinstance(answer, asyncio.Future):
        if answer.done() and not answer.cancelled():
            return answer
        future = answer
    elif isinstance(answer, Coroutine):
        future = loop.create_task(answer)  # not in another one: cancelled early, it would be lost
    else:
        future = loop.create_task(_await(answer))
    return _Task(future, take)


async def _await(answer: Awaitable[T]) -> T:
    return await answer


def _run_alone(answer: Awaitable[T], patience_s: float) -> Reply[T]:
    """Where no loop runs (a script without an engine): a loop of its own, for this one answer."""
    import asyncio

    loop = asyncio.new_event_loop()
    try:
        task = loop.create_task(_await(answer))
        loop.run_until_complete(asyncio.wait([task], timeout=patience_s))
        if not task.done():
            task.cancel()
            loop.run_until_complete(asyncio.wait([task]))
            text = f"no answer within {patience_s:g} s"
            return Failed(NetworkError(text, outcome=Outcome.UNKNOWN))
        return task
    finally:
        loop.close()
