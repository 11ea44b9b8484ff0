"""The clock of an order manager that nobody gave one: the machine's, timers on the running loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from regimeflow.ports.clock import TimerHandle


class _NoTimer:
    """What a timer is where no loop runs: nothing would ever wake."""

    def cancel(self) -> None:
        """Do nothing."""


_NO_TIMER: Final = _NoTimer()


class BareClock:
    """The machine's time.

    Without a running loop there are no timers: requests are then awaited on the spot.
    """

    def now_ns(self) -> int:
        """UTC, nanoseconds since 1970."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """Nanoseconds on a clock that no NTP step moves."""
        return time.monotonic_ns()

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> TimerHandle:
        """Call back on the running loop when the time has come."""
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return _NO_TIMER
        return loop.call_later(max(when_ns - time.time_ns(), 0) / 1e9, callback)
