"""Reading by librdkafka's consumer: alone, or as a member of a group."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from regimeflow.adapters.queues._shared.faults import Lost
from regimeflow.adapters.queues._shared.marks import Marks
from regimeflow.adapters.queues._shared.wire import TOPICS, number, words
from regimeflow.adapters.queues.kafka.faults import Faults
from regimeflow.adapters.queues.kafka.settings import Settings
from regimeflow.ports.message_queue import Delivery

_NS_PER_MS: Final = 1_000_000
_ASK_S: Final = 5.0
_QUIET: Final = frozenset({KafkaError._PARTITION_EOF})  # noqa: SLF001 - that is its public name
# A topic that nobody has written to yet is there soon: it is no fault of the connection.
_NOT_YET: Final = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
    }
)


class Record:
    """A message that was read.

    Attributes:
        delivery: The message; of something else, one that nobody will take.
        prev: 0: what is missing is told by the offsets, which a partition counts without a gap.
        place: Topic and partition.
        offset: Its number there.
    """

    __slots__ = ("delivery", "offset", "place", "prev")

    def __init__(self, message: Message) -> None:
        topic, partition = message.topic() or "", message.partition() or 0
        headers = _headers(message)
        lane = topic.rpartition(".")[2]
        key = message.key()
        self.place = (topic, partition)
        self.offset = message.offset() or 0
        self.prev = 0
        self.delivery = Delivery(
            f"{lane}.{partition}",
            words(headers.get("origin")),
            number(headers.get("seq")),
            message.value() or b"",
            max(message.timestamp()[1], 0) * _NS_PER_MS,
            TOPICS.get(lane),
            words(key if isinstance(key, bytes) else None),
        )


def _headers(message: Message) -> dict[str, bytes]:
    found = message.headers() or ()
    pairs = found.items() if isinstance(found, dict) else found
    return {name: value for name, value in pairs if isinstance(value, bytes)}


class Inlet:
    """Reads messages; says that they are done with once they are.

    Args:
        topics: Their full names.
        settings: What the consumer is made with.
        group: Its group; None: it reads everything, from where the marks say.
        marks: Gives the file of marks.
        most: How many messages are asked for at a time.
        faults: Is told what goes wrong.
    """

    def __init__(
        self,
        topics: Sequence[str],
        settings: Settings,
        *,
        group: str | None,
        marks: Callable[[], Marks],
        most: int,
        faults: Faults,
    ) -> None:
        self._topics: Final = list(topics)
        self._settings: Final = settings
        self._group: Final = group
        self._marks: Final = marks
        self._most: Final = most
        self._faults: Final = faults
        self._consumer: Consumer | None = None
        self._last: Sequence[Record] = ()
        self._done: Final[dict[tuple[str, int], int]] = {}  # where each partition goes on
        self._is_ours = True
        self._is_held = False
        self._sought: Final[set[tuple[str, int]]] = set()
        self._expected: Final[dict[tuple[str, int], int]] = {}  # the next offset of each partition
        self.missed = 0
        self.since_ns: int | None = None

    def open(self) -> None:
        """Join; harmless when it has."""
        if self._consumer is not None:
            return
        # A group of its own shares with nobody, and sees new topics and partitions as any other.
        group = self._group or f"regimeflow.follower.{os.urandom(8).hex()}"
        conf = {**self._settings.of_consumer(group), "error_cb": self._faults.told}
        self._consumer = Consumer(conf)
        self._done.clear()
        self._sought.clear()
        self._consumer.subscribe(
            self._topics,
            on_assign=self._assigned,
            on_revoke=self._revoked,
            on_lost=self._revoked_already,
        )

    def close(self) -> None:
        """Leave; what was not done will come again, to whoever has it then."""
        consumer, self._consumer = self._consumer, None
        self._last = ()
        if consumer is not None:
            consumer.close()

    def read(self, wait_s: float) -> Sequence[Record]:
        """The next messages; waits for the first one only."""
        consumer = self._consumer
        if consumer is None:
            raise Lost("there is no consumer")
        self._faults.check()
        try:
            self._go_back(consumer)
            found = self._next(consumer, wait_s)
        except KafkaException as error:
            raise Lost(self._faults.shown(str(error))) from error
        self._is_ours = True
        # Kept before anything may be raised: the consumer is past them, and gives them only once.
        self._last = [Record(each) for each in found if each.error() is None]
        for each in found:
            self._look_at(each.error())
        for record in self._last:
            self._count_on(record)
        if not self._last:
            self._faults.check()
        return self._last

    def _next(self, consumer: Consumer, wait_s: float) -> list[Message]:
        """What comes first, and what has come by then: a full batch would not be waited for."""
        first = consumer.poll(wait_s)
        if first is None:
            return []
        found = [first]
        if self._most > 1:
            with suppress(KafkaException):  # what is wrong is told at the next call
                found += consumer.consume(self._most - 1, 0)
        return found

    def _count_on(self, record: Record) -> None:
        """See whether the broker no longer had what was to come before a record."""
        expected = self._expected.get(record.place, record.offset)
        self._expected[record.place] = record.offset + 1
        if record.offset > expected:
            topic, partition = record.place
            self.missed += record.offset - expected
            gone = f"offsets {expected} to {record.offset - 1} are gone"
            self._faults.last = f"{topic}, partition {partition}: {gone}"

    def _go_back(self, consumer: Consumer) -> None:
        """What was read and not taken is read again, where it is still ours."""
        if self._is_held:
            consumer.resume(consumer.assignment())
            self._is_held = False
        firsts: dict[tuple[str, int], int] = {}
        for record in self._last:
            firsts.setdefault(record.place, record.offset)
        ours = {(each.topic, each.partition) for each in consumer.assignment()} if firsts else ()
        for place, offset in firsts.items():
            if place in ours:
                self._expected[place] = offset
                consumer.seek(TopicPartition(*place, offset))
        self._last = ()  # only now: where one of them failed, all are gone back to again

    def _look_at(self, error: KafkaError | None) -> None:
        if error is None or error.code() in _QUIET or error.code() in _NOT_YET:
            return
        self._faults.told(error)
        if error.fatal():
            raise Lost(self._faults.shown(error.str()))

    def hold(self) -> None:
        """Stay a member while what was read cannot be taken yet."""
        consumer = self._consumer
        if consumer is None:
            return
        try:
            if not self._is_held:
                consumer.pause(consumer.assignment())
                self._is_held = True
            late = consumer.poll(0)
            if late is not None and late.error() is None:
                place = (late.topic() or "", late.partition() or 0, late.offset() or 0)
                consumer.seek(TopicPartition(*place))
        except KafkaException as error:
            raise Lost(self._faults.shown(str(error))) from error
        self._faults.check()

    def may_take(self) -> bool:
        """Whether every partition that was read from is still ours."""
        return self._is_ours

    def done(self, count: int) -> None:
        """The first so many were taken, and have their effect."""
        taken, self._last = self._last[:count], self._last[count:]
        ends = {record.place: record.offset + 1 for record in taken}
        if self._group is None:
            marks = self._marks()
            for place, offset in ends.items():
                marks.keep_cursor(marks.mark(_mark_of(place)), offset)
            return
        self._done.update(ends)
        if self._consumer is not None and ends:
            self._commit(self._consumer, ends, wait=False)

    def _commit(self, consumer: Consumer, ends: dict[tuple[str, int], int], *, wait: bool) -> None:
        offsets = [TopicPartition(*place, offset) for place, offset in ends.items()]
        try:
            if wait:
                consumer.commit(offsets=offsets, asynchronous=False)
            else:
                consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            # It was taken, and the marks have it: whoever reads it again here passes over it.
            self._faults.last = self._faults.shown(str(error))

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if self._group is None:
            marks = self._marks()
            for each in partitions:
                cursor = marks.cursor(marks.mark(_mark_of((each.topic, each.partition))))
                each.offset = cursor or OFFSET_BEGINNING
        self._expect(consumer, partitions)
        if self.since_ns is not None:  # once for each partition
            self._expected.clear()
            fresh = [e for e in partitions if (e.topic, e.partition) not in self._sought]
            self._sought.update((each.topic, each.partition) for each in fresh)
            known = [each for each in partitions if each not in fresh]
            partitions = known + (self._at(consumer, fresh, self.since_ns) if fresh else [])
        if self._settings.is_incremental:
            consumer.incremental_assign(partitions)
        else:
            consumer.assign(partitions)

    def _expect(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Note where each goes on, so that a jump from there is seen."""
        known = partitions
        if self._group is not None:
            try:
                known = consumer.committed(partitions, timeout=_ASK_S)
            except KafkaException as error:
                self._faults.last = self._faults.shown(str(error))
        for each in partitions:
            self._expected.pop((each.topic, each.partition), None)
        for each in known:
            if each.offset > 0:
                self._expected[each.topic, each.partition] = each.offset

    def _at(
        self, consumer: Consumer, partitions: Iterable[TopicPartition], since_ns: int
    ) -> list[TopicPartition]:
        ms = max(since_ns, 0) // _NS_PER_MS
        if not since_ns:
            return [TopicPartition(e.topic, e.partition, OFFSET_BEGINNING) for e in partitions]
        asked = [TopicPartition(each.topic, each.partition, ms) for each in partitions]
        try:
            return list(consumer.offsets_for_times(asked, timeout=_ASK_S))
        except KafkaException as error:
            self._faults.last = self._faults.shown(str(error))
            return [TopicPartition(each.topic, each.partition, OFFSET_BEGINNING) for each in asked]

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Commit what is done before another member reads on; drop what is not."""
        gone = {(each.topic, each.partition) for each in partitions}
        ends = {place: self._done.pop(place) for place in gone & self._done.keys()}
        if self._group is not None and ends:
            self._commit(consumer, ends, wait=True)
        self._forget(gone)
        self._unassign(consumer, partitions)

    def _revoked_already(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Another member may be reading them by now: nothing of them is committed any more."""
        gone = {(each.topic, each.partition) for each in partitions}
        for place in gone & self._done.keys():
            del self._done[place]
        self._forget(gone)
        self._unassign(consumer, partitions)

    def _forget(self, gone: set[tuple[str, int]]) -> None:
        if any(record.place in gone for record in self._last):
            self._is_ours = False

    def _unassign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if self._settings.is_incremental:
            consumer.incremental_unassign(partitions)
        else:
            consumer.unassign()


def _mark_of(place: tuple[str, int]) -> str:
    return f"@{place[0]}.{place[1]}"
