"""Whatever is asked of the local Alpaca, its orders, positions, cash and stream agree."""

from __future__ import annotations

import pytest

from tests.support.alpaca_traffic import Traffic

IN_THE_DESK = (
    "cancel_rejected",
    "duplicate_events",
    "fill_before_cancel",
    "fill_before_replace",
    "lost_event",
    "mixed_offsets",
    "no_event_id",
    "reject_after_acceptance",
    "replace_error_but_done",
    "silent_leg_cancel",
    "stuck_cancel",
    "stuck_pending_new",
)


@pytest.mark.parametrize("seed", range(6))
def test_the_parts_of_the_venue_agree_after_every_step(seed):
    traffic = Traffic(seed)

    for _ in range(60):
        for _ in range(5):
            traffic.step()
        traffic.check()

    assert len(traffic.told) > 100


@pytest.mark.parametrize("seed", range(4))
def test_what_goes_wrong_on_purpose_changes_no_truth(seed):
    traffic = Traffic(100 + seed)
    for fault in IN_THE_DESK:
        traffic.faults.set(fault, probability=0.1)

    for _ in range(60):
        for _ in range(5):
            traffic.step()
        traffic.check(is_told=False)

    assert set(IN_THE_DESK) & set(traffic.faults.fired())
