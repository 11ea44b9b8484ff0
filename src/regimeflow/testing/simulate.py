"""Whole sessions under one virtual clock: ``python -m regimeflow.testing.simulate --seeds 300``.

Each seed draws a venue, its faults and a trader; afterwards our books must be the venue's. A seed
that fails is printed with the trace of its order and the command that repeats it exactly.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from regimeflow.testing.simulation.checks import Difference
from regimeflow.testing.simulation.styles import STYLES
from regimeflow.testing.simulation.tally import Tally
from regimeflow.testing.simulation.trace import Trace
from regimeflow.testing.simulation.world import HOURS, Run, run_seed

_ENOUGH: Final = 300  # seeds, for every fault and every row to have had its chance
_TOLD_EVERY: Final = 500  # seeds: how far it has come
_SHOWN: Final = 8  # differences of one seed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds; 0 when no books diverged and nothing was left untried."""
    asked = _asked(arguments)
    tally, began = Tally(), time.monotonic()
    try:
        for run, said in _runs(asked):
            tally.add(run)
            for line in said:
                print(line, flush=True)
            if tally.runs % _TOLD_EVERY == 0:
                print(_figures(tally, time.monotonic() - began), file=sys.stderr, flush=True)
            if len(tally.bad) >= asked.most_failures:
                break
    except KeyboardInterrupt:
        print("stopped by hand")  # and what was played until then counts
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
    add("--jobs", type=int, default=1, help="processes at once; the results are the same")
    add("--most-failures", type=int, default=10, help="stop after so many")
    return parser.parse_args(arguments)


def _runs(asked: argparse.Namespace) -> Iterator[tuple[Run, list[str]]]:
    """Play the seeds, and give each one's outcome in their order."""
    seeds = range(asked.start, asked.start + asked.seeds)
    play = partial(_played, asked=asked)
    if asked.jobs == 1:
        yield from map(play, seeds)
        return
    # Spawned: a fork would take over whatever threads have locked here.
    with multiprocessing.get_context("spawn").Pool(asked.jobs) as pool:
        yield from pool.imap(play, seeds, chunksize=4)


def _played(seed: int, asked: argparse.Namespace) -> tuple[Run, list[str]]:
    """Play a seed: the run without its trace, and what is to be said of it."""
    style = next((each for each in STYLES if each.name == asked.style), None)
    try:
        run = run_seed(seed, hours=asked.hours, style=style)
    except Exception as error:  # noqa: BLE001 - whatever a seed brings to light, the others go on
        where = "".join(traceback.format_exception(error)[-3:])
        run = Run(seed, asked.style or "drawn")
        run.differences.append(Difference(f"it ended with {error!r}: {where}"))
    said = []
    if not run.is_good:
        said = list(_lines(run, asked))
    elif asked.trace:
        said = run.trace.about([asked.trace], last=1_000)
    run.trace = Trace()
    return run, said


def _lines(run: Run, asked: argparse.Namespace) -> Iterator[str]:
    yield f"seed {run.seed} ({run.style}): {len(run.differences)} differences"
    for each in run.differences[:_SHOWN]:
        yield f"  {each.text}"
    names = (
        [asked.trace] if asked.trace else next((d.names for d in run.differences if d.names), ())
    )
    for line in run.trace.about(names):
        yield f"    {line}"
    style = f" --style {asked.style}" if asked.style else ""
    yield (
        f"  repeat: python -m regimeflow.testing.simulate --seeds 1 --start {run.seed}"
        f" --hours {asked.hours:g}{style}"
    )


def _report(tally: Tally, seconds: float) -> None:
    for line in tally.lines():
        print(line)
    print(_figures(tally, seconds))
    print(f"{len(tally.bad)} diverged" + (f": seeds {tally.bad}" if tally.bad else ""))


def _figures(tally: Tally, seconds: float) -> str:
    return (
        f"{tally.runs:,} seeds, {tally.orders:,} orders, {tally.starts:,} processes,"
        f" {tally.replayed:,} frames replayed, {tally.hours:,.1f} hours"
        f" in {seconds:.1f} s: {tally.runs / seconds:.1f} seeds/s,"
        f" {tally.hours / seconds:.1f} simulated hours/s"
    )


if __name__ == "__main__":
    sys.exit(main())
