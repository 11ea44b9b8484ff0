"""An order as Alpaca keeps it, and the JSON that it becomes.

The matching engine knows orders by numbers of its own: one order here may have had several there
(queued over a night, replaced), and all its quantities are sums over them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.assets import Asset
from regimeflow.apps.venues.alpaca.fields import Json
from regimeflow.apps.venues.alpaca.refusals import text
from regimeflow.apps.venues.alpaca.times import rfc3339

CLOSED: Final = frozenset({"filled", "canceled", "expired", "replaced", "rejected"})
_AVERAGE: Final = Decimal("0.000000001")
_ZERO: Final = Decimal(0)


@dataclass(slots=True, kw_only=True, eq=False)
class Order:
    """State of one order; ``engine_id`` 0 while the engine does not have it."""

    id: str
    client_order_id: str
    account: str
    asset: Asset
    side: str
    type: str
    time_in_force: str
    qty: Decimal | None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    hwm: Decimal | None = None
    extended_hours: bool = False
    order_class: str = ""
    position_intent: str = ""
    status: str = "pending_new"
    created_ns: int
    updated_ns: int
    submitted_ns: int
    expires_ns: int
    filled_ns: int = 0
    expired_ns: int = 0
    canceled_ns: int = 0
    cancel_requested_ns: int = 0
    failed_ns: int = 0
    replaced_ns: int = 0
    replaced_by: str = ""
    replaces: str = ""
    group_id: str = ""
    group_role: str = ""
    parent: Order | None = None
    legs: list[Order] = field(default_factory=list)
    filled_qty: Decimal = _ZERO
    filled_quote: Decimal = _ZERO
    engine_id: int = 0
    carried_qty: Decimal = _ZERO  # filled before the engine's present order began
    executions: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether anything may still happen to it."""
        return self.status not in CLOSED

    @property
    def leaves_qty(self) -> Decimal:
        """What is left; 0 for money orders whose quantity is not known."""
        return (self.qty or _ZERO) - self.filled_qty if self.is_open else _ZERO

    @property
    def average_price(self) -> Decimal | None:
        """Of all fills, None before the first."""
        if not self.filled_qty:
            return None
        return (self.filled_quote / self.filled_qty).quantize(_AVERAGE)

    @property
    def open_members(self) -> list[Order]:
        """Itself and its legs, those that are open."""
        return [one for one in (self, *self.legs) if one.is_open]

    @property
    def is_group(self) -> bool:
        """Whether it stands with others."""
        return bool(self.group_id)


def order_form(order: Order, *, nested: bool = False) -> Json:
    """As REST answers; ``nested`` rolls the legs up."""
    form = _head(order)
    form["canceled_at"] = _instant(order.canceled_ns)
    form |= _body(order)
    form["legs"] = [order_form(leg) for leg in order.legs] if nested and order.legs else None
    form |= _trail(order)
    form["subtag"] = form["source"] = None
    return form | _tail(order)


def update_form(order: Order) -> Json:
    """As ``trade_updates`` carries it: with ``cancel_requested_at``, never with legs."""
    form = _head(order)
    form["cancel_requested_at"] = _instant(order.cancel_requested_ns)
    form["canceled_at"] = _instant(order.canceled_ns)
    return form | _body(order) | {"legs": None} | _trail(order) | _tail(order)


def _head(order: Order) -> Json:
    return {
        "id": order.id,
        "client_order_id": order.client_order_id,
        "created_at": rfc3339(order.created_ns),
        "updated_at": rfc3339(order.updated_ns),
        "submitted_at": rfc3339(order.submitted_ns),
        "filled_at": _instant(order.filled_ns),
        "expired_at": _instant(order.expired_ns),
    }


def _body(order: Order) -> Json:
    return {
        "failed_at": _instant(order.failed_ns),
        "replaced_at": _instant(order.replaced_ns),
        "replaced_by": order.replaced_by or None,
        "replaces": order.replaces or None,
        "asset_id": order.asset.asset_id,
        "symbol": order.asset.symbol,
        "asset_class": order.asset.asset_class,
        "notional": _number(order.notional),
        "qty": _number(order.qty),
        "filled_qty": text(order.filled_qty),
        "filled_avg_price": _number(order.average_price),
        "order_class": order.order_class,
        "order_type": order.type,
        "type": order.type,
        "side": order.side,
        "position_intent": order.position_intent,
        "time_in_force": order.time_in_force,
        "limit_price": _number(order.limit_price),
        "stop_price": _number(order.stop_price),
        "status": order.status,
        "extended_hours": order.extended_hours,
    }


def _trail(order: Order) -> Json:
    return {
        "trail_percent": _number(order.trail_percent),
        "trail_price": _number(order.trail_price),
        "hwm": _number(order.hwm),
    }


def _tail(order: Order) -> Json:
    tail: Json = {"expires_at": rfc3339(order.expires_ns)}
    if order.group_id:
        tail |= {"group_id": order.group_id, "group_role": order.group_role}
    return tail


def _instant(instant_ns: int) -> str | None:
    return rfc3339(instant_ns) if instant_ns else None


def _number(value: Decimal | None) -> str | None:
    return None if value is None else text(value)
