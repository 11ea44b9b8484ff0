"""What hmmlearn and statsmodels say of the same samples by the same model.

``python -m tests.conformance.regime.oracles`` prints the comparison, and fails when a likelihood or
a filtered probability differs by 1e-6. With ``--write`` it writes ``oracles.json``, which
the tests compare with where neither is installed (``pip install hmmlearn statsmodels``).
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from regimeflow.domain.regime.features import FeatureSet
from regimeflow.domain.regime.hmm import HmmFilter
from regimeflow.domain.regime.model import HmmModel
from regimeflow.domain.regime.sampling import Sampler
from regimeflow.domain.regime.training import Request, train
from regimeflow.live import LiveConfig, LiveTradingEngine
from tests.support.payloads import SHARED

FEED = SHARED / "data" / "btcusdt_20240808.gz"
WRITTEN = Path(__file__).with_name("oracles.json")
SAME = 1e-6
EVERY = 10  # of the filtered probabilities, in the file
Rows = Sequence[tuple[float, ...]]


class Case:
    """A model and samples to put before it.

    What statsmodels expects of the first sample is the probabilities that it was told moved on by
    two steps (0.15.0; told nothing, it takes the steady state, where that makes no difference). So
    a model begins with what two steps make of ``before``.
    """

    def __init__(self, name: str, model: HmmModel, rows: Rows) -> None:
        self.before: Sequence[float] = model.start
        start = np.array(model.start) @ np.linalg.matrix_power(np.array(model.transition), 2)
        self.model = replace(model, start=tuple((start / start.sum()).tolist()))
        self.name, self.rows = name, rows

    def ours(self) -> tuple[float, list[list[float]]]:
        online = HmmFilter(self.model)
        total, shares = [], []
        for row in self.rows:
            total.append(online.update(row))
            shares.append(online.shares)
        return math.fsum(total), shares


def a_model(features: int, states: int, seed: int) -> HmmModel:
    """Return a model drawn from a seed."""
    dice = np.random.default_rng(seed)
    roots = dice.normal(size=(states, features, features))
    covariances = [
        root @ root.T * 1e-6 * 4.0**state + np.eye(features) * 1e-8
        for state, root in enumerate(roots)
    ]
    transition = dice.dirichlet(np.ones(states), size=states) * 0.1 + np.eye(states) * 0.9
    names = ("return:1", "volatility:20", "trend:20")[:features]
    return HmmModel(
        features=names,
        sample="bar",
        bar_interval_ns=0,
        symbol="SIMULATED",
        start=tuple(dice.dirichlet(np.ones(states)).tolist()),
        transition=tuple(map(tuple, (transition / transition.sum(1, keepdims=True)).tolist())),
        means=tuple(map(tuple, dice.normal(scale=1e-3, size=(states, features)).tolist())),
        covariances=tuple(
            tuple(map(tuple, ((each + each.T) / 2).tolist())) for each in covariances
        ),
        regimes=tuple(f"r{number}" for number in range(states)),
    )


def drawn(model: HmmModel, count: int, seed: int) -> Rows:
    """Return samples that a model makes."""
    dice = np.random.default_rng(seed)
    state = dice.choice(model.states, p=model.start)
    rows = []
    for _ in range(count):
        row = dice.multivariate_normal(model.means[state], model.covariances[state])
        rows.append(tuple(row.tolist()))
        state = dice.choice(model.states, p=model.transition[state])
    return rows


def simulated() -> Iterator[Case]:
    """Yield cases that need no recording."""
    for features, states, count in [(1, 2, 400), (1, 3, 400), (2, 3, 300), (3, 4, 300)]:
        model = a_model(features, states, seed=10 * features + states)
        yield Case(f"simulated {features}x{states}", model, drawn(model, count, seed=states))
    model = a_model(1, 2, seed=7)
    calm = drawn(model, 100, seed=8)
    yield Case("simulated, far away", model, [*calm, (0.5,), *calm, (-3.0,), *calm])


def recorded() -> Iterator[Case]:
    """Yield cases from the recorded feed, each with a model that is fitted to it."""
    for features, states in [(("return:5",), 2), (("volatility:20", "range:20"), 3)]:
        rows = _rows_of_the_feed(features)
        order = "return" if features[0].startswith("return") else "volatility"
        request = Request(
            features=features,
            sample="bar",
            bar_interval_ns=10**9,
            symbol="BTCUSDT",
            rows=tuple(rows),
            times_ns=tuple(range(len(rows))),
            states=states,
            order=order,
            iterations=30,
        )
        yield Case(f"recorded {'+'.join(features)} x{states}", train(request), rows)


def _rows_of_the_feed(features: Sequence[str]) -> Rows:
    config = LiveConfig(symbols=["BTCUSDT"])
    config.broker = {"feed": str(FEED), "speed": "max", "bar_interval": "1s"}
    engine = LiveTradingEngine(config)
    sampler = Sampler("BTCUSDT", "bar", None, engine._parts.board)
    found, rows = FeatureSet(features), []

    def look(bar: Any) -> None:
        sample = sampler.of(bar)
        row = found.update(sample) if sample is not None else None
        if row is not None:
            rows.append(row)

    engine.event_bus.subscribe_payload(3, look)
    asyncio.run(engine.run())
    return rows


def by_hmmlearn(case: Case) -> tuple[float, list[list[float]]]:
    """Return the log likelihood, and the filtered probabilities: the last of each prefix."""
    from hmmlearn.hmm import GaussianHMM

    model, rows = case.model, np.array(case.rows)
    theirs = GaussianHMM(model.states, "full", implementation="log")
    theirs.startprob_, theirs.transmat_ = np.array(model.start), np.array(model.transition)
    theirs.means_, theirs.covars_ = np.array(model.means), np.array(model.covariances)
    theirs.n_features = rows.shape[1]
    filtered = [theirs.predict_proba(rows[: n + 1])[-1].tolist() for n in range(len(rows))]
    return float(theirs.score(rows)), filtered


def by_statsmodels(case: Case) -> tuple[float, list[list[float]]] | None:
    """Return the same; None: it knows models of one feature alone."""
    model = case.model
    if len(model.features) > 1:
        return None
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    theirs = MarkovRegression(
        np.array([row[0] for row in case.rows]), k_regimes=model.states, switching_variance=True
    )
    theirs.initialize_known(np.array(case.before))
    transition = np.array(model.transition).T  # its columns are where one comes from
    given = np.concatenate(
        [
            transition[:-1].ravel(),
            [mean for (mean,) in model.means],
            [variance for ((variance,),) in model.covariances],
        ]
    )
    parameters = np.zeros_like(given)
    for first, row in enumerate(transition[:-1]):
        for second, share in enumerate(row):
            parameters[theirs.parameters[second, "regime_transition"][first]] = share
    for state in range(model.states):
        parameters[theirs.parameters[state, "exog"]] = model.means[state][0]
        parameters[theirs.parameters[state, "variance"]] = model.covariances[state][0][0]
    found = theirs.filter(parameters)
    return float(found.llf), np.asarray(found.filtered_marginal_probabilities).tolist()


def furthest(ours: list[list[float]], theirs: list[list[float]]) -> float:
    """Return by how much two lists of probabilities differ at most."""
    return float(np.abs(np.array(ours) - np.array(theirs)).max())


def main(arguments: Sequence[str]) -> int:
    """Compare, print, and write where that is asked for; return the exit code."""
    cases = [*simulated(), *(recorded() if FEED.exists() else ())]
    print(
        f"{'case':<36}{'oracle':<13}{'samples':>7}{'log likelihood':>18}{'off':>10}{'filter':>10}"
    )
    worst, kept = 0.0, {}
    for case in cases:
        total, shares = case.ours()
        oracles = {"hmmlearn": by_hmmlearn(case), "statsmodels": by_statsmodels(case)}
        for name, said in oracles.items():
            if said is None:
                continue
            line = f"{case.name:<36}{name:<13}{len(shares):>7}{said[0]:>18.6f}"
            if math.isnan(said[0]):
                print(f"{line}  it has no number")  # its probabilities round to 0 far away
                continue
            off, away = abs(total - said[0]), furthest(shares, said[1])
            worst = max(worst, off, away)
            print(f"{line}{off:>10.1e}{away:>10.1e}")
            if case.name.startswith("simulated"):
                filtered = [[round(each, 12) for each in row] for row in said[1][::EVERY]]
                kept[f"{case.name} / {name}"] = {"log_likelihood": said[0], "filtered": filtered}
    if "--write" in arguments:
        WRITTEN.write_text(json.dumps(kept, indent=0) + "\n")
    print("the same" if worst < SAME else f"off by {worst}")
    return 0 if worst < SAME else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
