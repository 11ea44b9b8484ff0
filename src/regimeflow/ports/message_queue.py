"""What the engine needs from a message queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from regimeflow._core.messages import LiveMessage
from regimeflow._core.tuples import NamedTuple
from regimeflow.types.enums import LiveTopic
from regimeflow.types.records import Record

OnMessage = Callable[[LiveMessage], object]
"""Takes a message of another host; ``False``, and nothing else, says: not now, give it again."""
OnTaken = Callable[[], object]
"""Returns once all that was taken has its effect; ``False``: it has not, give it again."""


class Outgoing(NamedTuple):
    """A message on its way out, encoded.

    Attributes:
        topic: What it is about; one Kafka topic or Redis stream each.
        key: What its order is kept by: the symbol, "" where there is none.
        origin: The host that it came from, and which of its journals: ``NAME~XXXXXXXX``.
        sequence: Its number there: it only grows. ``(origin, sequence)`` names it for ever.
        ts_ns: When, UTC.
        body: Its bytes by the schema (SBE), without a frame around them.
        cursor: Where the publisher would go on behind it; it only grows.
    """

    topic: LiveTopic
    key: str
    origin: str
    sequence: int
    ts_ns: int
    body: bytes
    cursor: int


class Delivery(NamedTuple):
    """A message as it came in, not looked into.

    Attributes:
        lane: Within which the sequences of one origin only grow: a partition, a stream, a file.
        origin: As ``Outgoing`` has it.
        sequence: Likewise.
        body: Likewise; anything may be in it.
        ts_ns: When it was written there, UTC; 0: it is not known.
        topic: What it is about, by whoever wrote it; None: its body says it.
        key: Likewise.
        message: What its body means, where the reader has decoded it already.
    """

    lane: str
    origin: str
    sequence: int
    body: bytes
    ts_ns: int = 0
    topic: LiveTopic | None = None
    key: str = ""
    message: LiveMessage | None = None


class QueueCounters(Record, kw_only=True):
    """What an adapter has done since it was made.

    Attributes:
        published: Messages that were handed over to be sent.
        acknowledged: Those of them that the queue has, for good.
        dropped: Those that can never be acknowledged any more; it stays 0 while nothing is lost.
        received: Messages that came in, repeats and bad ones included.
        repeats: Those that had been taken before, and were passed over.
        bad: Those that could not be decoded, and were passed over.
        missed: Those that the queue no longer had when they were to be read, where it can tell.
        callback_errors: Those whose callback raised.
        reconnects: How often a connection was lost and made again: what was taken and not
            acknowledged then must be handed over again, unless it is acknowledged all the same.
    """

    published: int = 0
    acknowledged: int = 0
    dropped: int = 0
    received: int = 0
    repeats: int = 0
    bad: int = 0
    missed: int = 0
    callback_errors: int = 0
    reconnects: int = 0

    @property
    def backlog(self) -> int:
        """How many messages are on their way."""
        return self.published - self.acknowledged - self.dropped


class MessageQueueAdapter(Protocol):
    """One connection to a message queue: messages go out, messages of other hosts come in.

    Going out, nothing is said to be sent that the queue may not have: ``publish_batch`` takes, and
    ``acknowledged`` says up to where the queue has it, in the order in which it was taken. What was
    taken and not acknowledged when a connection is lost is sent again by whoever holds it, from the
    last acknowledged cursor on; what came by ``publish`` is lost then, and counted in ``dropped``.

    Coming in, each message reaches the callback once: ``(origin, sequence)`` of what was taken is
    kept in ``state_folder``, across restarts; repeats are counted and passed over. The queue is
    told that a message is done with only after its callback, and ``on_taken``, have returned. A
    process that dies within a callback gets that message again, with ``poss_dup`` (FIX 43) set.
    Bytes
    that are no message are counted, told in ``last_error``, and passed over: nothing that others
    write can raise here. Messages of our own origin never come back.

    Threading: one thread, never the engine's loop: a call may wait for the network.
    """

    def connect(self) -> None:
        """Open the connection; harmless when it is open.

        Raises:
            NetworkError: it cannot be reached; nothing stays open.
            ConfigError: the settings cannot work, or the client library is not installed.
        """
        ...

    def disconnect(self) -> None:
        """Flush within ``flush_timeout_s`` and close; harmless when it is closed."""
        ...

    def is_connected(self) -> bool:
        """Whether messages would leave now; false from the moment that a loss is noticed."""
        ...

    def publish(self, message: LiveMessage) -> bool:
        """Hand over one message, under this adapter's own origin and numbers.

        Returns:
            Whether it was taken: false when there is no room or no connection, and for a message of
            another origin.
        """
        ...

    def publish_batch(self, messages: Sequence[Outgoing]) -> int:
        """Hand over messages, in order; returns how many of them, from the first on, were taken.

        Fewer than given when ``most_unacknowledged`` are on their way, or there is no connection.
        """
        ...

    def acknowledged(self) -> int:
        """Return the highest cursor up to which the queue has everything; 0: nothing yet.

        It counts what was taken by ``publish_batch`` since the adapter was made. When
        ``counters().reconnects`` has grown, or after ``connect``, go on behind it.
        """
        ...

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was taken is acknowledged; false when time ran out or it is lost."""
        ...

    def on_message(self, cb: OnMessage) -> None:
        """Say where messages of other hosts go."""
        ...

    def on_taken(self, cb: OnTaken) -> None:
        """Say who is asked before messages that went to the callback are told to be done with."""
        ...

    def seek(self, since_ns: int) -> None:
        """Before ``connect``: read what was written at or after a time (UTC), again if need be."""
        ...

    def poll(self, wait_s: float = 0.0) -> int:
        """Do what is due: take acknowledgements, read, call back, confirm, connect again.

        A lost connection is made again here, with the waits that are configured; it raises nothing.

        Args:
            wait_s: How long to wait for messages when there are none.

        Returns:
            How many messages were read, bad ones and repeats included.
        """
        ...

    @property
    def poss_dup(self) -> bool:
        """In a callback: whether a process died while it was handling this very message."""
        ...

    @property
    def last_error(self) -> str:
        """What went wrong last, in words; "": nothing has."""
        ...

    @property
    def has_given_up(self) -> bool:
        """Whether ``reconnect_max_attempts`` are over: nothing more will be tried."""
        ...

    def counters(self) -> QueueCounters:
        """Return what it has done so far."""
        ...


MQAdapter = MessageQueueAdapter
"""``MessageQueueAdapter`` is the true name."""
