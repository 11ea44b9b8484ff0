"""Time, as the engine asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class TimerHandle(Protocol):
    """A timer that was set."""

    def cancel(self) -> None:
        """Make the timer never fire; harmless when it has fired."""
        ...


class Clock(Protocol):
    """The one source of time of a session.

    In a live session it is the system's; over a recorded feed it is the feed's own time, and moves
    only when the feed does: that is what makes two runs with one seed identical.

    Threading: called from the engine's loop only, but ``now_ns``, which any thread may call.
    """

    def now_ns(self) -> int:
        """UTC, nanoseconds since 1970."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds on a clock that no NTP step moves; for timeouts."""
        ...

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> TimerHandle:
        """Call back when ``now_ns()`` has reached ``when_ns``.

        Timers of one instant fire in the order they were set.
        """
        ...
