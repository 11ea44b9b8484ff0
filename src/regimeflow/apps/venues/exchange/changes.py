"""Changes of an order that lives: amended in place, or replaced by another one."""

from __future__ import annotations

from typing import Final

from regimeflow.apps.venues.exchange.accounts import Account
from regimeflow.apps.venues.exchange.events import Amended, Replaced
from regimeflow.apps.venues.exchange.floor import Floor
from regimeflow.apps.venues.exchange.kinds import Cause, Refused, State, Tif, Why
from regimeflow.apps.venues.exchange.numbers import number_of, units
from regimeflow.apps.venues.exchange.order import Order
from regimeflow.apps.venues.exchange.requests import Amendment, NewOrder


class Changes:
    """Changes orders, or refuses and leaves them as they were."""

    def __init__(self, floor: Floor) -> None:
        self._floor: Final = floor

    def amend(self, account: Account, order: Order, change: Amendment) -> None:
        """Change an order that keeps its id; only less quantity keeps its place."""
        floor, pit = self._floor, self._floor.pits[order.symbol]
        self._check(account, order, change)
        before, old = order.view(), _numbers(order)
        keeps = _keeps_place(order, change)
        _assign(order, change)
        try:
            needs = floor.ledger.needs([order])
            floor.admission.can_lock(account, needs, order)
            if not keeps and order.state is State.WORKING:
                floor.admission.market_allows(order)
        except Refused:
            _restore(order, old)
            raise
        if change.client_order_id is not None:
            account.rename(order, change.client_order_id)
        was_working = order.state is State.WORKING
        if was_working and not keeps:
            _restore_place(floor, order, old)
        elif was_working and order.limit_px is not None and order.in_book:
            shown = order.leaves_qty if order.display is None else order.display
            shown = min(order.shown, shown, order.leaves_qty)
            pit.book.side(is_bid=order.is_buy).resize(order.limit_px, order, shown)
        order.updated_ns = floor.outbox.now_ns
        floor.ledger.relock(order)
        event = Amended(order=order.view(), before=before, kept_priority=keeps)
        floor.ledger.tell(event, account)
        if was_working and not keeps:
            pit.work(order)

    def replace(self, account: Account, old: Order, new: NewOrder) -> Order:
        """End an order and take another one for what is left, both or neither."""
        floor = self._floor
        if new.quantity is not None:
            left = new.quantity - number_of(old.cum_qty)
            if left <= 0:
                raise Refused(Why.QTY_NOT_BELOW, quantity=new.quantity, filled=old.cum_qty)
            new = _with_quantity(new, old)
        order = floor.make(account, new)
        order.replaces = old.order_id
        floor.admission.market_allows(order)
        floor.admission.can_lock(account, floor.ledger.needs([order]), old)
        order.order_id = floor.next_order_id()
        pit = floor.pits[old.symbol]
        pit.take_out(old)
        found, old.list = old.list, None
        old.replaced_by = order.order_id
        floor.ledger.close(old, State.REPLACED, Cause.REQUESTED)
        if found is not None:
            old.list = found
            found.orders[found.orders.index(old)] = order
            order.list = found
        floor.ledger.tell(Replaced(order=old.view(), replaced_by=order.order_id), account)
        floor.admit(account, order)
        return order

    def _check(self, account: Account, order: Order, change: Amendment) -> None:
        new = _changed_request(order, change)
        known = self._floor.admission
        if change.client_order_id in {None, order.client_ids[-1]}:
            # The order's own id is taken by itself.
            new = _without_id(new)
        known.look_at(account, new)
        if change.quantity is not None:
            done = order.cum_qty + order.prevented_qty
            if units(change.quantity) <= done:
                raise Refused(
                    Why.QTY_NOT_BELOW, quantity=change.quantity, filled=number_of(order.cum_qty)
                )


def _keeps_place(order: Order, change: Amendment) -> bool:
    px = change.limit_price
    tif = change.tif
    return (
        (change.quantity is None or units(change.quantity) <= order.qty)
        and (px is None or units(px) == order.limit_px)
        and change.stop_price is None
        and change.trail is None
        and tif in {None, order.tif, Tif.GTC, Tif.DAY, Tif.GTD}
    )


_Numbers = tuple[int, int | None, int | None, int | None, Tif, int | None]


def _numbers(order: Order) -> _Numbers:
    return (order.qty, order.limit_px, order.stop_px, order.trail, order.tif, order.expire_ns)


def _restore(order: Order, numbers: _Numbers) -> None:
    order.qty, order.limit_px, order.stop_px, order.trail, order.tif, order.expire_ns = numbers


def _restore_place(floor: Floor, order: Order, old: _Numbers) -> None:
    """Take an order out of the queue at the price that it had."""
    now = _numbers(order)
    _restore(order, old)
    floor.pits[order.symbol].take_out(order)
    _restore(order, now)


def _assign(order: Order, change: Amendment) -> None:
    if change.quantity is not None:
        order.qty = units(change.quantity)
    if change.limit_price is not None:
        order.limit_px = units(change.limit_price)
    if change.stop_price is not None:
        order.stop_px = units(change.stop_price)
        if order.reserved_px:
            order.reserved_px = order.stop_px
    if change.trail is not None:
        order.trail = units(change.trail)
    order.tif = change.tif or order.tif
    order.expire_ns = change.expire_ns if change.expire_ns is not None else order.expire_ns


def _changed_request(order: Order, change: Amendment) -> NewOrder:
    """The order as one would ask for it now."""
    view = order.view()
    tif = change.tif or view.tif
    return NewOrder(
        symbol=view.symbol,
        side=view.side,
        kind=view.kind,
        quantity=change.quantity if change.quantity is not None else view.quantity,
        limit_price=change.limit_price if change.limit_price is not None else view.limit_price,
        stop_price=change.stop_price if change.stop_price is not None else order.new.stop_price,
        trail=change.trail if change.trail is not None else view.trail,
        trail_bips=view.trail_bips,
        trail_stop=order.new.trail_stop,
        tif=tif,
        expire_ns=change.expire_ns or (view.expire_ns if tif is Tif.GTD else None),
        client_order_id=change.client_order_id or "",
    )


def _without_id(new: NewOrder) -> NewOrder:
    from dataclasses import replace

    return replace(new, client_order_id="")


def _with_quantity(new: NewOrder, old: Order) -> NewOrder:
    from dataclasses import replace

    quantity = new.quantity
    return replace(new, quantity=None if quantity is None else quantity - number_of(old.cum_qty))
