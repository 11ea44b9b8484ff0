"""The journal's writer: what it promises when it returns, on a full disk, when opened again."""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from regimeflow._core.frames import Call, Command, SegmentEnd, SessionStart, Snapshot, TimerFired
from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.journal_writer import JournalWriter, crc32c, segments_of
from regimeflow._core.messages import LiveMessage, Quote
from regimeflow.types.enums import LiveTopic
from regimeflow.types.errors import InvalidState
from tests.support.journal import (
    HEADER,
    SMALL,
    a_writer,
    patch,
    segment_file,
    some_quotes,
    update_ids,
)
from tests.support.messages import one_of_each

FRAME = 96  # bytes of one of some_quotes() on disk


@contextmanager
def a_full_disk() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fill(writer: JournalWriter, *, first: int = 1, until_it_shows: bool = False) -> int:
    """Append until the journal is full, or says that it will be; return how many went in."""
    for count, quote in enumerate(some_quotes(5000, first=first)):
        if until_it_shows and writer.is_full:
            return count
        try:
            writer.append(quote)
        except OSError as error:
            assert "the journal is full" in str(error)  # noqa: PT017
            return count
    pytest.fail("the disk is not full")


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        for message in one_of_each():
            writer.append(message)

        assert one_of_each() == [frame.message.payload for frame in JournalReader(tmp_path)]


