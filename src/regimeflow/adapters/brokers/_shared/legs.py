"""Client order ids of the legs of an order, at venues that make a new order of each change.

The first leg has the order's own id, leg n the id with ``_rN`` behind it: an id is not used twice,
so that asking for it has one answer, and after a restart the legs are found from the order's id
alone.
"""

from __future__ import annotations

import re
from typing import Final

_LEG: Final = re.compile(r"(.+)_r([1-9][0-9]{0,3})")


def leg_id(client_order_id: str, leg: int) -> str:
    """The client order id of a leg; 0 is the order itself."""
    return client_order_id if leg == 0 else f"{client_order_id}_r{leg}"


def split_leg(client_order_id: str) -> tuple[str, int]:
    """The order's own id and the leg of a client order id."""
    if "_r" not in client_order_id:
        return client_order_id, 0
    found = _LEG.fullmatch(client_order_id)
    return (client_order_id, 0) if found is None else (found.group(1), int(found.group(2)))
