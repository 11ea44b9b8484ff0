"""Journals for tests: small segments, and what was written into them."""

from __future__ import annotations

from pathlib import Path

from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.journal_writer import JournalWriter
from regimeflow._core.messages import Quote

SMALL = 65536
HEADER = 4096


def a_writer(folder: Path, **changes: int) -> JournalWriter:
    return JournalWriter(folder, **{"segment_bytes": SMALL, **changes})


def some_quotes(count: int, *, first: int = 1) -> list[Quote]:
    return [
        Quote("BTCUSDT", f"{n}.25", n, f"{n}.5", n, update_id=n, ts_recv_ns=n)
        for n in range(first, first + count)
    ]


def update_ids(folder: Path, **where: int) -> list[int]:
    """Return the numbers of ``some_quotes`` in a journal."""
    return [frame.message.payload.update_id for frame in JournalReader(folder, **where)]


def segment_file(folder: Path, number: int = 1) -> Path:
    return folder / f"journal-{number:016d}.rfj"


def patch(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)
