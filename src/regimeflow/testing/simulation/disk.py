"""What a journal's folder is left with when its process dies, or the machine loses its power."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

_OFFSET: Final = 0xFFFFFFFF  # of a position: its place in the segment
_PAGE: Final = 4096


def segment_path(folder: str, position: int) -> Path:
    """Where the segment of a position is."""
    return Path(folder, f"journal-{position >> 32:016d}.rfj")


def segments_from(folder: str, position: int) -> dict[Path, bytes]:
    """The segment of a position and those after it, up to where they are written.

    What is behind them no longer changes, and what is ahead has no more than a head.
    """
    number, used, kept = position >> 32, position & _OFFSET, {}
    for path in Path(folder).glob("journal-*.rfj"):
        if int(path.stem.rpartition("-")[2]) >= number:
            with path.open("rb") as segment:
                kept[path] = segment.read(used)
    return kept


def tear(folder: str, position: int) -> None:
    """Leave half of the frame that begins at a position, and is the last."""
    path, offset = segment_path(folder, position), position & _OFFSET
    content = bytearray(path.read_bytes())
    length = len(content[offset:].rstrip(b"\0"))
    content[offset + length // 2 : offset + length] = bytes(length - length // 2)
    path.write_bytes(content)


def lose_pages(folder: str, on_disk: int, dice: random.Random) -> int:
    """Lose, page by page and by chance, what was written behind a position; how many pages."""
    lost = 0
    first = segment_path(folder, on_disk)
    for path in sorted(Path(folder).glob("journal-*.rfj")):
        if path < first:
            continue
        room = bytearray(path.read_bytes())
        begin = on_disk & _OFFSET if path == first else 0
        used = len(room.rstrip(b"\0"))
        while begin < used:
            end = min((begin // _PAGE + 1) * _PAGE, used)
            if dice.random() < 0.5:  # noqa: PLR2004 - a kernel writes in whatever order it likes
                room[begin:end] = bytes(end - begin)
                lost += 1
            begin = end
        path.write_bytes(room)
    return lost
