"""Whether a log is as it was written: every line, every file, and its end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from regimeflow.adapters.audit.chain import FIRST, Sealed, read
from regimeflow.adapters.audit.folder import HEAD, Head, files_of, lines_of, path_of, read_head
from regimeflow.adapters.audit.jsonl import CLOSED, DAMAGED
from regimeflow.adapters.audit.signing import Checker
from regimeflow.types.errors import CodecError, NotFound
from regimeflow.types.records import Record


class Finding(Record):
    """Something that is not as it was written: where, and what."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}" if self.line else f"{self.file}: {self.text}"


class Verified(Record, kw_only=True):
    """What verifying a log came to.

    ``lines`` and ``files``: how many were read. ``signed``: up to which line a signature holds, 0:
    none. ``torn``: bytes of a half written line at the very end, as a killed process leaves them.
    """

    findings: tuple[Finding, ...]
    lines: int
    files: int
    last_hash: str
    signed: int = 0
    torn: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether all of it is as it was written."""
        return not self.findings


class _Walk:
    """One reading of a log, from its first line to its last."""

    def __init__(self, folder: Path, checker: Checker | None) -> None:
        self._folder = folder
        self._checker = checker
        self.previous, self.seq = FIRST, 0
        self.lines = self.signed = self.torn = 0
        self.findings: list[Finding] = []
        self.hashes: dict[int, str] = {}  # of the line that the note is about
        self._wanted = 0

    def walk(self, numbers: list[int], head: Head | None) -> None:
        self._wanted = 0 if head is None else head.seq
        for index, number in enumerate(numbers):
            expected = numbers[index - 1] + 1 if index else 1
            path = path_of(self._folder, number)
            if number != expected:
                missing = path_of(self._folder, expected).name
                self._find(path.name, 0, f"{missing} is missing before it")
            self._walk_file(path, is_last=index == len(numbers) - 1)

    def _walk_file(self, path: Path, *, is_last: bool) -> None:
        for count, (_, line, is_whole) in enumerate(lines_of(path), 1):
            if not is_whole and is_last:
                self.torn = len(line)
                return
            self.lines += 1
            try:
                found = read(line)
            except CodecError as error:
                self._find(path.name, count, f"it cannot be read: {error}")
                continue
            if not is_whole:
                self._find(path.name, count, "its newline is gone")
            for text in self._faults(found):
                self._find(path.name, count, text)
            self.previous, self.seq = found.hash, found.seq
            if found.seq == self._wanted:
                self.hashes[found.seq] = found.hash

    def _faults(self, line: Sealed) -> Iterator[str]:
        if line.seq != self.seq + 1:
            yield f"line {line.seq} where {self.seq + 1} was expected"
        if not line.follows(self.previous):
            yield "its hash is not that of its text behind the line before it"
        if line.fields.get("kind") == DAMAGED:
            yield f"the log itself says: {line.fields.get('text')}"
        if line.fields.get("kind") == CLOSED:
            yield from self._check_signature(line)

    def _check_signature(self, line: Sealed) -> Iterator[str]:
        data = line.fields.get("data")
        signature = str(data.get("signature", "")) if isinstance(data, dict) else ""
        if self._checker is None:
            return
        if self._checker.holds(self.previous, signature):
            self.signed = line.seq
        else:
            yield "its signature does not hold"

    def _find(self, file: str, line: int, text: str) -> None:
        self.findings.append(Finding(file, line, text))


def verify_audit(folder: str | os.PathLike[str], *, public_key: str | None = None) -> Verified:
    """Read a whole log and say what of it is not as it was written.

    Whoever can write into the folder can write a new log with new hashes: only a signature, or a
    hash that is kept elsewhere, tells that one apart.

    Args:
        folder: Of the log; it may be in use.
        public_key: PEM file with which signatures are checked; None: they are not.

    Raises:
        NotFound: there is no log in the folder.
        ConfigError: the key cannot be used.
        OSError: a file cannot be read.
    """
    root = Path(folder)
    numbers = files_of(root)
    checker = None if public_key is None else Checker(public_key)
    head, fault = None, ""
    try:
        head = read_head(root)  # before the lines: those that come meanwhile are behind it
    except CodecError as error:
        fault = str(error)
    if not numbers and head is None and not fault:
        raise NotFound(f"there is no audit log in {folder}")
    walk = _Walk(root, checker)
    walk.walk(numbers, head)
    findings = list(walk.findings)
    if head is None:
        findings.append(Finding(HEAD, 0, fault or "it is missing: the log may have been longer"))
    elif head.seq > walk.seq:
        text = (
            f"the log goes on to line {head.seq}: {head.seq - walk.seq} lines at its end are gone"
        )
        findings.append(Finding(HEAD, 0, text))
    elif head.seq and walk.hashes.get(head.seq) != head.hash:
        findings.append(Finding(HEAD, 0, f"line {head.seq} is another one than was written"))
    return Verified(
        findings=tuple(findings),
        lines=walk.lines,
        files=len(numbers),
        last_hash=walk.previous,
        signed=walk.signed,
        torn=walk.torn,
    )
