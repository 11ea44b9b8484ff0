"""One process of the simulation: an engine with its journal, until it ends or is killed."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

from regimeflow._core.frames import Frame
from regimeflow._core.journal_writer import JournalWriter
from regimeflow._core.messages import ExecutionReport
from regimeflow._core.order_rows import OrderRow
from regimeflow.adapters.clock import ReplayClock
from regimeflow.domain.orders.pictures import order_of
from regimeflow.engine.awaiting import Reply
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.keeper import Journal
from regimeflow.engine.journal.writing import Appender
from regimeflow.engine.resume import open_journal
from regimeflow.engine.wiring import build_runtime
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.ports.promise import Promise
from regimeflow.testing.simulation.broker import ModelBroker
from regimeflow.testing.simulation.disk import lose_pages, segments_from, tear
from regimeflow.testing.simulation.faults import Fault, FaultPlan
from regimeflow.testing.simulation.hearing import Hearing
from regimeflow.testing.simulation.times import Killed, SteppedClock, alive
from regimeflow.types.config import JournalSettings, LiveConfig
from regimeflow.types.enums import ExecType

_KILLS: Final = (Fault.KILL_BEFORE_WRITE, Fault.KILL_IN_WRITE, Fault.KILL_AFTER_WRITE)
_SYNC_NS: Final = 3_000_000


class Process:
    """An engine that may be killed at any step; what it had written stays, the rest is gone.

    Args:
        config: Frozen; its journal's folder outlives the process.
        broker: Its session with the venue, and nobody else's.
        own: Its clock.
        plan: When it is killed.
        seed: Of its own chances.
        on_killed: Told of it, at once.
    """

    def __init__(
        self,
        config: LiveConfig,
        broker: ModelBroker,
        own: SteppedClock,
        *,
        plan: FaultPlan,
        seed: int,
        on_killed: Callable[[], None],
    ) -> None:
        self.broker: Final = broker
        self.own: Final = own
        self.is_dead = False
        self._plan: Final = plan
        self._on_killed: Final = on_killed
        self._dice: Final = random.Random(f"disk {seed}")
        self._journal: StillJournal | None = None
        self.runtime: Final = build_runtime(
            config, cast("BrokerAdapter", broker), clock=own, seed=seed
        )
        broker.on_moment(self.may_die)
        self.hearing: Final = Hearing(self.runtime.parts.bus, self._take)

    def begin(self, on_open: Callable[[Reply[None]], None]) -> None:
        """Take up the journal and open the session."""

        def make(folder: str, settings: JournalSettings, on_room: Callable[[str], None]) -> Journal:
            self._journal = StillJournal(folder, settings, on_room, self)
            return self._journal

        open_journal(self.runtime.parts, make)
        self.runtime.begin(on_open)

    def end(self) -> None:
        """End the session as a host does, and let the journal go."""
        self.runtime.end(lambda _: None)

    def unheard(self, most_lost: int) -> list[str]:
        """What was told to it and did not come out of its bus, but for so many."""
        broker = self.broker
        return list(self.hearing.differences(broker.told, broker.told_of_account, most_lost))

    def _take(self, report: ExecutionReport) -> None:
        if report.exec_type == ExecType.TRADE and report.exec_id and not self._has(report):
            self.broker.wrongs.append(f"fill {report.exec_id} came and is nowhere")

    def _has(self, report: ExecutionReport) -> bool:
        """Whether a fill counts, or waits for its order."""
        books = self.runtime.parts.books
        order_id = order_of(books.table, report)
        if order_id:
            return books.table.has_execution(order_id, report.exec_id)
        if report.client_order_id and books.table.was_used(report.client_order_id):
            return True  # retired: cash and positions tell
        kept = {each.exec_id for each in books.orphans.reports()}
        kept.update(trade.exec_id for trade in books.trades)  # of orders that were retired
        return report.exec_id in kept

    def work_ahead(self) -> None:
        """Do what the journal's own thread does."""
        if self._journal is not None and not self.is_dead:
            self._journal.work_ahead()

    def fill_disk(self, *, is_full: bool) -> None:
        """Let the disk of the journal be full, or have room again."""
        if self._journal is not None and not self.is_dead:
            self._journal.fill_disk(is_full=is_full)

    def may_die(self, fault: Fault) -> None:
        """Die at this moment, if the plan says so."""
        if not self.is_dead and self._plan.happens(fault):
            self.kill()
            raise Killed

    def kill(self, torn_from: int | None = None) -> None:
        """End it as ``kill -9`` does.

        Args:
            torn_from: Where the frame begins of which only a part was written.
        """
        if self.is_dead:
            return
        self.is_dead = self.own.is_stopped = True
        if self._journal is not None:
            self._journal.die(torn_from)
        self.broker.die()
        self._on_killed()

    def lose(self, folder: str, on_disk: int) -> None:
        """Lose what is not on disk for sure: the machine has lost its power."""
        if lose_pages(folder, on_disk, self._dice):
            self._plan.count(Fault.POWER_LOST)

    def write_intent(self, write: Callable[[], int], position: int) -> int:
        """Write an intent, unless this is where it is killed."""
        fault = self._plan.one_of(_KILLS)
        if fault is Fault.KILL_BEFORE_WRITE:
            self.kill()
            raise Killed
        end = write()
        if fault is not None:
            self.kill(position if fault is Fault.KILL_IN_WRITE else None)
            raise Killed
        return end


