"""``regimeflow-live regime fit``: a model from what a market has done."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from regimeflow.apps.cli.exits import Exit, complain
from regimeflow.apps.cli.regime_market import Market
from regimeflow.types.errors import InvalidArgument, InvalidState
from regimeflow.types.intervals import interval_ns_of, interval_text
from regimeflow.types.records import Record

if TYPE_CHECKING:
    from regimeflow._core.messages import Bar, Quote, Tick
    from regimeflow.domain.regime.model import HmmModel
    from regimeflow.domain.regime.training import Order, Request


class FitOptions(Record, kw_only=True):
    """What the command line says of a fit."""

    to: str
    feeds: tuple[str, ...] = ()
    symbol: str | None = None
    features: tuple[str, ...] = ()
    sample: str | None = None
    bar_interval: str | None = None
    states: int = 3
    order: str = "return"
    regimes: tuple[str, ...] = ()
    starts: int = 8
    seed: int = 1
    iterations: int = 200


class Collector:
    """Makes rows of features of the messages that it is given."""

    def __init__(
        self, symbol: str, sample: str, interval_ns: int | None, features: tuple[str, ...]
    ) -> None:
        from regimeflow._core.board import QuoteBoard
        from regimeflow.domain.regime.features import FeatureSet
        from regimeflow.domain.regime.sampling import Sampler

        self._board: Final = QuoteBoard()
        self._sampler: Final = Sampler(symbol, sample, interval_ns, self._board)
        self._kind: Final = {"bar": "Bar", "tick": "Tick", "quote": "Quote"}[sample]
        self.features: Final = FeatureSet(features)
        self.rows: list[tuple[int, tuple[float, ...]]] = []
        self.intervals: set[int] = set()

    def look(self, message: Bar | Tick | Quote) -> None:
        """Take one message."""
        self._board.observe(message)
        if type(message).__name__ != self._kind:
            return
        sample = self._sampler.of(message)
        if sample is None:
            return
        self.intervals.add(getattr(message, "interval_ns", 0))
        row = self.features.update(sample)
        if row is not None:
            self.rows.append((sample.ts_ns, row))


def fit_model(source: str, options: FitOptions, *, as_json: bool) -> int:
    """Fit a model, write it, and say what it is; return the exit code."""
    from regimeflow.domain.regime.training import train

    request = _request(source, options)
    try:
        model = train(request)
    except InvalidArgument as error:
        complain(*(f"{source}: {fault}" for fault in error.faults))
        return Exit.FAILED
    Path(options.to).write_text(model.as_json(), encoding="utf-8")
    shares = _shares(model, request)
    if as_json:
        values = {**json.loads(model.as_json()), "file": options.to, "shares": shares}
        sys.stdout.write(json.dumps(values) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(model, shares, options.to)) + "\n")
    return Exit.OK


def _request(source: str, options: FitOptions) -> Request:
    from regimeflow.domain.regime.training import Request

    market = Market(source, options.feeds)
    told = None if market.config is None else market.config.regime
    sample = options.sample or (told.sample if told is not None else "bar")
    text = options.bar_interval or (told.bar_interval if told is not None else None)
    symbol = options.symbol or (told.symbol if told is not None else None)
    if symbol is None and market.config is not None:
        symbol = market.config.symbols[0]
    if symbol is None:
        raise InvalidState(f"{source}: whose market? A journal has no first symbol: --symbol")
    interval_ns = interval_ns_of(text) if text is not None and sample == "bar" else None
    features = options.features or ("return", "volatility")
    found = Collector(symbol, sample, interval_ns, features)
    if market.is_played:
        market.play(found.look, regime={})
    else:
        market.read(found.look)
    if len(found.intervals) > 1:
        lengths = ", ".join(interval_text(each) for each in sorted(found.intervals))
        raise InvalidState(f"{source}: found bars of {lengths}; say which: --bar-interval")
    return Request(
        features=found.features.names,
        sample=sample,
        bar_interval_ns=next(iter(found.intervals), 0),
        symbol=symbol,
        rows=tuple(row for _, row in found.rows),
        times_ns=tuple(ts_ns for ts_ns, _ in found.rows),
        states=options.states,
        order=cast("Order", options.order),
        regimes=options.regimes,
        starts=options.starts,
        seed=options.seed,
        iterations=options.iterations,
    )


def _shares(model: HmmModel, request: Request) -> list[float]:
    """Return how much of the samples each state is, by the filter."""
    from regimeflow.domain.regime.hmm import HmmFilter

    online = HmmFilter(model)
    sums = [0.0] * model.states
    for row in request.rows:
        online.update(row)
        sums = [total + share for total, share in zip(sums, online.shares, strict=True)]
    return [total / len(request.rows) for total in sums]


def _lines(model: HmmModel, shares: list[float], file: str) -> list[str]:
    heads = ["regime", "share", "lasts", *(f"{name} (sd)" for name in model.features)]
    table = [heads]
    for state, name in enumerate(model.regimes):
        leaves = 1 - model.transition[state][state]
        lasts = f"{1 / leaves:.1f}" if leaves > 0 else "for ever"
        cells = [name, f"{shares[state]:.1%}", lasts]
        for place, mean in enumerate(model.means[state]):
            cells.append(f"{mean:.3g} ({math.sqrt(model.covariances[state][place][place]):.2g})")
        table.append(cells)
    widths = [max(len(row[place]) for row in table) for place in range(len(heads))]
    lines = ["  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)) for row in table]
    trained = model.trained
    done = "converged" if trained["converged"] else "not converged: more --iterations"
    return [
        *(line.rstrip() for line in lines),
        (
            f"log likelihood {trained['log_likelihood']:.3f} of {trained['samples']} samples,"
            f" {trained['rounds']} rounds, {done}; lasts is in samples"
        ),
        f"{file}: {model.digest}",
    ]
