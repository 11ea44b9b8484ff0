"""What a command that only looks waits for: Ctrl-C or SIGTERM."""

from __future__ import annotations

import select
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_CHUNK: Final = 64


class Stop:
    """Whether a signal has asked for the end; the main thread waits for it.

    Not a ``threading.Event``: a handler runs between two steps of the thread that waits, and may
    find that thread inside the event's lock; and one that is heard just before the thread falls
    asleep, or on another thread, does not wake it. A byte that the signal leaves does.

    Args:
        heard: Readable once a signal has come.
    """

    def __init__(self, heard: socket.socket) -> None:
        self._heard: Final = heard
        self._is_set = False

    def set(self) -> None:
        """Ask for the end; for signal handlers."""
        self._is_set = True

    def is_set(self) -> bool:
        """Return whether the end was asked for."""
        return self._is_set

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for it, at most so many seconds; return whether it was asked for."""
        while not self._is_set:
            if not select.select([self._heard], [], [], timeout_s)[0]:
                break
            self._heard.recv(_CHUNK)
        return self._is_set


@contextmanager
def stop_signals() -> Iterator[Stop]:
    """Yield what Ctrl-C and SIGTERM set; on the main thread."""
    heard, told = socket.socketpair()
    with heard, told:
        told.setblocking(False)
        stop = Stop(heard)
        numbers = (signal.SIGINT, signal.SIGTERM)
        bytes_to = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        before = {number: signal.signal(number, lambda *_: stop.set()) for number in numbers}
        try:
            yield stop
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(bytes_to)
