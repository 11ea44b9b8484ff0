"""PATCH: another order takes the place of one, under another id.

Inside the engine it stays the order that it was, so what was filled of it stays filled: the new
order's quantity is the whole chain's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.accounts import Account
from regimeflow.apps.venues.alpaca.desk import Desk
from regimeflow.apps.venues.alpaca.fields import Json, decimal, word
from regimeflow.apps.venues.alpaca.happenings import Happenings
from regimeflow.apps.venues.alpaca.house import House
from regimeflow.apps.venues.alpaca.order_request import TIMES_IN_FORCE, check_increment
from regimeflow.apps.venues.alpaca.orders import Order, order_form
from regimeflow.apps.venues.alpaca.placing import Placing, collar
from regimeflow.apps.venues.alpaca.prints import trade_through
from regimeflow.apps.venues.alpaca.refusals import (
    Refusal,
    bad_input,
    coded,
    forbidden,
    unprocessable,
)
from regimeflow.apps.venues.alpaca.risk import check_power
from regimeflow.apps.venues.alpaca.updates import Updates
from regimeflow.apps.venues.exchange.kinds import Refused
from regimeflow.apps.venues.exchange.requests import Amendment

_NOT_YET: Final = frozenset({"accepted", "pending_new", "pending_cancel", "pending_replace"})
_ZERO: Final = Decimal(0)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a body asks for; None stays as it was."""

    qty: Decimal | None
    time_in_force: str | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    trail: Decimal | None
    client_order_id: str


def parse_change(body: Mapping[str, object]) -> Change:
    """Read the body of ``PATCH /v2/orders/{id}``.

    Raises:
        Refusal: 422.
    """
    change = Change(
        qty=decimal(body, "qty"),
        time_in_force=word(body, "time_in_force") or None,
        limit_price=decimal(body, "limit_price"),
        stop_price=decimal(body, "stop_price"),
        trail=decimal(body, "trail"),
        client_order_id=word(body, "client_order_id"),
    )
    if change.qty is not None and change.qty != change.qty.to_integral_value():
        raise bad_input("qty must be integer")
    if change.qty is not None and change.qty <= 0:
        raise bad_input("qty must be > 0")
    if change.time_in_force is not None and change.time_in_force not in TIMES_IN_FORCE:
        raise bad_input("invalid time_in_force")
    if change.trail is not None and change.trail <= 0:
        raise bad_input("trail must be > 0")
    return change


class Replacing:
    """Replaces orders.

    Args:
        house: The venue.
        updates: Where it is told.
        placing: For orders that only this side of the engine has.
        happenings: Hears of the change from the engine.
        desk: Settles afterwards.
    """

    def __init__(
        self,
        house: House,
        updates: Updates,
        placing: Placing,
        happenings: Happenings,
        desk: Desk,
    ) -> None:
        self._house: Final = house
        self._updates: Final = updates
        self._placing: Final = placing
        self._happenings: Final = happenings
        self._desk: Final = desk

    def replace(self, account: Account, order_id: str, change: Change) -> Json:
        """Replace an order.

        Returns:
            The order that is to take over, which is not yet that it has.

        Raises:
            Refusal: nothing was changed; but for the fault that says so although it was.
        """
        house = self._house
        old = house.orders.named(account.name, order_id)
        self._check(account, old, change)
        heir = _heir(house, old, change)
        where = {"account": account.name, "symbol": old.asset.symbol, "method": "PATCH"}
        if house.faults.take("fill_before_replace", **where) is not None:
            return self._lose(old, heir)
        forgets = house.faults.take("replace_forgets_fills", **where) is not None
        form = _answer(old, heir)
        house.orders.add(heir)
        self._take_over(old, heir, forgets=forgets)
        self._desk.settle()
        if house.faults.take("replace_error_but_done", **where) is not None:
            raise _not_yet()
        return form

    def _check(self, account: Account, old: Order, change: Change) -> None:
        house = self._house
        if not old.is_open:
            raise unprocessable(f'order is already in "{old.status}" state')
        if old.status in _NOT_YET:
            raise _not_yet()
        if old.notional is not None:
            raise unprocessable("notional orders cannot be replaced")
        if change.client_order_id and house.orders.is_taken(account.name, change.client_order_id):
            raise bad_input("client_order_id must be unique")
        _check_fields(old, change)
        heir_cost = (change.qty or old.qty or _ZERO) * (
            change.limit_price or old.limit_price or _ZERO
        )
        if old.position_intent.endswith("to_open"):
            worth = house.worth(account.name)
            check_power(heir_cost - old.filled_quote, worth.buying_power + house.cost(old))

    def _lose(self, old: Order, heir: Order) -> Json:
        """The old order trades first: the new one is refused, and only the stream says so."""
        form = _answer(old, heir)
        self._house.orders.add(heir)
        if trade_through(self._house, old):
            self._placing.reject(heir, self._house.clock())
        else:
            self._take_over(old, heir, forgets=False)
        self._desk.settle()
        return form

    def _put_instead(self, old: Order, heir: Order, now_ns: int) -> None:
        """Swap them on this side of the engine, which has not the old one or cannot change it."""
        works = bool(old.engine_id)
        if works:
            self._placing.withdraw(old, now_ns)
        stand_in(old, heir)
        heir.status, heir.hwm = old.status, None
        old.status, old.replaced_by, old.replaced_ns = "replaced", heir.id, now_ns
        self._updates.tell(old, "replaced", time_ns=now_ns, execution_id=self._house.ids.uuid())
        if works:
            heir.status = "pending_new"
            self._placing.place(heir.parent or heir, now_ns)
        elif heir.status != "held":
            self._updates.tell(heir, "new", time_ns=now_ns, execution_id=self._house.ids.uuid())

    def _take_over(self, old: Order, heir: Order, *, forgets: bool) -> None:
        now_ns = self._house.clock()
        if not old.engine_id or heir.trail_percent != old.trail_percent:
            self._put_instead(old, heir, now_ns)
            return
        qty = heir.qty
        if forgets and qty is not None:
            qty += old.filled_qty
            heir.filled_qty = heir.filled_quote = _ZERO
        limit = heir.limit_price
        if heir.type == "stop" and heir.side == "buy" and heir.stop_price is not None:
            limit = collar(heir.stop_price)
        amendment = Amendment(
            quantity=qty - old.carried_qty if qty is not None and qty != old.qty else None,
            limit_price=limit
            if heir.limit_price != old.limit_price or limit != heir.limit_price
            else None,
            stop_price=heir.stop_price if heir.stop_price != old.stop_price else None,
            trail=heir.trail_price if heir.trail_price != old.trail_price else None,
            client_order_id=heir.client_order_id,
        )
        stand_in(old, heir)
        self._happenings.successors[old.engine_id] = heir
        try:
            self._house.exchange.amend(old.account, old.engine_id, amendment, now_ns)
        except Refused:
            self._happenings.successors.pop(old.engine_id, None)
            stand_in(heir, old)
            self._placing.reject(heir, now_ns)
            self._updates.tell(old, "order_replace_rejected", time_ns=now_ns)


