"""Snapshots: files beside a journal's segments, from which reading may begin.

A file is ``RFS1``, the CRC32C of the rest, the journal's position up to which it counts, two
lengths, the state as JSON, the order table's image. It comes into being by a rename, so there is
never half of one; one that is damaged is passed over, and an older one or the journal's start
serves.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from regimeflow._core.journal_writer import crc32c
from regimeflow.engine.journal.answers import dump, load
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.books_state import books_state
from regimeflow.types.errors import CodecError

_MAGIC: Final = b"RFS1"
_HEAD: Final = struct.Struct("<4sIQQQ")
_CHECKED_FROM: Final = 8
_PREFIX, _SUFFIX = "snapshot-", ".rfs"
_DIGITS: Final = 16
_UNFINISHED: Final = ".new"


def name_of(position: int) -> str:
    """Return the file name of the snapshot up to a position."""
    return f"{_PREFIX}{position:016x}{_SUFFIX}"


def positions(folder: str) -> list[int]:
    """Return the positions of a folder's snapshots, newest first."""
    found = []
    for path in Path(folder).iterdir():
        digits = path.name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
        if path.name == f"{_PREFIX}{digits}{_SUFFIX}" and len(digits) == _DIGITS:
            with contextlib.suppress(ValueError):
                found.append(int(digits, 16))
    return sorted(found, reverse=True)


def write(folder: str, position: int, books: Books) -> str:
    """Write a snapshot of everything before a position of the journal; returns the file's name.

    Raises:
        OSError: it could not be written; nothing of it is left.
    """
    state, image = dump(books_state(books)), books.table.image()
    rest = struct.pack("<QQQ", position, len(state), len(image)) + state + image
    name = name_of(position)
    new = Path(folder, name + _UNFINISHED)
    try:
        with new.open("wb") as file:
            file.write(_MAGIC + struct.pack("<I", crc32c(rest)) + rest)
            file.flush()
            os.fsync(file.fileno())
        new.replace(Path(folder, name))
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    return name


def read(folder: str, position: int) -> tuple[dict[str, Any], bytes]:
    """Return the state and the table's image of a snapshot.

    Raises:
        CodecError: it is damaged.
        OSError: it cannot be read.
    """
    data = Path(folder, name_of(position)).read_bytes()
    if len(data) < _HEAD.size:
        raise CodecError("a snapshot that is cut short", offset=len(data))
    magic, crc, at, state_bytes, image_bytes = _HEAD.unpack_from(data)
    if magic != _MAGIC:
        raise CodecError(f"found {magic!r}; expected {_MAGIC!r}")
    if at != position or _HEAD.size + state_bytes + image_bytes != len(data):
        raise CodecError("a snapshot whose lengths do not add up")
    if crc32c(data[_CHECKED_FROM:]) != crc:
        raise CodecError("a snapshot whose checksum is wrong")
    split = _HEAD.size + state_bytes
    return load(data[_HEAD.size : split]), data[split:]


def set_aside(folder: str, position: int) -> None:
    """Let a snapshot count no more; the file stays under another name."""
    path = Path(folder, name_of(position))
    path.replace(path.with_suffix(_SUFFIX + ".unusable"))


def prune(folder: str, keep: int) -> Iterator[int]:
    """Delete all but the newest snapshots; yields the positions of those that stay.

    What a process left that was killed while it wrote one goes too.
    """
    for path in Path(folder).glob(f"{_PREFIX}*{_SUFFIX}{_UNFINISHED}"):
        path.unlink(missing_ok=True)
    for count, position in enumerate(positions(folder)):
        if count < keep:
            yield position
        else:
            Path(folder, name_of(position)).unlink(missing_ok=True)
