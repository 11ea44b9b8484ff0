"""Groups of linked orders as plain values, for the journal and for snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regimeflow.domain.orders.links import Contingency, LinkedOrders
from regimeflow.engine.journal.calls import order_of, order_state


def keep_group(kept: dict[int, dict[str, Any]], note: Mapping[str, Any]) -> None:
    """Take a note about a group into what is kept of groups."""
    number = int(note["group"])
    if "done" in note:
        kept.pop(number, None)
    elif "leg" in note:
        if number in kept:
            kept[number]["sent"].append([note["leg"], note["order_id"]])
    else:
        kept[number] = {**note, "sent": []}


def group_state(group: LinkedOrders, strategy: str) -> dict[str, object]:
    """Return what a group was made from, as JSON has it."""
    return {
        "strategy": strategy,
        "list_id": group.list_id,
        "contingency": group.contingency.name,
        "parent": None if group.parent is None else order_state(group.parent, ""),
        "waits_for_parent": group.waits_for_parent,
        "legs": [order_state(leg, "") for leg in group.legs],
    }


def group_of(state: Mapping[str, Any]) -> LinkedOrders:
    """Return a new group of such a state."""
    group = LinkedOrders(
        [order_of(leg) for leg in state["legs"]],
        contingency=Contingency[state["contingency"]],
        parent=None if state["parent"] is None else order_of(state["parent"]),
        list_id=state["list_id"],
    )
    group.waits_for_parent = state.get("waits_for_parent", False)
    return group
