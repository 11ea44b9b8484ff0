"""The exchange: what venues ask of it. ``events.py`` says what it answers with.

Every call that changes something tells its events before it returns; one that is refused has
changed nothing. Time is what the caller says it is. A listener must not change the exchange.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from regimeflow.adapters.feeds.feed import FeedEvent, Scale
from regimeflow.apps.venues.exchange import sessions
from regimeflow.apps.venues.exchange.accounts import Account
from regimeflow.apps.venues.exchange.audit import audit
from regimeflow.apps.venues.exchange.book import Book
from regimeflow.apps.venues.exchange.changes import Changes
from regimeflow.apps.venues.exchange.crowd import Crowd
from regimeflow.apps.venues.exchange.events import Canceled, ListChanged, Transferred
from regimeflow.apps.venues.exchange.floor import Floor
from regimeflow.apps.venues.exchange.kinds import Cause, Refused, State, Why
from regimeflow.apps.venues.exchange.numbers import money_units
from regimeflow.apps.venues.exchange.order import Order, OrderList
from regimeflow.apps.venues.exchange.outbox import Listener, Outbox
from regimeflow.apps.venues.exchange.requests import (
    AccountSpec,
    Amendment,
    Listing,
    NewList,
    NewOrder,
    Rules,
)
from regimeflow.apps.venues.exchange.views import ListView, OrderView

_LIST_SIZES: Final = {"OCO": range(2, 100), "OTO": range(2, 3), "OTOCO": range(3, 100)}


class Exchange:
    """One venue's books and accounts.

    Args:
        listings: What trades.
        accounts: Who trades.
        rules: What differs from venue to venue.
        first_order_id: Of the whole exchange; ``first_trade_id`` and ``first_update_id`` are of
            each symbol, ``first_exec_id`` of the whole exchange again.
    """

    def __init__(
        self,
        listings: Iterable[Listing],
        accounts: Iterable[AccountSpec],
        rules: Rules | None = None,
        *,
        first_order_id: int = 1,
        first_trade_id: int = 1,
        first_exec_id: int = 1,
        first_update_id: int = 1,
    ) -> None:
        self._outbox: Final = Outbox(first_exec_id)
        self._floor: Final = Floor(
            listings,
            accounts,
            rules or Rules(),
            self._outbox,
            first_order_id=first_order_id,
            first_trade_id=first_trade_id,
            first_update_id=first_update_id,
        )
        self._changes: Final = Changes(self._floor)
        self._crowd: Final = Crowd(self._floor)
        self._list_id = 0
        self.listings: Final[Mapping[str, Listing]] = MappingProxyType(self._floor.listings)
        self.accounts: Final[Mapping[str, Account]] = MappingProxyType(self._floor.accounts)
        self.books: Final[Mapping[str, Book]] = MappingProxyType(
            {symbol: pit.book for symbol, pit in self._floor.pits.items()}
        )

    def listen(self, listener: Listener) -> None:
        """Have every event told to ``listener``, in order."""
        self._outbox.listen(listener)

    def check(self, account: str, new: NewOrder, now_ns: int = 0) -> None:
        """Raise what ``submit`` would; nothing changes."""
        self._outbox.now_ns = max(now_ns, self._outbox.now_ns)
        self._admissible(self._floor.admission.account(account), new)

    def submit(self, account: str, new: NewOrder, now_ns: int) -> OrderView:
        """Take an order, and let it take what it can.

        Raises:
            Refused: it was not taken.
        """
        owner = self._begin(account, now_ns)
        order = self._admissible(owner, new)
        self._floor.admit(owner, order)
        self._floor.begin(order)
        self._finish(order)
        return order.view()

    def submit_list(self, account: str, new: NewList, now_ns: int) -> ListView:
        """Take orders that belong together, all or none."""
        owner = self._begin(account, now_ns)
        if len(new.orders) not in _LIST_SIZES.get(new.kind, ()):
            raise Refused(Why.BAD_REQUEST, fields="orders")
        self._refuse_twice(new)
        found = OrderList(self._list_id + 1, account, new, now_ns)
        for at, each in enumerate(new.orders):
            order = self._floor.make(owner, each)
            found.orders.append(order)
            order.list = found
            if new.kind != "OCO" and at:
                order.state = State.PENDING
            else:
                self._floor.admission.market_allows(order)
        first = [order for order in found.orders if order.state is not State.PENDING]
        if len(first) == 1:
            self._floor.admission.funds_allow(owner, first[0])
        else:
            needs = self._floor.ledger.needs(first)
            self._floor.admission.can_lock(owner, needs, first[0])
        self._list_id = found.list_id
        owner.lists_by_id[found.list_id] = found
        self._admit_list(owner, found)
        for order in first:
            self._floor.begin(order)
        self._finish(first[0])
        return found.view()

    def cancel(
        self,
        account: str,
        order_id: int,
        now_ns: int,
        *,
        request_id: str = "",
        cause: Cause = Cause.REQUESTED,
    ) -> OrderView:
        """End an order; one of a list takes the whole list along.

        Args:
            account: Its owner.
            order_id: Which.
            now_ns: The time.
            request_id: What the event says of the request.
            cause: ``REQUESTED`` cancels; with another one the venue lets it expire.

        Raises:
            Refused: ``UNKNOWN_ORDER``, or ``NOT_OPEN`` with the order in its details.
        """
        owner = self._begin(account, now_ns)
        order = self._floor.admission.order_of(owner, order_id)
        together = order.list.orders if order.list is not None else [order]
        for each in [order, *(other for other in together if other is not order)]:
            if not each.state.is_open:
                continue
            if cause is Cause.REQUESTED:
                self._cancel(owner, each, request_id)
            else:
                self._floor.pits[each.symbol].expire(each, cause)
        self._finish(order)
        return order.view()

    def cancel_list(
        self, account: str, list_id: int, now_ns: int, *, request_id: str = ""
    ) -> ListView:
        """End every order of a list."""
        found = self._floor.admission.account(account).lists_by_id.get(list_id)
        if found is None:
            raise Refused(Why.UNKNOWN_ORDER, list_id=list_id)
        alive = next((order for order in found.orders if order.state.is_open), found.orders[0])
        self.cancel(account, alive.order_id, now_ns, request_id=request_id)
        return found.view()

    def amend(self, account: str, order_id: int, change: Amendment, now_ns: int) -> OrderView:
        """Change an order that keeps its id; only less quantity keeps its place too."""
        owner = self._begin(account, now_ns)
        order = self._floor.admission.order_of(owner, order_id)
        self._changes.amend(owner, order, change)
        self._finish(order)
        return order.view()

    def replace(self, account: str, order_id: int, new: NewOrder, now_ns: int) -> OrderView:
        """Put a new order in an order's place; ``new.quantity`` counts what the old one filled."""
        owner = self._begin(account, now_ns)
        old = self._floor.admission.order_of(owner, order_id)
        order = self._changes.replace(owner, old, new)
        self._floor.begin(order)
        self._finish(order)
        return order.view()

    def transfer(self, account: str, asset: str, amount: Decimal, now_ns: int) -> None:
        """Bring something in from outside, or out when below 0."""
        owner = self._begin(account, now_ns)
        change = money_units(amount)
        if not owner.purse(asset).can_spend(-change):
            raise Refused(Why.NO_FUNDS, asset=asset, free=owner.balance(asset).free)
        owner.pay(asset, change)
        self._outbox.put(Transferred(account=account, asset=asset, amount=amount))
        self._floor.ledger.tell_balances(owner)
        self._outbox.tell()

    def set_session(self, symbol: str, *, is_open: bool, now_ns: int) -> None:
        """Open or close a symbol that has sessions; harmless when it is so already."""
        self._outbox.now_ns = max(now_ns, self._outbox.now_ns)
        pit = self._floor.pits[symbol]
        if pit.is_open != is_open:
            (sessions.open_symbol if is_open else sessions.close_symbol)(self._floor, pit)
            self._floor.settle(pit)
        self._outbox.tell()

    def advance(self, now_ns: int) -> None:
        """Let time pass: what is over ends."""
        self._outbox.now_ns = max(now_ns, self._outbox.now_ns)
        sessions.expire_due(self._floor)
        self._outbox.tell()

    def apply(self, event: FeedEvent, scale: Scale, now_ns: int) -> None:
        """Let an event of a feed happen in the book."""
        self._outbox.now_ns = max(now_ns, self._outbox.now_ns)
        self._crowd.apply(event, scale)
        self._outbox.tell()

    def order(self, order_id: int) -> OrderView | None:
        """An order of any account, None when there is none."""
        order = self._floor.orders.get(order_id)
        return None if order is None else order.view()

    def order_list(self, list_id: int) -> ListView | None:
        """An order list of any account, None when there is none."""
        for account in self.accounts.values():
            if list_id in account.lists_by_id:
                return account.lists_by_id[list_id].view()
        return None

    def audit(self) -> dict[str, object]:
        """The truth, as text that JSON can carry: every order, fill, list and balance."""
        return audit(self._floor)

    def _begin(self, account: str, now_ns: int) -> Account:
        self._outbox.now_ns = max(now_ns, self._outbox.now_ns)
        return self._floor.admission.account(account)

    def _finish(self, order: Order) -> None:
        self._floor.settle(self._floor.pits[order.symbol])
        self._outbox.tell()

    def _admissible(self, owner: Account, new: NewOrder) -> Order:
        order = self._floor.make(owner, new)
        self._floor.admission.market_allows(order)
        self._floor.admission.funds_allow(owner, order)
        return order

    def _refuse_twice(self, new: NewList) -> None:
        """Refuse a list in which two orders have one client id, or two symbols."""
        ids = [order.client_order_id for order in new.orders if order.client_order_id]
        if self._floor.rules.client_ids != "none" and len(set(ids)) < len(ids):
            raise Refused(Why.DUPLICATE_CLIENT_ID, client_order_id=ids[-1])
        if len({order.symbol for order in new.orders}) > 1:
            raise Refused(Why.BAD_REQUEST, fields="symbol")

    def _admit_list(self, owner: Account, found: OrderList) -> None:
        for order in found.orders:
            order.order_id = self._floor.next_order_id()
        self._outbox.put(ListChanged(list=found.view()))
        for order in found.orders:
            self._floor.admit(owner, order)

    def _cancel(self, owner: Account, order: Order, request_id: str) -> None:
        pit = self._floor.pits[order.symbol]
        pit.take_out(order)
        self._floor.ledger.close(order, State.CANCELED, Cause.REQUESTED)
        event = Canceled(order=order.view(), request_id=request_id)
        self._floor.ledger.tell(event, owner)
        self._floor.lists.on_moved(order)
