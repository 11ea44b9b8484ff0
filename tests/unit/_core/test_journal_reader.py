"""The journal's reader: following a writer, beginning anywhere, and damage of every kind."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from regimeflow._core.bus import EventBus
from regimeflow._core.frames import Note
from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.journal_replay import apply_reports
from regimeflow._core.journal_writer import crc32c
from regimeflow._core.messages import LiveMessage, Quote
from regimeflow.types.enums import LiveTopic
from tests.support.journal import (
    HEADER,
    SMALL,
    a_writer,
    crc_from,
    patch,
    planted,
    segment_file,
    some_quotes,
    update_ids,
)
from tests.support.messages import a_report
from tests.support.order_table import Book

FRAME = 96


def a_journal(folder: Path, count: int = 5) -> Path:
    with a_writer(folder) as writer:
        for quote in some_quotes(count):
            writer.append(quote)
    return segment_file(folder)


def numbered_journal(folder: Path, count: int) -> None:
    """Write quotes through a bus, so that they have their numbers."""
    bus = EventBus()
    with a_writer(folder) as writer:
        bus.set_journal(writer)
        for quote in some_quotes(count):
            bus.dispatch(quote)
            if quote.update_id % 10 == 0:
                writer.append(Note(1, quote.update_id, b"{}"))


def test_an_empty_folder_gives_nothing_and_can_be_asked_again(tmp_path: Path) -> None:
    reader = JournalReader(tmp_path)
    assert reader.read() is None

    with a_writer(tmp_path) as writer:
        assert reader.read() is None
        writer.append(some_quotes(1)[0])

        assert 1 == reader.read().message.payload.update_id
        assert reader.read() is None


def test_a_reader_follows_a_writer_from_segment_to_segment(tmp_path: Path) -> None:
    reader, seen = JournalReader(tmp_path), []
    with a_writer(tmp_path) as writer:
        for quote in some_quotes(2000):
            writer.append(quote)
            if quote.update_id % 7 == 0:
                writer.prepare_next()
                seen += [frame.message.payload.update_id for frame in reader]
        seen += [frame.message.payload.update_id for frame in reader]

    assert list(range(1, 2001)) == seen
    assert [] == reader.damages


def test_frames_that_are_not_wanted_are_checked_and_counted(tmp_path: Path) -> None:
    numbered_journal(tmp_path, 40)
    patch(segment_file(tmp_path), HEADER + 2 * FRAME + 20, b"\xff")

    reader = JournalReader(tmp_path, without=(1, 2, 3, 4))
    templates = [frame.template for frame in reader]

    assert ([109] * 4, 39) == (templates, reader.passed)
    assert 1 == reader.damage_count


def test_reading_goes_on_at_a_position(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        places = [writer.append(quote) for quote in some_quotes(1500)]

    assert list(range(1, 1501)) == update_ids(tmp_path, position=0)
    assert list(range(701, 1501)) == update_ids(tmp_path, position=places[699])
    assert [] == update_ids(tmp_path, position=places[-1])
    reader = JournalReader(tmp_path, position=places[9])
    frame = reader.read()
    assert (11, places[9], places[10]) == (
        frame.message.payload.update_id,
        frame.position,
        frame.next_position,
    )
    assert places[10] == reader.position


@pytest.mark.parametrize("where", [{"position": 3}, {"position": (1 << 32) + 9}])
def test_a_position_that_nobody_gave_is_refused(tmp_path: Path, where) -> None:
    a_journal(tmp_path)

    with pytest.raises(ValueError, match="position is"):
        JournalReader(tmp_path, **where)


def test_only_one_beginning_can_be_given(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only one"):
        JournalReader(tmp_path, segment=1, from_seq=1)


@pytest.mark.parametrize("first", [1, 2, 640, 641, 1400, 1500, 1501])
def test_reading_begins_at_a_number(tmp_path: Path, first: int) -> None:
    numbered_journal(tmp_path, 1500)

    found = [frame.seq for frame in JournalReader(tmp_path, from_seq=first) if frame.seq]

    assert list(range(first, 1501)) == found


def test_reading_begins_at_a_segment(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        places = [writer.append(quote) for quote in some_quotes(1500)]

    found = update_ids(tmp_path, segment=2)

    assert [n + 1 for n, place in enumerate(places) if place >> 32 >= 2] == found


@pytest.mark.parametrize(
    ("offset", "data"),
    [
        (0, b"\0\0\0\0\0\0\0\0"),
        (0, b"\xff\xff\xff\xff"),
        (0, b"\x01\0\0\0"),
        (4, b"\x12"),
        (8, b"\xff" * 8),
        (40, b"\x12"),
    ],
    ids=["zeros", "huge length", "tiny length", "sum", "header", "block"],
)
def test_a_damaged_frame_is_reported_and_passed_over(tmp_path: Path, offset: int, data) -> None:
    path = a_journal(tmp_path)
    patch(path, HEADER + 2 * FRAME + offset, data)
    a_writer(tmp_path).close()
    reader = JournalReader(tmp_path)

    found = [frame.message.payload.update_id for frame in reader]

    assert [1, 2, 4, 5] == found
    ((segment, place, length, _),) = reader.damages
    assert (1, HEADER + 2 * FRAME, FRAME) == (segment, place, length)


def test_a_torn_tail_is_reported_once_and_waited_at(tmp_path: Path) -> None:
    path = a_journal(tmp_path)
    patch(path, HEADER + 5 * FRAME, struct.pack("<II", 40, 1) + b"\x07" * 20)
    reader = JournalReader(tmp_path)

    assert [1, 2, 3, 4, 5] == [frame.message.payload.update_id for frame in reader]
    assert [] == list(reader)
    assert [(1, HEADER + 5 * FRAME, 32)] == [damage[:3] for damage in reader.damages]
    assert 32 == reader.tail_bytes()
    with a_writer(tmp_path) as writer:
        writer.append(some_quotes(1, first=6)[0])
        assert [6] == [frame.message.payload.update_id for frame in reader]
    assert 1 == reader.damage_count


def test_a_half_written_frame_is_not_seen(tmp_path: Path) -> None:
    path = a_journal(tmp_path)
    patch(path, HEADER + 5 * FRAME + 8, b"\x07" * 20)
    reader = JournalReader(tmp_path)

    assert 5 == len(list(reader))
    assert [] == reader.damages
    assert 32 == reader.tail_bytes()


def test_a_lost_header_does_not_lose_the_frames(tmp_path: Path) -> None:
    patch(a_journal(tmp_path), 0, b"\0" * 64)
    reader = JournalReader(tmp_path)

    assert [1, 2, 3, 4, 5] == [frame.message.payload.update_id for frame in reader]
    assert ["the header of the segment is lost"] == [damage.reason for damage in reader.damages]
    with a_writer(tmp_path) as writer:
        assert 1 == writer.recovery.segment
        assert 2 == writer.segment


def test_a_missing_segment_is_reported(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        places = [writer.append(quote) for quote in some_quotes(2000)]
    segment_file(tmp_path, 2).unlink()
    reader = JournalReader(tmp_path)

    found = [frame.message.payload.update_id for frame in reader]

    assert [n + 1 for n, place in enumerate(places) if place >> 32 != 2][5:-5] == found[5:-5]
    assert ["segment 2 is missing"] == [damage.reason for damage in reader.damages]


def test_a_file_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = a_journal(tmp_path)
    with path.open("r+b") as file:
        file.truncate(HEADER + 3 * FRAME + 50)
    reader = JournalReader(tmp_path)

    assert [1, 2, 3] == [frame.message.payload.update_id for frame in reader]
    assert 1 == reader.damage_count


def test_a_frame_that_lies_where_it_was_not_written_is_none(tmp_path: Path) -> None:
    path = a_journal(tmp_path)
    raw = path.read_bytes()
    patch(path, HEADER + 5 * FRAME, raw[HEADER : HEADER + FRAME])
    reader = JournalReader(tmp_path)

    assert [1, 2, 3, 4, 5] == [frame.message.payload.update_id for frame in reader]


def test_the_sum_in_the_documents_is_the_sum_on_disk(tmp_path: Path) -> None:
    raw = a_journal(tmp_path).read_bytes()[HEADER:]
    length, crc = struct.unpack_from("<II", raw)

    assert crc == crc_from(
        ~(0x9E3779B1 + (HEADER >> 3)) & 0xFFFFFFFF, raw[:4] + raw[8 : 8 + length]
    )
    assert crc32c(b"abc") == crc_from(0xFFFFFFFF, b"abc")


def test_an_unknown_template_is_counted_and_passed_over(tmp_path: Path) -> None:
    path = a_journal(tmp_path)
    message = struct.pack("<HHHH", 4, 300, 21062, 9) + b"next"
    planted(path, HEADER + 2 * FRAME, message.ljust(FRAME - 8, b"\1"))
    reader = JournalReader(tmp_path)

    assert [1, 2, 4, 5] == [frame.message.payload.update_id for frame in reader]
    assert {300: 1} == reader.unknown
    assert [] == reader.damages
    raw = [frame.template for frame in JournalReader(tmp_path, decode=False)]
    assert [1, 1, 300, 1, 1] == raw


def test_a_segment_that_was_cut_short_hides_none_behind_it(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        for quote in some_quotes(3):
            writer.append(quote)
    with a_writer(tmp_path) as writer:
        writer.append(some_quotes(1, first=4)[0])
    segment_file(tmp_path).write_bytes(b"")
    reader = JournalReader(tmp_path)

    assert [4] == [frame.message.payload.update_id for frame in reader]
    assert ["segment 1 is missing"] == [damage.reason for damage in reader.damages]


def test_a_sound_frame_of_a_bad_message_is_reported_and_passed_over(tmp_path: Path) -> None:
    path = a_journal(tmp_path)
    planted(
        path, HEADER + 2 * FRAME, struct.pack("<HHHH", 68, 1, 21062, 1).ljust(FRAME - 8, b"\xff")
    )
    reader = JournalReader(tmp_path)

    assert [1, 2, 4, 5] == [frame.message.payload.update_id for frame in reader]
    assert 1 == reader.damage_count


def test_damage_is_counted_when_it_is_too_much_to_list(tmp_path: Path) -> None:
    with a_writer(tmp_path, segment_bytes=16 * SMALL) as writer:
        for quote in some_quotes(3000):
            writer.append(quote)
    for n in range(0, 3000, 2):
        patch(segment_file(tmp_path), HEADER + n * FRAME + 30, b"\xfe\xfe")
    reader = JournalReader(tmp_path)

    assert list(range(2, 3001, 2)) == [frame.message.payload.update_id for frame in reader]
    assert (1000, 1500) == (len(reader.damages), reader.damage_count)


def test_reports_go_straight_into_an_order_table(tmp_path: Path) -> None:
    table = Book().table
    with a_writer(tmp_path) as writer:
        writer.append(some_quotes(1)[0])
        writer.append(a_report(order_id=0, client_order_id="x"))
        writer.append(Note(1, 2, b"{}"))

    assert (2, 1) == apply_reports(JournalReader(tmp_path), table, limit=2)
    assert (3, 1) == apply_reports(JournalReader(tmp_path), table)


def test_another_process_reads_the_same_symbols(tmp_path: Path) -> None:
    script = (
        "import sys; from regimeflow._core.symbols import intern\n"
        "from regimeflow._core.journal_reader import JournalReader\n"
        "for n in range(50): intern(f'OTHER{n}')\n"
        "for frame in JournalReader(sys.argv[1]): print(frame.message.symbol, frame.message.origin)"
    )
    with a_writer(tmp_path) as writer:
        for symbol in ("ETHUSDT", "BRK.B", "Ünïcode", "BTCUSDT"):
            live = LiveMessage(LiveTopic.MARKET_DATA, Quote(symbol, 1, 1, 2, 2), "host-" + symbol)
            writer.append(live)

        said = subprocess.check_output([sys.executable, "-X", "utf8", "-c", script, tmp_path])

    assert ["ETHUSDT", "BRK.B", "Ünïcode", "BTCUSDT"] == [
        line.split()[0] for line in said.decode().splitlines()
    ]
    assert all(f"host-{line.split()[0]}" == line.split()[1] for line in said.decode().splitlines())
