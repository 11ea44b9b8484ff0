"""Whose journal a folder holds: a file in it says its origin, for as long as the journal lives."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from regimeflow.adapters.queues._shared.origins import name_of, new_origin

FILE: Final = "queue-origin"
_MOST_BYTES: Final = 64


def origin_in(folder: str) -> str | None:
    """Return the origin that a folder's file says; None: there is none."""
    try:
        text = Path(folder, FILE).read_bytes()[:_MOST_BYTES].decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text or None


def claim_origin(folder: str, name: str) -> str:
    """Return the origin of a journal that we write; its file is made when there is none.

    A host that is given another name keeps the rest: followers know the journal again.

    Raises:
        OSError: the file cannot be made.
    """
    known = origin_in(folder)
    if known is not None and name_of(known) == name:
        return known
    origin = new_origin(name)
    if known is not None:
        origin = name + known[len(name_of(known)) :]
    written = Path(folder, f"{FILE}.new")
    with written.open("wb") as file:
        file.write(origin.encode("ascii") + b"\n")
        file.flush()
        os.fsync(file.fileno())
    written.replace(Path(folder, FILE))
    return origin
