"""What a disk has of a journal after a loss of power: what was synced, and of the rest anything."""

from __future__ import annotations

import random
import struct
from pathlib import Path

PAGE = 4096


def lose_unsynced(folder: str, chance: random.Random, *, by_pages: bool = False) -> int:
    """Take from the segments what was written behind the last sync; how many bytes that were.

    Args:
        folder: The journal's.
        chance: What is drawn from.
        by_pages: Each page stays or not as chance has it, so that there are holes; else all goes.
    """
    said = Path(f"{folder}.synced")
    data = said.read_bytes() if said.exists() else b""
    synced = struct.unpack("<Q", data)[0] if data else 0
    keeps = 0.5 if by_pages else 0.0
    return sum(
        _lose(path, synced, keeps, chance) for path in sorted(Path(folder).glob("journal-*.rfj"))
    )


def _lose(path: Path, synced: int, keeps: float, chance: random.Random) -> int:
    number = int(path.stem.removeprefix("journal-"))
    if number < synced >> 32:
        return 0
    begin = synced & 0xFFFFFFFF if number == synced >> 32 else 0
    now = path.read_bytes()
    left = bytearray(now[:begin])
    while len(left) < len(now):
        page = now[len(left) : len(left) // PAGE * PAGE + PAGE]
        left += page if chance.random() < keeps else bytes(len(page))
    path.write_bytes(left)
    return sum(a != b for a, b in zip(now, left, strict=True))
