"""Journals for tests: small segments, and what was written into them."""

from __future__ import annotations

import resource
import struct
from collections.abc import Iterator
from contextlib import contextmanager
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


def planted(path: Path, offset: int, message: bytes, segment: int = 1) -> None:
    """Put a sound frame of any message at a place."""
    length = struct.pack("<I", len(message))
    # The sum starts from the frame's place; a prefix of four bytes brings the usual start there.
    seed = ~(segment * 0x9E3779B1 + (offset >> 3)) & 0xFFFFFFFF
    summed = crc_from(seed, length + message)
    patch(path, offset, length + struct.pack("<I", summed) + message)


def crc_from(seed: int, data: bytes) -> int:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)  # noqa: PLW2901
        table.append(byte)
    for byte in data:
        seed = seed >> 8 ^ table[(seed ^ byte) & 0xFF]
    return ~seed & 0xFFFFFFFF


@contextmanager
def no_room() -> Iterator[None]:
    """No file may grow beyond half a segment: none can be made."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
