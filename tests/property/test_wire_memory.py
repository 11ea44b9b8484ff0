"""The wire format's C under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.sanitized import sanitized

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Records and frames lie where eight divides; the packed blocks of the wire are copied.
    return sanitized(HERE / "wire_fuzz.c", tmp_path_factory.mktemp("wire"), "-lm", "-pthread")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_bytes_make_the_decoder_or_the_reader_look_beyond_them(fuzz: Path, seed: int) -> None:
    done = subprocess.run([fuzz, str(seed), "20000"], capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr[-2000:])
