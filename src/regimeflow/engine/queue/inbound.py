"""Messages of other hosts on their way into the stream: marked, journalled, never the broker's."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from regimeflow._core.bus import EventBus
from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.journal_writer import segments_of
from regimeflow._core.messages import LiveMessage
from regimeflow.engine.queue.publisher import templates_without

_PATIENCE_S: Final = 5.0
_MOST: Final = 1 << 20
_SEGMENTS_LOOKED_AT: Final = 3
_CODEC: Final = LiveMessageCodec()


class Inbound:
    """Puts messages into the bus from the queue's thread, and waits until the loop has them.

    The loop numbers them and writes them into the journal before anybody sees them. Only then is
    the queue told that they are done with: whatever dies, none is lost. One that may have been
    journalled by a process that died (``poss_dup``) is compared with the journal's end.

    Args:
        bus: Of the session.
        on_loop: Has a function called on the loop.
        folder: Of the journal; None: there is none.
        topics: What comes in.

    Threading: the queue's thread.
    """

    def __init__(
        self,
        bus: EventBus,
        on_loop: Callable[[Callable[[], None]], None],
        folder: str | None,
        topics: Sequence[str],
    ) -> None:
        self._bus: Final = bus
        self._on_loop: Final = on_loop
        self._before: Final = (
            _foreign_at_the_end(folder, topics) if folder is not None else Counter()
        )
        self.is_closed = False

    def take(self, message: LiveMessage, *, poss_dup: bool) -> bool:
        """Put a message into the stream; false once the session is ending."""
        if self.is_closed:
            return False
        if poss_dup and self._was_journalled(message):
            return True
        return self._bus.publish(message)

    def _was_journalled(self, message: LiveMessage) -> bool:
        name = _name_of(message)
        known = self._before[name] > 0
        self._before[name] -= known
        return known

    def wait(self) -> bool:
        """Wait until the loop has handed out what was put in; false: it did not come to it."""
        handed_out = threading.Event()

        def hand_out() -> None:
            self._bus.drain(_MOST)
            handed_out.set()

        if self.is_closed:
            return False
        self._on_loop(hand_out)
        return handed_out.wait(_PATIENCE_S)


def _name_of(message: LiveMessage) -> tuple[str, bytes]:
    # Without its number, which is another in every journal: the eight bytes behind the head.
    body = _CODEC.encode(message)
    return message.origin, body[:8] + body[16:]


def _foreign_at_the_end(folder: str, topics: Sequence[str]) -> Counter[tuple[str, bytes]]:
    found: Counter[tuple[str, bytes]] = Counter()
    numbers = segments_of(folder)[-_SEGMENTS_LOOKED_AT:]
    if not numbers:
        return found
    without = templates_without(topics)
    for frame in JournalReader(folder, segment=numbers[0], without=without):
        if isinstance(frame.message, LiveMessage) and frame.message.origin:
            found[_name_of(frame.message)] += 1
    return found
