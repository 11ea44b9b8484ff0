"""The journal of a running session: opened, read back, kept ahead of what is written, closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regimeflow._core.journal_writer import JournalWriter, segments_of
from regimeflow.engine.journal import snapshots
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.recovery import Recovered, read_books
from regimeflow.engine.journal.writing import Appender, SessionLog, write_snapshot
from regimeflow.types.config.policies import JournalSettings
from regimeflow.types.errors import InvalidState, NetworkError, Outcome

if TYPE_CHECKING:
    import asyncio

_MIB: Final = 1 << 20
_DAY_S: Final = 86_400.0
_AHEAD_EVERY_S: Final = 0.1
_SNAPSHOTS_KEPT: Final = 2


class Journal:
    """A session's journal.

    One thread of its own makes segments ahead and, for ``power``, puts intents on disk: everything
    that was appended by the time it begins is covered by one sync.

    Args:
        folder: Where it is.
        settings: As configured.
        on_room: Told, on that thread, when there is no room any more (why), and when there is ("").

    Threading: the loop only, where nothing else is said.
    """

    def __init__(
        self, folder: str, settings: JournalSettings, on_room: Callable[[str], None]
    ) -> None:
        self.folder: Final = folder
        self._settings: Final = settings
        self._on_room: Final = on_room
        self._had_room = True
        self._sync_fault = ""
        self._snapshot_frames = 0
        self._wake: Final = threading.Event()
        self._is_closing = False
        self._thread: threading.Thread | None = None
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._lock: Final = threading.Lock()
        # The first segment that each of those lacks yet who must not miss a frame.
        self.followers: Final[list[Callable[[], int | None]]] = []
        self.writer: Final = open_writer(folder, settings)
        self.log: Final = SessionLog(self._appender())

    def _appender(self) -> Appender:
        """Return where frames go."""
        return self.writer

    def recover(self, id_prefix: str) -> Recovered:
        """Read back what earlier sessions wrote.

        Raises:
            OSError: it cannot be read.
        """
        from dataclasses import replace

        gone = []
        for position in snapshots.positions(self.folder):
            if position >= self.writer.position:
                # Their numbers come again, and it must not count then.
                snapshots.set_aside(self.folder, position)
                text = "the segment that it belongs to is gone; it is set aside"
                gone.append(f"{snapshots.name_of(position)}: {text}")
        recovered = read_books(self.folder, id_prefix=id_prefix)
        return replace(recovered, unusable=(*gone, *recovered.unusable)) if gone else recovered

    def start(self) -> None:
        """Begin to work ahead."""
        self._thread = threading.Thread(target=self._work, name="regimeflow-journal", daemon=True)
        self._thread.start()

    def close(self, books: Books | None) -> None:
        """Let go of the folder, with a last snapshot of the books.

        Raises:
            OSError: something could not be put on disk; the folder is let go of all the same.
        """
        self._is_closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        try:
            if books is not None:
                self.snapshot(books)
        finally:
            self.writer.close()

    # Durability.

    @property
    def needs_sync(self) -> bool:
        """Whether an order waits until its intent is on disk."""
        return self._settings.durability == "power"

    def synced(self) -> asyncio.Future[None]:
        """Return what is done when all that was appended is on disk.

        Awaiting it raises NetworkError (NOT_SENT) when the disk failed: nothing has left then.
        """
        import asyncio

        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.append((self.writer.position, done))
        self._wake.set()
        return done

    def _work(self) -> None:
        while not self._is_closing:
            self._wake.wait(_AHEAD_EVERY_S)
            self._wake.clear()
            self._look_for_room()
            self._sync()

    @property
    def has_room(self) -> bool:
        """Whether there is room for what comes: as last looked at, or as an append found out."""
        return self._had_room and not self.writer.is_full

    def _look_for_room(self) -> None:
        has_room = self.writer.prepare_next() and not self._sync_fault
        if has_room != self._had_room:
            self._had_room = has_room
            why = self._sync_fault or self.writer.fault or "there is none for another segment"
            self._on_room("" if has_room else f"{self.folder}: {why}")

    def _sync(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        fault: OSError | None = None
        try:
            self.writer.sync()
        except OSError as error:
            # It stays so: what the kernel could not write it forgets. Only a restart can tell.
            fault, self._sync_fault = error, f"{error.strerror or error}; restart the engine"
        for _, future in waiting:
            _settle(future, fault)

    # Snapshots.

    @property
    def is_snapshot_due(self) -> bool:
        """Whether enough was written since the last one."""
        return self.writer.frames - self._snapshot_frames >= self._settings.snapshot_every

    def snapshot(self, books: Books) -> None:
        """Write down all that the books hold, and delete what recovery needs no more.

        Raises:
            OSError: it could not be written; what was written before still serves.
        """
        self._snapshot_frames = self.writer.frames
        position = self.writer.position
        # A journal that lost what a snapshot counts would be written anew below the snapshot's
        # position, and what is written there would never be read.
        self.writer.sync()
        name = snapshots.write(self.folder, position, books)
        write_snapshot(self.log, books.last_ns, books.seq, name)
        kept = list(snapshots.prune(self.folder, _SNAPSHOTS_KEPT))
        if len(kept) == _SNAPSHOTS_KEPT:
            wanted = (first_segment() for first_segment in self.followers)
            needed = [number for number in wanted if number is not None]
            self._prune_segments(min([kept[-1] >> 32, *needed]))

    def _prune_segments(self, first_needed: int) -> None:
        oldest_s = time.time() - self._settings.keep_days * _DAY_S
        for number in segments_of(self.folder):
            path = Path(self.folder, f"journal-{number:016d}.rfj")
            if number >= first_needed or path.stat().st_mtime > oldest_s:
                return
            path.unlink()


def _settle(future: asyncio.Future[None], fault: OSError | None) -> None:
    def settle() -> None:
        if future.done():
            return
        if fault is None:
            future.set_result(None)
        else:
            text = f"the order's intent could not be put on disk: {fault}; nothing was sent"
            future.set_exception(NetworkError(text, outcome=Outcome.NOT_SENT))

    try:
        future.get_loop().call_soon_threadsafe(settle)
    except RuntimeError:
        return  # the loop has ended, and with it whoever waited


def open_writer(folder: str, settings: JournalSettings) -> JournalWriter:
    """Open a journal's folder for writing, which one at a time may do.

    Raises:
        InvalidState: it is in use, or cannot be written.
    """
    try:
        return JournalWriter(folder, segment_bytes=settings.segment_mb * _MIB)
    except OSError as error:
        text = f"journal {folder} cannot be written: {error.strerror or error}"
        raise InvalidState(f"{text}; set journal.folder, or make room") from error
