"""What is watched of a queue on the session's clock: that it keeps up, and what it says."""

from __future__ import annotations

from typing import Final

from regimeflow.engine.parts import Parts
from regimeflow.types.errors import NetworkError
from regimeflow.types.snapshots import QueueHealth

_MIB: Final = 1 << 20


class QueueWatch:
    """Tells a queue's troubles once each, and their end; trading goes on.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._is_late = self._is_told = False
        self._error = ""
        self._missed = 0

    def health(self) -> QueueHealth | None:
        """Return how the queue is doing; None: there is none."""
        parts = self._parts
        if parts.queue is None:
            return None
        end = parts.journal.writer.position if parts.journal is not None else 0
        return parts.queue.health(parts.clock.now_ns(), end, parts.config.journal.segment_mb * _MIB)

    def check(self) -> None:
        """Look at it."""
        config, health = self._parts.config.queue, self.health()
        if config is None or health is None:
            return
        self._check_lag(health, config.alert_lag_s)
        if health.last_error != self._error:
            self._error = health.last_error
            if self._error:
                self._parts.say("queue", f"queue {health.type}: {self._error}")
        if health.missed > self._missed:
            count, self._missed = health.missed - self._missed, health.missed
            self._alert(f"{count} parts were gone before they were read: {health.last_error}")
        if health.given_up and not self._is_told:
            self._is_told = True
            self._alert(f"it is given up: {health.last_error}")

    def _check_lag(self, health: QueueHealth, bound_s: float) -> None:
        is_late = health.lag_s > bound_s
        if is_late and not self._is_late:
            where = "connected" if health.connected else "not connected"
            text = f"it is {health.lag_s:.0f} s and {health.behind_bytes} bytes behind, {where}"
            self._alert(f"{text}; the journal keeps what it lacks. {health.last_error}".rstrip())
        elif self._is_late and not is_late:
            self._parts.say("queue", f"queue {health.type}: it has caught up")
        self._is_late = is_late

    def _alert(self, text: str) -> None:
        parts = self._parts
        text = f"queue {parts.config.queue.type if parts.config.queue else ''}: {text}"
        parts.say("queue", text)
        parts.listeners.tell_error(NetworkError(text, venue="queue"))
