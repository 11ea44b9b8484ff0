"""A recording made longer: played again and again, later each time and under higher numbers."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_NS_PER_MS = 1_000_000
_PAUSE_NS = 100 * _NS_PER_MS  # between two rounds

Line = tuple[int, dict[str, Any]]
Numbers = tuple[tuple[int, int], tuple[int, int]]


def looped(recording: str | Path, minutes: float, folder: Path) -> Path:
    """Write as many rounds of a recording as fill so many minutes of market time; return the file.

    Times, update ids and trade ids go on where the round before ended, and each round begins with
    the snapshot of the book, so that it is a feed like any other.
    """
    lines = [*_lines(Path(recording))]
    while lines[-1][1].get("data", {}).get("e") != "depthUpdate":
        del lines[-1]  # the book of a round ends with a diff, and the next round's begin there
    first_ns, last_ns, numbers = lines[0][0], lines[-1][0], _numbers(lines)
    whole = folder / f"{minutes:g}-minutes.gz"
    until_ns = first_ns + int(minutes * 60e9)
    with gzip.open(whole, "wt", compresslevel=1) as out:
        for number in itertools.count():
            later_ns = number * (last_ns - first_ns + _PAUSE_NS)
            for recv_ns, body in _round(lines, number, later_ns, numbers):
                if recv_ns > until_ns:
                    return whole
                out.write(f"{recv_ns} {json.dumps(body, separators=(',', ':'))}\n")
    raise AssertionError


def _lines(path: Path) -> Iterator[Line]:
    with gzip.open(path, "rb") as file:
        for line in file:
            recv_ns, body = line.split(b" ", 1)
            yield int(recv_ns), json.loads(body)


def _round(lines: list[Line], number: int, later_ns: int, numbers: Numbers) -> Iterator[Line]:
    update_ids, trade_ids = numbers
    if number:
        snapshot = next(body for _, body in lines if "lastUpdateId" in body)
        begins_at = update_ids[0] - 1 + number * _span(update_ids)
        yield lines[0][0] + later_ns, {**snapshot, "lastUpdateId": begins_at}
    for recv_ns, body in lines:
        data = dict(body.get("data", body))
        for name in ("E", "T"):
            if name in data:
                data[name] += later_ns // _NS_PER_MS
        for name in ("U", "u", "lastUpdateId"):
            if name in data:
                data[name] += number * _span(update_ids)
        if "t" in data:
            data["t"] += number * _span(trade_ids)
        moved = {**body, "data": data} if "data" in body else data
        yield recv_ns + later_ns, moved


def _numbers(lines: list[Line]) -> Numbers:
    """The first and the last update id and trade id."""
    data = [body.get("data", body) for _, body in lines]
    updates = [each[name] for each in data for name in ("U", "u") if "U" in each]
    trades = [each["t"] for each in data if "t" in each]
    return (min(updates), max(updates)), (min(trades), max(trades))


def _span(numbers: tuple[int, int]) -> int:
    return numbers[1] - numbers[0] + 1
