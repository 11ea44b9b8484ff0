"""What happened in a run, in order: to show when it fails, and to compare two runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from regimeflow.types.enums import ExecType, LiveOrderStatus

EVERYBODY: Final = "*"  # about no order in particular, and not shown beside any
_KEPT_TO_SHOW: Final = 60


class Trace:
    """Events as they happened: true time, who, what, and the order that it was about."""

    def __init__(self) -> None:
        self._events: Final[list[tuple[int, str, str, tuple[object, ...]]]] = []

    def __len__(self) -> int:
        return len(self._events)

    def add(self, at_ns: int, kind: str, about: str, *what: object) -> None:
        """Note an event."""
        self._events.append((at_ns, kind, about, what))

    def digest(self) -> str:
        """The same for two runs exactly when everything in them was the same."""
        whole = hashlib.blake2b(digest_size=16)
        for event in self._events:
            whole.update(repr(event).encode())
        return whole.hexdigest()

    def about(self, names: Iterable[str], last: int = _KEPT_TO_SHOW) -> list[str]:
        """The last events of an order, by its names, and of the session."""
        wanted = {name for name in names if name} | {""}
        found = [event for event in self._events if event[2] in wanted]
        start = self._events[0][0] if self._events else 0
        return [_line(event, start) for event in found[-last:]]


def _flat(what: Iterable[object]) -> Iterator[object]:
    """Reports are kept as they are, and read only when they are shown."""
    for each in what:
        if not isinstance(each, dict):
            yield each
            continue
        yield ExecType(each["exec_type"]).name
        yield LiveOrderStatus(each["ord_status"]).name
        yield from (each[key] for key in ("broker_order_id", "exec_id", "cum_qty", "order_qty"))


def _line(event: tuple[int, str, str, tuple[object, ...]], start_ns: int) -> str:
    at_ns, kind, about, what = event
    words = " ".join(str(word) for word in _flat(what) if word not in ("", None))
    return f"{(at_ns - start_ns) / 1e9:12.6f}  {kind:<10} {about:<24} {words}"
