"""What adapters of a queue behind the network have in common: the port, over a transport."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from regimeflow._core.messages import LiveMessage
from regimeflow.adapters.queues._shared.faults import Lost, Refused
from regimeflow.adapters.queues._shared.inbox import Inbox
from regimeflow.adapters.queues._shared.origins import Numbering
from regimeflow.adapters.queues._shared.reconnection import LinkState, Reconnection
from regimeflow.adapters.queues._shared.window import Window
from regimeflow.adapters.queues._shared.wire import Gaps
from regimeflow.ports.message_queue import Delivery, OnMessage, OnTaken, Outgoing, QueueCounters
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.errors import ConfigError, Fault, NetworkError

_NS_PER_S: Final = 1e9
_LONGEST_WAIT_S: Final = 0.1


class Incoming(Protocol):
    """What a transport read: a message, and what its headers say of the one before it."""

    @property
    def delivery(self) -> Delivery:
        """The message, not looked into."""
        ...

    @property
    def prev(self) -> int:
        """The number before its own; 0: not told."""
        ...


class Transport(Protocol):
    """What differs between queues; where it raises ``Lost``, it is opened again, later."""

    @property
    def missed(self) -> int:
        """Messages that the queue itself says it had and no longer has."""
        ...

    @property
    def reconnects(self) -> int:
        """Connections that were lost, and that it made again by itself."""
        ...

    @property
    def trouble(self) -> str:
        """What went wrong last that did not end the connection, in words; "": nothing has."""
        ...

    def open(self) -> None:
        """Connect, and go on with what the window holds."""
        ...

    def lose(self) -> None:
        """The connection is of no use now; what survives that may stay. Never raises."""
        ...

    def close(self) -> None:
        """Let go of everything. Never raises."""
        ...

    def bye(self) -> None:
        """Tell the queue, on a connection that works, that we leave."""
        ...

    def work(self) -> None:
        """Take acknowledgements and send what may be sent, without waiting."""
        ...

    def wait(self, wait_s: float) -> None:
        """Wait until there are acknowledgements, or time is over."""
        ...

    def read(self, wait_s: float) -> Sequence[Incoming]:
        """The next messages; goes on with ``work`` while it waits."""
        ...

    def hold(self) -> None:
        """Say that we live, though what was read cannot be taken yet."""
        ...

    def may_take(self) -> bool:
        """Whether what was read is still ours to take."""
        ...

    def done(self, count: int) -> None:
        """The first so many of what was read last were taken, and have their effect."""
        ...

    def seek(self, since_ns: int) -> None:
        """As ``MessageQueueAdapter`` has it."""
        ...


class BrokeredQueue:
    """``MessageQueueAdapter`` over a transport.

    Args:
        config: Its settings.
        window: Shared with the transport.
        inbox: Takes what comes in.
        transport: Makes the transport's part of it.
        now_ns: A monotonic clock.

    Threading: as ``MessageQueueAdapter``.
    """

    def __init__(
        self,
        config: MessageQueueConfig,
        *,
        window: Window,
        inbox: Inbox,
        transport: Transport,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._config: Final = config
        self._window: Final = window
        self._inbox: Final = inbox
        self._transport: Final = transport
        self._now_ns: Final = now_ns
        self._link: Final = Reconnection(
            initial_ms=config.reconnect_initial_ms,
            max_ms=config.reconnect_max_ms,
            max_attempts=config.reconnect_max_attempts,
        )
        self._numbering: Final = Numbering(config)
        self._gaps: Final = Gaps()
        self._read: list[Incoming] = []
        self._idle: Final = threading.Event()  # never set: something to wait for
        self._dropped = self._missed = self._reconnects = 0
        self._last_error = ""

    def connect(self) -> None:
        """As ``MessageQueueAdapter`` has it."""
        if self._link.state is LinkState.OPEN:
            return
        now_ns = self._now_ns()
        self._link.want(now_ns)
        self._link.begin(now_ns)
        try:
            self._open()
        except Lost as lost:
            self._lost(lost)
            if isinstance(lost, Refused):
                self._close()
                raise ConfigError([Fault("queue", str(lost))]) from lost
            raise NetworkError(str(lost), venue=self._config.type) from lost

    def _open(self) -> None:
        try:
            self._inbox.open()
            self._transport.open()
        except Lost:
            raise
        except BaseException:  # whatever it was, nothing stays open
            self._close()
            raise
        self._link.opened(self._now_ns())

    def _close(self) -> None:
        self._link.close()
        self._transport.close()
        self._read.clear()
        self._inbox.close()

    def disconnect(self) -> None:
        """As ``MessageQueueAdapter`` has it."""
        if self._link.state is LinkState.CLOSED:
            return
        self.flush(self._config.flush_timeout_s)
        if self._link.state is LinkState.OPEN:
            try:
                self._transport.bye()
            except Lost as lost:
                self._last_error = str(lost)
        self._dropped += self._window.clear()
        self._close()

    def is_connected(self) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        self._work()
        return self._link.state is LinkState.OPEN

    def _work(self) -> None:
        if self._link.state is LinkState.OPEN:
            try:
                confirmed = self._window.confirmed
                self._transport.work()
            except Lost as lost:
                self._lost(lost)
            else:
                if self._window.confirmed > confirmed:
                    self._link.proved()

    def _lost(self, lost: Lost) -> None:
        self._last_error = str(lost)
        self._transport.lose()
        self._read.clear()  # it comes again
        self._link.failed(self._now_ns(), str(lost))
        if self._link.state is LinkState.GIVEN_UP:
            self._transport.close()

    def publish(self, message: LiveMessage) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        is_taken, why_not = self._numbering.publish(message, self.publish_batch)
        self._last_error = why_not or self._last_error
        return is_taken

    def publish_batch(self, messages: Sequence[Outgoing]) -> int:
        """As ``MessageQueueAdapter`` has it."""
        if self._link.state is not LinkState.OPEN:
            return 0
        taken = self._window.take(messages)
        self._work()
        return taken

    def acknowledged(self) -> int:
        """As ``MessageQueueAdapter`` has it."""
        self._work()
        return self._window.acknowledged

    def flush(self, timeout_s: float) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        until_ns = self._now_ns() + int(timeout_s * _NS_PER_S)
        while True:
            self._work()
            left_s = (until_ns - self._now_ns()) / _NS_PER_S
            if not len(self._window) or left_s <= 0 or self._link.state is LinkState.CLOSED:
                return not len(self._window)
            self._pause(min(left_s, _LONGEST_WAIT_S))

    def _pause(self, wait_s: float) -> None:
        """Wait for acknowledgements, or for a connection."""
        if self._link.state is not LinkState.OPEN:
            self._connect_again(wait_s)
            return
        try:
            self._transport.wait(wait_s)
        except Lost as lost:
            self._lost(lost)

    def on_message(self, cb: OnMessage) -> None:
        """As ``MessageQueueAdapter`` has it."""
        self._inbox.on_message(cb)

    def on_taken(self, cb: OnTaken) -> None:
        """As ``MessageQueueAdapter`` has it."""
        self._inbox.on_taken(cb)

    def seek(self, since_ns: int) -> None:
        """As ``MessageQueueAdapter`` has it."""
        self._transport.seek(since_ns)

    def poll(self, wait_s: float = 0.0) -> int:
        """As ``MessageQueueAdapter`` has it."""
        if self._link.state is not LinkState.OPEN and not self._connect_again(wait_s):
            return 0
        self._work()
        if self._link.state is not LinkState.OPEN:
            return 0
        if not self._inbox.wants_any:
            if wait_s:
                self._pause(wait_s)
                self._work()
            return 0
        try:
            return self._take(wait_s)
        except Lost as lost:
            self._lost(lost)
            return 0

    def _take(self, wait_s: float) -> int:
        """Take what was read, and read when there is nothing left of it."""
        if self._read and not self._transport.may_take():
            self._read.clear()
        if self._read:
            self._transport.hold()
        else:
            self._read = list(self._transport.read(wait_s))
            if self._read:
                self._link.proved()
        taken = 0
        for each in self._read:
            if not self._transport.may_take() or not self._take_one(each):
                break
            taken += 1
        if not taken or not self._inbox.settle():
            return 0
        self._transport.done(taken)
        del self._read[:taken]
        return taken

    def _take_one(self, each: Incoming) -> bool:
        delivery = each.delivery
        if each.prev and delivery.origin:
            seen = self._inbox.marks.mark(f"{delivery.origin}|{delivery.lane}").seen
            where = (delivery.origin, delivery.lane, delivery.sequence)
            after = self._gaps.missing(*where, each.prev, seen)
            if after:
                self._missed += 1
                self._last_error = (
                    f"{delivery.lane} no longer had the messages of {delivery.origin} after number"
                    f" {after}, up to {each.prev}"
                )
        return self._inbox.take(delivery)

    def _connect_again(self, wait_s: float) -> bool:
        """Try when it is due, wait otherwise; whether it is open."""
        wait_ns = self._link.wait_ns(self._now_ns())
        if wait_ns is None or wait_ns > 0:
            longest_s = wait_s if wait_ns is None else min(wait_s, wait_ns / _NS_PER_S)
            if longest_s > 0:
                self._idle.wait(longest_s)
        if not self._link.begin(self._now_ns()):
            return False
        try:
            self._open()
        except Lost as lost:
            self._lost(lost)
            return False
        self._reconnects += 1
        return True

    @property
    def poss_dup(self) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        return self._inbox.poss_dup

    @property
    def last_error(self) -> str:
        """As ``MessageQueueAdapter`` has it."""
        return self._last_error or self._transport.trouble or self._inbox.last_error

    @property
    def has_given_up(self) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        return self._link.state is LinkState.GIVEN_UP

    def counters(self) -> QueueCounters:
        """As ``MessageQueueAdapter`` has it."""
        inbox, window = self._inbox, self._window
        return QueueCounters(
            published=window.published,
            acknowledged=window.confirmed,
            dropped=self._dropped,
            received=inbox.received,
            repeats=inbox.repeats,
            bad=inbox.bad,
            missed=self._missed + self._transport.missed,
            callback_errors=inbox.callback_errors,
            reconnects=self._reconnects + self._transport.reconnects,
        )
