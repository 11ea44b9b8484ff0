"""Every kind of order at random on the paper venue; the script that shares nothing judges it."""

from __future__ import annotations

import gzip
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.payloads import SHARED
from tests.support.random_trader import trade_at_random

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "e2e" / "justify_fills.py"
DATA = SHARED / "data"
BTC, ETH = DATA / "btcusdt_20240808.gz", DATA / "ethusdt_20240808.gz"
LINES = 5_000
SYMBOLS = {BTC: "BTCUSDT", ETH: "ETHUSDT"}

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not BTC.exists(), reason=f"no recordings in {DATA} (REGIMEFLOW_SHARED)"),
]


def the_first_lines_of(path: Path, folder: Path) -> Path:
    short = folder / path.with_suffix(".txt").name
    with gzip.open(path, "rt") as lines:
        short.write_text("".join(itertools.islice(lines, LINES)))
    return short


@pytest.mark.parametrize(
    ("recordings", "lots", "seed"),
    [([BTC], 300_000, 1), ([ETH], 1_000, 2), ([BTC, ETH], 50_000, 3)],
    ids=["btc-large-seed1", "eth-small-seed2", "both-seed3"],
)
def test_each_fill_of_random_orders_is_justified(
    tmp_path: Path, recordings: list[Path], lots: int, seed: int
) -> None:
    said = tmp_path / "run.jsonl"
    symbols = [SYMBOLS[path] for path in recordings]
    recordings = [the_first_lines_of(path, tmp_path) for path in recordings]
    lines = trade_at_random(recordings, symbols, seed=seed, lots=lots)
    said.write_text("\n".join(lines))

    command = [sys.executable, str(SCRIPT), *map(str, recordings), "--run", str(said)]
    judged = subprocess.run(
        [*command, "--latency-ms", "5", "--jitter-ms", "2"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == judged.returncode, judged.stdout + judged.stderr
    assert [] == [rule for rule in ("T1", "M1", "M2", "M3") if f"{rule} " not in judged.stdout]


def test_two_runs_of_one_seed_say_the_same(tmp_path: Path) -> None:
    recording = the_first_lines_of(BTC, tmp_path)

    first, second = (
        trade_at_random([recording], ["BTCUSDT"], seed=5, lots=5_000) for _ in range(2)
    )

    assert first
    assert first == second
