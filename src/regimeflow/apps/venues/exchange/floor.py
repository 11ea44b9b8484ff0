"""Everything that the parts of the exchange share, and what follows of a trade."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from regimeflow.apps.venues.exchange.accounts import Account
from regimeflow.apps.venues.exchange.admission import (
    Admission,
    initial_state,
    reserve_price,
    waits_for_session,
)
from regimeflow.apps.venues.exchange.events import Accepted, Released, Triggered
from regimeflow.apps.venues.exchange.kinds import Cause, Refused, State
from regimeflow.apps.venues.exchange.ledger import Ledger
from regimeflow.apps.venues.exchange.lists import ListKeeper
from regimeflow.apps.venues.exchange.order import Order
from regimeflow.apps.venues.exchange.outbox import Outbox
from regimeflow.apps.venues.exchange.pit import Pit
from regimeflow.apps.venues.exchange.requests import AccountSpec, Listing, NewOrder, Rules
from regimeflow.apps.venues.exchange.triggers import meets, trailed_limit


class Floor:
    """The pits, the accounts, and the order in which things follow from each other."""

    def __init__(
        self,
        listings: Iterable[Listing],
        accounts: Iterable[AccountSpec],
        rules: Rules,
        outbox: Outbox,
        *,
        first_order_id: int,
        first_trade_id: int,
        first_update_id: int,
    ) -> None:
        self.listings: Final = {listing.symbol: listing for listing in listings}
        self.accounts: Final = {spec.name: Account(spec) for spec in accounts}
        self.outbox: Final = outbox
        self.rules: Final = rules
        self.ledger: Final = Ledger(self.listings, self.accounts, outbox)
        self.pits: Final[dict[str, Pit]] = {}
        self.lists: Final = ListKeeper(self.ledger, self.pits, rules)
        for symbol, listing in self.listings.items():
            self.pits[symbol] = Pit(
                listing,
                self.ledger,
                self.lists.on_moved,
                first_update_id=first_update_id,
                first_trade_id=first_trade_id,
            )
        self.admission: Final = Admission(self.ledger, self.pits, rules)
        self.orders: Final[dict[int, Order]] = {}
        self._order_id = first_order_id - 1

    def make(self, account: Account, new: NewOrder) -> Order:
        """Make an order that is not yet anywhere and has no number."""
        self.admission.look_at(account, new)
        order = Order(0, account.name, new, self.outbox.now_ns)
        pit = self.pits[new.symbol]
        order.state = initial_state(order, pit)
        if order.state is State.HELD:
            reserve_price(order, pit)
        return order

    def next_order_id(self) -> int:
        """Return the next number of an order."""
        self._order_id += 1
        return self._order_id

    def admit(self, account: Account, order: Order) -> None:
        """Take an order: from now on it is in the account, with its funds locked."""
        order.order_id = order.order_id or self.next_order_id()
        self.orders[order.order_id] = order
        account.add(order)
        if order.state is not State.WORKING or order.limit_px is not None:
            self.ledger.relock(order)
        self.ledger.tell(Accepted(order=order.view()), account)

    def begin(self, order: Order) -> None:
        """Let an order that was taken wait for its stop or its session, or work."""
        pit = self.pits[order.symbol]
        if not order.state.is_open:
            return
        if order.new.kind.has_stop and not order.is_triggered:
            pit.armed.append(order)
            last_px = pit.book.last_px
            if last_px is not None and meets(order, last_px):
                self._fire(pit, order)
        elif waits_for_session(order, pit):
            pit.waiting.append(order)
        else:
            pit.work(order)

    def settle(self, pit: Pit) -> None:
        """Let legs begin and stops fire until nothing follows any more."""
        while pit.released or pit.traded_px:
            if pit.released:
                self._release(pit, pit.released.popleft())
                continue
            px = pit.traded_px.popleft()
            fired = [order for order in pit.armed if meets(order, px)] if pit.armed else []
            for order in fired:
                if order in pit.armed:  # another one may have ended it
                    self._fire(pit, order)

    def _fire(self, pit: Pit, order: Order) -> None:
        pit.armed.remove(order)
        order.is_triggered = True
        limit_px = trailed_limit(order, pit.listing.tick)
        if limit_px != order.limit_px:
            order.limit_px = limit_px
            self.ledger.relock(order)
        order.updated_ns = self.outbox.now_ns
        waits = waits_for_session(order, pit)
        order.state = State.HELD if waits else State.WORKING
        self.ledger.tell(Triggered(order=order.view()), self.accounts[order.account])
        self.lists.on_moved(order)
        if waits:
            pit.waiting.append(order)
        else:
            pit.work(order)

    def _release(self, pit: Pit, order: Order) -> None:
        """Begin a leg whose turn has come."""
        if order.state is not State.PENDING:
            return
        account = self.accounts[order.account]
        order.state = initial_state(order, pit)
        if order.state is State.HELD or order.limit_px is None:
            reserve_price(order, pit)
        try:
            self.admission.can_lock(account, self.ledger.needs([order]), order)
        except Refused:
            pit.expire(order, Cause.NO_FUNDS)
            return
        self.ledger.relock(order)
        self.ledger.tell(Released(order=order.view()), account)
        self.begin(order)