class StillJournal(Journal):
    """A journal without a thread: the world works ahead for it, and puts it on disk."""

    def __init__(
        self,
        folder: str,
        settings: JournalSettings,
        on_room: Callable[[str], None],
        process: Process,
    ) -> None:
        self._process: Final = process
        self._tell_room: Final = on_room
        self._is_full = False
        super().__init__(folder, settings, on_room)
        self._on_disk = self.writer.position  # what a loss of power leaves for sure

    def _appender(self) -> Appender:
        return _Watched(self.writer, self._process, self)

    def fill_disk(self, *, is_full: bool) -> None:
        """As ``Process``."""
        self._is_full = is_full
        self._tell_room("No space left on device" if is_full else "")

    def start(self) -> None:
        """Nothing: there is no thread."""

    def synced(self) -> Promise[None]:  # type: ignore[override]
        """A moment later all is on disk."""
        promise: Promise[None] = Promise()
        true: ReplayClock = self._process.own.true
        position = self.writer.position

        def keep() -> None:
            if not self._process.is_dead:
                self._on_disk = max(self._on_disk, position)
                alive(lambda: promise.keep(None))

        true.call_at(true.now_ns() + _SYNC_NS, keep)
        return promise

    @property
    def has_room(self) -> bool:
        """Whether there is room for what comes."""
        return not self._is_full and super().has_room

    def snapshot(self, books: Books) -> None:
        """As ``Journal``; no file finds room on a full disk."""
        self.demand_room()
        super().snapshot(books)
        self._on_disk = max(self._on_disk, self.writer.position)

    def work_ahead(self) -> None:
        """Do what the thread does."""
        number = self.writer.position >> 32
        self.writer.prepare_next()  # puts the segments before this one on disk
        self._on_disk = max(self._on_disk, number << 32)

    def die(self, torn_from: int | None) -> None:
        """Leave the folder as it is at this moment, whatever the dead process does yet."""
        sizes = {path: path.stat().st_size for path in Path(self.folder).iterdir()}
        kept = segments_from(self.folder, self.writer.position)
        self.writer.close()
        for path in Path(self.folder).iterdir():
            if path not in sizes:
                path.unlink()
        for path, content in kept.items():
            with path.open("wb") as segment:
                segment.write(content)
                segment.truncate(sizes[path])
        if torn_from is not None:
            tear(self.folder, torn_from)
        if self.needs_sync:
            self._process.lose(self.folder, self._on_disk)

    def demand_room(self) -> None:
        """Raise OSError when the disk is full."""
        if self._is_full:
            raise OSError(28, "No space left on device")


class _Watched:
    """The way into the journal, on which the process may be killed, or the disk be full."""

    def __init__(self, writer: JournalWriter, process: Process, journal: StillJournal) -> None:
        self._writer: Final = writer
        self._process: Final = process
        self._journal: Final = journal

    def append(self, thing: Frame) -> int:
        """Append a frame."""
        self._look()
        return self._writer.append(thing)

    def append_command(self, row: OrderRow, kind: int, now_ns: int, text: str = "") -> int:
        """Append an intent."""
        self._look()
        writer = self._writer
        return self._process.write_intent(
            lambda: writer.append_command(row, kind, now_ns, text), writer.position
        )

    def _look(self) -> None:
        if self._process.is_dead:
            raise Killed
        self._journal.demand_room()
