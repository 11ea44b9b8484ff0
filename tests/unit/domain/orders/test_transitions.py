from __future__ import annotations

from pathlib import Path

import pytest

from regimeflow.domain.orders.transitions import (
    ILLEGAL,
    INITIAL,
    ROWS,
    TERMINAL,
    TRANSITIONS,
    OrderEvent,
    as_lookup,
)
from regimeflow.domain.orders.transitions_page import render_page
from regimeflow.types.enums import ExecType
from regimeflow.types.enums import LiveOrderStatus as S

REPO = Path(__file__).resolve().parents[4]
FILLS = {OrderEvent.TRADE, OrderEvent.TRADE_CORRECT, OrderEvent.TRADE_CANCEL}
TERMS = {OrderEvent.REPLACED, OrderEvent.RESTATED, OrderEvent.NEW_LEG}


def test_the_page_in_docs_is_made_from_the_table() -> None:
    assert render_page() == (REPO / "docs" / "orders.md").read_text(encoding="utf-8")


def test_every_exec_type_is_an_event_under_its_own_number() -> None:
    assert {kind.name: kind.value for kind in ExecType} == {
        event.name: event.value for event in OrderEvent if event.value < len(ExecType)
    }


def test_no_transition_is_written_twice() -> None:
    written = [(state, row.event) for row in ROWS for state in row.states]

    assert len(written) == len(set(written))


def test_the_lookup_is_the_table_and_illegal_elsewhere() -> None:
    lookup = as_lookup()

    for state in S:
        for event in OrderEvent:
            for done in (False, True):
                index = (state * len(OrderEvent) + event) * 2 + done
                assert TRANSITIONS.get((state, event, done), ILLEGAL) == lookup[index]


def test_every_state_is_reached_from_the_first() -> None:
    reached = {INITIAL}
    while True:
        more = {after for (state, _, _), after in TRANSITIONS.items() if state in reached}
        if more <= reached:
            break
        reached |= more

    assert set(S) == reached


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_only_fills_and_new_terms_lead_out_of_a_terminal_state(state: S) -> None:
    ways_out = {
        event
        for (before, event, _), after in TRANSITIONS.items()
        if before is state and after is not state
    }

    assert ways_out <= FILLS | TERMS


@pytest.mark.parametrize("state", list(S))
def test_a_fill_is_legal_in_every_state(state: S) -> None:
    assert all((state, event, False) in TRANSITIONS for event in FILLS)
