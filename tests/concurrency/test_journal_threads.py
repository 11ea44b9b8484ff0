"""The journal's writer in C: threads without the GIL append at once, another prepares and syncs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
CORE = HERE.parents[1] / "src" / "_core"
FLAGS = ["-std=gnu11", "-g", "-O2", "-pthread"]


def test_threads_without_the_gil_append_whole_frames_in_order(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    program, folder = tmp_path / "stress", tmp_path / "journal"
    folder.mkdir()
    source = HERE / "journal_stress.c"
    command = [compiler, *FLAGS, f"-I{CORE}", source, "-o", program, "-lm"]
    subprocess.run(command, check=True)

    done = subprocess.run(
        [program, folder, "4", "20000"], capture_output=True, text=True, check=False, timeout=30
    )

    assert (0, "") == (done.returncode, done.stderr)
