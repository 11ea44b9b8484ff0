"""Reading: alone, from a place that is kept here, or as a member of a group that takes turns."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol, cast

from regimeflow.adapters.queues._shared.faults import Lost
from regimeflow.adapters.queues._shared.marks import Marks
from regimeflow.adapters.queues.redis.commands import (
    Entry,
    Streams,
    cursor_of,
    id_of,
    just_before,
    pack,
)
from regimeflow.adapters.queues.redis.line import Line, Reply

_BEGINNING: Final = "0-0"
# One step for the server: nobody else comes between the look and the grasp.
_OWN: Final = (
    "local o=redis.call('get',KEYS[1]) "
    "if o==false or o==ARGV[1] then redis.call('set',KEYS[1],ARGV[1],'PX',ARGV[2]) return 1 end "
    "return 0"
)
_DISOWN: Final = (
    "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) end return 0"
)


class Inlet(Protocol):
    """Where entries come from.

    Attributes:
        missed: Entries that were gone when they were to be read.
    """

    missed: int

    def open(self, line: Line) -> None:
        """Begin on a new connection."""
        ...

    def close(self) -> None:
        """Say good-bye on a connection that works."""
        ...

    def question(self, wait_ms: int) -> bytes:
        """The command that asks for more; empty: there is nothing to ask for now."""
        ...

    def entries(self, reply: Reply) -> list[Entry]:
        """What the reply to the question brought."""
        ...

    def may_take(self) -> bool:
        """Whether what was read is still ours to take."""
        ...

    def done(self, entries: Sequence[Entry]) -> None:
        """Those were taken, and have their effect."""
        ...


def of_streams(reply: Reply, streams: Streams) -> list[tuple[Entry, bool]]:
    """The entries in the reply to XREAD or XREADGROUP, and whether each is still there.

    Raises:
        Lost: the reply has another form.
    """
    found: list[tuple[Entry, bool]] = []
    for pair in reply if isinstance(reply, list) else [] if reply is None else [reply]:
        match pair:
            case [bytes(stream), list(entries)]:
                found += of_entries(stream, entries, streams)
            case _:
                raise _unknown(reply)
    return found


def of_entries(stream: bytes, entries: Reply, streams: Streams) -> list[tuple[Entry, bool]]:
    """The entries of one stream, and whether each is still there: a trimmed one is only an id.

    Raises:
        Lost: the reply has another form.
    """
    lane = streams.lane(stream)
    found: list[tuple[Entry, bool]] = []
    for pair in entries if isinstance(entries, list) else [entries]:
        match pair:
            case [bytes(entry_id), list(fields)]:
                texts = cast("list[bytes]", fields)  # a stream holds nothing else
                found.append((Entry(stream, entry_id, texts, lane), True))
            case [bytes(entry_id), None]:
                found.append((Entry(stream, entry_id, (), lane), False))
            case _:
                raise _unknown(entries)
    return found


def _unknown(reply: Reply) -> Lost:
    return Lost(f"the server's answer has an unknown form: {str(reply)[:80]}")


class Follower:
    """Reads every message, by itself; up to where is kept with the marks.

    Args:
        streams: Their names.
        lanes: Which of them.
        most: How many entries are asked for at a time.
        marks: Gives the file of marks.
    """

    def __init__(
        self, streams: Streams, lanes: Sequence[str], *, most: int, marks: Callable[[], Marks]
    ) -> None:
        self._streams: Final = streams
        self._names: Final = [streams.name(lane) for lane in lanes]
        self._most: Final = most
        self._marks: Final = marks
        self._read: dict[str, str] = {}
        self.since_ns: int | None = None
        self.missed = 0

    def open(self, line: Line) -> None:  # noqa: ARG002 - nothing is asked of the server
        """As ``Inlet`` has it."""
        marks = self._marks()
        for name in self._names:
            mark = marks.mark(f"@{name}")
            if self.since_ns is not None:
                marks.keep_cursor(mark, cursor_of(just_before(self.since_ns).encode()))
            self._read[name] = id_of(marks.cursor(mark))
        self.since_ns = None

    def close(self) -> None:
        """As ``Inlet`` has it."""

    def question(self, wait_ms: int) -> bytes:
        """As ``Inlet`` has it."""
        block = ("BLOCK", wait_ms) if wait_ms else ()
        ids = [self._read[name] for name in self._names]
        return pack("XREAD", "COUNT", self._most, *block, "STREAMS", *self._names, *ids)

    def entries(self, reply: Reply) -> list[Entry]:
        """As ``Inlet`` has it."""
        found = [entry for entry, _ in of_streams(reply, self._streams)]
        for entry in found:
            self._read[entry.stream.decode()] = entry.entry_id.decode()
        return found

    def may_take(self) -> bool:
        """As ``Inlet`` has it."""
        return True

    def done(self, entries: Sequence[Entry]) -> None:
        """As ``Inlet`` has it."""
        marks = self._marks()
        for stream, entry_id in {each.stream: each.entry_id for each in entries}.items():
            marks.keep_cursor(marks.mark(f"@{stream.decode()}"), cursor_of(entry_id))


class Member:
    """Reads for a group, in turn: one member at a time, the others stand by.

    Order within a stream would not outlive two members that read it at once, and nobody could tell
    a repeat from what is late. Whoever reads holds a lease, and looks at its deadline before each
    message. Who takes over claims (XAUTOCLAIM) what the one before has read and not confirmed,
    oldest first, before anything new.

    Args:
        streams: Their names.
        lanes: Which of them.
        most: How many entries are asked for at a time.
        group: The group's name.
        consumer: This member's name.
        lease_ms: After how long without a sign of life another takes over.
        now_ns: A monotonic clock.
    """

    def __init__(
        self,
        streams: Streams,
        lanes: Sequence[str],
        *,
        most: int,
        group: str,
        consumer: str,
        lease_ms: int,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._streams: Final = streams
        self._names: Final = [streams.name(lane) for lane in lanes]
        self._most: Final = most
        self._group: Final = group
        self._consumer: Final = consumer
        self._lease_key: Final = f"{{{streams.prefix}}}.lease.{group}"
        self._lease_ms: Final = lease_ms
        self._now_ns: Final = now_ns
        self._deadline_ns = 0
        self._asked_ns = 0
        self._line: Line | None = None
        self._claims: Final[deque[tuple[str, str]]] = deque()  # streams to claim from, from where
        self._claiming = ""
        self.since_ns: int | None = None
        self.missed = 0

    def open(self, line: Line) -> None:
        """As ``Inlet`` has it."""
        self._line = line
        self._deadline_ns = 0
        self._claims.clear()
        start = _BEGINNING if self.since_ns is None else just_before(self.since_ns)
        for name in self._names:
            try:
                line.ask("XGROUP", "CREATE", name, self._group, start, "MKSTREAM")
            except Lost as error:
                if "BUSYGROUP" not in str(error):
                    raise
                if self.since_ns is not None:
                    line.ask("XGROUP", "SETID", name, self._group, start)
        self.since_ns = None
        self._hold(line)

    def close(self) -> None:
        """As ``Inlet`` has it."""
        line, self._line = self._line, None
        if line is not None and self.may_take():
            self._deadline_ns = 0
            line.ask("EVAL", _DISOWN, 1, self._lease_key, self._consumer)

    def _hold(self, line: Line) -> None:
        """Take the lease, or make it longer; what the one before had read is claimed first."""
        was_ours = self.may_take()
        asked_ns = self._asked_ns = self._now_ns()
        if line.ask("EVAL", _OWN, 1, self._lease_key, self._consumer, self._lease_ms) != 1:
            self._deadline_ns = 0
            return
        # Counted from before the question: the server's own deadline is later, never earlier.
        self._deadline_ns = asked_ns + self._lease_ms * 1_000_000
        if not was_ours:
            self._claims.clear()
            self._claims.extend((name, _BEGINNING) for name in self._names)

    def renew(self) -> None:
        """Take the lease, or make it longer, when it is time for that."""
        line = self._line
        if line is not None and self._now_ns() - self._asked_ns >= self._lease_ms * 1_000_000 // 3:
            self._hold(line)

    def may_take(self) -> bool:
        """As ``Inlet`` has it."""
        return self._now_ns() < self._deadline_ns

    def question(self, wait_ms: int) -> bytes:
        """As ``Inlet`` has it."""
        self.renew()
        self._claiming = ""
        if not self.may_take():
            return b""
        if self._claims:
            self._claiming, start = self._claims[0]
            who = (self._group, self._consumer)
            return pack("XAUTOCLAIM", self._claiming, *who, 0, start, "COUNT", self._most)
        wait_ms = min(wait_ms, self._lease_ms // 4)
        block = ("BLOCK", wait_ms) if wait_ms else ()
        head = ("XREADGROUP", "GROUP", self._group, self._consumer, "COUNT", self._most)
        return pack(*head, *block, "STREAMS", *self._names, *(">" for _ in self._names))

    def entries(self, reply: Reply) -> list[Entry]:
        """As ``Inlet`` has it."""
        if not self._claiming:
            return self._still_there(of_streams(reply, self._streams))
        match reply:
            case [bytes(following), list(claimed), list(gone)]:
                self.missed += len(gone)  # the server has dropped them by itself
            case [bytes(following), list(claimed)]:
                pass  # before Redis 7: those that are gone come without fields
            case _:
                raise _unknown(reply)
        name, _ = self._claims.popleft()
        if following != _BEGINNING.encode():
            self._claims.appendleft((name, following.decode()))
        return self._still_there(of_entries(name.encode(), claimed, self._streams))

    def _still_there(self, pairs: Sequence[tuple[Entry, bool]]) -> list[Entry]:
        """Those that can be taken; one that was trimmed before anyone took it is told as missed."""
        gone = [entry for entry, is_there in pairs if not is_there]
        self.missed += len(gone)
        self.done(gone)
        return [entry for entry, is_there in pairs if is_there]

    def done(self, entries: Sequence[Entry]) -> None:
        """As ``Inlet`` has it."""
        by_stream: dict[bytes, list[bytes]] = {}
        for entry in entries:
            by_stream.setdefault(entry.stream, []).append(entry.entry_id)
        for stream, ids in by_stream.items():
            if self._line is not None:
                self._line.ask("XACK", stream, self._group, *ids)
