"""Engines that are killed with -9 while they trade leave books that are the venue's."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.kill9 import Crashes


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A path that has room for the name of a socket."""
    with tempfile.TemporaryDirectory(prefix="kill9-") as folder:
        yield Path(folder)


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
