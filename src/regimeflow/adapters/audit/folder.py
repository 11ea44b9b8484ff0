"""The files of an audit log, and the note beside them of how far it goes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from regimeflow.adapters.audit.chain import FIRST, Sealed, read
from regimeflow.types.errors import CodecError, NotFound
from regimeflow.types.records import Record

_PREFIX: Final = "audit-"
_SUFFIX: Final = ".jsonl"
_DIGITS: Final = 8
HEAD: Final = "audit-head.json"
LOCK: Final = "audit.lock"
_HEAD_BYTES: Final = 160
MODE: Final = 0o600  # what an account did is its owner's
_TAIL: Final = 1_000  # lines that are kept to find the newest sound one among


class Head(Record):
    """How far a log goes: the number and the hash of its newest line, and the file it is in."""

    seq: int = 0
    hash: str = FIRST
    file: int = 0


def path_of(folder: Path, number: int) -> Path:
    """Return the path of a log's file by its number, from 1."""
    return folder / f"{_PREFIX}{number:0{_DIGITS}d}{_SUFFIX}"


def files_of(folder: Path) -> list[int]:
    """Return the numbers of a log's files, oldest first.

    Raises:
        NotFound: there is no such folder.
    """
    try:
        names = os.listdir(folder)  # noqa: PTH208 - it says which error it was
    except FileNotFoundError:
        raise NotFound(f"there is no audit log in {folder}") from None
    digits = [
        name[len(_PREFIX) : -len(_SUFFIX)]
        for name in names
        if name.startswith(_PREFIX) and name.endswith(_SUFFIX)
    ]
    return sorted(int(each) for each in digits if len(each) == _DIGITS and each.isdecimal())


def lines_of(path: Path) -> Iterator[tuple[int, bytes, bool]]:
    """Give each line of a file: where it begins, its bytes, and whether its newline is there."""
    offset = 0
    with path.open("rb") as file:
        for line in file:
            is_whole = line.endswith(b"\n")
            yield offset, line[:-1] if is_whole else line, is_whole
            offset += len(line)


class End(Record, kw_only=True):
    """How a file ends.

    ``last``: its newest line that can be read. ``size``: up to its last newline. ``damage``: what
    is wrong with the lines behind it, "" where it is only a half written one. ``placed``: the
    newest that has a position in the journal.
    """

    last: Sealed | None = None
    size: int = 0
    damage: str = ""
    placed: Sealed | None = None


def end_of(path: Path) -> End:
    """Read how a file ends; only the lines that are needed for it are looked into."""
    tail: deque[bytes] = deque(maxlen=_TAIL)
    placed: deque[bytes] = deque(maxlen=_TAIL)
    size = 0
    for offset, line, is_whole in lines_of(path):
        if is_whole:
            tail.append(line)
            size = offset + len(line) + 1
            if b'"position":' in line:
                placed.append(line)
    last, skipped = _newest(tail)
    damage = f"{path.name}: its last {skipped} lines cannot be read" if skipped else ""
    found = (each for each in map(_read, reversed(placed)) if each is not None)
    newest = next((each for each in found if isinstance(each.fields.get("position"), int)), None)
    return End(last=last, size=size, damage=damage, placed=newest)


def _newest(lines: deque[bytes]) -> tuple[Sealed | None, int]:
    for skipped, line in enumerate(reversed(lines)):
        found = _read(line)
        if found is not None:
            return found, skipped
    return None, len(lines)


def _read(line: bytes) -> Sealed | None:
    try:
        return read(line)
    except CodecError:
        return None  # whoever verifies says what is wrong with it


def read_head(folder: Path) -> Head | None:
    """Return the note of how far a log goes; None: there is none.

    Raises:
        CodecError: it is damaged.
    """
    import orjson

    try:
        data = (folder / HEAD).read_bytes()
    except FileNotFoundError:
        return None
    try:
        found: dict[str, Any] = orjson.loads(data)
        return Head(int(found["seq"]), str(found["hash"]), int(found["file"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise CodecError(f"{HEAD} is damaged: {error!r}") from None


def write_head(folder: Path, head: Head) -> None:
    """Note how far a log goes, in one write of always the same length."""
    import orjson

    note = orjson.dumps({"seq": head.seq, "hash": head.hash, "file": head.file})
    descriptor = os.open(folder / HEAD, os.O_WRONLY | os.O_CREAT, MODE)
    try:
        os.pwrite(descriptor, note.ljust(_HEAD_BYTES - 1) + b"\n", 0)
    finally:
        os.close(descriptor)
