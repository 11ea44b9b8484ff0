"""Groups of linked orders that a venue takes as one request, and keeps linked by itself.

The venue names the exits that leave with an order: our name for one is the order's own client id
and its role, so that it is found from the order's id alone, after a restart too.
"""

from __future__ import annotations

from typing import Final

from regimeflow.domain.orders.links import PARENT, LinkedOrders
from regimeflow.domain.orders.order import Order
from regimeflow.domain.orders.order_terms import given_terms
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import Record

TARGET: Final = "_t"
STOP: Final = "_s"
_ROLES: Final = {OrderType.LIMIT: TARGET, OrderType.STOP: STOP, OrderType.STOP_LIMIT: STOP}
_MOST_EXITS: Final = 2


class NativeGroups(Record, kw_only=True):
    """What a venue takes as one group: a bracket, an entry with one exit, two exits of a holding.

    ``entry_types``: of the order that triggers the exits. An exit is a LIMIT, or a STOP or
    STOP_LIMIT, one of each at most; all orders have one time in force. ``whole_units``: no part of
    a unit may be ordered.
    """

    asset_classes: frozenset[str]
    entry_types: frozenset[OrderType]
    times_in_force: frozenset[TimeInForce]
    whole_units: bool = False


def exit_id(client_order_id: str, kind: OrderType) -> str:
    """Our client order id for the exit of a type that leaves with an order."""
    return client_order_id + _ROLES[kind]


def split_exit(client_order_id: str) -> tuple[str, str]:
    """The id of the order that an exit left with, and its role; "" for what is no exit's id."""
    for role in (TARGET, STOP):
        if client_order_id.endswith(role):
            return client_order_id.removesuffix(role), role
    return client_order_id, ""


def native_legs(
    group: LinkedOrders, taken: NativeGroups | None, instrument: Instrument | None
) -> tuple[tuple[int, Order], ...]:
    """The orders of a group as one request, each with its number in the group, the head first.

    Empty: the venue takes no such group as one.

    Args:
        group: A new one.
        taken: What the venue takes.
        instrument: Of its symbol; None: not known.
    """
    if taken is None or instrument is None or instrument.asset_class not in taken.asset_classes:
        return ()
    exits = sorted(
        enumerate(group.legs, PARENT + 1), key=lambda each: _ROLES.get(each[1].type) != TARGET
    )
    roles = [_ROLES.get(each.type) for _, each in exits]
    if None in roles or len(set(roles)) < len(roles):
        return ()
    entry = group.parent
    if entry is None:
        if len(roles) < _MOST_EXITS or group.legs[0].side != OrderSide.SELL:
            return ()  # two orders that buy may be no exits: of which only one is meant to trade
        head, *rest = exits
    elif entry.type in taken.entry_types:
        head, rest = (PARENT, entry), exits
    else:
        return ()
    return (head, *rest) if _are_alike(head[1], [leg for _, leg in rest], group, taken) else ()


def _are_alike(head: Order, exits: list[Order], group: LinkedOrders, taken: NativeGroups) -> bool:
    is_entry = group.parent is not None
    orders = [head, *exits]
    return (
        head.time_in_force in taken.times_in_force
        and all(each.time_in_force == head.time_in_force for each in exits)
        and all(each.symbol == head.symbol for each in exits)
        and all((each.side != head.side) == is_entry for each in exits)
        and not any(each.terms is not None and given_terms(each.terms) for each in orders)
        and not any(each.client_order_id for each in exits)
        and not (taken.whole_units and group.plan % 1)
    )
