"""Order ids: each higher than any before it, whatever TWS believes after a reset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

_AHEAD: Final = 100  # ids that one write to the file makes good for
_FAR: Final = 2**29
_REQUESTS_FROM: Final = 2**30


class OrderIds:
    """Gives out order ids and request ids, which never are the same number.

    An error names one number, an order's or a request's: with two ranges it is never in doubt
    which. TWS begins its ids anew when somebody resets them; the highest one that was used is kept
    in a file, so that none is used twice.

    Args:
        path: The file; None: nothing is kept.
        owner: Whose ids they are: the client at its TWS.
    """

    def __init__(self, path: str | None, owner: str) -> None:
        self._path: Final = None if path is None else Path(path)
        self._owner: Final = owner
        self._next = 1
        self._good_until = 0
        self._next_request = _REQUESTS_FROM

    def begin(self, next_valid_id: int) -> None:
        """Take what TWS says is the next one."""
        is_first = not self._good_until  # later, what is kept is ours, and ahead of what was used
        kept = self._read().get(self._owner, 0) if is_first else 0
        self._next = max(self._next, next_valid_id, kept + 1)
        if self._next > _FAR:
            self._next_request = 1

    def used(self, order_id: int) -> None:
        """Take note of an id that was seen in use."""
        self._next = max(self._next, order_id + 1)

    def next(self) -> int:
        """Return an id for an order; what the file says is then at least as high."""
        order_id = self._next
        self._next += 1
        if order_id > self._good_until:
            self._good_until = order_id + _AHEAD
            self._write()
        return order_id

    def next_request(self) -> int:
        """Return an id for a request."""
        request_id = self._next_request
        self._next_request += 1
        return request_id

    def is_request(self, number: int) -> bool:
        """Whether a number is in the range of requests."""
        if self._next > _FAR:
            return 0 < number < self._next_request
        return number >= _REQUESTS_FROM

    def close(self) -> None:
        """Keep exactly what was used."""
        if self._good_until >= self._next:
            self._good_until = self._next - 1
            self._write()

    def _read(self) -> dict[str, int]:
        if self._path is None or not self._path.is_file():
            return {}
        found = json.loads(self._path.read_text(encoding="utf-8"))
        return {str(owner): int(highest) for owner, highest in found.items()}

    def _write(self) -> None:
        if self._path is None:
            return
        kept = self._read() | {self._owner: self._good_until}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_name(self._path.name + ".part")
        part.write_text(json.dumps(kept), encoding="utf-8")
        part.replace(self._path)
