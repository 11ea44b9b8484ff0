"""Whole sessions under one virtual clock: ``python -m regimeflow.testing.simulate --seeds 300``.

Each seed draws a venue, its faults and a trader; afterwards our books must be the venue's. A seed
that fails is printed with the trace of its order and the command that repeats it exactly.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Final

from regimeflow.testing.simulation.styles import STYLES
from regimeflow.testing.simulation.tally import Tally
from regimeflow.testing.simulation.world import HOURS, Run, run_seed

_ENOUGH: Final = 100  # seeds, for every fault and every row to have had its chance
_SHOWN: Final = 8  # differences of one seed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds; 0 when no books diverged and nothing was left untried."""
    asked = _asked(arguments)
    style = next((each for each in STYLES if each.name == asked.style), None)
    tally, began = Tally(), time.monotonic()
    for seed in range(asked.start, asked.start + asked.seeds):
        run = run_seed(seed, hours=asked.hours, style=style)
        tally.add(run)
        if not run.is_good:
            _show(run, asked)
            if len(tally.bad) >= asked.most_failures:
                break
        elif asked.trace:
            print("\n".join(run.trace.about([asked.trace], last=1_000)))
    _report(tally, time.monotonic() - began)
    never = tally.never() if tally.runs >= _ENOUGH else []
    for each in never:
        print(f"never hit: {each}")
    return 1 if tally.bad or never else 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m regimeflow.testing.simulate",
        description="Play whole sessions against a venue that knows the truth.",
    )
    add = parser.add_argument
    add("--seeds", type=int, default=100, help="how many sessions")
    add("--start", type=int, default=0, help="the first seed")
    add("--hours", type=float, default=HOURS, help="of the world's time, about, per session")
    add("--style", choices=[each.name for each in STYLES], help="of venue; else drawn")
    add("--trace", metavar="ORDER", help="show what happened to an order, by any of its ids")
    add("--most-failures", type=int, default=10, help="stop after so many")
    return parser.parse_args(arguments)


def _show(run: Run, asked: argparse.Namespace) -> None:
    print(f"seed {run.seed} ({run.style}): {len(run.differences)} differences")
    for each in run.differences[:_SHOWN]:
        print(f"  {each.text}")
    names = (
        [asked.trace] if asked.trace else next((d.names for d in run.differences if d.names), ())
    )
    for line in run.trace.about(names):
        print(f"    {line}")
    style = f" --style {asked.style}" if asked.style else ""
    print(
        f"  repeat: python -m regimeflow.testing.simulate --seeds 1 --start {run.seed}"
        f" --hours {asked.hours:g}{style}",
        flush=True,
    )


def _report(tally: Tally, seconds: float) -> None:
    for line in tally.lines():
        print(line)
    print(
        f"{tally.runs:,} seeds, {tally.orders:,} orders, {tally.starts:,} processes,"
        f" {tally.replayed:,} frames replayed, {tally.hours:,.1f} hours"
        f" in {seconds:.1f} s: {tally.runs / seconds:.1f} seeds/s,"
        f" {tally.hours / seconds:.1f} simulated hours/s"
    )
    print(f"{len(tally.bad)} diverged" + (f": seeds {tally.bad}" if tally.bad else ""))


if __name__ == "__main__":
    sys.exit(main())
