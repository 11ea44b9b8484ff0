"""Sessions against a local venue: ``python -m tests.e2e.venue_seeds --venue binance --seeds 100``.

Engine and adapter are one process, the venue is another. Each seed draws what the market maker does
and what goes wrong, over a recorded feed (``--feed``, or the recordings of REGIMEFLOW_SHARED) that
moves step by step as fast as both sides can. At the end the books must be the venue's. ``--minutes
30`` plays the recording in rounds, each later and under higher numbers, until it is that long.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.e2e.venue.loop import looped
from tests.e2e.venue.plays import PLAYS
from tests.e2e.venue.run import Run, run_seed
from tests.support.payloads import SHARED


def recording() -> str | None:
    """The recorded feed that is at hand, if any."""
    path = SHARED / "data/btcusdt_20240808.gz"
    return str(path) if path.is_file() else None


def main() -> int:
    """Run the seeds; 0 when no books differed."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.venue_seeds", description=__doc__)
    parser.add_argument("--venue", choices=[*PLAYS], default="binance")
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--start", type=int, default=1, help="the first")
    parser.add_argument("--feed", default=recording(), help="a recording; none: a made-up market")
    parser.add_argument("--steps", type=int, help="of two seconds each; none: the whole feed")
    parser.add_argument("--minutes", type=float, help="play the recording in rounds for so long")
    asked = parser.parse_args()
    play = PLAYS[asked.venue]
    feed = asked.feed if play.venue == "binance" else None
    steps = asked.steps if feed or asked.steps else 180
    bad, fired = 0, Counter[str]()
    for seed in range(asked.start, asked.start + asked.seeds):
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            played = feed
            if feed is not None and asked.minutes is not None:
                played = str(looped(feed, asked.minutes, Path(folder)))
            run = run_seed(seed, Path(folder, "journal"), played, steps=steps, play=play)
        fired.update(run.fired)
        bad += bool(run.differences)
        show(run, time.monotonic() - began)
    print(f"{asked.seeds} seeds, {bad} differed; struck: {dict(fired)}")
    return 1 if bad else 0


def show(run: Run, took_s: float) -> None:
    """Print a line, and what is needed to understand a difference."""
    print(f"seed {run.seed}: {run.orders} orders, {run.fills} fills, {took_s:.1f} s", flush=True)
    if run.differences:
        for line in (*run.differences, *run.schedule[-40:], *run.errors[-20:]):
            print(f"    {line}"[:600])


if __name__ == "__main__":
    sys.exit(main())
