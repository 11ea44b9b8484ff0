"""A fit finds what made the samples, the same each time, and names its states by a stated rule."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from regimeflow.domain.regime.hmm import HmmFilter
from regimeflow.domain.regime.model import HmmModel
from regimeflow.domain.regime.training import Request, request_of, train
from regimeflow.live import InvalidArgument

MEANS = {"bear": -2e-3, "neutral": 0.0, "bull": 3e-3}
SPREADS = {"bear": 1e-3, "neutral": 2e-4, "bull": 5e-4}


def samples(count: int = 900, seed: int = 5) -> tuple[tuple[float, ...], ...]:
    """Draw returns of three states that last thirty samples each."""
    dice = np.random.default_rng(seed)
    names = list(MEANS)
    rows = []
    for number in range(count):
        name = names[number // 30 % 3]
        rows.append((float(dice.normal(MEANS[name], SPREADS[name])),))
    return tuple(rows)


def a_request(**changes: object) -> Request:
    rows = changes.pop("rows", samples())
    values: dict[str, object] = {
        "features": ("return",),
        "sample": "bar",
        "bar_interval_ns": 10**9,
        "symbol": "BTCUSDT",
        "rows": rows,
        "times_ns": tuple(range(len(rows))),
        "starts": 3,
    }
    return Request(**{**values, **changes})


def squares(model: HmmModel) -> list[float]:
    """Return the mean squared return of each state."""
    pairs = zip(model.means, model.covariances, strict=True)
    return [variance + mean**2 for (mean,), ((variance,),) in pairs]


def test_states_are_found_and_named_by_their_return() -> None:
    model = train(a_request())

    assert ("bear", "neutral", "bull") == model.regimes
    assert [*MEANS.values()] == pytest.approx([mean for (mean,) in model.means], abs=2e-4)
    assert [each**2 for each in SPREADS.values()] == pytest.approx(
        [each for ((each,),) in model.covariances], rel=0.25
    )
    assert all(model.transition[i][i] > 0.9 for i in range(3))
    assert (True, 900, 0, 899) == tuple(
        model.trained[name] for name in ("converged", "samples", "from_ns", "to_ns")
    )


def test_states_are_named_by_their_volatility_where_that_is_the_order() -> None:
    model = train(a_request(order="volatility"))

    assert ("bull", "neutral", "crisis") == model.regimes
    assert squares(model) == sorted(squares(model))


def test_of_four_the_most_volatile_is_the_crisis() -> None:
    wild = tuple((x * 40,) for (x,) in samples(90, seed=9))

    model = train(a_request(rows=samples() + wild, states=4))

    assert ("bear", "neutral", "bull", "crisis") == model.regimes
    assert max(each for ((each,),) in model.covariances) == model.covariances[3][0][0]


def test_names_of_ones_own_are_given_in_the_order() -> None:
    model = train(a_request(states=2, order="volatility", regimes=("asleep", "awake")))

    assert ("asleep", "awake") == model.regimes
    assert squares(model) == sorted(squares(model))


def test_one_seed_gives_one_model() -> None:
    assert train(a_request()) == train(request_of(a_request().as_json()))


def test_the_likelihood_of_the_fit_is_that_of_the_filter() -> None:
    model = train(a_request())
    online = HmmFilter(model)

    total = sum(online.update(row) for row in samples())

    assert pytest.approx(model.trained["log_likelihood"], abs=1e-6) == total


def test_more_rounds_never_explain_the_samples_worse() -> None:
    found = [
        train(a_request(iterations=rounds)).trained["log_likelihood"] for rounds in range(0, 12, 3)
    ]

    assert all(later > before - 1e-3 for before, later in pairwise(found))


def test_a_fit_again_is_the_same_fit_to_other_samples() -> None:
    model = train(a_request(order="volatility", regimes=("a", "b", "c"), seed=4))
    rows = [(number, row) for number, row in enumerate(samples(seed=6))]

    again = Request.again(model, rows)

    assert ("volatility", ("a", "b", "c"), 4, 3) == (
        again.order,
        again.regimes,
        again.seed,
        again.starts,
    )
    assert model.features == train(again).features


@pytest.mark.parametrize(
    ("changes", "path", "text"),
    [
        ({"states": 0}, "states", "1 to 16"),
        ({"states": 5}, "regimes", "must be given"),
        ({"regimes": ("a",)}, "regimes", "expected 3"),
        ({"regimes": ("a", "a", "b")}, "regimes", "other lower-case"),
        ({"features": ("volume:5",)}, "features", "expected return"),
        ({"features": ("trend",), "order": "volatility"}, "features", "volatility or range"),
        ({"rows": samples()[:20]}, "samples", "60 or more"),
        ({"rows": ((1.0,),) * 100}, "features[0]", "the same in every sample"),
        ({"rows": (*samples(), (float("nan"),))}, "features[0]", "no finite number"),
    ],
)
def test_what_cannot_be_fitted_is_refused_with_the_reason(changes, path, text) -> None:
    with pytest.raises(InvalidArgument) as caught:
        train(a_request(**changes))

    assert path in [fault.path for fault in caught.value.faults]
    assert text in str(caught.value)


def test_samples_that_lie_on_a_line_keep_a_covariance() -> None:
    rows = tuple((x, 2 * x) for (x,) in samples())

    model = train(a_request(rows=rows, features=("return", "trend")))

    assert all(np.linalg.eigvalsh(np.array(each)).min() > 0 for each in model.covariances)
