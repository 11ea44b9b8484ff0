"""Requests that are out at the broker: their answers, deadlines, and what a failure means."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from regimeflow.domain.orders.order import OrderError
from regimeflow.engine.awaiting import Reply, Waiting, reply_of, waiting_of
from regimeflow.engine.turns import Turns
from regimeflow.types.enums import ExecType
from regimeflow.types.errors import BrokerError, NetworkError, Outcome


class Request(enum.IntEnum):
    """What was asked of the broker."""

    SUBMIT = 0
    CANCEL = 1
    MODIFY = 2


REFUSED_AS: Final = (ExecType.REJECTED, ExecType.CANCEL_REJECTED, ExecType.REPLACE_REJECTED)
_KINDS: Final = len(Request)
_NAMES: Final = ("submit_order", "cancel_order", "modify_order")

Answer = Callable[[int, Request, str | None], None]
Failure = Callable[[int, Request, OrderError], None]


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
        self, turns: Turns, timeout_s: float, *, on_answer: Answer, on_failure: Failure
    ) -> None:
        self._turns: Final = turns
        self._timeout_ns: Final = int(timeout_s * 1e9)
        self._timeout_s: Final = timeout_s
        self._on_answer: Final = on_answer
        self._on_failure: Final = on_failure
        self._due: dict[int, int] = {}
        self._queue: deque[tuple[int, int]] = deque()
        self._is_armed = False
        self._waiting: set[Waiting] = set()
        # Where intents must be on disk before they leave: what is awaited for that.
        self.outbox: Callable[[], Awaitable[None]] | None = None

    def __len__(self) -> int:
        return len(self._due)

    def send(self, order_id: int, kind: Request, call: Callable[[], Awaitable[object]]) -> None:
        """Hand a request to the broker and watch for its answer.

        What an adapter raises that is no broker error is a fault in it: it goes up, and the order
        is in doubt.
        """
        self.expect(order_id, kind)
        if self.outbox is None:
            self._put(order_id, kind, call)
            return

        def synced(reply: Reply[None]) -> None:
            if not self.is_waiting(order_id, kind):
                return  # it took so long that the order was given up
            try:
                reply.result()
            except (BrokerError, OSError) as failure:
                self._fail(order_id, kind, error_of(failure))
            else:
                self._put(order_id, kind, call)

        reply = reply_of(self._turns.put("sync", self.outbox, synced))
        if reply is not None:
            synced(reply)

    def _put(self, order_id: int, kind: Request, call: Callable[[], Awaitable[object]]) -> None:
        waiting: list[Waiting] = []

        def take(reply: Reply[object]) -> None:
            self._waiting.difference_update(waiting)
            self._take(order_id, kind, reply)

        answer = self._turns.put(_NAMES[kind], call, take)
        reply = reply_of(answer)
        if reply is None:
            waiting.append(waiting_of(answer))
            self._waiting.update(waiting)
        elif not self._take(order_id, kind, reply):
            reply.result()

    def expect(self, order_id: int, kind: Request) -> None:
        """Have the venue's last word on something by a deadline, from now."""
        key = order_id * _KINDS + kind
        due_ns = self._turns.now_ns() + self._timeout_ns
        self._due[key] = due_ns
        self._queue.append((due_ns, key))
        if not self._is_armed:
            self._arm()

    def is_waiting(self, order_id: int, kind: Request) -> bool:
        """Whether the venue has said nothing yet."""
        return order_id * _KINDS + kind in self._due

    def settle(self, order_id: int, kind: Request) -> None:
        """Stop waiting: the venue has said what became of it."""
        self._due.pop(order_id * _KINDS + kind, None)

    def close(self) -> None:
        """Forget the deadlines and stop waiting for answers."""
        self._due.clear()
        self._queue.clear()
        for answer in self._waiting:
            answer.cancel()
        self._waiting.clear()

    def _take(self, order_id: int, kind: Request, reply: Reply[object]) -> bool:
        """Take an answer; false for a fault in the adapter."""
        try:
            result = reply.result()
        except (BrokerError, OSError) as failure:
            self._fail(order_id, kind, error_of(failure))
        except Exception as failure:  # noqa: BLE001 - whatever it was, the order is in doubt
            self._fail(order_id, kind, error_of(failure))
            return False
        else:
            self._on_answer(order_id, kind, result if isinstance(result, str) else None)
        return True

    def _fail(self, order_id: int, kind: Request, error: OrderError) -> None:
        self._due.pop(order_id * _KINDS + kind, None)
        self._on_failure(order_id, kind, error)

    def _arm(self) -> None:
        self._is_armed = True
        self._turns.call_at(self._queue[0][0], self._expire)

    def _expire(self) -> None:
        now_ns = self._turns.now_ns()
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
