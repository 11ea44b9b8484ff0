"""Publishing: one transaction at a time, each taken as a whole or not at all.

A plain pipeline would not do. Where one command of it is refused (no memory left, a full disk, a
replica that was promoted) and the next one is not, sending the first again would put it behind the
second: out of order, and to readers it would look like a repeat. The transaction before must be
answered before the next one leaves; what keeps the server busy is the size of each.
"""

from __future__ import annotations

from typing import Final

from regimeflow.adapters.queues._shared.faults import Lost
from regimeflow.adapters.queues._shared.window import Window
from regimeflow.adapters.queues._shared.wire import LANES
from regimeflow.adapters.queues.redis.commands import Streams, milliseconds, pack
from regimeflow.adapters.queues.redis.line import Line, Reply, first_fault

_AROUND: Final = 2  # replies to MULTI and to EXEC
_WAIT_MS: Final = 1_000
_TRIMS_PER_AGE: Final = 100


class Outlet:
    """Sends what is in the window, and takes it out once the server has it.

    Args:
        window: What is on its way.
        streams: Where to.
        most: How many messages one transaction has.
        synced: Whether a message counts only once it is in the server's file, on disk.
        replicas: How many replicas must have it.
    """

    def __init__(
        self, window: Window, streams: Streams, *, most: int, synced: bool, replicas: int
    ) -> None:
        self._window: Final = window
        self._streams: Final = streams
        self._most: Final = most
        self._wait: Final = self._waiting(synced=synced, replicas=replicas)
        self._wanted: Final = [int(synced), replicas] if synced else replicas
        self._sent = 0  # messages of the transaction that is under way
        self._expected = 0  # replies to it, and to what was sent with it
        self._replies: list[Reply] = []
        self._written = 0  # messages that only wait for disk or replicas
        self._trimmed_ms = 0

    @staticmethod
    def _waiting(*, synced: bool, replicas: int) -> bytes:
        if synced:
            return pack("WAITAOF", 1, replicas, _WAIT_MS)
        return pack("WAIT", replicas, _WAIT_MS) if replicas else b""

    def begin_again(self) -> None:
        """On a new connection, begin with what is not acknowledged; some may be there already."""
        self._sent = self._expected = self._written = 0
        self._replies.clear()

    @property
    def is_busy(self) -> bool:
        """Whether replies are to come."""
        return self._expected > 0

    def work(self, line: Line) -> bool:
        """Take replies and send what may be sent; whether anything was acknowledged.

        Raises:
            Lost: the connection is gone, or the server refuses.
        """
        if not self.is_busy and line.replies():
            raise Lost("the server answers without having been asked")  # or it is gone: that raises
        heard = self._hear(line) if self.is_busy else False
        if not self.is_busy and len(self._window):
            self._push(line)
        return heard

    def _push(self, line: Line) -> None:
        parcels = self._window.since(self._window.end - len(self._window), self._most)
        data = self._streams.batch(parcels)
        self._sent = len(parcels)
        self._expected = self._sent + _AROUND
        line.send(data)

    def _hear(self, line: Line) -> bool:
        self._replies += line.replies()
        if len(self._replies) < self._expected:
            return False
        replies, self._replies = self._replies[: self._expected], self._replies[self._expected :]
        self._expected = 0
        if (refused := first_fault(replies)) is not None:
            raise refused
        if self._written:
            return self._kept(line, replies[-1])
        return self._taken(line, replies)

    def _taken(self, line: Line, replies: list[Reply]) -> bool:
        ids = replies[self._sent + 1]
        # Nothing is taken for granted: a reply of another form is no acknowledgement.
        if not isinstance(ids, list) or len(ids) != self._sent:
            raise Lost(f"the server acknowledged {self._sent} messages with {str(ids)[:60]}")
        if (refused := first_fault(ids)) is not None:
            raise refused
        stamps = [each for each in ids if isinstance(each, bytes)]
        if len(stamps) != self._sent:
            raise Lost("the server acknowledged messages without giving them an id")
        if self._wait:
            self._written, self._expected = self._sent, 1
            line.send(self._wait)
            return False
        self._window.confirm_first(self._sent)
        self._trim(line, milliseconds(stamps[-1]))
        return True

    def _kept(self, line: Line, reply: Reply) -> bool:
        """Whether disk and replicas have it; if not, ask again: it is written, and stays so."""
        if not self._is_enough(reply):
            self._expected = 1
            line.send(self._wait)
            return False
        count, self._written = self._written, 0
        self._window.confirm_first(count)
        return True

    def _is_enough(self, reply: Reply) -> bool:
        wanted = self._wanted
        if isinstance(wanted, int):
            return isinstance(reply, int) and reply >= wanted
        if not isinstance(reply, list) or len(reply) != len(wanted):
            raise Lost(f"the server says {str(reply)[:60]} of what is on disk")
        return all(
            isinstance(has, int) and has >= want for has, want in zip(reply, wanted, strict=True)
        )

    def _trim(self, line: Line, now_ms: int) -> None:
        keep_ms = self._streams.keep_ms
        if keep_ms and now_ms - self._trimmed_ms >= max(1_000, keep_ms // _TRIMS_PER_AGE):
            self._trimmed_ms = now_ms
            line.send(self._streams.forget_before(now_ms))
            for _ in LANES:
                line.reply()
