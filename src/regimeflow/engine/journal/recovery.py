"""Reading a journal back: from the newest sound snapshot, then frame by frame to the end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from regimeflow._core.board import QuoteBoard
from regimeflow._core.frames import Damage, SessionStart
from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.journal_writer import segments_of
from regimeflow.engine.journal import snapshots
from regimeflow.engine.journal.answers import load
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.books_state import restore_books
from regimeflow.types.errors import CodecError, NotFound, RegimeFlowError
from regimeflow.types.records import Record, made

# Templates of messages that the books do not need: market data.
_PASSED = frozenset({1, 2, 3, 4})
# What a frame that is sound, but of another meaning than ours, may raise when it is counted.
_MEANINGLESS = (RegimeFlowError, LookupError, TypeError, ValueError, ArithmeticError)


class Recovered(Record, kw_only=True):
    """What a journal gave: ``books``, and how they were come by.

    ``snapshot``: the position that reading began at, None: the journal's start. ``frames``: how
    many were read. ``damages``: what could not be read, and was passed over. ``unusable``:
    snapshots that were damaged. ``unknown``: templates that this version does not know.
    """

    books: Books
    snapshot: int | None = None
    frames: int = 0
    position: int = 0
    tail_bytes: int = 0
    damages: tuple[Damage, ...] = ()
    unusable: tuple[str, ...] = ()
    unknown: dict[int, int] = made(dict)

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to read."""
        return self.snapshot is None and not self.frames


def read_books(
    folder: str, *, id_prefix: str, until: int | None = None, board: QuoteBoard | None = None
) -> Recovered:
    """Return the books of a journal, without writing or asking anything.

    Args:
        folder: Of the journal.
        id_prefix: Of the client order ids of whoever goes on from here.
        until: The position at which to stop; None: at the end.
        board: Where the books' marks come from; None: there are none.

    Raises:
        NotFound: there is no journal in the folder.
        OSError: it cannot be read.
    """

    def new() -> Books:
        return Books(id_prefix=id_prefix, board=board)

    numbers = segments_of(folder) if Path(folder).is_dir() else []
    if not numbers:
        raise NotFound(f"there is no journal in {folder}")
    books, begin, unusable = _from_snapshot(folder, new, until, numbers[-1])
    reader = JournalReader(folder, position=begin, without=_PASSED)
    frames, bad = 0, list[Damage]()
    if begin is None and numbers[0] > 1:
        text = "what came before is gone and no snapshot serves: the books begin in the middle"
        bad.append(Damage(numbers[0], 0, 0, text))
    holes, since_ns = 0, list[int]()
    for frame in reader:
        if until is not None and frame.position >= until:
            break
        frames += 1
        if reader.damage_count > holes:
            holes = reader.damage_count
            since_ns += [books.since_ns] if books.is_opened else []
        thing = frame.message
        if thing is None:
            continue
        try:
            if isinstance(thing, SessionStart) and load(thing.info).get("is_played"):
                books = _afresh(books, new)
            books.take(thing)
        except _MEANINGLESS as error:
            segment, offset = frame.position >> 32, frame.position & 0xFFFFFFFF
            length = frame.next_position - frame.position
            bad.append(Damage(segment, offset, length, f"means nothing: {error!r}"))
    # What came of a hole is not known: executions are asked for again from before it.
    books.since_ns = min([books.since_ns, *since_ns])
    return Recovered(
        books=books,
        snapshot=begin,
        frames=frames + reader.passed,
        position=reader.position,
        tail_bytes=reader.tail_bytes(),
        damages=(*reader.damages, *bad),
        unusable=tuple(unusable),
        unknown=reader.unknown,
    )


def venue_of(folder: str) -> str:
    """Return whose account a journal is of, from as few frames as say it; "": it cannot be seen."""
    with contextlib.suppress(OSError, *_MEANINGLESS):  # whoever opens it says what is wrong
        for number in reversed(segments_of(folder)):  # a session begins with a segment of its own
            frame = JournalReader(folder, segment=number).read()
            if frame is not None and isinstance(frame.message, SessionStart):
                return str(load(frame.message.info).get("venue", ""))
    return ""


def _afresh(books: Books, new: Callable[[], Books]) -> Books:
    # A market that is played never happens twice, and what was held in it is nobody's now.
    fresh = new()
    fresh.sessions, fresh.seq, fresh.last_ns = books.sessions, books.seq, books.last_ns
    return fresh


def _from_snapshot(
    folder: str, new: Callable[[], Books], until: int | None, last_segment: int
) -> tuple[Books, int | None, list[str]]:
    unusable = []
    for position in snapshots.positions(folder):
        if until is not None and position > until:
            continue
        books, name = new(), snapshots.name_of(position)
        if position >> 32 > last_segment:
            unusable.append(f"{name}: the segment that it belongs to is gone")
            continue
        try:
            restore_books(books, *snapshots.read(folder, position))
        except (CodecError, OSError) as error:
            unusable.append(f"{name}: {error}")
            continue
        return books, position, unusable
    return new(), None, unusable
