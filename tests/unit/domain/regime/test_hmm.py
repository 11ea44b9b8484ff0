"""Models are what they were fitted as, and the filter is what probability says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from regimeflow.domain.regime.hmm import HmmDetector, HmmFilter, log_sum_exp
from regimeflow.domain.regime.model import HmmModel, model_of, read_model
from regimeflow.live import ConfigError
from tests.support.regimes import a_model


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        model_of(text, "regime.hmm.model")
    assert {"regime.hmm.model"} == {fault.path for fault in caught.value.faults}
    return str(caught.value)


def resealed(**changes: object) -> str:
    """Return a model's text whose digest is right, whatever it says."""
    return a_model(**changes).as_json()


def test_a_model_reads_back_as_it_was_to_the_last_bit(tmp_path: Path) -> None:
    model = a_model(means=((1 / 3,), (-2e-300,)))
    path = tmp_path / "model.json"
    path.write_text(model.as_json())

    found = read_model(str(path), "regime.hmm.model")

    assert (model, model.digest) == (found, found.digest)


def test_the_digest_is_of_all_that_a_model_says() -> None:
    changed = [
        a_model(),
        a_model(means=((1e-9,), (0.0,))),
        a_model(regimes=("neutral", "bear")),
        a_model(features=("return:2",)),
        a_model(trained={"to_ns": 2}),
    ]

    assert 5 == len({each.digest for each in changed})


def test_a_number_that_was_changed_by_hand_is_found_out() -> None:
    text = a_model().as_json().replace("0.95", "0.94")

    assert "was changed since it was fitted" in refused(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "is no model"),
        ("[]", "found 'list'"),
        ('{"format": "pickle"}', "found 'pickle'"),
        ("[" * 100_000, "is no model"),
        (resealed(features=()), "0 features"),
        (resealed(start=(1.0,)), "do not fit 1 states"),
        (resealed(start=(0.5, 0.6)), "sum 1"),
        (resealed(transition=((0.95, 0.05), (1.5, -0.5))), "no probabilities"),
        (resealed(means=((0.0,), (math.nan,))), "finite"),
        (resealed(covariances=(((0.0,),), ((1.0,),))), "covariances[0]"),
        (resealed(covariances=(((1.0,),), ((-1.0,),))), "covariances[1]"),
        (resealed(regimes=("neutral",)), "regimes do not fit"),
        (resealed(regimes=("neutral", "Up!")), "no names"),
        (resealed(features=("moon:1",)), "one of return"),
    ],
    ids=lambda text: text[:12],
)
def test_what_is_no_model_is_refused_with_the_reason(text: str, expected: str) -> None:
    assert expected in refused(text)


def test_a_file_that_cannot_be_read_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")

    for name, expected in [("none", "no such file"), ("", "directory"), ("bytes", "UTF-8")]:
        with pytest.raises(ConfigError, match=expected):
            read_model(str(tmp_path / name), "regime.hmm.model")


def test_logarithms_of_sums_neither_overflow_nor_underflow() -> None:
    assert pytest.approx(-5_000 + math.log(2)) == log_sum_exp([-5_000, -5_000])
    assert -math.inf == log_sum_exp([-math.inf, -math.inf])


def test_a_session_without_end_underflows_nothing() -> None:
    found = HmmFilter(a_model())
    total = 0.0
    for number in range(20_000):
        total += found.update([1e-5 if number % 2 else -1e-5])

    assert math.isfinite(total)
    assert pytest.approx(1) == math.fsum(found.shares)


@pytest.mark.parametrize("value", [1e3, 1e200, -1e308])
def test_no_sample_is_too_improbable(value: float) -> None:
    found = HmmFilter(a_model())
    found.update([0.0])

    found.update([value])

    assert pytest.approx(1) == math.fsum(found.shares)
    found.update([0.0])
    assert all(0 <= share <= 1 for share in found.shares)


def test_states_of_one_name_are_one_regime() -> None:
    detector = HmmDetector(a_model(regimes=("bear", "bear")))

    verdict = detector.update([0.0], 1)

    assert ("bear", pytest.approx(1)) == (verdict.name, verdict.confidence)


def test_a_wild_move_is_the_wild_state() -> None:
    detector = HmmDetector(a_model())

    assert ["neutral", "crisis"] == [detector.update([each], 1).name for each in (1e-6, 3e-3)]


def test_what_is_impossible_survives_a_restart() -> None:
    model = a_model(start=(1.0, 0.0), transition=((1.0, 0.0), (0.0, 1.0)))
    first, second = HmmDetector(model), HmmDetector(model)
    first.update([1e-3], 0)
    second.load_state(json.loads(json.dumps(first.save_state())))

    assert first.update([1e-3], 1) == second.update([1e-3], 1)
    assert 0.0 == second.update([1e-3], 2).shares["crisis"]
    with pytest.raises(ValueError, match="expected 2"):
        second.load_state({"log_shares": [0.0]})


def test_another_model_goes_on_as_if_it_had_seen_the_last_samples() -> None:
    calm, other = a_model(), a_model(transition=((0.9, 0.1), (0.2, 0.8)))
    swapped, fresh = HmmDetector(calm), HmmDetector(other)
    rows = [[1e-5], [2e-3], [1e-3]]
    for row in rows:
        swapped.update(row, 0)
        fresh.update(row, 0)

    swapped.swap(other, rows)

    assert other.digest == swapped.model
    assert fresh.update([1e-3], 1) == swapped.update([1e-3], 1)


def test_a_correlated_density_is_that_of_the_textbook() -> None:
    rho, x, y = 0.6, 0.3, -0.2
    model = HmmModel(
        features=("return:1", "trend:2"),
        sample="bar",
        bar_interval_ns=0,
        symbol="X",
        start=(1.0,),
        transition=((1.0,),),
        means=((0.0, 0.0),),
        covariances=(((1.0, rho), (rho, 1.0)),),
        regimes=("neutral",),
    )
    expected = -math.log(2 * math.pi * math.sqrt(1 - rho**2))
    expected -= (x * x - 2 * rho * x * y + y * y) / (2 * (1 - rho**2))

    assert pytest.approx(expected, abs=1e-12) == HmmFilter(model).update([x, y])
