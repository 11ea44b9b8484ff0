"""The order table's C under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from regimeflow.domain.orders.transitions import as_lookup
from tests.support.sanitized import sanitized

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("order_table")
    (folder / "lookup").write_bytes(as_lookup())
    return sanitized(HERE / "order_table_fuzz.c", folder)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_traffic_leaves_memory_and_indexes_sound(fuzz: Path, seed: int) -> None:
    done = subprocess.run(
        [fuzz, fuzz.parent / "lookup", str(seed), "60000"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
