"""Levels of volatility change beyond a band, never inside it."""

from __future__ import annotations

import math

import pytest

from regimeflow.domain.regime.ensemble import EnsembleDetector, Member
from regimeflow.domain.regime.hmm import HmmDetector
from regimeflow.domain.regime.volatility import ConstantDetector, VolatilityDetector
from regimeflow.types.config import VolatilitySettings
from tests.support.regimes import UpAndDown, a_model


def a_detector(band_pct: float = 10) -> VolatilityDetector:
    return VolatilityDetector(
        VolatilitySettings(
            window=20,
            thresholds=[0.01, 0.02],
            regimes=["neutral", "bear", "crisis"],
            band_pct=band_pct,
        )
    )


def names(detector: VolatilityDetector, *volatilities: float) -> list[str]:
    return [detector.update([each], 0).name for each in volatilities]


def test_the_first_sample_is_of_the_level_that_it_is_in() -> None:
    assert ["bear"] == names(a_detector(), 0.0105)
    assert ["neutral"] == names(a_detector(), 0.0099)


def test_a_level_is_left_beyond_the_band_only() -> None:
    found = names(a_detector(), 0.005, 0.0109, 0.0111, 0.0091, 0.0089)

    assert ["neutral", "neutral", "bear", "bear", "neutral"] == found


def test_several_levels_are_left_at_once() -> None:
    assert ["neutral", "crisis", "neutral"] == names(a_detector(), 0.001, 0.5, 0.001)


def test_without_a_band_a_threshold_alone_decides() -> None:
    assert ["neutral", "bear", "neutral"] == names(a_detector(0), 0.005, 0.01001, 0.00999)


def test_probabilities_are_those_of_the_true_volatility_being_in_each_level() -> None:
    verdict = a_detector().update([0.01], 0)

    assert pytest.approx(1) == math.fsum(verdict.shares.values())
    assert pytest.approx(0.5) == verdict.shares["neutral"]
    assert verdict.shares["crisis"] < 1e-4


def test_no_movement_at_all_is_the_calmest_level_for_sure() -> None:
    assert 1.0 == a_detector().update([0.0], 0).shares["neutral"]


def test_its_level_survives_a_restart() -> None:
    first, second = a_detector(), a_detector()
    names(first, 0.005, 0.0105)
    second.load_state(first.save_state())

    assert ["neutral"] == names(second, 0.0105)


@pytest.mark.parametrize("level", [3, -1, "high"])
def test_a_level_that_there_is_not_is_refused(level: object) -> None:
    with pytest.raises(ValueError, match="expected 0 to 2"):
        a_detector().load_state({"level": level})


class TestEnsembles:
    def test_votes_are_weighted(self) -> None:
        members = [
            Member(ConstantDetector("bull"), 1.0),
            Member(ConstantDetector("bear"), 2.0),
            Member(a_detector(), 1.0),
        ]

        verdict = EnsembleDetector(members).update([0.0001], 0)

        assert ("bear", 0.5) == (verdict.name, verdict.confidence)
        assert {"bull": 0.25, "bear": 0.5, "neutral": 0.25} == pytest.approx(
            {name: share for name, share in verdict.shares.items() if name != "crisis"}
        )

    def test_one_that_has_no_verdict_does_not_vote(self) -> None:
        silent = UpAndDown()
        silent.params = {"least": 1.0}
        ensemble = EnsembleDetector([Member(silent, 9.0), Member(ConstantDetector("bear"), 1.0)])

        assert ("bear", 1.0) == (
            ensemble.update([0.5], 0).name,
            ensemble.update([0.5], 0).confidence,
        )
        assert EnsembleDetector([Member(silent, 1.0)]).update([0.5], 0) is None

    def test_each_member_is_given_its_own_features(self) -> None:
        ensemble = EnsembleDetector([Member(a_detector(), 1), Member(HmmDetector(a_model()), 1)])

        assert ("volatility:20", "return:1") == ensemble.features
        assert a_model().digest == ensemble.model
        assert "crisis" == ensemble.update([0.5, 0.01], 0).name

    def test_members_survive_a_restart(self) -> None:
        def an_ensemble() -> EnsembleDetector:
            return EnsembleDetector([Member(a_detector(), 1), Member(HmmDetector(a_model()), 1)])

        first, second = an_ensemble(), an_ensemble()
        first.update([0.0105, 0.001], 0)
        second.load_state(first.save_state())

        assert first.update([0.0095, 1e-5], 1) == second.update([0.0095, 1e-5], 1)
        with pytest.raises(ValueError, match="expected 2"):
            second.load_state({"members": []})
