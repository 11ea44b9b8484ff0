"""What must hold of regimes whatever the market does."""

from __future__ import annotations

import itertools
import json
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow.domain.regime.hmm import HmmDetector, HmmFilter
from regimeflow.domain.regime.model import HmmModel
from regimeflow.domain.regime.volatility import VolatilityDetector
from regimeflow.types.config import VolatilitySettings
from tests.support.regimes import a_model

VALUES = st.floats(-1e-2, 1e-2) | st.floats(-1e12, 1e12)
ROWS = st.lists(st.tuples(VALUES), min_size=1, max_size=30)


@st.composite
def shares(draw: st.DrawFn, count: int) -> tuple[float, ...]:
    weights = draw(st.lists(st.integers(0, 1_000), min_size=count, max_size=count))
    total = sum(weights)
    return tuple(each / total for each in weights) if total else (1.0,) + (0.0,) * (count - 1)


@st.composite
def models(draw: st.DrawFn, most: int = 3) -> HmmModel:
    count = draw(st.integers(1, most))
    return a_model(
        start=draw(shares(count)),
        transition=tuple(draw(shares(count)) for _ in range(count)),
        means=tuple((draw(st.floats(-1e-3, 1e-3)),) for _ in range(count)),
        covariances=tuple(((draw(st.floats(1e-8, 1e-4)),),) for _ in range(count)),
        regimes=tuple(f"r{number % 2}" for number in range(count)),
    )


@given(models(), ROWS)
def test_probabilities_are_probabilities_whatever_comes(model: HmmModel, rows) -> None:
    online = HmmFilter(model)

    for row in rows:
        online.update(row)

        assert all(0 <= each <= 1 + 1e-12 for each in online.shares)
        assert math.isclose(math.fsum(online.shares), 1, rel_tol=1e-9)


def enumerated(model: HmmModel, rows) -> tuple[float, list[float]]:
    """Sum over every path of states: the likelihood, and the last state's probabilities."""
    ends = [0.0] * model.states
    for path in itertools.product(range(model.states), repeat=len(rows)):
        share = model.start[path[0]]
        for before, after in itertools.pairwise(path):
            share *= model.transition[before][after]
        for state, (value,) in zip(path, rows, strict=True):
            variance = model.covariances[state][0][0]
            away = (value - model.means[state][0]) ** 2 / variance
            share *= math.exp(-0.5 * away) / math.sqrt(2 * math.pi * variance)
        ends[path[-1]] += share
    total = math.fsum(ends)
    return math.log(total), [each / total for each in ends]


@settings(max_examples=60)
@given(models(), st.lists(st.tuples(st.floats(-1e-4, 1e-4)), min_size=1, max_size=6))
def test_the_filter_is_the_sum_over_all_paths(model: HmmModel, rows) -> None:
    online = HmmFilter(model)

    total = math.fsum([online.update(row) for row in rows])

    expected, ends = enumerated(model, rows)
    assert math.isclose(expected, total, rel_tol=1e-9, abs_tol=1e-9)
    assert all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(ends, online.shares, strict=True))


@given(models(), ROWS, st.integers(0, 30))
def test_a_restart_in_the_middle_changes_no_bit(model: HmmModel, rows, at: int) -> None:
    whole, first, second = HmmDetector(model), HmmDetector(model), HmmDetector(model)
    expected = [whole.update(row, 0) for row in rows]

    head = [first.update(row, 0) for row in rows[:at]]
    second.load_state(json.loads(json.dumps(first.save_state())))

    assert expected == head + [second.update(row, 0) for row in rows[at:]]


@given(
    st.lists(st.floats(0, 0.1), min_size=1, max_size=50),
    st.floats(0, 90),
    st.lists(st.floats(1e-3, 0.09), min_size=1, max_size=4, unique=True),
)
def test_a_level_never_changes_inside_the_band(volatilities, band_pct, thresholds) -> None:
    edges = sorted(thresholds)
    detector = VolatilityDetector(
        VolatilitySettings(
            thresholds=edges,
            regimes=[f"r{number}" for number in range(len(edges) + 1)],
            band_pct=band_pct,
        )
    )
    detector.update([volatilities[0]], 0)

    for volatility in volatilities[1:]:
        before = detector.level
        detector.update([volatility], 0)
        crossed = edges[min(before, detector.level) : max(before, detector.level)]

        assert all(abs(volatility / edge - 1) > band_pct / 100 * 0.999999 for edge in crossed)
