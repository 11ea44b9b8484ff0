"""Numbers everything that happens and tells it when the exchange is consistent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regimeflow.apps.venues.exchange.events import Event, OrderEvent

Listener = Callable[[Event], object]


class Outbox:
    """Holds events until the call that caused them has done its work.

    Args:
        first_exec_id: Number of the first happening to an order.
    """

    def __init__(self, first_exec_id: int = 1) -> None:
        self.now_ns = 0
        self._seq = 0
        self._exec_id = first_exec_id - 1
        self._waiting: list[Event] = []
        self._listeners: Final[list[Listener]] = []

    def listen(self, listener: Listener) -> None:
        """Have every event told to ``listener``."""
        self._listeners.append(listener)

    def next_exec_id(self) -> int:
        """Return the next number of a happening to an order."""
        self._exec_id += 1
        return self._exec_id

    def put(self, event: Event) -> None:
        """Keep an event to be told; it is numbered now."""
        self._seq += 1
        event.seq = self._seq
        event.time_ns = self.now_ns
        if isinstance(event, OrderEvent) and not event.exec_id:
            event.exec_id = self.next_exec_id()
        self._waiting.append(event)

    def tell(self) -> None:
        """Tell every event that waits, in order."""
        while self._waiting:
            told, self._waiting = self._waiting, []
            for event in told:
                for listener in self._listeners:
                    listener(event)
