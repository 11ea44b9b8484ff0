"""When to try to connect again: waits that grow, with full jitter."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

from regimeflow.types.config.queue import MessageQueueConfig

_MS: Final = 1_000.0


class Reconnect:
    """When the next attempt is due.

    Args:
        config: The waits: ``reconnect_initial_ms``, doubling up to ``reconnect_max_ms``; how many
            attempts in a row.
        now_s: A clock that only grows.
        draw: Draws from 0 to 1.
    """

    def __init__(
        self,
        config: MessageQueueConfig,
        now_s: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._config: Final = config
        self._now_s: Final = now_s
        self._draw: Final = draw
        self._failures = 0
        self._due_s = 0.0

    @property
    def has_given_up(self) -> bool:
        """Whether nothing more is to be tried."""
        most = self._config.reconnect_max_attempts
        return most is not None and self._failures >= most

    @property
    def is_due(self) -> bool:
        """Whether the next attempt is to be made now."""
        return not self.has_given_up and self._now_s() >= self._due_s

    def failed(self) -> None:
        """An attempt failed, or a connection was lost: wait."""
        longest_ms = min(
            self._config.reconnect_max_ms,
            self._config.reconnect_initial_ms * 2 ** min(self._failures, 32),
        )
        self._failures += 1
        self._due_s = self._now_s() + self._draw() * longest_ms / _MS

    def succeeded(self) -> None:
        """A connection proved good."""
        self._failures = 0
        self._due_s = 0.0
