"""What a contract test holds: hosts at one queue, and what each of them heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.messages import LiveMessage, Payload, SystemMessage
from regimeflow.ports.message_queue import MessageQueueAdapter, Outgoing
from regimeflow.testing.queues.bench import QueueBench
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.enums import LiveTopic, SystemCode
from regimeflow.types.errors import NetworkError
from regimeflow.types.records import replace

_PATIENCE_S: Final = 30.0  # for a machine that has other things to do
_WAIT_S: Final = 0.05
_CODEC: Final = LiveMessageCodec()


class Host:
    """One adapter with what came in."""

    def __init__(self, adapter: MessageQueueAdapter) -> None:
        self.queue: Final = adapter
        self.heard: Final[list[LiveMessage]] = []
        adapter.on_message(self.heard.append)

    def connect(self) -> Host:
        """Connect, with patience."""
        until_s = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self.queue.connect()
            except NetworkError:
                if time.monotonic() > until_s:
                    raise
                self.queue.poll(_WAIT_S)
            else:
                return self

    def until(self, is_so: Callable[[], object]) -> None:
        """Poll until something is so."""
        until_s = time.monotonic() + _PATIENCE_S
        while not is_so():
            self.queue.poll(_WAIT_S)
            assert time.monotonic() < until_s, f"in vain; {self.queue.last_error}"

    def numbers(self) -> list[int]:
        """Return the values of the system messages that were heard."""
        return [
            each.payload.value for each in self.heard if isinstance(each.payload, SystemMessage)
        ]

    def hear(self, count: int) -> list[int]:
        """Poll until so many messages were heard, and return their values."""
        self.until(lambda: len(self.heard) >= count)
        return self.numbers()

    def settle(self) -> None:
        """Poll until nothing more comes for a while."""
        quiet = 0
        while quiet < 5:  # turns in a row without news
            quiet = 0 if self.queue.poll(_WAIT_S) else quiet + 1


class Sender:
    """Sends numbered messages as a publisher does: again from the last one that is acknowledged."""

    def __init__(self, host: Host, origin: str) -> None:
        self.host: Final = host
        self._origin: Final = origin
        self.log: Final[list[Outgoing]] = []
        self.at = 0  # up to where they were taken
        self.acknowledged = 0
        self._reconnects = 0

    def add(self, count: int, *, symbol: str = "BTCUSDT") -> None:
        """Have more to send."""
        for _ in range(count):
            number = len(self.log) + 1
            self.log.append(system_outgoing(self._origin, number, symbol=symbol))

    def push(self) -> None:
        """Hand over what can be, and poll."""
        queue = self.host.queue
        queue.poll(0.0 if queue.is_connected() else _WAIT_S)
        self.acknowledged = max(self.acknowledged, queue.acknowledged())
        reconnects = queue.counters().reconnects
        if reconnects != self._reconnects:
            self._reconnects, self.at = reconnects, self.acknowledged
        self.at += queue.publish_batch(self.log[self.at :])

    def finish(self) -> None:
        """Send until everything is acknowledged."""
        until_s = time.monotonic() + _PATIENCE_S
        while self.acknowledged < len(self.log):
            self.push()
            self.host.queue.flush(_WAIT_S)
            self.acknowledged = max(self.acknowledged, self.host.queue.acknowledged())
            late = f"{self.acknowledged} of {len(self.log)}; {self.host.queue.last_error}"
            assert time.monotonic() < until_s, late


class QueueDesk:
    """One queue, and the hosts at it; everything is disconnected at the end."""

    def __init__(
        self,
        bench: QueueBench,
        make: Callable[[MessageQueueConfig], MessageQueueAdapter],
        folder: str,
    ) -> None:
        self.bench: Final = bench
        self._make: Final = make
        self._folder: Final = folder
        self._hosts: Final[list[Host]] = []

    def host(self, origin: str, **changes: object) -> Host:
        """Return a host that is not connected; it consumes system messages with a state."""
        given = {"consume": ("system",), "state_folder": self._folder, "origin": origin}
        waits = {"reconnect_initial_ms": 20, "reconnect_max_ms": 200}
        config = replace(self.bench.config(), **(given | waits | changes))
        made = Host(self._make(config))
        self._hosts.append(made)
        return made

    def sender(self, origin: str = "desk-a", mark: str = "0000000a", **changes: object) -> Sender:
        """Return a connected publisher."""
        host = self.host(origin, consume=(), **changes).connect()
        return Sender(host, f"{origin}~{mark}")

    def close(self) -> None:
        """Disconnect everybody."""
        for each in self._hosts:
            each.queue.disconnect()


def system_outgoing(origin: str, number: int, *, symbol: str = "") -> Outgoing:
    """Return a numbered message on its way out."""
    now_ns = 1_700_000_000_000_000_000 + number * 1_000_000_000
    payload = SystemMessage(
        f"number {number}",
        code=SystemCode.TEXT,
        value=number,
        symbol=symbol,
        ts_event_ns=now_ns,
        ts_recv_ns=now_ns,
    )
    return outgoing(origin, number, payload, now_ns)


def outgoing(origin: str, number: int, payload: Payload, now_ns: int) -> Outgoing:
    """Return a message on its way out; its cursor is its number."""
    message = LiveMessage(topic_of(payload), payload)
    return Outgoing(
        topic=LiveTopic(message.topic),
        key=message.symbol,
        origin=origin,
        sequence=number,
        ts_ns=now_ns,
        body=_CODEC.encode(payload),
        cursor=number,
    )


def topic_of(payload: Payload) -> LiveTopic:
    """Return the topic that a payload belongs to."""
    return LiveTopic(_CODEC.decode(_CODEC.encode(payload)).topic)


def per_origin(messages: Sequence[LiveMessage]) -> Iterator[tuple[str, int]]:
    """Return origin and value of system messages, in order."""
    for each in messages:
        if isinstance(each.payload, SystemMessage):
            yield each.origin, each.payload.value
