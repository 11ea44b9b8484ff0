"""Our filtered probabilities are those of hmmlearn and statsmodels (``oracles.py`` wrote them)."""

from __future__ import annotations

import json

import pytest

from tests.conformance.regime.oracles import EVERY, SAME, WRITTEN, Case, furthest, simulated

SAID = json.loads(WRITTEN.read_text())
CASES = {case.name: case for case in simulated()}


@pytest.mark.parametrize("told", SAID)
def test_a_filter_agrees_with_what_others_make_of_the_same_samples(told: str) -> None:
    case: Case = CASES[told.partition(" / ")[0]]

    total, shares = case.ours()

    assert abs(total - SAID[told]["log_likelihood"]) < SAME
    assert furthest(shares[::EVERY], SAID[told]["filtered"]) < SAME


def test_each_of_them_has_been_asked_about_each_case_that_it_takes() -> None:
    asked = {tuple(told.split(" / ")) for told in SAID}

    assert {(name, "hmmlearn") for name in CASES} <= asked
    assert 2 == sum(oracle == "statsmodels" for _, oracle in asked)
