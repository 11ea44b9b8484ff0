"""The page ``docs/orders.md``: the transition table, then the reason for each odd row."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from regimeflow.domain.orders.transitions import (
    ROWS,
    STATUS_EVENT,
    TRANSITIONS,
    WORKING,
    OrderEvent,
)
from regimeflow.types.enums import LiveOrderStatus as S

_SHORT: Final[Mapping[S, str]] = MappingProxyType(
    {
        S.PENDING_NEW: "PNew",
        S.NEW: "New",
        S.PARTIALLY_FILLED: "Part",
        S.FILLED: "Filled",
        S.PENDING_CANCEL: "PCxl",
        S.PENDING_REPLACE: "PRpl",
        S.CANCELLED: "Cxld",
        S.REJECTED: "Rej",
        S.EXPIRED: "Exp",
        S.INACTIVE: "Inact",
        S.ERROR: "Error",
    }
)


def _is_same(target: S, state: S) -> bool:
    return target is state or (target in WORKING and state in WORKING)


def _cell(state: S, event: OrderEvent) -> str:
    left, done = (TRANSITIONS.get((state, event, nothing_left)) for nothing_left in (False, True))
    if left is None or done is None:
        return "-"
    texts = ["=" if _is_same(target, state) else _SHORT[target] for target in (left, done)]
    return texts[0] if left is done else "/".join(texts)


def render_page() -> str:
    """Return ``docs/orders.md``: the table on one screen, then the reason for each odd row."""
    lines = [
        "# Order states",
        "",
        "<!-- Made from src/regimeflow/domain/orders/transitions.py; change that, then run",
        "`nox -s docs`. -->",
        "",
        "One column per state, one row per event. `=`: the state stays. `A/B`: A while something",
        "is left of the order, B when nothing is. `-`: no such transition: the report is flagged,",
        "the state is kept, and a fill in it counts all the same. `New` and `Part` are one state,",
        "working, told apart by whether anything has filled.",
        "",
        "| event | " + " | ".join(_SHORT[state] for state in S) + " |",
        "|---" * (len(S) + 1) + "|",
    ]
    lines += [
        f"| {event.name} | " + " | ".join(_cell(state, event) for state in S) + " |"
        for event in OrderEvent
    ]
    lines += [
        "",
        ", ".join(f"{short}: {state.name}" for state, short in _SHORT.items()) + ".",
        "",
        "## Why",
        "",
    ]
    for row in ROWS:
        if row.why:
            states = ", ".join(state.name for state in row.states)
            lines.append(f"- **{row.event.name}** in {states}: {row.why}.")
    lines += ["", "## What a status report means", ""]
    lines += ["ORDER_STATUS moves an order by the event of the status in it:", ""]
    lines += [f"- {status.name}: {event.name}" for status, event in STATUS_EVENT.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render_page())
