"""What a page shows, as JSON in parts: whoever comes is told what changed since it last asked."""

from __future__ import annotations

import enum
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, cast

import orjson

from regimeflow.apps.server.redaction import Redactor
from regimeflow.types.fixed import plain
from regimeflow.types.records import Record, declared

_MOST_EVENTS: Final = 200
_MOST_POINTS: Final = 2_000
# Ids of orders are larger than what a page's numbers hold.
_AS_THEY_ARE: Final = frozenset({str, int, float, bool, type(None)})
_known: Final[dict[type, tuple[tuple[str, bool], ...]]] = {}
_AS_TEXT: Final = frozenset({"order_id"})


def jsonable(value: object) -> object:
    """Return what JSON holds: exact numbers as text without an exponent, enums as their names."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is Decimal:
        return plain(cast("Decimal", value))
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, Record):
        return {
            name: str(getattr(value, name)) if is_id else jsonable(getattr(value, name))
            for name, is_id in _names_of(kind)
        }
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, Sequence | set | frozenset):
        return [jsonable(item) for item in value]
    return str(value)


def _names_of(kind: type) -> tuple[tuple[str, bool], ...]:
    found = _known.get(kind)
    if found is None:
        names = [name for name in declared(kind) if not name.startswith("_")]
        found = _known[kind] = tuple((name, name in _AS_TEXT) for name in names)
    return found


class Seen(Record):
    """How far a reader is: the version of the parts, the last event, the last point."""

    version: int = 0
    events: int = 0
    points: int = 0
    thinned: int = -1  # how often the curve had been thinned out


class Board:
    """The newest of each part, the last events, and a curve that thins out as it grows.

    Nothing here grows with the session.

    Threading: any thread.
    """

    def __init__(self, redactor: Redactor | None = None) -> None:
        self._redactor: Final = redactor or Redactor()
        self._lock: Final = threading.Lock()
        self._parts: Final[dict[str, tuple[int, bytes]]] = {}
        self._version = 0
        self._events: Final[deque[bytes]] = deque(maxlen=_MOST_EVENTS)
        self._event_count = 0
        self._points: list[bytes] = []
        self._point_count = self._thinned = self._skipped = 0

    def put(self, name: str, value: object) -> None:
        """Show a part, in place of what it was."""
        data = self._redactor.data(orjson.dumps(jsonable(value)))
        with self._lock:
            before = self._parts.get(name)
            if before is None or before[1] != data:
                self._version += 1
                self._parts[name] = (self._version, data)

    def tell(self, kind: str, ts_ns: int, text: str) -> None:
        """Add an event."""
        data = self._redactor.data(orjson.dumps([ts_ns, kind, text]))
        with self._lock:
            self._events.append(data)
            self._event_count += 1

    def draw(self, ts_ns: int, *values: object) -> None:
        """Add a point to the curve."""
        data = orjson.dumps([ts_ns, *(jsonable(value) for value in values)])
        with self._lock:
            self._skipped += 1
            if self._skipped < 1 << self._thinned:
                return
            self._skipped = 0
            self._points.append(data)
            self._point_count += 1
            if len(self._points) >= _MOST_POINTS:
                self._points = self._points[1::2]
                self._point_count = len(self._points)
                self._thinned += 1

    def since(self, seen: Seen) -> tuple[bytes | None, Seen]:
        """Return what changed as a JSON object, None when nothing did; and how far that is."""
        with self._lock:
            now = Seen(self._version, self._event_count, self._point_count, self._thinned)
            if now == seen:
                return None, seen
            said = [
                b'"%b":%b' % (name.encode(), data)
                for name, (version, data) in self._parts.items()
                if version > seen.version
            ]
            missing = min(self._event_count - seen.events, len(self._events))
            if missing:
                rows = list(self._events)[-missing:]
                said.append(b'"events":[%b]' % b",".join(rows))
            is_whole = seen.thinned != self._thinned
            points = self._points if is_whole else self._points[seen.points :]
            if points or is_whole:
                rule = b"true" if is_whole else b"false"
                drawn = b'"curve":{"whole":%b,"points":[%b]}'
                said.append(drawn % (rule, b",".join(points)))
        return b"{%b}" % b",".join(said), now

    def part(self, name: str) -> object:
        """Return a part as it is shown; None: there is none."""
        with self._lock:
            found = self._parts.get(name)
        return None if found is None else orjson.loads(found[1])
