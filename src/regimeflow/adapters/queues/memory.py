"""A queue within one process, for tests: what is published under a name reaches all of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final

from regimeflow._core.messages import LiveMessage
from regimeflow.adapters.queues._shared.inbox import Inbox
from regimeflow.adapters.queues._shared.origins import Numbering
from regimeflow.adapters.queues._shared.reconnection import LinkState, Reconnection
from regimeflow.ports.message_queue import (
    Delivery,
    OnMessage,
    OnTaken,
    Outgoing,
    QueueCounters,
)
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.errors import NetworkError


class MemoryBroker:
    """What a broker would be: an ordered log, here or away.

    A test takes it ``down`` and ``up`` again. While it ``holds``, what is sent reaches the log and
    no acknowledgement comes back.

    Threading: any thread.
    """

    def __init__(self) -> None:
        self.log: Final[list[Outgoing]] = []
        self.offsets: Final[dict[str, int]] = {}  # of groups
        self.is_up = True
        self.holds = False
        self.grown: Final = threading.Condition()

    def append(self, messages: Sequence[Outgoing]) -> None:
        """Take messages into the log."""
        with self.grown:
            self.log.extend(messages)
            self.grown.notify_all()


_brokers: Final[dict[str, MemoryBroker]] = {}


def memory_broker(name: str) -> MemoryBroker:
    """Return the broker of a name; it is made when it is first asked for."""
    return _brokers.setdefault(name, MemoryBroker())


class MemoryQueue:
    """``MessageQueueAdapter`` to a ``MemoryBroker``; ``url`` is its name."""

    def __init__(self, config: MessageQueueConfig) -> None:
        self._config: Final = config
        self._broker: Final = memory_broker(config.url or "memory")
        self._numbering: Final = Numbering(config)
        self._inbox: Final = Inbox(config)
        self._link: Final = Reconnection(
            initial_ms=config.reconnect_initial_ms,
            max_ms=config.reconnect_max_ms,
            max_attempts=config.reconnect_max_attempts,
        )
        self._group: Final = config.group or ""
        self._is_open = False
        self._at = 0
        self._unacknowledged: list[Outgoing] = []
        self._acknowledged = 0
        self._counts: Final = {"published": 0, "acknowledged": 0, "dropped": 0, "reconnects": 0}
        self._last_error = ""
        self._since_ns: int | None = None

    def connect(self) -> None:
        """As ``MessageQueueAdapter`` has it."""
        if self._is_open:
            return
        now_ns = time.monotonic_ns()
        self._link.want(now_ns)
        self._link.begin(now_ns)
        if not self._broker.is_up:
            self._last_error = "the broker is away"
            self._link.failed(now_ns, self._last_error)
            raise NetworkError(self._last_error, venue="memory")
        self._inbox.open()
        self._unacknowledged.clear()
        self._at = self._broker.offsets.get(self._group, 0) if self._group else 0
        if self._since_ns is not None:
            log = self._broker.log
            self._at = next(
                (n for n, each in enumerate(log) if each.ts_ns >= self._since_ns), len(log)
            )
        self._is_open = True
        self._link.opened(now_ns)
        self._link.proved()

    def disconnect(self) -> None:
        """As ``MessageQueueAdapter`` has it."""
        if self._is_open:
            self.flush(self._config.flush_timeout_s)
        self._lose()
        self._link.close()
        self._inbox.close()

    def _lose(self) -> None:
        self._is_open = False
        # Whoever has a cursor sends them again: they are in nobody's account any more.
        again = sum(each.cursor > 0 for each in self._unacknowledged)
        self._counts["published"] -= again
        self._counts["dropped"] += len(self._unacknowledged) - again
        self._unacknowledged.clear()

    def is_connected(self) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        if self._is_open and not self._broker.is_up:
            self._last_error = "the broker went away"
            self._lose()
            self._link.failed(time.monotonic_ns(), self._last_error)
        return self._is_open

    def publish(self, message: LiveMessage) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        is_taken, why_not = self._numbering.publish(message, self.publish_batch)
        self._last_error = why_not or self._last_error
        return is_taken

    def publish_batch(self, messages: Sequence[Outgoing]) -> int:
        """As ``MessageQueueAdapter`` has it."""
        if not self.is_connected():
            return 0
        self._hear()
        room = self._config.most_unacknowledged - len(self._unacknowledged)
        taken = list(messages[: max(room, 0)])
        self._broker.append(taken)
        self._counts["published"] += len(taken)
        self._unacknowledged += taken
        return len(taken)

    def _hear(self) -> None:
        if self._broker.holds or not self.is_connected():
            return
        for each in self._unacknowledged:
            self._acknowledged = max(self._acknowledged, each.cursor)
        self._counts["acknowledged"] += len(self._unacknowledged)
        self._unacknowledged.clear()

    def acknowledged(self) -> int:
        """As ``MessageQueueAdapter`` has it."""
        self._hear()
        return self._acknowledged

    def flush(self, timeout_s: float) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        until_s = time.monotonic() + timeout_s
        self._hear()
        while self._unacknowledged and time.monotonic() < until_s:
            with self._broker.grown:
                self._broker.grown.wait(min(timeout_s, 0.01))
            self._hear()
        return not self._unacknowledged

    def on_message(self, cb: OnMessage) -> None:
        """As ``MessageQueueAdapter`` has it."""
        self._inbox.on_message(cb)

    def on_taken(self, cb: OnTaken) -> None:
        """As ``MessageQueueAdapter`` has it."""
        self._inbox.on_taken(cb)

    def seek(self, since_ns: int) -> None:
        """As ``MessageQueueAdapter`` has it."""
        self._since_ns = since_ns

    def poll(self, wait_s: float = 0.0) -> int:
        """As ``MessageQueueAdapter`` has it."""
        if not self.is_connected() and not self._connect_again():
            return 0
        self._hear()
        if not self._inbox.wants_any:
            return 0
        with self._broker.grown:
            if self._at >= len(self._broker.log) and wait_s:
                self._broker.grown.wait(wait_s)
            news = self._broker.log[self._at : self._at + self._config.batch_messages]
        return self._take(news)

    def _take(self, news: Sequence[Outgoing]) -> int:
        taken = 0
        for each in news:
            delivery = Delivery("", each.origin, each.sequence, each.body, each.ts_ns)
            if not self._inbox.take(delivery):
                break
            taken += 1
        if not self._inbox.settle():
            return 0
        self._at += taken
        if self._group:
            self._broker.offsets[self._group] = self._at
        return taken

    def _connect_again(self) -> bool:
        if self._link.wait_ns(time.monotonic_ns()) != 0:
            return False
        try:
            self.connect()
        except NetworkError:
            return False
        self._counts["reconnects"] += 1
        return True

    @property
    def poss_dup(self) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        return self._inbox.poss_dup

    @property
    def last_error(self) -> str:
        """As ``MessageQueueAdapter`` has it."""
        return self._last_error or self._inbox.last_error

    @property
    def has_given_up(self) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        return self._link.state is LinkState.GIVEN_UP

    def counters(self) -> QueueCounters:
        """As ``MessageQueueAdapter`` has it."""
        inbox = self._inbox
        return QueueCounters(
            received=inbox.received,
            repeats=inbox.repeats,
            bad=inbox.bad,
            callback_errors=inbox.callback_errors,
            **self._counts,
        )
