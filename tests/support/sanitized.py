"""C programs of the tests, under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

CORE = Path(__file__).resolve().parents[2] / "src" / "_core"
FLAGS = ["-std=gnu11", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover"]


def sanitized(source: Path, folder: Path, *libraries: str) -> Path:
    """Return a program compiled with the sanitizers; skips where the compiler has none."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    program = folder / "fuzz"
    done = subprocess.run(
        [compiler, *FLAGS, f"-I{CORE}", source, "-o", program, *libraries],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "sanitize" in done.stderr:
        pytest.skip("the compiler has no sanitizers")
    assert 0 == done.returncode, done.stderr
    return program
