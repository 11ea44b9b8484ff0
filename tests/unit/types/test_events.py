from __future__ import annotations

import dataclasses

import pytest

from regimeflow.types.events import EngineEvent, SessionSummary


def test_an_event_is_never_changed_after_it_is_made() -> None:
    event = EngineEvent("fill", 1, "BUY 1 X at 2")

    with pytest.raises(dataclasses.FrozenInstanceError):
        event.text = "SELL 1 X at 2"


def test_the_rate_is_all_messages_by_the_wall_clock() -> None:
    summary = SessionSummary(messages={"quotes": 90, "trades": 10}, wall_s=4.0)

    assert 25.0 == summary.messages_per_s


def test_a_session_of_no_time_has_no_rate() -> None:
    assert 0.0 == SessionSummary(messages={"quotes": 90}).messages_per_s
