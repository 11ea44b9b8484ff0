"""A journal on its way to a queue, whatever becomes of either."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from regimeflow._core.bus import EventBus
from regimeflow._core.journal_writer import JournalWriter
from regimeflow._core.messages import LiveMessage, SystemMessage
from regimeflow.adapters.queues.memory import MemoryQueue, memory_broker
from regimeflow.engine.queue.cursor import Cursor
from regimeflow.engine.queue.publisher import Publisher
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.enums import LiveTopic
from regimeflow.types.errors import NetworkError

ORIGIN = "desk-a~0000000a"
SECOND = 1_000_000_000
_names = itertools.count(1)


class Bench:
    """A journal, a broker in memory, and a publisher that may die."""

    def __init__(self, folder: Path, **changes: object) -> None:
        self.folder = folder
        self.writer = JournalWriter(str(folder / "j"), segment_bytes=1 << 16)
        self.bus = EventBus()
        self.bus.set_journal(self.writer)
        self.name = f"publisher-{next(_names)}"
        self.broker = memory_broker(self.name)
        given = {"batch_messages": 10, "reconnect_initial_ms": 1, "reconnect_max_ms": 1}
        self.config = MessageQueueConfig(
            type="memory", url=self.name, origin="desk-a", **(given | changes)
        )
        self.start()

    def start(self) -> None:
        self.queue = MemoryQueue(self.config)
        self.cursor = Cursor(str(self.folder / "cursor"), ORIGIN)
        self.publisher = Publisher(
            self.queue, str(self.folder / "j"), ORIGIN, self.cursor, self.config
        )
        with contextlib.suppress(NetworkError):
            self.queue.connect()

    def say(self, number: int, *, origin: str = "") -> None:
        payload = SystemMessage(f"number {number}", value=number, ts_recv_ns=number * SECOND)
        self.bus.dispatch(LiveMessage(LiveTopic.SYSTEM, payload, origin=origin))
        self.writer.prepare_next()

    def settle(self) -> None:
        for _ in range(1_000):
            self.queue.poll()
            if not self.publisher.step(1_000) and self.publisher.is_done:
                return
        raise AssertionError(f"it never ends: {self.queue.last_error}")

    @property
    def sent(self) -> list[int]:
        return [each.sequence for each in self.broker.log]


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_the_last_message_goes_out_without_another_behind_it(bench):
    """rivals.md, section 3, row 13: what was buffered went out with the next message only."""
    bench.say(1)
    bench.settle()

    assert [1] == bench.sent


def test_messages_of_other_hosts_are_not_sent_on(bench):
    """original.md, row 70."""
    bench.say(1)
    bench.say(2, origin="desk-b")
    bench.say(3)
    bench.settle()

    assert [1, 3] == bench.sent


def test_the_cursor_moves_when_the_queue_has_it_and_not_before(bench):
    """original.md, row 71: losses were reported as success."""
    bench.broker.holds = True
    for number in range(1, 6):
        bench.say(number)
    before = bench.publisher.position
    bench.publisher.step(100)
    assert (5, before) == (len(bench.sent), bench.publisher.position)

    bench.broker.log.clear()  # it had taken them, and lost them before it said so
    bench.broker.holds = False
    bench.cursor.write()
    bench.start()
    bench.settle()

    assert [1, 2, 3, 4, 5] == bench.sent


def test_a_queue_that_comes_and_goes_gets_what_was_on_its_way_again(bench):
    """original.md, row 72: a reconnect ended the process."""
    bench.broker.holds = True
    for number in range(1, 6):
        bench.say(number)
    bench.publisher.step(100)
    bench.broker.log.clear()
    bench.broker.is_up = False
    bench.queue.poll()
    assert not bench.publisher.step(100)
    bench.broker.is_up, bench.broker.holds = True, False
    while not bench.queue.is_connected():
        bench.queue.poll()
    bench.settle()

    assert [1, 2, 3, 4, 5] == bench.sent


def test_what_waits_is_in_the_journal_and_not_in_memory(bench):
    bench.broker.is_up = False
    for number in range(1, 2_000):
        bench.say(number)
    for _ in range(100):
        bench.publisher.step(1_000)

    assert len(bench.publisher._batch) <= bench.config.batch_messages
    assert not bench.publisher._under_way


def test_a_queue_that_is_dead_for_a_day_is_a_day_behind(bench):
    bench.broker.is_up = False
    for number in range(1, 50):
        bench.say(number)
    bench.publisher.step(1_000)
    day_ns = 86_400 * SECOND

    assert day_ns - SECOND == bench.publisher.lag_ns(day_ns)
    assert 0 < bench.publisher.behind_bytes(bench.writer.position, 1 << 16)

    bench.broker.is_up = True
    while not bench.queue.is_connected():
        bench.queue.poll()
    bench.settle()
    assert (0, 0) == (
        bench.publisher.lag_ns(day_ns),
        bench.publisher.behind_bytes(bench.writer.position, 1 << 16),
    )


def test_a_cursor_that_cannot_be_read_sends_all_of_it_again(bench, tmp_path):
    for number in range(1, 4):
        bench.say(number)
    bench.settle()
    for text in ("", "{}", '{"origin": 3}', "\x00" * 50, '{"origin": "other~1", "position": 9}'):
        (tmp_path / "cursor").write_text(text)

        assert 0 == Cursor(str(tmp_path / "cursor"), ORIGIN).position


def test_a_cursor_for_which_there_is_no_room_keeps_what_it_said(bench, tmp_path):
    bench.say(1)
    bench.settle()
    bench.cursor.write()
    said = bench.cursor.position
    (tmp_path / "cursor.new").mkdir()  # as good as a full disk
    bench.say(2)
    bench.settle()

    with pytest.raises(OSError):
        bench.cursor.write()
    assert said == Cursor(str(tmp_path / "cursor"), ORIGIN).position


def test_segments_that_were_gone_before_they_were_sent_are_told(bench, tmp_path):
    bench.say(1)
    bench.settle()
    bench.broker.is_up = False
    for number in range(2, 3_000):
        bench.say(number)
    for path in sorted((tmp_path / "j").glob("*.rfj"))[:2]:
        path.unlink()
    bench.broker.is_up = True
    while not bench.queue.is_connected():
        bench.queue.poll()
    bench.publisher.rewind()
    bench.settle()

    assert 2_999 == bench.sent[-1]
    assert bench.publisher.missed
    assert "missing" in bench.publisher.fault


class Fate(RuleBasedStateMachine):
    """Whatever happens, the queue gets every message, in order, and the cursor promises nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.bench = Bench(Path(self._folder.name), most_unacknowledged=15)
        self.count = 0

    @rule(count=st.integers(1, 30))
    def say(self, count: int) -> None:
        for _ in range(count):
            self.count += 1
            self.bench.say(self.count)

    @rule(most=st.integers(1, 40))
    def step(self, most: int) -> None:
        self.bench.queue.poll()
        self.bench.publisher.step(most)

    @rule(holds=st.booleans())
    def acknowledgements(self, *, holds: bool) -> None:
        self.bench.broker.holds = holds

    @rule()
    def go_away(self) -> None:
        """What was not acknowledged is lost there."""
        under_way = len(self.bench.queue._unacknowledged)
        if under_way:
            del self.bench.broker.log[-under_way:]
        self.bench.broker.is_up = False
        self.bench.queue.is_connected()

    @rule()
    def come_back(self) -> None:
        self.bench.broker.is_up = True

    @rule(is_written=st.booleans())
    def die(self, *, is_written: bool) -> None:
        if is_written:
            self.bench.cursor.write()
        self.bench.start()

    @invariant()
    def what_is_before_the_cursor_was_sent(self) -> None:
        sent = set(self.bench.sent)
        written = Cursor(str(self.bench.folder / "cursor"), ORIGIN).position
        for position in (written, self.bench.publisher.position):
            before = [frame.seq for frame in _frames(self.bench) if frame.next_position <= position]
            assert set(before) <= sent

    def teardown(self) -> None:
        self.bench.broker.is_up, self.bench.broker.holds = True, False
        while not self.bench.queue.is_connected():
            self.bench.queue.poll()
        self.bench.settle()
        first = list(dict.fromkeys(self.bench.sent))  # as a consumer takes them
        self._folder.cleanup()
        assert list(range(1, self.count + 1)) == first


def _frames(bench: Bench):
    from regimeflow._core.journal_reader import JournalReader

    return [frame for frame in JournalReader(str(bench.folder / "j")) if frame.seq]


TestFate = Fate.TestCase
TestFate.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
