"""The parsers of venues' frames under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.sanitized import CORE, sanitized_cpp

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = HERE / "frames_fuzz.cpp", HERE / "alpaca_fuzz.cpp"
    parsers = CORE / "binance_json.cpp", CORE / "alpaca_frames.cpp"
    return sanitized_cpp(tmp_path_factory.mktemp("frames"), *sources, *parsers)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("venue", [[], ["alpaca"]], ids=["binance", "alpaca"])
def test_no_frame_makes_a_parser_look_beyond_it(fuzz: Path, venue: list[str], seed: int) -> None:
    command = [fuzz, str(seed), "20000", *venue]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr[-2000:])
