"""Linked orders at Alpaca: the one request that they leave as, and which of its legs is whose.

Alpaca gives the legs client ids of its own. Our name for one is the id of the order that it left
with, and its role: the same one from an answer, from the stream and after a restart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from regimeflow.adapters.brokers._shared.answers import Json
from regimeflow.adapters.brokers._shared.legs import split_leg
from regimeflow.adapters.brokers.alpaca.errors import not_sent
from regimeflow.adapters.brokers.alpaca.formatting import Asked, Body, number
from regimeflow.adapters.brokers.alpaca.rules import AssetRules
from regimeflow.adapters.brokers.alpaca.translate import LONGEST_ID
from regimeflow.domain.orders.native_groups import STOP, TARGET
from regimeflow.types.enums import OrderType

_ROLES: Final = {"take_profit": TARGET, "stop_loss": STOP}
_ROLES_OF_TYPES: Final = {"limit": "take_profit", "stop": "stop_loss", "stop_limit": "stop_loss"}
_BOTH: Final = 2


def group_body(head: Asked, exits: Sequence[Asked], rules: AssetRules) -> Body:
    """Return what the exits of an order add to its body.

    Raises:
        BrokerError: NOT_SENT: a price of theirs is none that Alpaca takes.
    """
    is_entry = all(each.side is not head.side for each in exits)
    kind = "oco" if not is_entry else "bracket" if len(exits) == _BOTH else "oto"
    body: Body = {"order_class": kind}
    if rules.is_crypto or rules.is_option or head.is_fraction:
        raise not_sent(f"{head.symbol}: linked orders are for whole shares")
    if kind == "oco":
        price = rules.demand_price("limit_price", head.limit_price)
        body["take_profit"] = {"limit_price": number(price)}
    for each in exits:
        if each.type is OrderType.LIMIT:
            price = rules.demand_price("limit_price", each.limit_price)
            body["take_profit"] = {"limit_price": number(price)}
            continue
        stop = {"stop_price": number(rules.demand_price("stop_price", each.stop_price))}
        if each.type is OrderType.STOP_LIMIT:
            stop["limit_price"] = number(rules.demand_price("limit_price", each.limit_price))
        body["stop_loss"] = stop
    return body


def name_of_leg(head_id: str, role: str) -> str:
    """Our name for the leg of a role of an order of ours; "" for what plays none."""
    suffix = _ROLES.get(role, "")
    name = split_leg(head_id)[0] + suffix
    return name if suffix and len(name) <= LONGEST_ID else ""


def named_legs(order: Json) -> Iterator[tuple[Json, str]]:
    """Give each leg that an answer holds within its order, with our name for it."""
    legs, head_id = order.get("legs"), order.get("client_order_id")
    if not isinstance(legs, list) or not isinstance(head_id, str):
        return
    for leg in legs:
        if not isinstance(leg, dict):
            continue
        said = _ROLES_OF_TYPES.get(str(leg.get("type")), "")
        name = name_of_leg(head_id, str(leg.get("group_role") or said))
        if name:
            yield leg, name
