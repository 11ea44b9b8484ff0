"""Whole sessions under one virtual clock and one seed."""

from __future__ import annotations

import pytest

from regimeflow.testing import simulate
from regimeflow.testing.simulation.styles import STYLES, Style
from regimeflow.testing.simulation.world import FAULTS, ORDERS, run_seed


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_two_runs_of_one_seed_are_the_same_to_the_last_event(style: Style) -> None:
    first, second = (run_seed(7, hours=0.2, style=style) for _ in range(2))

    assert first.trace.digest() == second.trace.digest()
    assert first.faults == second.faults
    assert len(first.trace) > ORDERS


def test_seeds_differ() -> None:
    digests = {run_seed(seed, hours=0.2, style=STYLES[0]).trace.digest() for seed in range(3)}

    assert 3 == len(digests)


def test_a_run_has_many_orders_and_many_faults() -> None:
    run = run_seed(3, hours=0.2, style=STYLES[0])

    assert run.orders >= ORDERS
    assert run.faults.total() >= FAULTS


def test_the_command_says_what_was_hit_and_how_fast(capsys: pytest.CaptureFixture[str]) -> None:
    simulate.main(["--seeds", "1", "--start", "3", "--hours", "0.2", "--style", STYLES[0].name])

    said = capsys.readouterr().out
    assert "a report is lost" in said
    assert "NEW_LEG in CANCELLED, EXPIRED" in said
    assert "1 seeds, 2" in said
    assert "seeds/s" in said


@pytest.mark.slow
def test_seeds_leave_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    failed = simulate.main(["--seeds", "8", "--jobs", "2"])  # .ci/run plays 300

    said = capsys.readouterr().out
    assert 0 == failed, said
    assert "8 seeds, " in said
    assert "0 diverged" in said
