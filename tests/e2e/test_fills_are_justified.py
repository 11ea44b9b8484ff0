"""The product runs over a recorded market; a script that knows nothing of it judges each fill."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.payloads import SHARED

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "e2e" / "justify_fills.py"
EXAMPLE = ROOT / "examples" / "market_making.toml"
DATA = SHARED / "data"
BTC, ETH = DATA / "btcusdt_20240808.gz", DATA / "ethusdt_20240808.gz"
SYMBOLS = {BTC: "BTCUSDT", ETH: "ETHUSDT"}
# As the example's [broker] table has them.
VENUE = "--latency-ms 5 --jitter-ms 2 --maker-rate 0.0001 --taker-rate 0.0005".split()

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not BTC.exists(), reason=f"no recordings in {DATA} (REGIMEFLOW_SHARED)"),
]

Line = dict[str, Any]


def run_over(recordings: list[Path], said: Path, *options: str) -> list[Line]:
    """Run the market-making example as a user would; return its lines, kept in ``said``."""
    chosen = [
        word for path in recordings for word in ("--feed", str(path), "--symbol", SYMBOLS[path])
    ]
    command = [sys.executable, "-m", "regimeflow.apps.cli", "run", str(EXAMPLE), *chosen]
    with said.open("w") as out:
        done = subprocess.run(
            [*command, "--speed", "max", "--json", *options],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert 0 == done.returncode, done.stderr
    return [json.loads(line) for line in said.read_text().splitlines()]


def fills_of(lines: list[Line]) -> list[Line]:
    return [line["data"] for line in lines if line["kind"] == "fill"]


def what_was_recorded(path: Path) -> tuple[Counter[str], tuple[str, str]]:
    """Count a recording's messages as the summary names them; the last best bid and ask."""
    names = {"bookTicker": "quotes", "trade": "trades", "depth@100ms": "depth_updates"}
    counts, last = Counter[str](), ("", "")
    with gzip.open(path, "rt") as lines:
        for line in lines:
            message = json.loads(line.partition(" ")[2])
            stream = message.get("stream", "").partition("@")[2]
            counts[names.get(stream, "snapshots")] += 1
            if stream == "bookTicker":
                last = message["data"]["b"], message["data"]["a"]
    return counts, last


@pytest.mark.parametrize("recordings", [[BTC], [BTC, ETH]], ids=["btc", "both"])
def test_each_fill_is_justified_by_the_recording_alone(
    tmp_path: Path, recordings: list[Path]
) -> None:
    said = tmp_path / "run.jsonl"

    lines = run_over(recordings, said)

    command = [sys.executable, str(SCRIPT), *map(str, recordings), "--run", str(said), *VENUE]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == judged.returncode, judged.stdout + judged.stderr
    for symbol in (SYMBOLS[path] for path in recordings):
        fills = [fill for fill in fills_of(lines) if fill["symbol"] == symbol]
        assert len(fills) >= 500, judged.stdout
        assert {"BUY", "SELL"} == {fill["side"] for fill in fills}
        assert any(fill["is_partial"] for fill in fills)
    summary, counts = lines[-1], Counter[str]()
    for path in recordings:
        counted, (bid, ask) = what_was_recorded(path)
        counts += counted
        assert [Decimal(bid), Decimal(ask)] == [*map(Decimal, summary["quotes"][SYMBOLS[path]])]
    told = Counter(summary["messages"])
    assert told.pop("bars") > 0  # made of the trades, so the recording has none
    assert counts == told
    assert 0 == summary["book_gaps"]


def test_two_runs_of_one_seed_trade_the_same(tmp_path: Path) -> None:
    first, second = (
        run_over([BTC], tmp_path / f"{number}.jsonl", "--duration", "60") for number in (1, 2)
    )

    assert fills_of(first)
    assert fills_of(first) == fills_of(second)
    assert first[-1]["strategies"] == second[-1]["strategies"]
