"""The engine's own clock, which may be wrong, over the true one that moves the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regimeflow.adapters.clock import ReplayClock, ReplayTimer


class SteppedTimer:
    """A timer on a clock that may be set: as the machine's, it sleeps again when it is early."""

    __slots__ = ("_callback", "_clock", "_timer", "_when_ns")

    def __init__(self, clock: SteppedClock, when_ns: int, callback: Callable[[], None]) -> None:
        self._clock: Final = clock
        self._when_ns: Final = when_ns
        self._callback: Callable[[], None] | None = callback
        self._timer: ReplayTimer = self._sleep()

    def cancel(self) -> None:
        """Make the timer never fire; harmless when it has fired."""
        self._timer.cancel()
        self._callback = None

    def _sleep(self) -> ReplayTimer:
        true, wait_ns = self._clock.true, max(0, self._when_ns - self._clock.now_ns())
        return true.call_at(true.now_ns() + wait_ns, self._wake)

    def _wake(self) -> None:
        callback = self._callback
        if callback is None:
            return
        if self._clock.now_ns() < self._when_ns:
            self._timer = self._sleep()
            return
        self._callback = None
        callback()


class SteppedClock:
    """What the engine takes for the time: the true time, and an error that ``step`` changes."""

    def __init__(self, true: ReplayClock) -> None:
        self.true: Final = true
        self._error_ns = 0

    def now_ns(self) -> int:
        """UTC as the engine believes it."""
        return self.true.now_ns() + self._error_ns

    def monotonic_ns(self) -> int:
        """Never set, never wrong."""
        return self.true.now_ns()

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> SteppedTimer:
        """Call back when the engine's time has come."""
        return SteppedTimer(self, when_ns, callback)

    def step(self, by_ns: int) -> None:
        """Set the clock."""
        self._error_ns += by_ns
