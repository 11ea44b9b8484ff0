"""What every adapter does with what comes in: once each, marked with its origin, never raising."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.messages import LiveMessage
from regimeflow.adapters.queues._shared.marks import Mark, Marks
from regimeflow.adapters.queues._shared.origins import name_in_force, name_of
from regimeflow.ports.message_queue import Delivery, OnMessage, OnTaken
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.enums import LiveTopic
from regimeflow.types.errors import CodecError, InvalidState

_LAST_SEQUENCE: Final = (1 << 63) - 1


class Inbox:
    """Takes what an adapter reads: drops repeats, decodes, calls back, keeps up to where.

    An adapter calls ``open`` when it connects, ``take`` for each message, and ``settle`` before it
    tells the queue that they are done with.

    Attributes:
        received: As ``QueueCounters`` has it; ``repeats``, ``bad``, ``callback_errors`` likewise.
        last_error: What was wrong last with a message or a callback; "": nothing.
        poss_dup: As ``MessageQueueAdapter`` has it.

    Threading: the adapter's thread.
    """

    def __init__(self, config: MessageQueueConfig) -> None:
        self._config: Final = config
        self._name: Final = name_in_force(config)
        self._topics: Final = frozenset(LiveTopic[each.upper()] for each in config.consume)
        self._codec: Final = LiveMessageCodec()
        self._callback: OnMessage | None = None
        self._on_taken: OnTaken | None = None
        self._marks: Marks | None = None
        self._unsettled: Final[
            dict[Mark, int]
        ] = {}  # taken, with an effect that is to be waited for
        self.received = self.repeats = self.bad = self.callback_errors = 0
        self.last_error = ""
        self.poss_dup = False

    @property
    def wants_any(self) -> bool:
        """Whether there is anything to be read."""
        return self._callback is not None and bool(self._topics)

    @property
    def topics(self) -> Iterable[LiveTopic]:
        """What is to be read."""
        return self._topics

    def on_message(self, cb: OnMessage) -> None:
        """As ``MessageQueueAdapter`` has it."""
        self._callback = cb

    def on_taken(self, cb: OnTaken) -> None:
        """As ``MessageQueueAdapter`` has it."""
        self._on_taken = cb

    def open(self) -> None:
        """Take the file of marks; harmless when it is open.

        Raises:
            InvalidState: another consumer has it.
            OSError: it cannot be made.
        """
        if self._marks is None:
            self._marks = Marks(self._path())

    def _path(self) -> str | None:
        config = self._config
        if config.state_folder is None:
            return None
        who = config.consumer or self._name
        parts = (config.type, config.prefix, *((config.group,) if config.group else ()), who)
        name = "-".join("".join(c if c.isalnum() else "_" for c in part) for part in parts)
        return str(Path(config.state_folder, f"{name}.marks"))

    def close(self) -> None:
        """Let go of the file of marks; what is not settled will come again."""
        self._forget_unsettled()
        if self._marks is not None:
            self._marks.close()
            self._marks = None

    @property
    def marks(self) -> Marks:
        """The marks, once open: an adapter may keep cursors there."""
        if self._marks is None:
            raise InvalidState("the inbox is not open")
        return self._marks

    def take(self, delivery: Delivery) -> bool:
        """Take a message; false: not now, read it again later, and nothing behind it before."""
        self.received += 1
        name = name_of(delivery.origin)
        if name == self._name:
            return True  # our own: it never comes back
        if not name or not 0 < delivery.sequence <= _LAST_SEQUENCE:
            self.refuse(f"a message of {delivery.origin!r} with number {delivery.sequence}")
            return True
        mark = self.marks.mark(f"{delivery.origin}|{delivery.lane}")
        if delivery.sequence <= self._unsettled.get(mark, mark.seen):
            self.repeats += 1
            return True
        message = self._marked(delivery, name)
        if message is None or message.topic not in self._topics:
            self._end(mark, delivery.sequence)
            return True
        self.marks.begin(mark, delivery.sequence)
        self.poss_dup = delivery.sequence <= mark.doubt
        if not self._call(message):
            self.marks.begin(mark, max(mark.seen, mark.doubt))
            return False
        self._end(mark, delivery.sequence)
        return True

    def refuse(self, why: str) -> None:
        """Count something that is no message, and pass over it."""
        self.bad += 1
        self.last_error = why

    def settle(self) -> bool:
        """Wait until what was taken has its effect; whether the queue may be told that it has."""
        if self._on_taken is None or not self._unsettled:
            return True
        if self._on_taken() is False:
            self._forget_unsettled()
            return False
        for mark, sequence in self._unsettled.items():
            self.marks.end(mark, sequence)
        self._unsettled.clear()
        return True

    def _end(self, mark: Mark, sequence: int) -> None:
        if self._on_taken is None:
            self.marks.end(mark, sequence)
        else:
            self._unsettled[mark] = sequence

    def _forget_unsettled(self) -> None:
        for mark, sequence in self._unsettled.items():
            mark.doubt = max(mark.doubt, sequence)
        self._unsettled.clear()

    def _marked(self, delivery: Delivery, name: str) -> LiveMessage | None:
        where = f"{delivery.origin} {delivery.sequence}"
        try:
            message = delivery.message or self._codec.decode(delivery.body)
            return LiveMessage(message.topic, message.payload, origin=name)
        except (CodecError, ValueError) as error:  # no message; a name that is none, or too many
            self.refuse(f"message {where}: {error}")
        return None

    def _call(self, message: LiveMessage) -> bool:
        if self._callback is None:
            return False
        try:
            return self._callback(message) is not False
        except Exception as error:  # noqa: BLE001 - it must not end the reading; it is told
            self.callback_errors += 1
            self.last_error = f"the callback of a message of {message.origin}: {error!r}"
            return True
