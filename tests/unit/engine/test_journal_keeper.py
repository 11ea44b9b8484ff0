"""What of a journal is kept, and for how long."""

from __future__ import annotations

from pathlib import Path

import pytest

from regimeflow._core.frames import Note
from regimeflow._core.journal_writer import segments_of
from regimeflow._core.messages import LiveMessage, Quote, SystemMessage
from regimeflow.engine.journal import snapshots
from regimeflow.engine.journal.answers import dump
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.engine.journal.keeper import Journal
from regimeflow.engine.journal.recovery import read_books
from regimeflow.types.config.policies import JournalSettings
from regimeflow.types.enums import LiveTopic, SystemCode
from tests.support.journal import a_writer, no_room, patch, segment_file, some_quotes

QUOTES = 14_000  # more than a segment of one MiB holds


def append(journal: Journal, quotes: list[Quote]) -> None:
    for quote in quotes:
        journal.writer.append(quote)


def fill_a_segment(journal: Journal) -> None:
    begun = journal.writer.segment
    for quote in some_quotes(QUOTES):
        if journal.writer.segment > begun:
            return
        journal.writer.append(quote)
    raise AssertionError("the segment has room for more")


@pytest.mark.parametrize(("keep_days", "first"), [(0, 4), (30, 1)])
def test_a_segment_goes_when_no_snapshot_needs_it_and_it_is_old(
    tmp_path: Path, keep_days: float, first: int
) -> None:
    settings = JournalSettings(segment_mb=1, keep_days=keep_days)
    journal = Journal(str(tmp_path), settings, lambda _: None)
    books = Books(id_prefix="t-")
    firsts = []
    for _ in range(4):
        fill_a_segment(journal)
        journal.snapshot(books)
        firsts.append(segments_of(tmp_path)[0])
    kept = snapshots.positions(str(tmp_path))
    journal.close(None)

    assert [4, 5] == sorted(position >> 32 for position in kept)
    assert [1, first] == [firsts[0], firsts[-1]]
    for position in kept:  # the newest may turn out damaged: the older one serves as well
        recovered = read_books(str(tmp_path), id_prefix="t-")
        assert (position, ()) == (recovered.snapshot, recovered.damages)
        (tmp_path / snapshots.name_of(position)).unlink()


def test_a_snapshot_is_due_after_so_many_frames(tmp_path: Path) -> None:
    settings = JournalSettings(segment_mb=1, snapshot_every=10)
    journal = Journal(str(tmp_path), settings, lambda _: None)
    due = []
    for quote in some_quotes(10):
        due.append(journal.is_snapshot_due)
        journal.writer.append(quote)
    due.append(journal.is_snapshot_due)
    journal.snapshot(Books(id_prefix="t-"))
    due.append(journal.is_snapshot_due)
    journal.close(None)

    assert [*[False] * 10, True, False] == due


def reconciled(since_ns: int, seq: int) -> LiveMessage:
    agreed = SystemMessage("agreed", code=SystemCode.RECONCILED, value=since_ns, ts_recv_ns=seq)
    return LiveMessage(LiveTopic.SYSTEM, agreed)


def test_executions_are_asked_for_again_from_before_a_hole_in_the_journal(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    account = {"currency": "USD", "equity": "1", "cash": "1", "buying_power": "1"}
    opened = {**account, "strategy": "", "since_ns": 50, "positions": []}
    writer.append(Note(1, NoteCode.OPENED, dump(opened)))
    writer.append(reconciled(100, 1))
    hole = writer.position & 0xFFFFFFFF
    writer.append(reconciled(200, 2))
    writer.append(reconciled(300, 3))
    writer.close()
    assert 300 == read_books(str(tmp_path), id_prefix="t-").books.since_ns

    patch(segment_file(tmp_path), hole + 16, b"damaged!")

    recovered = read_books(str(tmp_path), id_prefix="t-")
    assert 1 == len(recovered.damages)
    assert 100 == recovered.books.since_ns


def test_what_an_append_finds_out_about_room_holds_before_the_next_look(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path), JournalSettings(segment_mb=1), lambda _: None)
    had_room = journal.has_room
    with no_room(), pytest.raises(OSError, match="File too large"):
        append(journal, some_quotes(3 * QUOTES))
    has_room = journal.has_room
    journal.close(None)

    assert [True, False] == [had_room, has_room]
