"""What the orders of a list do to each other."""

from __future__ import annotations

from typing import Final

from regimeflow.apps.venues.exchange.events import Amended, ListChanged
from regimeflow.apps.venues.exchange.kinds import Cause, State
from regimeflow.apps.venues.exchange.ledger import Ledger
from regimeflow.apps.venues.exchange.order import Order, OrderList
from regimeflow.apps.venues.exchange.pit import Pit
from regimeflow.apps.venues.exchange.requests import Rules


class ListKeeper:
    """Ends, reduces and begins orders because of what happened to others of their list."""

    def __init__(self, ledger: Ledger, pits: dict[str, Pit], rules: Rules) -> None:
        self._ledger: Final = ledger
        self._pits: Final = pits
        self._rules: Final = rules

    def on_moved(self, order: Order) -> None:
        """Look after the list of an order that traded, was triggered, or ended.

        A cancel ends the others too, and does so itself: they are cancelled, and do not expire.
        """
        found = order.list
        if found is None:
            return
        if order is found.working:
            self._after_working(found, order)
        elif order.cum_qty or not order.state.is_open or self._ends_others(order):
            self._after_leg(found, order)
        if found.is_done and not found.is_told_done:
            found.is_told_done = True
            self._ledger.outbox.put(ListChanged(list=found.view()))

    def _ends_others(self, order: Order) -> bool:
        """Whether being triggered ends the other legs."""
        return order.new.kind.has_stop and order.is_triggered and not self._rules.reduce_siblings

    def _after_working(self, found: OrderList, order: Order) -> None:
        for leg in found.legs:
            if leg.state is not State.PENDING:
                continue
            if order.state is State.FILLED:
                self._pits[leg.symbol].released.append(leg)
            elif not order.state.is_open and order.state is not State.CANCELED:
                self._pits[leg.symbol].expire(leg, Cause.LIST_PHASE_ONE)

    def _after_leg(self, found: OrderList, order: Order) -> None:
        if order.cause is Cause.LIST_SIBLING or order.state is State.CANCELED:
            return  # it was ended for the one that goes on, or its owner ends them all
        for other in found.siblings(order):
            if not other.state.is_open or (
                other.state is State.PENDING and order.state is not State.EXPIRED
            ):
                continue
            if self._rules.reduce_siblings and order.state.is_open:
                self._reduce(other, order.leaves_qty)
            else:
                self._pits[other.symbol].expire(other, Cause.LIST_SIBLING)

    def _reduce(self, order: Order, leaves: int) -> None:
        if leaves >= order.leaves_qty:
            return
        before = order.view()
        order.qty -= order.leaves_qty - leaves
        if order.in_book and order.limit_px is not None:
            book = self._pits[order.symbol].book
            shown = min(order.shown, leaves)
            book.side(is_bid=order.is_buy).resize(order.limit_px, order, shown)
        self._ledger.relock(order)
        event = Amended(order=order.view(), before=before, kept_priority=True)
        self._ledger.tell(event, self._ledger.accounts[order.account])
