"""A thread that follows a session's journal and keeps what belongs in the audit log."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from regimeflow._core.frames import TEMPLATES, Answer, Snapshot, TimerFired
from regimeflow._core.journal_reader import JournalReader
from regimeflow.engine.audit.events import event_of
from regimeflow.ports.audit import AuditSink
from regimeflow.types.audit import AuditEvent
from regimeflow.types.errors import RegimeFlowError

_EVERY_S: Final = 0.05
_AGAIN_S: Final = 1.0  # after a failed write
_MOST: Final = 16  # events at once: the loop never waits long for the interpreter
_PAUSE_S: Final = 0.001
_MARKET_AND_BOOKS: Final = frozenset({1, 2, 3, 4, 6, 7})  # messages that are not looked into
_UNREAD: Final = _MARKET_AND_BOOKS | {TEMPLATES[cls] for cls in (Answer, TimerFired, Snapshot)}


class AuditTrail:
    """Writes what the journal says into the audit log, in its order, and each thing once.

    The log itself says how far it has come: after a crash it goes on behind its newest event. Disk
    and hashing cost the session's loop nothing; a log that cannot be written falls behind and
    catches up, since the journal keeps what it has not read.

    Args:
        sink: Where events go; closed with the trail.
        folder: Of the journal.
        on_fault: Told, on the thread, when the log cannot be written (why), and when it can ("").
    """

    def __init__(self, sink: AuditSink, folder: str, on_fault: Callable[[str], None]) -> None:
        self._sink: Final = sink
        self._folder: Final = folder
        self._on_fault: Final = on_fault
        self._reader: Final = self._begin()
        self._waiting: list[AuditEvent] = []
        self._fault = ""
        self._wake: Final = threading.Event()
        self._is_ending = False
        self._read_to = self._reader.position
        self._thread: Final = threading.Thread(
            target=self._work, name="regimeflow-audit", daemon=True
        )

    @property
    def position(self) -> int:
        """Up to where of the journal the log has everything. Any thread."""
        return self._read_to

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def catch_up(self) -> bool:
        """Take the next events on the caller's thread, in place of ``start``; false: none is there.

        Raises:
            OSError: the log cannot be written; the same events come again.
        """
        if not self._take():
            return False
        self._keep()
        return True

    def stop(self) -> None:
        """Write what the journal still has, and close the log; the journal is closed before.

        Raises:
            OSError: the log could not be written to its end; the next session goes on from there.
        """
        self._is_ending = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()
        try:
            while self.catch_up():
                pass
        finally:
            self._sink.close()

    def _begin(self) -> JournalReader:
        """Return a reader that stands behind the newest event of the log."""
        newest = self._sink.newest
        if newest is not None and newest.position is not None:
            reader = self._behind(newest)
            if reader is not None:
                return reader
        return JournalReader(self._folder, without=_UNREAD)

    def _behind(self, newest: AuditEvent) -> JournalReader | None:
        """Return a reader behind an event; None: this journal has it not, or no more."""
        try:
            reader = JournalReader(self._folder, position=newest.position, without=_UNREAD)
            frame = reader.read()
        except (RegimeFlowError, OSError, ValueError):
            return None  # that part of the journal is gone
        found = None if frame is None else event_of(frame)
        is_it = found is not None and (found.kind, found.ts_ns) == (newest.kind, newest.ts_ns)
        return reader if is_it else None

    def _work(self) -> None:
        while not self._is_ending:
            try:
                if self.catch_up():
                    self._tell("")
                    self._wake.wait(_PAUSE_S)
                    continue
            except OSError as error:
                self._tell(error.strerror or str(error))
            self._wake.wait(_AGAIN_S if self._fault else _EVERY_S)

    def _take(self) -> bool:
        """Read on, unless there are events that could not be written yet."""
        if self._waiting:
            return True
        while len(self._waiting) < _MOST:
            frame = self._reader.read()
            if frame is None:
                break
            event = event_of(frame)
            if event is not None:
                self._waiting.append(event)
        if not self._waiting:
            self._read_to = self._reader.position
        return bool(self._waiting)

    def _keep(self) -> None:
        self._sink.write(self._waiting)
        self._waiting = []
        self._read_to = self._reader.position

    def _tell(self, fault: str) -> None:
        if fault != self._fault:
            self._fault = fault
            self._on_fault(fault)
