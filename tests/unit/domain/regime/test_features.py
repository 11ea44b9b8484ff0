"""Features come from their window alone, after a stated warm-up."""

from __future__ import annotations

import json
import math

import pytest

from regimeflow._core.board import QuoteBoard
from regimeflow.domain.regime.features import FeatureSet, Sample, warm_up_of
from regimeflow.domain.regime.sampling import Sampler
from regimeflow.live import Quote, Tick
from tests.support.regimes import SECOND_NS, a_bar

PRICES = [100.0, 110.0, 99.0, 99.0, 104.0]
ALL = ["return", "return:3", "volatility:2", "range:2", "volume:2", "spread:2", "trend:2"]


def a_sample(px: float, volume: float = 2.0, spread: float | None = 0.01) -> Sample:
    return Sample(1, px, px * 1.5, px / 2, volume, spread)


def rows(names: list[str], samples: list[Sample]) -> list[tuple[float, ...] | None]:
    features = FeatureSet(names)
    return [features.update(each) for each in samples]


@pytest.mark.parametrize("name", ALL)
def test_the_first_value_comes_after_the_stated_warm_up(name: str) -> None:
    found = rows([name], [a_sample(px) for px in PRICES])

    assert [False] * (warm_up_of(name) - 1) + [True] == [
        each is not None for each in found[: warm_up_of(name)]
    ]


def test_a_return_is_the_logarithm_of_the_change_over_its_window() -> None:
    found = rows(["return", "return:3"], [a_sample(px) for px in PRICES])[-1]

    assert pytest.approx((math.log(104 / 99), math.log(104 / 110)), rel=1e-12) == found


def test_volatility_is_the_root_mean_square_of_returns() -> None:
    found = rows(["volatility:2"], [a_sample(px) for px in PRICES])[-1]

    assert pytest.approx((math.sqrt(math.log(104 / 99) ** 2 / 2),), rel=1e-12) == found


def test_a_range_is_over_all_highs_and_lows_of_its_window() -> None:
    found = rows(["range:2"], [a_sample(px) for px in PRICES])[-1]

    assert (math.log(104 * 1.5 / (99 / 2)),) == found


def test_volume_is_relative_to_its_own_mean_and_1_where_nothing_traded() -> None:
    busy = rows(["volume:2"], [a_sample(1, 1), a_sample(1, 3)])[-1]
    dead = rows(["volume:2"], [a_sample(1, 0), a_sample(1, 0)])[-1]

    assert ((1.5,), (1.0,)) == (busy, dead)


def test_a_spread_waits_for_quotes() -> None:
    found = rows(["spread:2"], [a_sample(1, spread=None), a_sample(1), a_sample(1, spread=0.03)])

    assert [None, None, (0.02,)] == found


@pytest.mark.parametrize(
    ("prices", "expected"), [([1, 2, 3], 1.0), ([3, 2, 1], -1.0), ([1, 2, 1], 0.0), ([1, 1, 1], 0)]
)
def test_a_trend_is_the_way_made_over_the_way_gone(prices: list[int], expected: float) -> None:
    assert pytest.approx((expected,), abs=1e-12) == rows(["trend:2"], [*map(a_sample, prices)])[-1]


@pytest.mark.parametrize("px", [0.0, -37.63, math.nan, math.inf])
def test_a_price_without_a_logarithm_is_passed_over(px: float) -> None:
    features = FeatureSet(["return"])
    features.update(a_sample(100))

    found = features.update(Sample(1, px, px, px, 1, None))

    assert (None, 1) == (found, features.passed_over)
    assert (math.log(1.1),) == pytest.approx(features.update(a_sample(110)))


def test_a_restart_in_the_middle_changes_no_bit() -> None:
    samples = [a_sample(100 + math.sin(i) * i, i % 7, i / 1e4) for i in range(60)]
    whole = rows(ALL, samples)
    first = FeatureSet(ALL)
    head = [first.update(each) for each in samples[:23]]
    second = FeatureSet(ALL)
    second.load_state(json.loads(json.dumps(first.save_state())))

    assert whole == head + [second.update(each) for each in samples[23:]]


def test_what_came_before_the_window_leaves_nothing_behind() -> None:
    wild = [a_sample(10.0 ** (i % 9)) for i in range(50)]
    calm = [a_sample(100 + i / 7) for i in range(30)]

    assert rows(ALL, wild + calm)[-1] == rows(ALL, calm)[-1]


class TestSampling:
    def sampler(self, sample: str = "bar", interval_ns: int | None = None) -> Sampler:
        self.board = QuoteBoard()
        return Sampler("BTCUSDT", sample, interval_ns, self.board)

    def test_a_bar_is_a_sample_with_the_spread_of_the_last_quote(self) -> None:
        sampler = self.sampler()
        self.board.observe(Quote("BTCUSDT", "99.5", 1, "100.5", 1, ts_recv_ns=1))

        found = sampler.of(a_bar(5, 100, 110))

        assert Sample(5 * SECOND_NS, 110, 110, 100, 1, 0.01) == found

    def test_other_symbols_lengths_repeats_and_corrections_are_passed_over(self) -> None:
        sampler = self.sampler(interval_ns=SECOND_NS)
        sampler.of(a_bar(5, 100, 110))

        others = [
            a_bar(6, 1, 2, symbol="ETHUSDT"),
            a_bar(6, 1, 2, interval_ns=60 * SECOND_NS),
            a_bar(5, 1, 2),
            a_bar(4, 1, 2),
            a_bar(6, 1, 2, is_revised=True),
        ]

        assert [None] * 5 == [sampler.of(each) for each in others]

    def test_trades_and_quotes_are_samples_too(self) -> None:
        tick = Tick("BTCUSDT", 100, 3, ts_event_ns=7)
        quote = Quote("BTCUSDT", 99, 1, 101, 1, ts_event_ns=8)

        assert Sample(7, 100, 100, 100, 3, None) == self.sampler("tick").of(tick)
        assert Sample(8, 100, 100, 100, 0, 0.02) == self.sampler("quote").of(quote)
