"""The default queue: journals on this machine's disks, followed by file."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from regimeflow._core.journal_writer import segments_of
from regimeflow._core.messages import LiveMessage
from regimeflow.adapters.queues._shared.inbox import Inbox
from regimeflow.adapters.queues._shared.origins import Numbering, name_of
from regimeflow.adapters.queues.journal.follower import Follower
from regimeflow.adapters.queues.journal.identity import FILE, origin_in
from regimeflow.adapters.queues.journal.writer import QueueWriter
from regimeflow.ports.message_queue import OnMessage, OnTaken, Outgoing, QueueCounters
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.errors import ConfigError, Fault, InvalidState, NetworkError

_LOOK_S: Final = 0.002  # between two looks at files that have nothing new
_FOLDERS_EVERY_S: Final = 0.2


class JournalQueue:
    """``MessageQueueAdapter`` over files: ``url`` is the folder of a journal, or one of several.

    Of a session with ``[queue]`` the journal itself is what others follow, and nothing is written
    twice. What is published through this adapter goes to a journal of its own, in the folder
    ``<url>/<origin>``.

    A message is acknowledged once it is on disk.
    """

    def __init__(self, config: MessageQueueConfig) -> None:
        if config.url is None:
            fault = Fault("queue.url", "is missing; a queue of type journal needs a folder")
            raise ConfigError([fault])
        self._config: Final = config
        self._root: Final = config.url
        self._numbering: Final = Numbering(config)
        self._inbox: Final = Inbox(config)
        self._writer: QueueWriter | None = None
        self._followers: Final[dict[str, Follower]] = {}
        self._is_open = False
        self._looked_s = -_FOLDERS_EVERY_S
        self._acknowledged = self._published = self._confirmed = self._missed = 0
        self._last_error = ""
        self._since_ns: int | None = None

    def connect(self) -> None:
        """As ``MessageQueueAdapter`` has it."""
        if self._is_open:
            return
        try:
            Path(self._root).mkdir(parents=True, exist_ok=True)
            self._inbox.open()
        except (OSError, InvalidState) as error:
            self._inbox.close()
            self._last_error = str(error)
            raise NetworkError(str(error), venue="journal") from error
        self._is_open = True
        self._looked_s = -_FOLDERS_EVERY_S
        self._look_for_folders()

    def disconnect(self) -> None:
        """As ``MessageQueueAdapter`` has it."""
        self._is_open = False
        self._missed = self.counters().missed
        self._followers.clear()
        self._inbox.close()
        if self._writer is not None:
            self._confirm()
            writer, self._writer = self._writer, None
            self._close(writer)

    def _close(self, writer: QueueWriter) -> None:
        try:
            writer.close()
        except OSError as error:
            self._last_error = f"{self._root}: {error}"

    def is_connected(self) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        return self._is_open

    # Going out.

    def publish(self, message: LiveMessage) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        is_taken, why_not = self._numbering.publish(message, self.publish_batch)
        self._last_error = why_not or self._last_error
        return is_taken

    def publish_batch(self, messages: Sequence[Outgoing]) -> int:
        """As ``MessageQueueAdapter`` has it."""
        if not self._is_open or not messages:
            return 0
        try:
            if self._writer is None:
                folder = str(Path(self._root, self._numbering.name))
                keep_mb = self._config.keep_unsent_mb
                self._writer = QueueWriter(folder, self._numbering.name, keep_mb)
            room = max(self._config.most_unacknowledged - self._writer.backlog, 0)
            taken = self._writer.append(messages[:room])
        except (OSError, InvalidState) as error:
            self._last_error = f"{self._root}: {error}"
            return 0
        self._published += taken
        return taken

    def _confirm(self) -> None:
        if self._writer is None:
            return
        try:
            count, cursor = self._writer.sync()
        except OSError as error:
            self._last_error = f"{self._root}: {error}"
            return
        self._confirmed += count
        self._acknowledged = max(self._acknowledged, cursor)

    def acknowledged(self) -> int:
        """As ``MessageQueueAdapter`` has it."""
        self._confirm()
        return self._acknowledged

    def flush(self, timeout_s: float) -> bool:
        """As ``MessageQueueAdapter`` has it; the disk decides how long it takes."""
        del timeout_s
        self._confirm()
        return self._writer is None or not self._writer.backlog

    # Coming in.

    def on_message(self, cb: OnMessage) -> None:
        """As ``MessageQueueAdapter`` has it."""
        self._inbox.on_message(cb)

    def on_taken(self, cb: OnTaken) -> None:
        """As ``MessageQueueAdapter`` has it."""
        self._inbox.on_taken(cb)

    def seek(self, since_ns: int) -> None:
        """As ``MessageQueueAdapter`` has it."""
        self._since_ns = since_ns

    def poll(self, wait_s: float = 0.0) -> int:
        """As ``MessageQueueAdapter`` has it."""
        if not self._is_open:
            return 0
        self._confirm()
        if not self._inbox.wants_any:
            return 0
        until_s = time.monotonic() + wait_s
        while True:
            taken = self._take()
            left_s = until_s - time.monotonic()
            if taken or left_s <= 0:
                return taken
            time.sleep(min(_LOOK_S, left_s))

    def _take(self) -> int:
        self._look_for_folders()
        count = 0
        for each in self._followers.values():
            taken, goes_on = each.take(self._config.batch_messages)
            count += taken
            if not goes_on:
                break
        if not count:
            return 0
        if not self._inbox.settle():
            for each in self._followers.values():
                each.rewind()
            return 0
        for each in self._followers.values():
            each.keep()
        return count

    def _look_for_folders(self) -> None:
        now_s = time.monotonic()
        if not self._inbox.wants_any or now_s - self._looked_s < _FOLDERS_EVERY_S:
            return
        self._looked_s = now_s
        try:
            found = {"": self._root} | {
                each.name: each.path for each in os.scandir(self._root) if each.is_dir()
            }
            for lane, folder in found.items():
                if lane not in self._followers and segments_of(folder):
                    self._follow(lane, folder)
        except (OSError, InvalidState) as error:
            self._last_error = f"{self._root}: {error}"

    def _follow(self, lane: str, folder: str) -> None:
        origin = origin_in(folder)
        if origin is None:
            text = f"there is no {FILE}: its session has no [queue]"
            self._last_error = f"{folder} is not followed: {text}"
        elif name_of(origin) != self._numbering.name:
            follower = Follower(folder, lane, origin, self._inbox, since_ns=self._since_ns)
            self._followers[lane] = follower

    # What it has done.

    @property
    def poss_dup(self) -> bool:
        """As ``MessageQueueAdapter`` has it."""
        return self._inbox.poss_dup

    @property
    def last_error(self) -> str:
        """As ``MessageQueueAdapter`` has it."""
        return self._last_error or self._inbox.last_error

    @property
    def has_given_up(self) -> bool:
        """As ``MessageQueueAdapter`` has it: a folder is always there, or never was."""
        return False

    def counters(self) -> QueueCounters:
        """As ``MessageQueueAdapter`` has it."""
        inbox = self._inbox
        return QueueCounters(
            published=self._published,
            acknowledged=self._confirmed,
            received=inbox.received,
            repeats=inbox.repeats,
            bad=inbox.bad,
            missed=self._missed + sum(each.missed for each in self._followers.values()),
            callback_errors=inbox.callback_errors,
        )