def _heir(house: House, old: Order, change: Change) -> Order:
    trails = change.trail is not None
    return heir_of(
        house,
        old,
        client_order_id=change.client_order_id,
        qty=change.qty or old.qty,
        limit_price=change.limit_price or old.limit_price,
        stop_price=change.stop_price or old.stop_price,
        time_in_force=change.time_in_force or old.time_in_force,
        trail_price=change.trail if trails and old.trail_price is not None else old.trail_price,
        trail_percent=(
            change.trail if trails and old.trail_percent is not None else old.trail_percent
        ),
    )


def heir_of(
    house: House,
    old: Order,
    *,
    qty: Decimal | None,
    limit_price: Decimal | None,
    stop_price: Decimal | None,
    trail_price: Decimal | None,
    trail_percent: Decimal | None,
    time_in_force: str,
    client_order_id: str = "",
) -> Order:
    """The order that is to take over: without a client id of its own it is given one."""
    now_ns = house.clock()
    return dataclasses.replace(
        old,
        id=house.ids.uuid(),
        client_order_id=client_order_id or house.ids.uuid(),
        status="held" if old.status == "held" else "pending_new",
        replaces=old.id,
        qty=qty,
        limit_price=limit_price,
        stop_price=stop_price,
        trail_price=trail_price,
        trail_percent=trail_percent,
        time_in_force=time_in_force,
        created_ns=now_ns,
        updated_ns=now_ns,
        submitted_ns=now_ns,
        engine_id=0,
        legs=[],
        executions=[],
    )


def _answer(old: Order, heir: Order) -> Json:
    form = order_form(heir)
    if old.legs:
        form["legs"] = [order_form(leg) for leg in old.legs]
    return form


def stand_in(old: Order, heir: Order) -> None:
    """Give an order's place in its group to another one, its legs too."""
    heir.legs, old.legs = old.legs, []
    for leg in heir.legs:
        leg.parent = heir
    if heir.parent is not None:
        heir.parent.legs = [heir if leg is old else leg for leg in heir.parent.legs]


def _not_yet() -> Refusal:
    return coded(422, 40010001, "unable to replace order, order isn't sent to exchange yet")


def _check_fields(old: Order, change: Change) -> None:
    # Source: Alpaca, "Placing orders": of a bracket, PATCH updates limit_price and stop_price.
    if old.is_group and change.qty not in {None, old.qty}:
        raise unprocessable(f"qty of {old.order_class} orders cannot be replaced")
    if old.qty is not None and change.qty is not None:
        if old.qty != old.qty.to_integral_value() and change.qty != old.qty:
            raise unprocessable("fractional orders cannot be replaced with another qty")
        if change.qty <= old.filled_qty:
            raise unprocessable("unable to replace order, qty must be > filled_qty")
    if change.limit_price is not None and old.limit_price is None:
        raise bad_input(f"{old.type} orders require no limit price")
    if change.stop_price is not None and old.type not in {"stop", "stop_limit"}:
        raise bad_input(f"{old.type} orders require no stop price")
    if change.trail is not None and old.type != "trailing_stop":
        raise bad_input(f"{old.type} orders require no trail")
    check_increment(old.asset, "limit_price", change.limit_price)
    check_increment(old.asset, "stop_price", change.stop_price)
    trail = old.trail_price if old.trail_price is not None else old.trail_percent
    pairs = (
        (change.qty, old.qty),
        (change.time_in_force, old.time_in_force),
        (change.limit_price, old.limit_price),
        (change.stop_price, old.stop_price),
        (change.trail, trail),
    )
    if not any(new is not None and new != known for new, known in pairs):
        raise forbidden("order parameters are not changed")
