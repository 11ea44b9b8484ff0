"""The way between the engine and the model venue, where things are lost, late, twice, or wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from regimeflow._core.messages import AccountInfo, ExecutionReport, Position
from regimeflow.adapters.clock import ReplayClock
from regimeflow.ports.clock import Clock
from regimeflow.ports.promise import Promise
from regimeflow.testing.simulation.faults import Fault, FaultPlan
from regimeflow.testing.simulation.news import News
from regimeflow.testing.simulation.times import alive
from regimeflow.testing.simulation.trace import EVERYBODY, Trace
from regimeflow.types.errors import NetworkError, Outcome

T = TypeVar("T")
MS: Final = 1_000_000
SECOND: Final = 1_000_000_000
_REPORT_FAULTS: Final = (
    Fault.REPORT_LOST,
    Fault.REPORT_LATE,
    Fault.REPORT_TWICE,
    Fault.REPORT_OVERTAKEN,
)
_READ_FAULTS: Final = (
    Fault.READ_FAILS,
    Fault.READ_UNANSWERED,
    Fault.READ_LATE,
    Fault.READ_STALE,
)
UNANSWERED_S: Final = 12  # how long an adapter waits for a read


class Link:
    """One connection after another, with all that is under way on it.

    Args:
        true: The world's time.
        own: The engine's, by which arrivals are stamped.
        plan: What goes wrong.
        dice: How long everything takes.
        trace: Where everything is noted.
    """

    def __init__(
        self, true: ReplayClock, own: Clock, plan: FaultPlan, dice: random.Random, trace: Trace
    ) -> None:
        self.is_up = False
        self.is_mute = False
        self.deliver: Callable[[ExecutionReport], object] = _nobody
        self.deliver_account: Callable[[Position | AccountInfo], object] = _nobody
        self._true: Final = true
        self.own = own
        self._plan: Final = plan
        self._dice: Final = dice
        self._trace: Final = trace
        self._latency_ns: Final = dice.choice((1, 5, 40, 200)) * MS
        self._last_ns = 0
        self._number = 0  # of the connection
        self._waiting: dict[int, Promise[object]] = {}
        self._asked = 0

    # ---- the connection

    def open(self) -> None:
        """A new connection; what was under way on the last one is gone."""
        self.is_up, self.is_mute = True, False
        self._number += 1

    def cut(self) -> None:
        """Lose the connection: nothing under way arrives, every open question fails."""
        self.is_up = False
        self._number += 1
        waiting, self._waiting = self._waiting, {}
        for promise in waiting.values():
            error = NetworkError("connection reset", outcome=Outcome.UNKNOWN)
            alive(partial(promise.fail, error))

    def abandon(self) -> None:
        """Lose the connection because nobody is there any more to hear of it."""
        self._waiting.clear()
        self.deliver = self.deliver_account = _nobody
        self.cut()

    def require(self) -> None:
        """Raise NetworkError when there is no connection."""
        if not self.is_up:
            raise NetworkError("not connected; nothing was sent", outcome=Outcome.NOT_SENT)

    def wait_ns(self) -> int:
        """How long one way takes, this time."""
        return self._latency_ns + self._dice.randrange(MS)

    # ---- what is asked

    def promise(self) -> Promise[object]:
        """An answer to come, which fails when the connection is cut."""
        self._asked += 1
        number = self._asked
        promise: Promise[object] = Promise()
        self._waiting[number] = promise

        def forget() -> None:
            self._waiting.pop(number, None)

        promise.on_done(forget)
        return promise

    def later(self, wait_ns: int, callback: Callable[[], None]) -> None:
        """Do something at a true time from now."""
        self._true.call_at(self._true.now_ns() + wait_ns, callback)

    def answer(self, promise: Promise[object], value: object, wait_ns: int | None = None) -> None:
        """Let an answer travel back."""
        wait_ns = self.wait_ns() if wait_ns is None else wait_ns
        self.later(wait_ns, lambda: alive(lambda: promise.keep(value)))

    def refuse(self, promise: Promise[object], error: Exception) -> None:
        """Let a failure travel back."""
        self.later(self.wait_ns(), lambda: alive(lambda: promise.fail(error)))

    def read(
        self, name: str, look: Callable[[int], object], about: str = EVERYBODY
    ) -> Promise[object]:
        """Ask the venue; ``look`` is given the time as of which it answers, and makes the answer.

        The answer is made when the venue is asked, and may be older than that, or arrive late.
        """
        self.require()
        promise = self.promise()
        fault = self._plan.one_of(_READ_FAULTS)
        self._trace.add(self._true.now_ns(), "read", about, name, fault)
        if fault is Fault.READ_UNANSWERED:
            error = NetworkError(f"{name}: no answer", outcome=Outcome.UNKNOWN)
            self.later(UNANSWERED_S * SECOND, lambda: alive(lambda: promise.fail(error)))
            return promise
        if fault is Fault.READ_FAILS:
            self.refuse(promise, NetworkError(f"{name}: 503", outcome=Outcome.UNKNOWN))
            return promise

        def look_now() -> None:
            now_ns = self._true.now_ns()
            age_ns = self._dice.randrange(8 * SECOND) if fault is Fault.READ_STALE else 0
            wait_ns = self.wait_ns()
            if fault is Fault.READ_LATE:
                wait_ns += self._dice.randrange(9 * SECOND)
            self.answer(promise, look(now_ns - age_ns), wait_ns)

        self.later(self.wait_ns(), look_now)
        return promise

    # ---- what is told

    def tell(self, news: News) -> None:
        """Send a report of the venue's on its way to the engine."""
        if not self.is_up or self.is_mute:
            self._note("unheard", news, None)
            return
        fault = self._plan.one_of(_REPORT_FAULTS)
        self._note("told", news, fault)
        now_ns = self._true.now_ns()
        if fault is Fault.REPORT_LOST:
            return
        arrives_ns = max(now_ns + self.wait_ns(), self._last_ns)
        if fault is Fault.REPORT_LATE:
            arrives_ns += self._dice.randrange(12 * SECOND)
        elif fault is Fault.REPORT_OVERTAKEN:
            arrives_ns += self._dice.randrange(1, 600) * MS
        else:
            self._last_ns = arrives_ns
        self.arrive(arrives_ns, partial(self._arrive, news))
        if fault is Fault.REPORT_TWICE:
            again_ns = arrives_ns + self._dice.choice((0, 1, 800, 20_000)) * MS
            self.arrive(again_ns, partial(self._arrive, news))

    def arrive(self, when_ns: int, callback: Callable[[], None]) -> None:
        """Do something at a true time, unless the connection is another by then."""
        number = self._number

        def arrived() -> None:
            if number == self._number:
                callback()

        self._true.call_at(when_ns, arrived)

    def _arrive(self, news: News) -> None:
        self._note("heard", news, None)
        report = ExecutionReport(**news, ts_recv_ns=self.own.now_ns())
        alive(lambda: self.deliver(report))

    def _note(self, kind: str, news: News, fault: Fault | None) -> None:
        self._trace.add(
            self._true.now_ns(),
            kind,
            news["client_order_id"] or news["broker_order_id"],
            news,
            fault,
        )


def _nobody(_: object) -> None:
    """Whoever heard it is gone."""