def test_origin_and_number_are_kept(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        writer.append(LiveMessage(LiveTopic.MARKET_DATA, some_quotes(1)[0], "host-2"))

        (frame,) = JournalReader(tmp_path)

    assert ("host-2", 0) == (frame.message.origin, frame.seq)


def test_a_frame_of_the_journal_comes_back_with_what_is_not_given(tmp_path: Path) -> None:
    frames = [
        SessionStart(now_ns=5, seed=2**64 - 1, boot_nonce="b00t", info=b'{"a": 1}'),
        Command(
            6, 0, 2**62, 1, 2, 3, 10**18, -18, None, 5, -2, 0, "BTCUSDT", "c", "", "s", "é" * 9
        ),
        TimerFired(timer_id=2**63, now_ns=7),
        Call(now_ns=8, name="halt", arguments=b"x" * 5000),
    ]
    with a_writer(tmp_path) as writer:
        positions = [writer.append(frame) for frame in frames]

        found = list(JournalReader(tmp_path))

    assert frames == [frame.message for frame in found]
    assert positions == [frame.next_position for frame in found]


@pytest.mark.parametrize(
    ("template", "values", "error"),
    [
        (102, (1,), "TimerFired takes 2 values; 1 are given"),
        (102, (-1, 2), "TimerFired.timerId is -1"),
        (102, ("1", 2), "timerId is '1' of type str"),
        (106, (1, 2, 300, ""), "OrderEvent.event is 300; expected 0 to 254"),
        (106, (1, 2, 3, b""), "OrderEvent.text is of type bytes; expected str"),
        (109, (1, 2, "{}"), "Note.body is of type str; expected bytes"),
        (106, (1, 2, 3, "x" * 65536), "OrderEvent.text has 65536 bytes"),
        (5, (), "template is 5"),
        (77, (), "template is 77"),
        (109, (1, 2, b"x" * SMALL), "longer than a segment"),
    ],
)
def test_values_that_do_not_fit_are_refused_and_nothing_is_written(
    tmp_path: Path, template, values, error
) -> None:
    with a_writer(tmp_path) as writer:
        before = writer.position

        with pytest.raises((TypeError, ValueError), match=error):
            writer.append_values(template, values)

        assert before == writer.position
        assert [] == list(JournalReader(tmp_path))


def test_a_frame_never_spans_segments(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        for quote in some_quotes(2000):
            writer.append(quote)
            writer.prepare_next()

        assert 0 == writer.stalls
        assert writer.segment > 2

    assert list(range(1, 2001)) == update_ids(tmp_path)
    for number in segments_of(tmp_path)[:-1]:
        assert SMALL == segment_file(tmp_path, number).stat().st_size


def test_without_preparing_the_writer_makes_segments_itself(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        for quote in some_quotes(2000):
            writer.append(quote)

        assert writer.stalls > 0

    assert list(range(1, 2001)) == update_ids(tmp_path)


def test_a_full_disk_shows_while_there_is_room_left(tmp_path: Path) -> None:
    with a_writer(tmp_path, reserve_bytes=SMALL // 2) as writer:
        with a_full_disk():
            warned = fill(writer, until_it_shows=True)
            assert "large" in writer.fault or "space" in writer.fault
            written = warned + fill(writer, first=warned + 1)
            before = writer.position
            with pytest.raises(OSError, match="the journal is full"):
                writer.append(some_quotes(1)[0])
            assert before == writer.position
            assert 2 == writer.refused

        assert written - warned >= SMALL // 2 // FRAME - 3
        assert list(range(1, written + 1)) == update_ids(tmp_path)

        assert writer.prepare_next()
        assert not writer.is_full
        writer.append(some_quotes(1, first=7777)[0])
        assert 7777 == update_ids(tmp_path)[-1]


def test_a_full_disk_shows_when_the_next_segment_is_prepared(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        with a_full_disk():
            assert not writer.prepare_next()
            assert writer.is_full
        assert writer.prepare_next()
        assert not writer.is_full
        assert "" == writer.fault


def test_a_full_disk_leaves_no_half_made_file(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer, a_full_disk():
        writer.prepare_next()

        assert [1] == segments_of(tmp_path)


def test_a_full_disk_at_the_start_is_an_error(tmp_path: Path) -> None:
    with a_full_disk(), pytest.raises(OSError, match="no room for a segment"):
        a_writer(tmp_path)

    assert [] == segments_of(tmp_path)


def test_a_second_writer_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        with pytest.raises(InvalidState, match=f"written by process {os.getpid()};"):
            a_writer(tmp_path)
        script = (
            "import sys; from regimeflow._core.journal_writer import JournalWriter as W\n"
            "from regimeflow.types.errors import InvalidState\n"
            "try: W(sys.argv[1])\nexcept InvalidState as error: print(error)"
        )
        said = subprocess.check_output([sys.executable, "-c", script, tmp_path], text=True)
        assert f"written by process {os.getpid()};" in said
        writer.append(some_quotes(1)[0])

    assert [1] == update_ids(tmp_path)


def test_the_folder_is_free_after_closing_and_after_collection(tmp_path: Path) -> None:
    a_writer(tmp_path).close()
    writer = a_writer(tmp_path)
    del writer
    gc.collect()

    with a_writer(tmp_path) as writer:
        writer.close()
        assert writer.closed
        with pytest.raises(InvalidState, match="closed"):
            writer.append(some_quotes(1)[0])
        with pytest.raises(InvalidState, match="closed"):
            writer.sync()
        assert not writer.prepare_next()


def test_opened_again_it_goes_on_in_a_new_segment(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        for quote in some_quotes(3):
            writer.append(quote)
        writer.prepare_next()  # and never begins it

    with a_writer(tmp_path) as writer:
        assert (1, 0) == (writer.recovery.segment, writer.recovery.torn_bytes)
        assert HEADER + 3 * FRAME == writer.recovery.offset
        assert 2 == writer.segment
        writer.append(some_quotes(1, first=4)[0])

        reader = JournalReader(tmp_path)
        assert [1, 2, 3, 4] == [frame.message.payload.update_id for frame in reader]
        assert [] == reader.damages


@pytest.mark.parametrize("torn", [b"\x07", b"\x07" * 60, b"\0" * 8 + b"\x07" * 900])
def test_a_torn_tail_is_cut_and_its_length_told(tmp_path: Path, torn: bytes) -> None:
    with a_writer(tmp_path) as writer:
        for quote in some_quotes(3):
            writer.append(quote)
    end = HEADER + 3 * FRAME
    patch(segment_file(tmp_path), end, torn)

    with a_writer(tmp_path) as writer:
        assert end == writer.recovery.offset
        assert (len(torn) + 7) // 8 * 8 == writer.recovery.torn_bytes
        writer.append(some_quotes(1, first=4)[0])
    reader = JournalReader(tmp_path)

    assert [1, 2, 3, 4] == [frame.message.payload.update_id for frame in reader]
    assert [writer.recovery.torn_bytes] == [damage.length for damage in reader.damages]


def test_a_damaged_frame_in_the_middle_does_not_cost_what_follows(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        for quote in some_quotes(5):
            writer.append(quote)
    patch(segment_file(tmp_path), HEADER + 2 * FRAME + 20, b"\xff")

    with a_writer(tmp_path) as writer:
        assert (0, HEADER + 5 * FRAME) == (writer.recovery.torn_bytes, writer.recovery.offset)
        writer.append(some_quotes(1, first=6)[0])

    assert [1, 2, 4, 5, 6] == update_ids(tmp_path)


def test_opening_twice_cuts_nothing_more(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        writer.append(some_quotes(1)[0])
    a_writer(tmp_path).close()
    first = segment_file(tmp_path).read_bytes()
    a_writer(tmp_path).close()

    assert first == segment_file(tmp_path).read_bytes()
    assert [1] == update_ids(tmp_path)


def test_a_journal_of_another_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        writer.append(some_quotes(1)[0])
    raw = bytearray(segment_file(tmp_path).read_bytes())
    raw[8:12] = (9).to_bytes(4, "little")
    raw[48:52] = crc32c(bytes(raw[:48])).to_bytes(4, "little")
    segment_file(tmp_path).write_bytes(raw)

    with pytest.raises(InvalidState, match="format 9"):
        a_writer(tmp_path)
    with pytest.raises(InvalidState, match="format 9"):
        list(JournalReader(tmp_path))
    assert bytes(raw) == segment_file(tmp_path).read_bytes()


def test_a_synced_position_covers_what_was_appended_before(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        assert writer.synced_position == writer.position
        for quote in some_quotes(1500):
            writer.append(quote)
        at = writer.position
        assert writer.synced_position < at

        assert at == writer.sync()
        assert at == writer.synced_position
        writer.append(some_quotes(1)[0])
        assert at == writer.synced_position


def test_positions_only_grow(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        positions = [writer.append(quote) for quote in some_quotes(1500)]

    assert sorted(set(positions)) == positions


@pytest.mark.parametrize("size", [0, 4096, 65535, 65537, 2**31])
def test_a_size_that_no_segment_can_have_is_refused(tmp_path: Path, size: int) -> None:
    with pytest.raises(ValueError, match=f"segment_bytes is {size}"):
        JournalWriter(tmp_path, segment_bytes=size)


def test_what_is_no_message_is_refused(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        for thing in (None, 5, "text", (1, 2)):
            with pytest.raises(TypeError):
                writer.append(thing)


def test_only_the_writer_itself_ends_a_segment(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer, pytest.raises(ValueError, match="template is 100"):
        writer.append(SegmentEnd(2, 0))


def test_threads_that_append_at_once_wait_for_each_other(tmp_path: Path) -> None:
    def append(first: int) -> None:
        for number in range(first, first + 500):
            writer.append(Snapshot(number, number, "x" * (number % 50)))

    with a_writer(tmp_path) as writer:
        threads = [threading.Thread(target=append, args=(n * 1000,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = [frame.message.seq for frame in JournalReader(tmp_path)]

    assert sorted(n * 1000 + k for n in range(4) for k in range(500)) == sorted(found)
    for n in range(4):
        own = [number for number in found if number // 1000 == n]
        assert sorted(own) == own


def test_the_sums_of_hardware_and_tables_are_the_same() -> None:
    data = bytes(n * 7 & 0xFF for n in range(300))

    assert 0xE3069283 == crc32c(b"123456789") == crc32c(b"123456789", portable=True)
    for length in range(300):
        assert crc32c(data[:length]) == crc32c(data[:length], portable=True)


def test_quotes_take_the_bytes_that_these_tests_count_on(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        before = writer.offset
        writer.append(Quote("BTCUSDT", 1, 1, 2, 2))

        assert FRAME == writer.offset - before
