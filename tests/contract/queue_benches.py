"""Queues that need nothing: in memory, and over files."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from pathlib import Path

from regimeflow._core.frames import Note
from regimeflow._core.journal_writer import JournalWriter
from regimeflow.adapters.queues.journal.identity import claim_origin
from regimeflow.adapters.queues.memory import MemoryBroker, memory_broker
from regimeflow.ports.message_queue import Outgoing
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.enums import LiveTopic

STRANGER = "stranger~00000001"
_numbers = itertools.count(1)


class MemoryQueueBench:
    can_be_away = True

    def __init__(self) -> None:
        self._name = f"contract-{next(_numbers)}"
        self._written = 0

    def open(self) -> None: ...

    def close(self) -> None: ...

    @property
    def broker(self) -> MemoryBroker:
        return memory_broker(self._name)

    def config(self) -> MessageQueueConfig:
        return MessageQueueConfig(type="memory", url=self._name)

    def go_away(self) -> None:
        self.broker.is_up = False

    def come_back(self) -> None:
        self.broker.is_up = True

    def write_garbage(self, body: bytes) -> None:
        self._written += 1
        sent = Outgoing(LiveTopic.SYSTEM, "", STRANGER, self._written, 1, body, 0)
        self.broker.append([sent])


class JournalQueueBench:
    can_be_away = False

    def __init__(self) -> None:
        self._folder = ""
        self._stranger: JournalWriter | None = None
        self._damaged = 0

    def open(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="queue-contract-")

    def close(self) -> None:
        if self._stranger is not None:
            self._stranger.close()
        shutil.rmtree(self._folder)

    def config(self) -> MessageQueueConfig:
        return MessageQueueConfig(type="journal", url=self._folder)

    def go_away(self) -> None:
        raise AssertionError("there is no server")

    def come_back(self) -> None:
        raise AssertionError("there is no server")

    def write_garbage(self, body: bytes) -> None:
        """A frame that was written whole, and that the disk then changed."""
        folder = Path(self._folder, "stranger")
        if self._stranger is None:
            self._stranger = JournalWriter(folder, segment_bytes=1 << 20)
            claim_origin(str(folder), "stranger")
        writer = self._stranger
        path = folder / f"journal-{writer.segment:016d}.rfj"
        mark = b"<garbage %d>" % writer.position
        writer.append(Note(1, 99, b'"' + mark + body.hex().encode() + b'"'))
        writer.append(Note(1, 99, b'"sound"'))
        with path.open("r+b") as file:
            at = file.read().index(mark)
            file.seek(at)
            file.write(bytes(len(mark)))
