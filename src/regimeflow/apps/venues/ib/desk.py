"""Orders from placeOrder to the exchange and back: new ones, modifications, cancels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.exchange.kinds import Refused
from regimeflow.apps.venues.exchange.views import OrderView
from regimeflow.apps.venues.ib import terms
from regimeflow.apps.venues.ib.contracts import Catalogue, Contract, NoContract
from regimeflow.apps.venues.ib.errors import Code, Refusal, invalid
from regimeflow.apps.venues.ib.layout import Rows, Values
from regimeflow.apps.venues.ib.settings import TwsSettings
from regimeflow.apps.venues.ib.ticket import Hold, Ticket

# A modification must leave these as they were; what differs is another order.


class PermIds:
    """The numbers that IB itself gives to orders.

    Args:
        before: The one before the first.
    """

    def __init__(self, before: int) -> None:
        self._last = before

    def next(self) -> int:
        """Return one that no order had."""
        self._last += 1
        return self._last


class Desk:
    """All orders of one TWS: it changes them and the exchange, and tells nobody."""

    def __init__(
        self, exchange: Exchange, catalogue: Catalogue, settings: TwsSettings, seed: int
    ) -> None:
        self._exchange = exchange
        self._catalogue = catalogue
        self._settings = settings
        self._tickets: dict[tuple[int, int], Ticket] = {}
        self._by_exchange_id: dict[int, Ticket] = {}
        self._by_parent: dict[tuple[int, int], list[Ticket]] = {}
        self._by_group: dict[tuple[str, str], list[Ticket]] = {}
        self._highest: dict[int, int] = {}
        self.perm_ids: Final = PermIds(1_351_823_328 + seed % 1_000_000)
        self._manual_count = 0

    def __iter__(self) -> Iterator[Ticket]:
        return iter(list(self._tickets.values()))

    def find(self, client_id: int, order_id: int) -> Ticket | None:
        """Return a client's order."""
        return self._tickets.get((client_id, order_id))

    def of_exchange(self, exchange_id: int) -> Ticket | None:
        """Return the order that the exchange knows by this id."""
        return self._by_exchange_id.get(exchange_id)

    def next_valid_id(self, client_id: int) -> int:
        """Return an order id that the client may use."""
        return self._highest.get(client_id, 0) + 1

    def forget_ids(self) -> None:
        """Begin the order ids anew, as a reset of the order sequence in TWS does."""
        self._highest.clear()

    def open_ticket(
        self, client_id: int, asked: Values, rows: Rows, now_ns: int
    ) -> tuple[Ticket, bool]:
        """Return a new ticket and whether it may leave TWS now.

        Raises:
            Refusal: the order never comes into being.
        """
        order_id = int(asked["orderId"])
        if order_id <= self._highest.get(client_id, 0):
            raise Refusal(Code.DUPLICATE_ORDER_ID)
        contract = self._contract(asked)
        if not (asked["parentId"] or "0").isdigit():
            raise invalid(f"Invalid parent id '{asked['parentId']}'.")
        if rows.get("conditions"):
            raise invalid("Conditional orders are not simulated")
        ticket = Ticket(
            order_id=order_id,
            client_id=client_id,
            perm_id=self.perm_ids.next(),
            account=self._account(asked),
            contract=contract,
            asked=asked,
            rows=rows,
            created_ns=now_ns,
        )
        terms.new_order(asked, contract, self._settings.time_zone)
        if ticket.parent_id and self.find(client_id, ticket.parent_id) is None:
            raise invalid("Can not find the order with Id = parentId")
        self._tickets[client_id, order_id] = ticket
        self._relate(ticket)
        self._highest[client_id] = order_id
        if asked["transmit"] not in {"1", "true", "True"}:
            ticket.hold = Hold.NOT_TRANSMITTED
        return ticket, ticket.hold is None

    def open_manual(self, asked: Values, now_ns: int) -> Ticket:
        """Return a ticket for an order typed into the window of TWS: it has no order id."""
        self._manual_count += 1
        ticket = Ticket(
            order_id=-self._manual_count,
            client_id=0,
            perm_id=self.perm_ids.next(),
            account=self._account(asked),
            contract=self._contract(asked),
            asked=asked,
            rows={},
            created_ns=now_ns,
        )
        self._tickets[0, ticket.order_id] = ticket
        return ticket

    def discard(self, ticket: Ticket) -> None:
        """Forget an order that never left TWS; its id stays used."""
        self._tickets.pop((ticket.client_id, ticket.order_id), None)
        self._unrelate(ticket)

    def family(self, ticket: Ticket) -> list[Ticket]:
        """Return an order with the parent and siblings that its transmission lets go."""
        root = self.find(ticket.client_id, ticket.parent_id) or ticket
        children = self.children(root)
        return [root, *children] if ticket.parent_id else [ticket, *children]

    def children(self, parent: Ticket) -> list[Ticket]:
        """Return the orders that wait for another one to fill."""
        return list(self._by_parent.get((parent.client_id, parent.order_id), ()))

    def group(self, ticket: Ticket) -> list[Ticket]:
        """Return the others of a one-cancels-all group, those of a bracket's exits included."""
        siblings = []
        if ticket.parent_id and (parent := self.find(ticket.client_id, ticket.parent_id)):
            siblings = self.children(parent)
        named = self._by_group.get(ticket.group, []) if ticket.group else []
        found = {other.perm_id: other for other in [*siblings, *named] if not other.is_ended}
        found.pop(ticket.perm_id, None)
        return list(found.values())

    def may_leave(self, ticket: Ticket) -> bool:
        """Whether nothing holds an order back any more; a waiting child is marked as such."""
        parent = self.find(ticket.client_id, ticket.parent_id) if ticket.parent_id else None
        if parent is not None and parent.remaining > 0:
            ticket.hold = Hold.PARENT
            return False
        ticket.hold = None
        return True

    def submit(self, ticket: Ticket, now_ns: int) -> OrderView:
        """Send an order to the exchange.

        Raises:
            Refusal: the exchange does not take it; the order has ended.
        """
        new = terms.new_order(ticket.asked, ticket.contract, self._settings.time_zone)
        try:
            view = self._exchange.submit(ticket.account, new, now_ns)
        except Refused as refused:
            raise terms.refusal(refused) from refused
        ticket.exchange_id = view.order_id
        self._by_exchange_id[view.order_id] = ticket
        return view

    def check_modification(self, ticket: Ticket, asked: Values) -> None:
        """Raise what a modification gets for an answer when it cannot be one."""
        if ticket.is_ended:
            is_filled = ticket.remaining <= 0
            raise Refusal(Code.FILLED_ORDER_MODIFIED if is_filled else Code.DUPLICATE_ORDER_ID)
        if self._contract(asked) is not ticket.contract or self._account(asked) != ticket.account:
            raise Refusal(Code.ORDER_DOES_NOT_MATCH)
        if asked["action"] != ticket.asked["action"]:
            raise Refusal(Code.ORDER_DOES_NOT_MATCH)
        if asked["orderType"] != ticket.asked["orderType"]:
            raise Refusal(Code.ORDER_TYPE_CHANGE, type=asked["orderType"])
        change = terms.amendment(asked, ticket.contract, self._settings.time_zone)
        if not (asked["parentId"] or "0").isdigit():
            raise invalid(f"Invalid parent id '{asked['parentId']}'.")
        if change.quantity is not None and change.quantity <= ticket.filled:
            raise invalid("Order quantity is not above what was filled")

    def modify(self, ticket: Ticket, asked: Values, now_ns: int) -> None:
        """Change an order that the exchange may or may not have yet.

        Raises:
            Refusal: it stays as it was.
        """
        self.check_modification(ticket, asked)
        if ticket.exchange_id:
            change = terms.amendment(asked, ticket.contract, self._settings.time_zone)
            try:
                self._exchange.amend(ticket.account, ticket.exchange_id, change, now_ns)
            except Refused as refused:
                raise terms.refusal(refused) from refused
        self._unrelate(ticket)
        ticket.asked = asked
        self._relate(ticket)

    def cancel_at_exchange(self, ticket: Ticket, now_ns: int) -> None:
        """Cancel an order that has left TWS.

        Raises:
            Refusal: it has ended.
        """
        try:
            self._exchange.cancel(ticket.account, ticket.exchange_id, now_ns)
        except Refused:
            raise Refusal(Code.CANCEL_REFUSED, id=ticket.order_id, state=ticket.status) from None

    def _relate(self, ticket: Ticket) -> None:
        if ticket.parent_id:
            self._by_parent.setdefault((ticket.client_id, ticket.parent_id), []).append(ticket)
        if ticket.group:
            self._by_group.setdefault(ticket.group, []).append(ticket)

    def _unrelate(self, ticket: Ticket) -> None:
        for related in (
            self._by_parent.get((ticket.client_id, ticket.parent_id), []),
            self._by_group.get(ticket.group, []) if ticket.group else [],
        ):
            related[:] = [other for other in related if other is not ticket]

    def _contract(self, asked: Values) -> Contract:
        if not asked["exchange"]:
            raise invalid("Missing order exchange")
        try:
            return self._catalogue.only(asked)
        except NoContract as error:
            raise Refusal(Code.NO_CONTRACT, str(error)) from None

    def _account(self, asked: Values) -> str:
        accounts = list(self._exchange.accounts)
        if not asked["account"] and len(accounts) == 1:
            return accounts[0]
        if not asked["account"]:
            raise Refusal(Code.NO_ACCOUNT)
        if asked["account"] not in accounts:
            raise invalid(f"Invalid account code '{asked['account']}'.")
        return asked["account"]
