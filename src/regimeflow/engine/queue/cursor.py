"""Up to where a journal was sent, in a file: written anew as a whole, after the queue has it."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Final


class Cursor:
    """Up to where a journal was sent.

    A cursor that is lost costs time and nothing else: what was sent is sent again, under the same
    names, and consumers drop it.

    Args:
        path: The file.
        origin: Of the journal; a cursor of another one counts for nothing.

    Threading: one thread; ``position`` may be read by any.
    """

    def __init__(self, path: str, origin: str) -> None:
        self._path: Final = Path(path)
        self._origin: Final = origin
        self.position = self._read()
        self._written = self.position

    def _read(self) -> int:
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            state = json.loads(self._path.read_text(encoding="ascii"))
            if state["origin"] == self._origin:
                return max(int(state["position"]), 0)
        return 0

    @property
    def is_written(self) -> bool:
        """Whether the file says what is so."""
        return self._written == self.position

    def write(self) -> None:
        """Put it on disk.

        Raises:
            OSError: it cannot be; what the file said before still holds.
        """
        if self.is_written:
            return
        position = self.position
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        with new.open("w", encoding="ascii") as file:
            json.dump({"origin": self._origin, "position": position}, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        self._written = position
