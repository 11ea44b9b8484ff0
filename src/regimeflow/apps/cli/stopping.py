"""What a command that only looks waits for: Ctrl-C or SIGTERM."""

from __future__ import annotations

import queue
import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Stop:
    """Whether a signal has asked for the end; the main thread waits for it.

    Not a ``threading.Event``: a handler runs between two steps of the thread that waits, and may
    find that thread inside the event's lock. ``set`` would wait for it there, for ever.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._is_set = False

    def set(self) -> None:
        """Ask for the end; safe in a signal handler."""
        self._is_set = True
        self._asked.put(None)

    def is_set(self) -> bool:
        """Return whether the end was asked for."""
        return self._is_set

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for it, at most so many seconds; return whether it was asked for."""
        if not self._is_set:
            try:
                self._asked.get(timeout=timeout_s)
            except queue.Empty:
                return self._is_set
        return True


@contextmanager
def stop_signals() -> Iterator[Stop]:
    """Yield what Ctrl-C and SIGTERM set."""
    stop = Stop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
