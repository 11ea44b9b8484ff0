"""Time: what expires, and what happens when a symbol opens or closes."""

from __future__ import annotations

from regimeflow.apps.venues.exchange.admission import AT_SESSION
from regimeflow.apps.venues.exchange.events import Released, SessionChanged
from regimeflow.apps.venues.exchange.floor import Floor
from regimeflow.apps.venues.exchange.kinds import Cause, State, Tif
from regimeflow.apps.venues.exchange.order import Order
from regimeflow.apps.venues.exchange.pit import Pit


def expire_due(floor: Floor) -> None:
    """End every order whose time is over."""
    now_ns = floor.outbox.now_ns
    for account in floor.accounts.values():
        for order in list(account.open_by_id.values()):
            due_ns = order.expire_ns
            if due_ns is not None and due_ns <= now_ns and order.state.is_open:
                floor.pits[order.symbol].expire(order, Cause.TIME)


def open_symbol(floor: Floor, pit: Pit) -> None:
    """Open a symbol: what waited works, what was for the open and finds nothing ends."""
    pit.is_open = True
    floor.outbox.put(SessionChanged(symbol=pit.listing.symbol, is_open=True))
    for order in [each for each in pit.waiting if each.tif is not Tif.CLS]:
        _work(floor, pit, order)


def close_symbol(floor: Floor, pit: Pit) -> None:
    """Close a symbol: orders for the close work, the day's end, the rest wait for the open."""
    for order in [each for each in pit.waiting if each.tif is Tif.CLS]:
        _work(floor, pit, order)
    pit.is_open = False
    floor.outbox.put(SessionChanged(symbol=pit.listing.symbol, is_open=False))
    for account in floor.accounts.values():
        for order in list(account.open_by_id.values()):
            if order.symbol != pit.listing.symbol or not order.state.is_open:
                continue
            if order.tif is Tif.DAY:
                pit.expire(order, Cause.TIME)
            elif order.in_book:
                pit.take_out(order)
                order.state = State.HELD
                pit.waiting.append(order)


def _work(floor: Floor, pit: Pit, order: Order) -> None:
    if order not in pit.waiting:
        return  # another one ended it
    pit.waiting.remove(order)
    order.state = State.WORKING
    event = Released(order=order.view())
    floor.ledger.tell(event, floor.accounts[order.account])
    pit.work(order)
    if order.state.is_open and order.tif in AT_SESSION:
        pit.expire(order, Cause.NO_LIQUIDITY)
    floor.settle(pit)
