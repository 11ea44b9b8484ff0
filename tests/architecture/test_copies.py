"""Venues share code or have their own: no block of more than ten lines is in two of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from tests.architecture.tree import SRC

MOST = 10  # lines; blank ones, comments and imports do not count
PAIRS = [
    (SRC / floor, one, other)
    for floor in ("adapters/brokers", "apps/venues")
    for one, other in combinations(("alpaca", "binance", "ib"), 2)
]


def lines_of(path: Path) -> list[tuple[int, str]]:
    found = enumerate((line.strip() for line in path.read_text().splitlines()), start=1)
    return [
        (number, line)
        for number, line in found
        if line and not line.startswith(("#", "import ", "from "))
    ]


def blocks_of(folder: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every block of one line more than may be copied, and where it begins."""
    for path in sorted(folder.rglob("*.py")):
        lines = lines_of(path)
        for at in range(len(lines) - MOST):
            block = tuple(line for _, line in lines[at : at + MOST + 1])
            yield block, f"{path.relative_to(SRC)}:{lines[at][0]}"


@pytest.mark.parametrize(("floor", "one", "other"), PAIRS, ids=lambda part: Path(part).name)
def test_no_block_of_one_venue_is_in_another(floor: Path, one: str, other: str) -> None:
    known = dict(blocks_of(floor / one))

    assert [] == [
        f"{known[block]} is {where}" for block, where in blocks_of(floor / other) if block in known
    ]
