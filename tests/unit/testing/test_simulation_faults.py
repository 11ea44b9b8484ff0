"""The plan of faults is drawn from the seed, and stops when it is told to."""

from __future__ import annotations

import random

from regimeflow.testing.simulation.faults import Fault, FaultPlan

HOUR_NS = 3_600_000_000_000


def drawn(seed: int) -> tuple[list[object], list[int]]:
    plan = FaultPlan(random.Random(seed))
    fates = [plan.one_of((Fault.REPORT_LOST, Fault.REPORT_TWICE)) for _ in range(500)]
    return fates, plan.times(Fault.DISCONNECT, 0, 10 * HOUR_NS)


def test_one_seed_draws_the_same_faults() -> None:
    assert drawn(5) == drawn(5)


def test_seeds_differ_in_what_goes_wrong() -> None:
    assert len({str(drawn(seed)) for seed in range(10)}) > 5


def test_faults_are_counted_as_they_strike() -> None:
    plan = FaultPlan(random.Random(7))
    struck = [plan.one_of((Fault.READ_LATE, Fault.READ_STALE)) for _ in range(2_000)]

    assert len([each for each in struck if each]) == plan.hits.total()


def test_nothing_goes_wrong_in_the_calm() -> None:
    plan = FaultPlan(random.Random(7))
    plan.calm = True

    assert not any(plan.happens(Fault.CONNECT_REFUSED) for _ in range(1_000))
    assert {None} == {plan.one_of((Fault.REPORT_LOST,)) for _ in range(1_000)}
