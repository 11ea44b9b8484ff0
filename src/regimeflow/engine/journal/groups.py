"""Groups of linked orders as plain values, for the journal and for snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regimeflow.domain.orders.links import Contingency, LinkedOrders
from regimeflow.domain.orders.native_groups import NativeGroups
from regimeflow.engine.journal.calls import order_of, order_state
from regimeflow.types.enums import OrderType, TimeInForce


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
        "is_native": group.is_native,
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
    group.is_native = state.get("is_native", False)
    return group


def native_state(taken: NativeGroups | None) -> dict[str, object] | None:
    """Return what a venue takes as one request, as JSON has it."""
    if taken is None:
        return None
    return {
        "asset_classes": sorted(taken.asset_classes),
        "entry_types": sorted(each.name for each in taken.entry_types),
        "times_in_force": sorted(each.name for each in taken.times_in_force),
        "whole_units": taken.whole_units,
    }


def native_of(state: Mapping[str, Any] | None) -> NativeGroups | None:
    """Return what such a state says that a venue takes."""
    if state is None:
        return None
    return NativeGroups(
        asset_classes=frozenset(state["asset_classes"]),
        entry_types=frozenset(OrderType[name] for name in state["entry_types"]),
        times_in_force=frozenset(TimeInForce[name] for name in state["times_in_force"]),
        whole_units=state["whole_units"],
    )
