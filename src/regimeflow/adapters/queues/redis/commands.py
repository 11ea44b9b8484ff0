"""Bytes of commands, and what is in an entry: the form of a message in a stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from regimeflow.adapters.queues._shared.window import Parcel
from regimeflow.adapters.queues._shared.wire import LANES, TOPICS, number, schema_of, words
from regimeflow.ports.message_queue import Delivery

BEGIN: Final = b"*1\r\n$5\r\nMULTI\r\n"
END: Final = b"*1\r\n$4\r\nEXEC\r\n"
_NS_PER_MS: Final = 1_000_000
_ID_BITS: Final = 22  # of a cursor: the number within a millisecond
_MOST_IN_MS: Final = (1 << _ID_BITS) - 1


def pack(*words: str | bytes | int) -> bytes:
    """A command as the server reads it."""
    parts = [each if isinstance(each, bytes) else str(each).encode() for each in words]
    packed = [b"*%d\r\n" % len(parts)]
    packed += [b"$%d\r\n%b\r\n" % (len(each), each) for each in parts]
    return b"".join(packed)


def field(text: bytes) -> bytes:
    """One argument of a command."""
    return b"$%d\r\n%b\r\n" % (len(text), text)


class Streams:
    """The streams of one prefix, and how messages are added to them.

    The braces put all streams of a prefix into one slot of a cluster: they live, move and fail over
    together, and one transaction may write to several.

    Args:
        prefix: What their names begin with.
        max_len: About how many entries each keeps; 0: all.
        keep_ms: About for how long each keeps entries; 0: however old.
    """

    def __init__(self, prefix: str, *, max_len: int, keep_ms: int) -> None:
        self.prefix: Final = prefix
        self.keep_ms: Final = keep_ms
        self._max_len: Final = max_len
        self._heads: Final = {topic: self._head(lane) for topic, lane in LANES.items()}
        self._origins: Final[dict[str, bytes]] = {}
        self._schemas: Final[dict[bytes, bytes]] = {}

    def name(self, lane: str) -> str:
        """The name of a stream."""
        return f"{{{self.prefix}}}.{lane}"

    def lane(self, name: bytes) -> str:
        """What a stream's name ends with."""
        return words(name).rpartition(".")[2]

    def _head(self, lane: str) -> bytes:
        # XADD stream [MAXLEN ~ n] * and seven fields with their values
        trim = ("MAXLEN", "~", str(self._max_len)) if self._max_len else ()
        command = pack("XADD", self.name(lane), *trim, "*", "origin")
        count = 3 + len(trim) + 14
        return b"*%d\r\n%b" % (count, command.partition(b"\r\n")[2])

    def add(self, parcel: Parcel) -> bytes:
        """The command that adds a message to its stream."""
        message, prev = parcel
        body = message.body
        origin = self._origins.get(message.origin)
        if origin is None:
            origin = field(message.origin.encode()) + field(b"seq")
            self._origins[message.origin] = origin
        schema = self._schemas.get(body[4:8])
        if schema is None:
            schema = field(b"schema") + field(schema_of(body).encode()) + field(b"ts")
            self._schemas[body[4:8]] = schema
        seq, ts = b"%d" % message.sequence, b"%d" % message.ts_ns
        before, key = prev.encode(), message.key.encode()
        return (
            b"%b%b$%d\r\n%b\r\n$4\r\nprev\r\n$%d\r\n%b\r\n%b$%d\r\n%b\r\n"
            b"$3\r\nkey\r\n$%d\r\n%b\r\n$4\r\nbody\r\n$%d\r\n%b\r\n"
        ) % (
            *(self._heads[message.topic], origin, len(seq), seq, len(before), before),
            *(schema, len(ts), ts, len(key), key, len(body), body),
        )

    def batch(self, parcels: Iterable[Parcel]) -> bytes:
        """Messages in one transaction: the server takes all of them, or none."""
        return b"".join([BEGIN, *map(self.add, parcels), END])

    def forget_before(self, now_ms: int) -> bytes:
        """The commands that drop what is older than ``keep_ms``, one for each stream."""
        oldest = max(0, now_ms - self.keep_ms)
        return b"".join(
            pack("XTRIM", self.name(lane), "MINID", "~", oldest) for lane in LANES.values()
        )


class Entry:
    """One entry of a stream.

    Attributes:
        stream: The stream's name.
        entry_id: Its id there.
        delivery: The message in it; of something else, one that nobody will take.
        prev: As the headers have it; 0: not told.
    """

    __slots__ = ("delivery", "entry_id", "prev", "stream")

    def __init__(self, stream: bytes, entry_id: bytes, fields: Sequence[bytes], lane: str) -> None:
        found = dict(zip(fields[::2], fields[1::2], strict=False))
        self.stream = stream
        self.entry_id = entry_id
        self.prev = number(found.get(b"prev"))
        self.delivery = Delivery(
            lane,
            words(found.get(b"origin")),
            number(found.get(b"seq")),
            found.get(b"body", b""),
            milliseconds(entry_id) * _NS_PER_MS,
            TOPICS.get(lane),
            words(found.get(b"key")),
        )


def milliseconds(entry_id: bytes) -> int:
    """When an entry was added, by the server's clock."""
    return number(entry_id.partition(b"-")[0])


def cursor_of(entry_id: bytes) -> int:
    """An entry's id as one number; never beyond the entry, so that nothing behind it is missed."""
    within = min(number(entry_id.partition(b"-")[2]), _MOST_IN_MS)
    return milliseconds(entry_id) << _ID_BITS | within


def id_of(cursor: int) -> str:
    """The entry's id of such a number."""
    return f"{cursor >> _ID_BITS}-{cursor & _MOST_IN_MS}"


def just_before(since_ns: int) -> str:
    """An id behind which are all entries that were added at a time or after it."""
    ms = max(since_ns, 0) // _NS_PER_MS
    return f"{ms - 1}-{(1 << 64) - 1}" if ms else "0-0"
