"""Messages to TWS, no faster than it takes them; orders before questions."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

# TWS takes 50 a second, over everything. Questions leave room for orders and cancels.
_MOST: Final = 45
_MOST_QUESTIONS: Final = 30
_WINDOW_S: Final = 1.05
_URGENT: Final = ("3\0", "4\0", "58\0")  # placeOrder, cancelOrder, reqGlobalCancel


class Pacer:
    """Sends what it is given in order; orders and cancels pass questions that wait.

    Args:
        send: Sends one message.
    """

    def __init__(self, send: Callable[[str], object]) -> None:
        self._send: Final = send
        self._urgent: Final[deque[str]] = deque()
        self._questions: Final[deque[str]] = deque()
        self._sent_at: Final[deque[float]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def put(self, message: str) -> None:
        """Send it now, or when its turn comes."""
        (self._urgent if message.startswith(_URGENT) else self._questions).append(message)
        self._drain()

    def close(self) -> None:
        """Send nothing more."""
        self._urgent.clear()
        self._questions.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _drain(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        while self._sent_at and now_s - self._sent_at[0] >= _WINDOW_S:
            self._sent_at.popleft()
        while self._urgent and len(self._sent_at) < _MOST:
            self._leave(self._urgent, now_s)
        while self._questions and len(self._sent_at) < _MOST_QUESTIONS:
            self._leave(self._questions, now_s)
        if self._urgent or self._questions:
            wait_s = max(self._sent_at[0] + _WINDOW_S - now_s, 0.001)
            self._timer = loop.call_later(wait_s, self._drain)

    def _leave(self, queue: deque[str], now_s: float) -> None:
        self._sent_at.append(now_s)
        self._send(queue.popleft())
