"""The product runs over a recorded market; a script that knows nothing of it judges each fill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "e2e" / "justify_fills.py"
EXAMPLE = ROOT / "examples" / "market_making.toml"
DATA = Path(os.environ.get("REGIMEFLOW_SHARED") or ROOT.parent / "shared") / "data"
BTC, ETH = DATA / "btcusdt_20240808.gz", DATA / "ethusdt_20240808.gz"
LATENCY = ("--latency-ms", "5", "--jitter-ms", "2")  # as the example has them

PARTS = [
    EXAMPLE,
    ROOT / "src" / "regimeflow" / "engine" / "live_engine.py",
    ROOT / "src" / "regimeflow" / "adapters" / "brokers" / "paper" / "adapter.py",
]

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not BTC.exists(), reason=f"no recordings in {DATA} (REGIMEFLOW_SHARED)"),
    pytest.mark.skipif(not all(map(Path.exists, PARTS)), reason="the product is not whole yet"),
]


def run_over(recordings: list[Path], said: Path) -> None:
    """Run the market-making example as a user would, its lines into ``said``."""
    feeds = [word for path in recordings for word in ("--feed", str(path))]
    command = [sys.executable, "-m", "regimeflow.apps.cli", "run", str(EXAMPLE), *feeds]
    with said.open("w") as out:
        done = subprocess.run(
            [*command, "--speed", "max", "--json"],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert 0 == done.returncode, done.stderr


@pytest.mark.parametrize("recordings", [[BTC], [ETH], [BTC, ETH]], ids=["btc", "eth", "both"])
def test_each_fill_is_justified_by_the_recording_alone(
    tmp_path: Path, recordings: list[Path]
) -> None:
    said = tmp_path / "run.jsonl"
    run_over(recordings, said)

    command = [sys.executable, str(SCRIPT), *map(str, recordings), "--run", str(said), *LATENCY]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 0 == judged.returncode, judged.stdout + judged.stderr
    lines = [json.loads(line) for line in said.read_text().splitlines()]
    fills = [line.get("data", line) for line in lines if line["kind"] == "fill"]
    assert len(fills) >= 500, judged.stdout
    assert {"BUY", "SELL"} == set(Counter(fill["side"] for fill in fills))
    assert any(fill["is_partial"] for fill in fills)
