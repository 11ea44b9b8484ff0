"""The audit log as files of JSON lines."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, Self

from regimeflow.adapters.audit.chain import Sealed, seal
from regimeflow.adapters.audit.folder import (
    LOCK,
    MODE,
    Head,
    end_of,
    files_of,
    path_of,
    read_head,
    write_head,
)
from regimeflow.adapters.audit.signing import Signer
from regimeflow.types.audit import AuditEvent
from regimeflow.types.errors import CodecError, InvalidState

_MIB: Final = 1 << 20
_LARGEST: Final = (1 << 63) - 1  # beyond it JSON's readers differ
CLOSED: Final = "closed"
DAMAGED: Final = "damaged"


class AuditLogger:
    """Appends events to a folder, each line sealed with the hash of all before it.

    A line that was half written when the process died is cut when the folder is opened again; a
    damaged end stays as it is, and the log goes on in a new file with a line that says so.

    Args:
        folder: Made if there is none; one logger at a time has it.
        rotate_mb: A file that is longer is followed by another one.
        sign_key: An Ed25519 private key in a PEM file, with which ``close`` signs all of it.

    Raises:
        InvalidState: another process has the folder, or it cannot be written.
        ConfigError: the key cannot be used.

    Threading: one thread at a time.
    """

    def __init__(
        self, folder: str | os.PathLike[str], *, rotate_mb: int = 64, sign_key: str | None = None
    ) -> None:
        self._folder: Final = Path(folder)
        self._rotate_bytes: Final = rotate_mb * _MIB
        self._signer: Final = None if sign_key is None else Signer(sign_key)
        self._head = Head()
        self._newest: AuditEvent | None = None
        self._has_written = False
        self._descriptor = -1
        self._size = 0
        self._lock = -1
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(self._folder)
            self._take_up()
        except OSError as error:
            self._let_go()
            text = f"audit log {folder} cannot be written: {error.strerror or error}"
            raise InvalidState(text) from error

    @property
    def newest(self) -> AuditEvent | None:
        """As ``AuditSink`` has it."""
        return self._newest

    @property
    def last_seq(self) -> int:
        """The number of the newest line; 0: there is none."""
        return self._head.seq

    def log(self, event: AuditEvent) -> None:
        """Keep one event; as ``write``."""
        self.write([event])

    def write(self, events: Sequence[AuditEvent]) -> None:
        """Keep events: once this returns they survive the end of the process.

        Raises:
            OSError: none of them is kept; the same ones may be given again.
            InvalidState: it is closed.
        """
        if self._descriptor < 0:
            raise InvalidState("the audit log is closed")
        if not events:
            return
        if self._size >= self._rotate_bytes:
            self._begin(self._head.file + 1)
        lines, head = [], self._head
        for event in events:
            own, line = seal(head.hash, _fields(event, head.seq + 1))
            head = Head(head.seq + 1, own, head.file)
            lines.append(line)
        self._append(b"".join(lines))
        self._head, self._has_written = head, True
        for event in events:
            if event.position is not None:
                self._newest = event
        write_head(self._folder, head)

    def close(self) -> None:
        """Seal what was written with a signature, where there is a key, and let go of the folder.

        Raises:
            OSError: it could not be put on disk; the folder is let go of all the same.
        """
        if self._descriptor < 0:
            return
        try:
            if self._signer is not None and self._has_written:
                self._sign(self._signer)
            os.fsync(self._descriptor)
        finally:
            self._let_go()

    def _sign(self, signer: Signer) -> None:
        signature = signer.sign(self._head.hash)
        self.write([_own(CLOSED, "signed up to the line before this", signature=signature)])

    def _append(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            os.ftruncate(self._descriptor, self._size)  # no half of it
            raise
        self._size += len(data)

    def _begin(self, number: int) -> None:
        """Go on in a new file."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        new = os.open(path_of(self._folder, number), flags, MODE)
        if self._descriptor >= 0:
            os.fsync(self._descriptor)
            os.close(self._descriptor)
        self._descriptor, self._size = new, 0
        self._head = Head(self._head.seq, self._head.hash, number)

    def _take_up(self) -> None:
        """Go on where the log ends."""
        numbers = files_of(self._folder)
        ends = [end_of(path_of(self._folder, number)) for number in reversed(numbers)]
        newest = next((end.last for end in ends if end.last is not None), None)
        if newest is not None:
            self._head = Head(newest.seq, newest.hash, numbers[-1])
        placed = next((end.placed for end in ends if end.placed is not None), None)
        self._newest = None if placed is None else _event_of(placed)
        if not numbers or ends[0].damage:
            self._begin(numbers[-1] + 1 if numbers else 1)
        else:
            path = path_of(self._folder, numbers[-1])
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
            os.ftruncate(self._descriptor, ends[0].size)  # what was half written
            self._size = ends[0].size
            self._head = Head(self._head.seq, self._head.hash, numbers[-1])
        self._tell_damage(ends[0].damage if ends else "")

    def _tell_damage(self, damage: str) -> None:
        """Say in the log itself what of it cannot be read, or is gone."""
        try:
            note = read_head(self._folder)
        except CodecError as error:
            note, damage = None, damage or str(error)
        if note is not None and note.seq > self._head.seq and not damage:
            damage = f"lines {self._head.seq + 1} to {note.seq} are gone"
        if damage:
            self.write([_own(DAMAGED, damage)])

    def _let_go(self) -> None:
        for descriptor in (self._descriptor, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"AuditLogger({str(self._folder)!r}, last_seq={self.last_seq})"


def _locked(folder: Path) -> int:
    """Have a folder for this process alone; returns what holds it."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        text = f"audit log {folder} is in use by process {holder}; give this one its own folder"
        raise InvalidState(text) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor


def _event_of(line: Sealed) -> AuditEvent:
    fields = line.fields
    return AuditEvent(
        kind=str(fields["kind"]), ts_ns=int(fields["ts_ns"]), position=int(fields["position"])
    )


def _own(kind: str, text: str, **data: object) -> AuditEvent:
    """An event of the log's own; its time decides nothing."""
    return AuditEvent(kind=kind, ts_ns=time.time_ns(), text=text, data=data)


def _fields(event: AuditEvent, seq: int) -> dict[str, object]:
    seconds, ns = divmod(event.ts_ns, 1_000_000_000)
    at = datetime.fromtimestamp(seconds, UTC)
    fields: dict[str, object] = {
        "seq": seq,
        "ts": f"{at:%Y-%m-%dT%H:%M:%S}.{ns:09d}Z",
        "ts_ns": event.ts_ns,
        "kind": _plain(event.kind),
        "text": _plain(event.text),
    }
    if event.position is not None:
        fields["position"] = event.position
    if event.data:
        fields["data"] = _plain(event.data)
    return fields


def _plain(value: object) -> object:
    """Return a value as JSON has it, with nothing that would be another one there."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) <= _LARGEST else str(value)
    if isinstance(value, Mapping):
        return {str(_plain(str(key))): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return f"{value:f}" if isinstance(value, Decimal) else _plain(str(value))
