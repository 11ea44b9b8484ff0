"""Requests that are out at the broker: their answers, deadlines, and what a failure means."""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Final, Protocol

from regimeflow.domain.orders.order import OrderError
from regimeflow.ports.clock import Clock
from regimeflow.types.enums import ExecType
from regimeflow.types.errors import BrokerError, NetworkError, Outcome


class Request(enum.IntEnum):
    """What was asked of the broker."""

    SUBMIT = 0
    CANCEL = 1
    MODIFY = 2


REFUSED_AS: Final = (ExecType.REJECTED, ExecType.CANCEL_REJECTED, ExecType.REPLACE_REJECTED)
_KINDS: Final = len(Request)

Answer = Callable[[int, Request, str | None], None]
Failure = Callable[[int, Request, OrderError], None]


class _Done(Protocol):
    def cancelled(self) -> bool: ...
    def exception(self) -> BaseException | None: ...
    def result(self) -> object: ...


def error_of(failure: BaseException) -> OrderError:
    """Return what a failed request means for its order; what is no broker error is UNKNOWN."""
    if isinstance(failure, BrokerError):
        return OrderError(type(failure).__name__, failure.outcome, failure.text)
    if isinstance(failure, (TimeoutError, OSError)):
        return OrderError(
            NetworkError.__name__, Outcome.UNKNOWN, str(failure) or "no answer in time"
        )
    return OrderError(type(failure).__name__, Outcome.UNKNOWN, str(failure))


class Requests:
    """The requests in flight, each with a deadline.

    One timer serves them all: every request has the same patience, so they fall due in the order
    they were sent.
    """

    def __init__(
        self, clock: Clock, timeout_s: float, *, on_answer: Answer, on_failure: Failure
    ) -> None:
        self._clock: Final = clock
        self._timeout_ns: Final = int(timeout_s * 1e9)
        self._timeout_s: Final = timeout_s
        self._on_answer: Final = on_answer
        self._on_failure: Final = on_failure
        self._due: dict[int, int] = {}
        self._queue: deque[tuple[int, int]] = deque()
        self._is_armed = False
        self._tasks: set[asyncio.Task[object]] = set()

    def __len__(self) -> int:
        return len(self._due)

    def send(self, order_id: int, kind: Request, call: Callable[[], Awaitable[object]]) -> None:
        """Hand a request to the broker and watch for its answer."""
        key = order_id * _KINDS + kind
        due_ns = self._clock.now_ns() + self._timeout_ns
        self._due[key] = due_ns
        self._queue.append((due_ns, key))
        if not self._is_armed:
            self._arm()
        answered = False
        try:
            awaitable = call()
            answered = True
        except (BrokerError, OSError) as failure:
            answered = True
            self._fail(order_id, kind, error_of(failure))
            return
        finally:
            if not answered:  # a fault in the adapter: it goes up, and the order is in doubt
                text = "the adapter failed while it was sending"
                self._fail(order_id, kind, OrderError("BrokerError", Outcome.UNKNOWN, text))
        self._watch(order_id, kind, awaitable)

    def settle(self, order_id: int, kind: Request) -> None:
        """Stop waiting: the venue has said what became of it."""
        self._due.pop(order_id * _KINDS + kind, None)

    def spawn(self, work: Callable[[], Coroutine[object, object, object]]) -> None:
        """Run a coroutine of our own beside the requests."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            _run_alone(work(), self._timeout_s)
        else:
            self._keep(loop.create_task(work()))

    def close(self) -> None:
        """Forget the deadlines and cancel what still waits for an answer."""
        self._due.clear()
        self._queue.clear()
        for task in tuple(self._tasks):
            task.cancel()

    def _keep(self, task: asyncio.Task[object]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _watch(self, order_id: int, kind: Request, awaitable: Awaitable[object]) -> None:
        def take(done: _Done) -> None:
            self._take(order_id, kind, done)

        if asyncio.isfuture(awaitable):
            if awaitable.done():
                take(awaitable)
            else:
                awaitable.add_done_callback(take)
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            take(_run_alone(awaitable, self._timeout_s))
            return
        task = loop.create_task(_await(awaitable))
        self._keep(task)
        task.add_done_callback(take)

    def _take(self, order_id: int, kind: Request, done: _Done) -> None:
        if done.cancelled():
            self._fail(order_id, kind, OrderError("NetworkError", Outcome.UNKNOWN, "given up"))
            return
        failure = done.exception()
        if failure is not None:
            self._fail(order_id, kind, error_of(failure))
            return
        result = done.result()
        self._on_answer(order_id, kind, result if isinstance(result, str) else None)

    def _fail(self, order_id: int, kind: Request, error: OrderError) -> None:
        self._due.pop(order_id * _KINDS + kind, None)
        self._on_failure(order_id, kind, error)

    def _arm(self) -> None:
        self._is_armed = True
        self._clock.call_at(self._queue[0][0], self._expire)

    def _expire(self) -> None:
        now_ns = self._clock.now_ns()
        queue, due = self._queue, self._due
        self._is_armed = False
        while queue and (queue[0][0] <= now_ns or due.get(queue[0][1]) != queue[0][0]):
            due_ns, key = queue.popleft()
            if due.get(key) == due_ns:
                text = f"no answer within {self._timeout_s:g} s"
                order_id, kind = divmod(key, _KINDS)
                self._fail(
                    order_id, Request(kind), OrderError("NetworkError", Outcome.UNKNOWN, text)
                )
        if queue and not self._is_armed:
            self._arm()


async def _await(awaitable: Awaitable[object]) -> object:
    return await awaitable


def _run_alone(awaitable: Awaitable[object], timeout_s: float) -> _Done:
    """Where no loop runs (a script without an engine): a loop of its own, for this one answer."""
    loop = asyncio.new_event_loop()
    try:
        task = loop.create_task(_await(awaitable))
        loop.run_until_complete(asyncio.wait([task], timeout=timeout_s))
        if not task.done():
            task.cancel()
            loop.run_until_complete(asyncio.wait([task]))
        return task
    finally:
        loop.close()
