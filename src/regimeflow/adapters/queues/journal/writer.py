"""Writes messages into a journal of our own, for others to follow."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.journal_writer import JournalWriter, segments_of
from regimeflow._core.messages import LiveMessage
from regimeflow.adapters.queues.journal.identity import claim_origin
from regimeflow.ports.message_queue import Outgoing

_MIB: Final = 1 << 20
_SEGMENT_MB: Final = 4
_CODEC: Final = LiveMessageCodec()
_SEQ_AT: Final = 8  # the first field of every message of the stream, behind the head


def numbered(message: Outgoing) -> LiveMessage:
    """Return a message with its origin and number in it, as a journal has them."""
    plain = _CODEC.decode(message.body)
    body = bytearray(_CODEC.encode(LiveMessage(plain.topic, plain.payload, origin=message.origin)))
    struct.pack_into("<q", body, _SEQ_AT, message.sequence)
    return _CODEC.decode(body)


class QueueWriter:
    """A journal that holds what was published, and nothing else.

    Args:
        folder: Its own; one writer at a time.
        name: The host's.
        keep_mb: The oldest segments beyond it are deleted.

    Raises:
        InvalidState: another process writes it.
        OSError: it cannot be made.

    Threading: one thread.
    """

    def __init__(self, folder: str, name: str, keep_mb: int) -> None:
        self._folder: Final = folder
        self._most: Final = max(keep_mb // _SEGMENT_MB, 2)
        self._writer: Final = JournalWriter(folder, segment_bytes=_SEGMENT_MB * _MIB)
        self._segment = self._writer.segment
        self._unsynced: list[int] = []
        claim_origin(folder, name)

    @property
    def backlog(self) -> int:
        """How many messages are not on disk yet."""
        return len(self._unsynced)

    def append(self, messages: Sequence[Outgoing]) -> int:
        """Append messages; returns how many of them there was room for.

        Raises:
            OSError: there was none for the first of them.
        """
        for count, each in enumerate(messages):
            try:
                self._writer.append(numbered(each))
            except OSError:
                if not count:
                    raise
                return count
            self._unsynced.append(each.cursor)
        return len(messages)

    def sync(self) -> tuple[int, int]:
        """Have all of it on disk: how many that were, and the last cursor of them.

        Raises:
            OSError: it could not be written.
        """
        if not self._unsynced:
            return 0, 0
        self._writer.sync()
        done, self._unsynced = self._unsynced, []
        self._work_ahead()
        return len(done), max(done)

    def _work_ahead(self) -> None:
        self._writer.prepare_next()
        if self._writer.segment == self._segment:
            return
        self._segment = self._writer.segment
        for number in segments_of(self._folder)[: -self._most]:
            Path(self._folder, f"journal-{number:016d}.rfj").unlink()

    def close(self) -> None:
        """Put everything on disk and let go of the folder.

        Raises:
            OSError: something could not be written.
        """
        self._writer.close()
