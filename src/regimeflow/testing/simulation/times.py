"""The engine's own clock, which may be wrong, over the true one that moves the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regimeflow.adapters.clock import ReplayClock, ReplayTimer

_STEP_NS: Final = 1_000_000_000  # as SystemClock has it


class Killed(BaseException):
    """The process has ended at this very place; nothing of it runs on."""


def alive(callback: Callable[[], object]) -> None:
    """Call into a process that may be killed meanwhile."""
    try:
        callback()
    except Killed:
        return


class SteppedClock:
    """What a process takes for the time: the true time, and an error that ``step`` changes.

    As ``SystemClock``: a machine that is set forward is followed, one that is set back is not.
    """

    def __init__(self, true: ReplayClock, error_ns: int = 0) -> None:
        self.true: Final = true
        self.is_stopped = False  # the process is dead: its timers never fire
        self._error_ns = error_ns
        self._ahead_ns = error_ns

    @property
    def error_ns(self) -> int:
        """How far the machine's time is from the true one."""
        return self._error_ns

    def now_ns(self) -> int:
        """UTC as the process believes it."""
        if self._error_ns - self._ahead_ns > _STEP_NS:
            self._ahead_ns = self._error_ns
        return self.true.now_ns() + self._ahead_ns

    def monotonic_ns(self) -> int:
        """Never set, never wrong."""
        return self.true.now_ns()

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> ReplayTimer:
        """Call back when that time has passed."""
        wait_ns = max(0, when_ns - self.now_ns())

        def fire() -> None:
            if not self.is_stopped:
                alive(callback)

        return self.true.call_at(self.true.now_ns() + wait_ns, fire)

    def step(self, by_ns: int) -> None:
        """Set the machine's time."""
        self._error_ns += by_ns
