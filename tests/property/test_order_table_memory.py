"""The order table's C under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from regimeflow.domain.orders.transitions import as_lookup

HERE = Path(__file__).resolve().parent
CORE = HERE.parents[1] / "src" / "_core"
FLAGS = ["-std=gnu11", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover"]


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    folder = tmp_path_factory.mktemp("order_table")
    (folder / "lookup").write_bytes(as_lookup())
    source, program = HERE / "order_table_fuzz.c", folder / "fuzz"
    done = subprocess.run(
        [compiler, *FLAGS, "-I", str(CORE), str(source), "-o", str(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "sanitize" in done.stderr:
        pytest.skip("the compiler has no sanitizers")
    assert 0 == done.returncode, done.stderr
    return program


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_traffic_leaves_memory_and_indexes_sound(fuzz: Path, seed: int) -> None:
    done = subprocess.run(
        [fuzz, fuzz.parent / "lookup", str(seed), "60000"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
