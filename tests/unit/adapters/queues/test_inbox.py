"""What comes in: once each, marked, and never an error of ours."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.messages import LiveMessage, Quote, SystemMessage
from regimeflow.adapters.queues._shared.inbox import Inbox
from regimeflow.adapters.queues._shared.marks import Marks
from regimeflow.ports.message_queue import Delivery
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.errors import InvalidState

CODEC = LiveMessageCodec()


def an_inbox(folder: Path | None = None, **changes: object) -> tuple[Inbox, list[LiveMessage]]:
    state = str(folder) if folder is not None else None
    config = MessageQueueConfig(origin="desk-b", consume=["system"], state_folder=state, **changes)
    inbox, heard = Inbox(config), []
    inbox.on_message(heard.append)
    inbox.open()
    return inbox, heard


def delivery(sequence: int, *, origin: str = "desk-a~1", lane: str = "") -> Delivery:
    body = CODEC.encode(SystemMessage(f"number {sequence}", value=sequence))
    return Delivery(lane, origin, sequence, body)


def numbers(heard: list[LiveMessage]) -> list[int]:
    return [each.payload.value for each in heard]


def test_row_69_bytes_that_are_no_message_are_counted_and_passed_over():
    """original.md, row 69: one bad payload killed the engine."""
    inbox, heard = an_inbox()
    good = delivery(2)
    for sequence, body in enumerate((b"", b"\x00", good.body[:-1], b"[]" * 50), 10):
        assert inbox.take(Delivery("", "desk-a~1", sequence, body))
    inbox.take(delivery(20))

    assert (4, [20]) == (inbox.bad, numbers(heard))
    assert "13" in inbox.last_error


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(max_size=5), st.text(max_size=40), st.integers(), st.binary(max_size=200)
        ),
        max_size=10,
    )
)
def test_nothing_that_others_write_raises(deliveries):
    inbox, heard = an_inbox()

    assert all(inbox.take(Delivery(*each)) for each in deliveries)
    assert [] == heard


def test_row_70_our_own_messages_never_come_back():
    """original.md, row 70: they came back as market data, and every tick counted twice."""
    inbox, heard = an_inbox()
    inbox.take(delivery(1, origin="desk-b~2"))
    inbox.take(delivery(1))

    assert ["desk-a"] == [each.origin for each in heard]


def test_lanes_have_numbers_of_their_own():
    """Two partitions: what is late in one is no repeat because of the other."""
    inbox, heard = an_inbox()
    for sequence, lane in ((5, "p0"), (4, "p1"), (5, "p0"), (4, "p1"), (6, "p1")):
        inbox.take(delivery(sequence, lane=lane))

    assert [5, 4, 6] == numbers(heard)
    assert 2 == inbox.repeats


def test_a_second_consumer_of_the_same_name_is_refused(tmp_path):
    first, _ = an_inbox(tmp_path)

    with pytest.raises(InvalidState, match="another consumer"):
        an_inbox(tmp_path)
    first.close()


def test_a_file_that_is_something_else_is_left_alone(tmp_path):
    (tmp_path / "a.marks").write_bytes(b"not marks " * 500)

    with pytest.raises(InvalidState, match="no file of marks"):
        Marks(str(tmp_path / "a.marks"))
    assert b"not marks " * 500 == (tmp_path / "a.marks").read_bytes()


def test_there_is_room_for_as_many_streams_as_there_are(tmp_path):
    marks = Marks(str(tmp_path / "a.marks"))
    for number in range(3_000):
        marks.end(marks.mark(f"stream {number}"), number + 1)
    marks.close()

    again = Marks(str(tmp_path / "a.marks"))
    assert [1, 1_500, 3_000] == [again.mark(f"stream {n}").seen for n in (0, 1_499, 2_999)]
    again.close()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_across_restarts_each_message_has_its_effect_once_but_the_one_in_doubt(data):
    """A consumer that dies at any point: before, in or after a callback."""
    with tempfile.TemporaryDirectory() as folder:
        effects: list[int] = []
        at, lives = 1, 5
        while at <= 20:
            lives -= 1
            config = MessageQueueConfig(origin="desk-b", consume=["system"], state_folder=folder)
            inbox = Inbox(config)
            dies_at = data.draw(st.integers(at, 21)) if lives else 21
            has_effect = data.draw(st.booleans())

            def take(message, inbox=inbox, dies_at=dies_at, has_effect=has_effect):
                number = message.payload.value
                if inbox.poss_dup and effects[-1:] == [number]:
                    return
                if number == dies_at:
                    if has_effect:
                        effects.append(number)
                    raise KeyboardInterrupt  # no code of ours runs after a kill
                effects.append(number)

            inbox.on_message(take)
            inbox.open()
            begin = data.draw(st.integers(max(1, at - 5), at))  # the queue repeats a few
            try:
                for sequence in range(begin, 21):
                    inbox.take(delivery(sequence))
                    at = max(at, sequence + 1)
            except KeyboardInterrupt:
                pass
            inbox._marks._let_go()  # as the kernel does

        assert list(range(1, 21)) == effects


def test_a_quote_of_another_topic_is_no_repeat_later():
    inbox, heard = an_inbox()
    inbox.take(Delivery("", "desk-a~1", 1, CODEC.encode(Quote("BTCUSDT", 1, 1, 2, 1))))
    inbox.take(delivery(2))

    assert [2] == numbers(heard)
