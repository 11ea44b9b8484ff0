"""Sends a journal to a queue: in order, from where it was, whatever becomes of the queue."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from regimeflow._core.journal_reader import JournalFrame, JournalReader
from regimeflow._core.messages import LiveMessage
from regimeflow.adapters.queues.journal.follower import TEMPLATES
from regimeflow.engine.queue.cursor import Cursor
from regimeflow.ports.message_queue import MessageQueueAdapter, Outgoing
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.enums import LiveTopic

_OFFSET: Final = 0xFFFFFFFF
_TOPICS: Final = tuple(LiveTopic)


class Publisher:
    """Tails a journal with a cursor of its own, and hands what it finds to a queue.

    It holds one batch and the times of what is on its way, no more: all else waits in the journal.
    The cursor moves once the queue has acknowledged, so that whatever dies, what may be lacking is
    sent again, in order.

    Args:
        queue: Where it goes.
        folder: Of the journal.
        origin: What its messages are named by.
        cursor: Where it begins.
        config: Topics and bounds.

    Attributes:
        missed: Segments of the journal that were gone before they were sent.
        fault: Why, in words; "": nothing was.

    Threading: one thread; ``lag_ns``, ``position`` may be asked by any.
    """

    def __init__(
        self,
        queue: MessageQueueAdapter,
        folder: str,
        origin: str,
        cursor: Cursor,
        config: MessageQueueConfig,
    ) -> None:
        self._queue: Final = queue
        self._folder: Final = folder
        self._origin: Final = origin
        self._cursor: Final = cursor
        self._most: Final = config.batch_messages
        self._without: Final = templates_without(config.publish)
        self._reader = self._from_cursor()
        self._batch: list[Outgoing] = []  # read, and not taken by the queue yet
        self._under_way: deque[tuple[int, int]] = deque()  # cursor and time of what it has taken
        self._reconnects = queue.counters().reconnects
        self._damages = 0
        self.missed = 0
        self.fault = ""

    @property
    def position(self) -> int:
        """Where the journal is sent up to."""
        return self._cursor.position

    @property
    def is_done(self) -> bool:
        """Whether everything that was read is acknowledged."""
        return not self._batch and not self._under_way

    def lag_ns(self, now_ns: int) -> int:
        """Return how old the oldest message is that the queue does not have; 0: it has all."""
        with contextlib.suppress(IndexError):  # the publisher's own thread may be at it
            return max(now_ns - self._under_way[0][1], 0)
        with contextlib.suppress(IndexError):
            return max(now_ns - self._batch[0].ts_ns, 0)
        return 0

    def behind_bytes(self, end: int, segment_bytes: int) -> int:
        """Return about how much of the journal, up to a position, is not acknowledged."""
        segments = (end >> 32) - (self.position >> 32)
        return max(segments * segment_bytes + (end & _OFFSET) - (self.position & _OFFSET), 0)

    def step(self, most: int) -> bool:
        """Take acknowledgements, read up to so many frames, hand over what can be.

        Returns:
            Whether there may be more to do at once.
        """
        self._hear()
        has_more = self._fill(most)
        if not self._batch:
            return has_more
        if not self._queue.is_connected():
            return False
        taken = self._queue.publish_batch(self._batch)
        self._under_way.extend((each.cursor, each.ts_ns) for each in self._batch[:taken])
        del self._batch[:taken]
        self._hear()
        return taken > 0 and has_more

    def _hear(self) -> None:
        acknowledged = self._queue.acknowledged()
        under_way = self._under_way
        while under_way and under_way[0][0] <= acknowledged:
            self._cursor.position = under_way.popleft()[0]
        reconnects = self._queue.counters().reconnects
        if reconnects != self._reconnects:
            self._reconnects = reconnects
            self.rewind()
        elif self.is_done and self._reader.position:
            self._cursor.position = max(self._cursor.position, self._reader.position)

    def rewind(self) -> None:
        """Go back to what is acknowledged: the queue may have lost what was on its way."""
        self._batch.clear()
        self._under_way.clear()
        self._reader, self._damages = self._from_cursor(), 0

    def _from_cursor(self) -> JournalReader:
        return JournalReader(self._folder, position=self._cursor.position, without=self._without)

    def _fill(self, most: int) -> bool:
        room = min(self._most - len(self._batch), most)
        for _ in range(max(room, 0)):
            frame = self._reader.read()
            if frame is None:
                self._look_at_damages()
                return False
            outgoing = self._outgoing(frame)
            if outgoing is not None:
                self._batch.append(outgoing)
        self._look_at_damages()
        return True

    def _outgoing(self, frame: JournalFrame) -> Outgoing | None:
        message = frame.message
        if not isinstance(message, LiveMessage) or message.origin:
            return None  # of the journal alone; or another host's, who has sent it himself
        return Outgoing(
            topic=_TOPICS[message.topic],
            key=message.symbol,
            origin=self._origin,
            sequence=message.seq,
            ts_ns=message.ts_recv_ns,
            body=frame.raw,
            cursor=frame.next_position,
        )

    def _look_at_damages(self) -> None:
        reader = self._reader
        if reader.damage_count == self._damages:
            return
        for damage in reader.damages[self._damages :]:
            where = f"segment {damage.segment} byte {damage.offset}"
            self.missed += 1
            self.fault = f"{self._folder}: {where}: {damage.reason}: it was not sent"
        self._damages = reader.damage_count


def templates_without(topics: Sequence[str]) -> tuple[int, ...]:
    """Return the templates of the messages that are of none of the topics."""
    wanted = {LiveTopic[each.upper()] for each in topics}
    return tuple(
        template
        for topic, templates in TEMPLATES.items()
        if topic not in wanted
        for template in templates
    )


def drained(publisher: Publisher, has_time: Callable[[], bool]) -> bool:
    """Send up to the journal's end while there is time; whether everything is acknowledged."""
    while has_time():
        if not publisher.step(1 << 20) and publisher.is_done:
            return True
    return False
