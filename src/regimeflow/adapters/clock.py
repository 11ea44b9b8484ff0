"""The two clocks: the machine's, and a feed's own."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from regimeflow.types.errors import InvalidState

if TYPE_CHECKING:
    import asyncio

# UTC that is so far ahead of us was set forward, or the machine slept.
_STEP_NS: Final = 1_000_000_000


class SystemClock:
    """The machine's time, as a clock that no correction moves back; timers fire on an event loop.

    It is UTC as it was when the clock was made, plus what passed on the monotonic clock since:
    so what takes five seconds takes five seconds, whatever NTP does meanwhile. A machine that
    slept, or was set forward, is followed; one that is set back is not.

    Args:
        loop: Where timers fire; None: on the loop that is running when one is set.

    Threading: ``now_ns`` and ``monotonic_ns`` from any thread, ``call_at`` from the loop's.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop: Final = loop
        self._ahead_ns = time.time_ns() - time.monotonic_ns()

    def now_ns(self) -> int:
        """UTC, nanoseconds since 1970."""
        ahead_ns, elapsed_ns = self._ahead_ns, time.monotonic_ns()
        behind_ns = time.time_ns() - elapsed_ns - ahead_ns
        if behind_ns > _STEP_NS:
            self._ahead_ns = ahead_ns = ahead_ns + behind_ns
        return elapsed_ns + ahead_ns

    def monotonic_ns(self) -> int:
        """Nanoseconds on a clock that no NTP step moves."""
        return time.monotonic_ns()

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> SystemTimer:
        """Call back on the loop when ``now_ns()`` has reached ``when_ns``, or soon if it has."""
        loop = self._loop
        if loop is None:
            import asyncio

            loop = asyncio.get_running_loop()
        return SystemTimer(self, loop, when_ns, callback)


class SystemTimer:
    """A timer of ``SystemClock``.

    The loop counts in its own steps, so one that wakes a little too soon goes back to sleep.
    """

    __slots__ = ("_callback", "_clock", "_handle", "_loop", "_when_ns")

    def __init__(
        self,
        clock: SystemClock,
        loop: asyncio.AbstractEventLoop,
        when_ns: int,
        callback: Callable[[], None],
    ) -> None:
        self._clock: Final = clock
        self._loop: Final = loop
        self._when_ns: Final = when_ns
        self._callback: Callable[[], None] | None = callback
        self._handle = self._sleep()

    def cancel(self) -> None:
        """Make the timer never fire; harmless when it has fired."""
        self._handle.cancel()
        self._callback = None

    def _sleep(self) -> asyncio.TimerHandle:
        wait_ns = max(0, self._when_ns - self._clock.now_ns())
        return self._loop.call_later(wait_ns / 1e9, self._wake)

    def _wake(self) -> None:
        callback = self._callback
        if callback is None:
            return
        if self._clock.now_ns() < self._when_ns:
            self._handle = self._sleep()
            return
        self._callback = None
        callback()


class ReplayTimer:
    """A timer of ``ReplayClock``."""

    __slots__ = ("_callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Make the timer never fire; harmless when it has fired."""
        self._callback = None

    @property
    def is_cancelled(self) -> bool:
        """Whether it will never fire, because it was cancelled or has fired."""
        return self._callback is None

    def fire(self) -> None:
        """Call back, once, unless cancelled."""
        callback = self._callback
        self._callback = None
        if callback is not None:
            callback()


class ReplayClock:
    """Time that moves only when it is told to: a feed's own.

    Timers fire in the order of their times, those of one instant in the order they were set, and
    while one fires ``now_ns()`` is its own time. So everything on this clock is a function of what
    moved it, whatever the speed of playing.

    Threading: one thread, but ``now_ns``, which any thread may call.
    """

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns
        self._heap: list[tuple[int, int, ReplayTimer]] = []
        self._set_count = 0
        self._is_advancing = False
        self._on_timer_set: Callable[[int], None] | None = None

    def now_ns(self) -> int:
        """The feed's time: UTC, nanoseconds since 1970."""
        return self._now_ns

    def monotonic_ns(self) -> int:
        """The same: the feed's time never goes back."""
        return self._now_ns

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> ReplayTimer:
        """Call back when the time has reached ``when_ns``; one that is due, at the next move."""
        timer = ReplayTimer(callback)
        self._set_count += 1
        heapq.heappush(self._heap, (when_ns, self._set_count, timer))
        if self._on_timer_set is not None:
            self._on_timer_set(when_ns)
        return timer

    def next_timer_ns(self) -> int | None:
        """When the next timer is due; None when none is set."""
        heap = self._heap
        while heap and heap[0][2].is_cancelled:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def advance_to(self, t_ns: int) -> None:
        """Fire every timer due up to ``t_ns``, in time order; then it is ``t_ns``.

        Timers that they set are among them. A time that has passed moves nothing back: timers that
        are due fire and the time stays.

        Raises:
            InvalidState: called from inside a timer.
        """
        if self._is_advancing:
            raise InvalidState("the clock was moved from inside one of its own timers")
        heap = self._heap
        if heap and heap[0][0] <= t_ns:
            self._is_advancing = True
            try:
                while heap and heap[0][0] <= t_ns:
                    when_ns, _, timer = heapq.heappop(heap)
                    self._now_ns = max(self._now_ns, when_ns)
                    timer.fire()
            finally:
                self._is_advancing = False
        self._now_ns = max(self._now_ns, t_ns)

    @property
    def is_advancing(self) -> bool:
        """Whether a timer is firing now."""
        return self._is_advancing

    def on_timer_set(self, cb: Callable[[int], None] | None) -> None:
        """Say who is told the time of each timer that is set: whoever sleeps until the next."""
        self._on_timer_set = cb
