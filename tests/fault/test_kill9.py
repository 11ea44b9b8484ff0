"""Engines that are killed with -9 while they trade leave books that are the venue's."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.kill9 import BEFORE_ANSWER, BEFORE_SEND, Crashes


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A path that has room for the name of a socket."""
    with tempfile.TemporaryDirectory(prefix="kill9-") as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("kills", "sent", "answered", "missed"),
    [
        (200, 30, 30, []),
        (200, 29, 30, ["only 29 kills between append and send; expected 30 or more"]),
        (400, 30, 29, ["only 29 kills between send and answer; expected 30 or more"]),
        (199, 0, 0, []),
    ],
)
def test_a_long_run_that_has_killed_too_rarely_where_it_matters_fails(
    tmp_path: Path, kills: int, sent: int, answered: int, missed: list[str]
) -> None:
    crashes = Crashes(tmp_path, kills=kills, seed=1, durability="process")

    crashes.hits.update({BEFORE_SEND[0]: sent - 1, BEFORE_SEND[1]: 1, BEFORE_ANSWER[1]: answered})

    assert missed == crashes.missed()


@pytest.mark.slow
@pytest.mark.parametrize(("durability", "seed"), [("process", 11), ("power", 12)])
def test_after_any_kill_the_books_are_the_venues(
    short_folder: Path, durability: str, seed: int
) -> None:
    crashes = Crashes(short_folder, kills=5, seed=seed, durability=durability)

    asyncio.run(crashes.run(every=5))

    assert [] == crashes.found
    assert 5 == sum(crashes.hits.values())
    assert crashes.truth["orders"]
