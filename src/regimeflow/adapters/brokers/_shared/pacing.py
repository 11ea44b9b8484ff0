"""Control messages of one connection, no faster than the venue takes them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final


class MessagePacer:
    """Sends what it is given in order, at most so many in a second.

    Args:
        send: What sends one.
        per_second: How many the venue takes, pings and pongs taken off.
    """

    def __init__(self, send: Callable[[bytes], None], *, per_second: int) -> None:
        self._send: Final = send
        self._per_second: Final = per_second
        self._waiting: Final[deque[bytes]] = deque()
        self._sent_at: Final[deque[float]] = deque(maxlen=per_second)
        self._timer: asyncio.TimerHandle | None = None

    def put(self, message: bytes) -> None:
        """Send it now, or when its turn comes."""
        self._waiting.append(message)
        if self._timer is None:
            self._drain()

    def close(self) -> None:
        """Send nothing more."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _drain(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        while self._waiting:
            now_s = loop.time()
            if len(self._sent_at) == self._per_second and now_s - self._sent_at[0] < 1.0:
                wait_s = 1.0 - (now_s - self._sent_at[0])
                self._timer = loop.call_later(wait_s, self._drain)
                return
            self._sent_at.append(now_s)
            self._send(self._waiting.popleft())
