"""Up to where each stream was taken: in a mapped file, so that kill -9 forgets nothing."""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
from pathlib import Path
from typing import Final

from regimeflow.types.errors import InvalidState

_MAGIC: Final = int.from_bytes(b"RFQMARK1", "little")
_WORD: Final = 8
_HEAD: Final = 4  # words: magic, slots, two that are free
_SLOT: Final = 4  # words: key, begun, done, cursor
_FIRST_SLOTS: Final = 1_022  # 32 KiB


class Mark:
    """Up to where one stream was taken.

    Attributes:
        seen: The last sequence that was taken.
        doubt: The last that an earlier process had begun with; above ``seen``: it never ended.
    """

    __slots__ = ("at", "doubt", "seen")

    def __init__(self, at: int, begun: int, done: int) -> None:
        self.at = at
        self.seen = done
        self.doubt = begun


class Marks:
    """The marks of one consumer, by stream.

    A mark is two numbers of eight aligned bytes, each written in one store: whenever the process
    dies, each is either the old one or the new one. All blocks of the file are had ahead, so that a
    full disk is an error here and no fault in a mapping.

    Args:
        path: The file; None: nothing outlives the process.

    Raises:
        InvalidState: another process has it, or it is no such file.
        OSError: it cannot be made.

    Threading: one thread.
    """

    def __init__(self, path: str | None) -> None:
        self._marks: Final[dict[str, Mark]] = {}
        self._by_key: Final[dict[int, int]] = {}
        self._path: Final = path
        self._file = -1
        self._map: mmap.mmap | None = None
        self._words = memoryview(bytearray(_WORD * (_HEAD + _SLOT * _FIRST_SLOTS))).cast("Q")
        if path is not None:
            self._open(path)

    def _open(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                text = f"{path} is another consumer's, which is running; give this one its own name"
                raise InvalidState(text) from None
            if os.fstat(self._file).st_size < _WORD * (_HEAD + _SLOT):
                os.posix_fallocate(self._file, 0, _WORD * (_HEAD + _SLOT * _FIRST_SLOTS))
            self._remap()
            if self._words[0] not in (0, _MAGIC):
                raise InvalidState(f"{path} is no file of marks; take it away")
            self._words[0] = _MAGIC
        except BaseException:  # whatever it was, the lock must not stay
            self._let_go()
            raise
        for at in range(_HEAD, len(self._words), _SLOT):
            if not self._words[at]:
                break
            self._by_key[self._words[at]] = at

    def _remap(self) -> None:
        self._words.release()
        if self._map is not None:
            self._map.close()
        self._map = mmap.mmap(self._file, 0)
        self._words = memoryview(self._map).cast("Q")

    def mark(self, stream: str) -> Mark:
        """Return the mark of a stream; a new one begins at 0.

        Raises:
            OSError: there is no room for another one.
        """
        known = self._marks.get(stream)
        if known is None:
            key = int.from_bytes(hashlib.blake2b(stream.encode(), digest_size=8).digest(), "little")
            at = self._by_key.get(key or 1) or self._add(key or 1)
            known = self._marks[stream] = Mark(at, self._words[at + 1], self._words[at + 2])
        return known

    def _add(self, key: int) -> int:
        at = _HEAD + _SLOT * len(self._by_key)
        if at == len(self._words):
            self._grow()
        self._words[at] = key  # the rest is 0
        self._by_key[key] = at
        return at

    def _grow(self) -> None:
        size = _WORD * len(self._words)
        if self._file < 0:
            self._words = memoryview(bytearray(self._words.tobytes() + bytes(size))).cast("Q")
            return
        os.posix_fallocate(self._file, 0, 2 * size - _WORD * _HEAD)
        self._remap()

    def begin(self, mark: Mark, sequence: int) -> None:
        """Note, before it takes effect, that a message is being taken."""
        self._words[mark.at + 1] = sequence

    def end(self, mark: Mark, sequence: int) -> None:
        """Note that everything up to a sequence was taken."""
        mark.seen = sequence
        self._words[mark.at + 2] = sequence

    def cursor(self, mark: Mark) -> int:
        """Return where reading goes on, as ``keep_cursor`` was told; 0: nothing was."""
        return self._words[mark.at + 3]

    def keep_cursor(self, mark: Mark, cursor: int) -> None:
        """Keep where reading goes on, once everything before it was taken."""
        self._words[mark.at + 3] = cursor

    def close(self) -> None:
        """Put everything on disk and let go of the file; harmless when it is closed."""
        if self._map is not None:
            self._map.flush()
        self._let_go()

    def _let_go(self) -> None:
        self._words.release()
        if self._map is not None:
            self._map.close()
            self._map = None
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
