"""Redis Streams behind the common face: two connections to the server that has the streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from regimeflow.adapters.queues._shared.faults import Lost
from regimeflow.adapters.queues._shared.wire import LANES
from regimeflow.adapters.queues.redis.commands import Entry, Streams
from regimeflow.adapters.queues.redis.inlets import Follower, Member
from regimeflow.adapters.queues.redis.line import (
    Address,
    Line,
    Moved,
    Reply,
    first_fault,
    wait_for,
)
from regimeflow.adapters.queues.redis.outlet import Outlet

_MOST_HOPS: Final = 5
_GRACE_S: Final = 5.0  # beyond the time that the server was given for its answer


class RedisTransport:
    """Publishes on one connection and reads on another, so that neither waits for the other.

    Args:
        address: Where the server is, or one of its cluster.
        streams: Their names.
        outlet: Publishes.
        inlet: Reads; None: nothing is to be read.
    """

    def __init__(
        self, address: Address, streams: Streams, outlet: Outlet, inlet: Follower | Member | None
    ) -> None:
        self._address: Final = address
        self._streams: Final = streams
        self._outlet: Final = outlet
        self._inlet: Final = inlet
        self._moved: Moved | None = None
        self._lines: tuple[Line, ...] = ()  # to write, and to read
        self._last: Sequence[Entry] = ()

    @property
    def missed(self) -> int:
        """As ``Transport`` has it."""
        return self._inlet.missed if self._inlet else 0

    @property
    def reconnects(self) -> int:
        """As ``Transport`` has it."""
        return 0

    @property
    def trouble(self) -> str:
        """As ``Transport`` has it."""
        return f"{self.missed} entries were trimmed before they were read" if self.missed else ""

    def open(self) -> None:
        """As ``Transport`` has it."""
        self._lines = (self._line_to_the_streams(),)
        self._outlet.begin_again()
        if self._inlet is not None:
            reader = Line(self._address, self._moved)
            self._lines = (*self._lines, reader)
            self._inlet.open(reader)

    def _line_to_the_streams(self) -> Line:
        """Ask a server for the streams, and follow where it points."""
        any_lane = next(iter(LANES.values()))
        moved, self._moved = self._moved, None
        for _ in range(_MOST_HOPS):
            line = Line(self._address, moved)
            try:
                line.ask("XLEN", self._streams.name(any_lane))
            except Moved as elsewhere:
                line.close()
                moved = elsewhere
            except BaseException:  # whatever it was, it does not stay open
                line.close()
                raise
            else:
                self._moved = moved
                return line
        raise Lost(f"{self._address.shown}: its servers send us around in circles")

    def lose(self) -> None:
        """As ``Transport`` has it."""
        self.close()

    def close(self) -> None:
        """As ``Transport`` has it."""
        for line in self._lines:
            line.close()
        self._lines = ()
        self._last = ()

    def bye(self) -> None:
        """As ``Transport`` has it."""
        if self._inlet is not None:
            self._inlet.close()

    def work(self) -> None:
        """As ``Transport`` has it."""
        try:
            while self._outlet.work(self._lines[0]):
                pass
        except Moved as elsewhere:
            self._moved = elsewhere
            raise

    def wait(self, wait_s: float) -> None:
        """As ``Transport`` has it."""
        wait_for(self._lines[:1], wait_s)

    def read(self, wait_s: float) -> Sequence[Entry]:
        """As ``Transport`` has it."""
        self._last = ()
        question = self._inlet.question(int(wait_s * 1e3)) if self._inlet else b""
        if not self._inlet or not question:
            self.wait(wait_s)
            return ()
        self._lines[1].send(question)
        self._last = self._inlet.entries(self._answer(wait_s + _GRACE_S))
        return self._last

    def _answer(self, patience_s: float) -> Reply:
        """Wait for one reply; what is published meanwhile goes on."""
        writer, reader = self._lines
        while True:
            lines = [reader, writer] if self._outlet.is_busy else [reader]
            if not wait_for(lines, patience_s):
                raise Lost("the server does not answer")
            replies = reader.replies()
            self.work()
            if replies:
                if (refused := first_fault(replies)) is not None:
                    raise refused
                return replies[0]

    def hold(self) -> None:
        """As ``Transport`` has it."""
        if isinstance(self._inlet, Member):
            self._inlet.renew()

    def may_take(self) -> bool:
        """As ``Transport`` has it."""
        return self._inlet is not None and self._inlet.may_take()

    def done(self, count: int) -> None:
        """As ``Transport`` has it."""
        if self._inlet is not None:
            self._inlet.done(self._last[:count])
            self._last = self._last[count:]

    def seek(self, since_ns: int) -> None:
        """As ``Transport`` has it."""
        if self._inlet is not None:
            self._inlet.since_ns = since_ns
