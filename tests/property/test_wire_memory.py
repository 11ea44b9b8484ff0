"""The wire format's C under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
CORE = HERE.parents[1] / "src" / "_core"
# Records and frames lie where eight divides; the packed blocks of the wire do not: they are copied.
FLAGS = ["-std=gnu11", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover"]


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    program = tmp_path_factory.mktemp("wire") / "fuzz"
    done = subprocess.run(
        [compiler, *FLAGS, f"-I{CORE}", HERE / "wire_fuzz.c", "-o", program, "-lm", "-pthread"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "sanitize" in done.stderr:
        pytest.skip("the compiler has no sanitizers")
    assert 0 == done.returncode, done.stderr
    return program


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_bytes_make_the_decoder_or_the_reader_look_beyond_them(fuzz: Path, seed: int) -> None:
    done = subprocess.run([fuzz, str(seed), "20000"], capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr[-2000:])
