"""Justify each fill of a paper-venue run from the market recording alone.

    python tests/e2e/justify_fills.py RECORDING... --run RUN.jsonl [--latency-ms 5 --jitter-ms 2]

RUN.jsonl is what ``regimeflow-live run CONFIG --feed RECORDING --speed max --json`` printed. Prints
how many fills which rule justifies, and every fill that none does, with why. Exit code 0: all are
justified; 1: at least one is not, or the run's lines disagree with each other; 2: unusable input.

The rules are those of the venue's documentation, written anew on the standard library: nothing is
imported from the product. Per fill: T1 (a taker walks the visible levels in order), M1 (a trade
beyond a resting order's price), M2 (a trade at its price after the queue that was visible when it
came to rest, as far as trades and depth updates have shortened it), M3 (the opposite side came to
its price), M4 (one trade, and one visible level, fill us once; better prices first). Per order:
quantity, limit, life at the venue, cum_qty. Per line: exec id, tick, lot, commission, latency.

Where a rule may be read in two ways the lenient reading holds, so that a rightful fill never fails:

* the own time of a trade is its ``T``, that of a depth update its ``E``;
* a depth update that did not make a queue shorter is not what the queue was read from, so a trade
  no later than it still counts (a quote laid over the book counts as the book's newest update);
* what we took from a level is given back when the feed states, or leaves visible, another quantity
  there, as far as that helps the fill at hand;
* a stop limit order has no queue ahead: no line tells when it was released;
* tick and lot are the largest steps that the whole recording is on, unless ``--step`` says.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

from justify.books import Fault, Settings, faults_of, steps_of
from justify.numbers import units
from justify.recording import Recording
from justify.replay import Replay, Verdict
from justify.run import Run

JUSTIFIED, NOT_JUSTIFIED, UNUSABLE = 0, 1, 2
NS_PER_MS = 1_000_000


def main(words: list[str] | None = None) -> int:
    """Read the arguments (those of the command line), judge, print; return the exit code."""
    given = arguments(words)
    try:
        recording = Recording.read(given.recordings)
        with given.run.open() as lines:
            run = Run.read(lines)
        steps = steps_of(recording, dict(step(text) for text in given.step))
    except (OSError, ValueError, KeyError, ArithmeticError) as error:
        print(f"unusable: {error!r}", file=sys.stderr)
        return UNUSABLE
    latency_ms = given.latency_ms
    settings = Settings(
        maker_rate=given.maker_rate,
        taker_rate=given.taker_rate,
        latency_ns=None if latency_ms is None else int(latency_ms * NS_PER_MS),
        jitter_ns=int(given.jitter_ms * NS_PER_MS),
        steps=steps,
    )
    return report(recording, run, settings)


def arguments(words: list[str] | None) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("recordings", nargs="+", type=Path, metavar="RECORDING")
    parser.add_argument("--run", required=True, type=Path, help="what run --json printed")
    parser.add_argument("--latency-ms", type=Decimal, help="one way; not given: not checked")
    parser.add_argument("--jitter-ms", type=Decimal, default=Decimal(2), help="added at most")
    parser.add_argument("--maker-rate", type=Decimal, default=Decimal("0.001"))
    parser.add_argument("--taker-rate", type=Decimal, default=Decimal("0.001"))
    parser.add_argument("--step", action="append", default=[], metavar="SYMBOL=TICK,LOT")
    return parser.parse_args(words)


def step(text: str) -> tuple[str, tuple[int, int]]:
    """Return symbol, tick and lot of one ``--step``."""
    symbol, _, steps = text.partition("=")
    tick, _, lot = steps.partition(",")
    return symbol, (units(tick), units(lot))


def report(recording: Recording, run: Run, settings: Settings) -> int:
    """Print what was found; return the exit code."""
    verdict = judge(recording, run, settings)
    faults: list[Fault] = [*verdict.unjustified, *faults_of(run, settings)]
    faults += [
        (None, f"order {story.order_id}: {story.symbol} was not recorded")
        for story in run.orders.values()
        if story.symbol not in recording.events
    ]
    faulty = {fill.line for fill, _ in faults if fill is not None}
    by_rule = Counter(rule for line, rule in verdict.rules.items() if line not in faulty)
    counted = sum(map(len, recording.events.values()))
    bad = len(recording.bad_lines)
    print(f"{counted} events recorded, {bad} lines unknown; {len(run.orders)} orders")
    for rule, count in sorted(by_rule.items()):
        print(f"{count:8} {rule}")
    print(f"{by_rule.total():8} of {len(run.fills)} fills justified, {len(faulty)} not")
    for fill, why in faults:
        print(f"NOT JUSTIFIED {fill}: {why}" if fill is not None else f"WRONG {why}")
    return NOT_JUSTIFIED if faults or by_rule.total() != len(run.fills) else JUSTIFIED


def judge(recording: Recording, run: Run, settings: Settings) -> Verdict:
    """Judge the fills of every recorded symbol."""
    verdict = Verdict()
    for symbol, events in recording.events.items():
        orders = [story for story in run.orders.values() if story.symbol == symbol]
        lot = settings.steps[symbol][1]
        Replay(symbol, lot=lot, orders=orders, verdict=verdict).run(events)
    return verdict


if __name__ == "__main__":
    sys.exit(main())
