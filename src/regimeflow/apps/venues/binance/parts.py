"""What every operation of the venue works with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from regimeflow._core.tuples import NamedTuple
from regimeflow.apps.venues.binance import refusals
from regimeflow.apps.venues.binance.catalog import Catalog, Row
from regimeflow.apps.venues.binance.keys import KeyRing
from regimeflow.apps.venues.binance.made_up import minutes_before
from regimeflow.apps.venues.binance.parameters import Parameters
from regimeflow.apps.venues.binance.past import Past
from regimeflow.apps.venues.binance.rates import OrderCounts, Weights
from regimeflow.apps.venues.binance.tickets import Ids
from regimeflow.apps.venues.binance.tradelog import TradeLog
from regimeflow.apps.venues.exchange.events import (
    Amended,
    BalancesChanged,
    BookChanged,
    Event,
    Prevented,
    PublicTrade,
    Traded,
)
from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.exchange.requests import NewOrder
from regimeflow.apps.venues.exchange.views import ListView, OrderView
from regimeflow.apps.venues.server.faults import Faults


class Call(NamedTuple):
    """One request: what was asked, by whom, when.

    ``unit`` is how many nanoseconds the answer's times count; ``lag_ns`` how old a picture of the
    account a read answers with.
    """

    parameters: Parameters
    account: str
    now_ns: int
    unit: int
    transport: str = "rest"
    lag_ns: int = 0


class UserEvents(Protocol):
    """Where events go that are the venue's own and not the exchange's."""

    def rejected(self, account: str, new: NewOrder, reason: str, call: Call) -> None:
        """Tell an account that the new order of a cancel-replace was refused."""
        ...


class Parts:
    """The exchange and what the venue keeps around it.

    Args:
        exchange: Matches.
        catalog: What trades.
        keys: Who may ask.
        faults: What goes wrong on purpose.
        clock: UTC, nanoseconds.
        seed: Of generated ids.
    """

    def __init__(
        self,
        exchange: Exchange,
        catalog: Catalog,
        keys: KeyRing,
        *,
        faults: Faults,
        clock: Callable[[], int],
        seed: int,
    ) -> None:
        self.exchange = exchange
        self.catalog = catalog
        self.keys = keys
        self.faults = faults
        self.clock = clock
        self.started_ns = clock()
        self.ids = Ids(seed)
        self.weights = Weights()
        self.counts = OrderCounts()
        self.past = Past()
        self.logs: Mapping[str, TradeLog] = {
            symbol: TradeLog(partial(minutes_before, row, seed))
            for symbol, row in catalog.rows.items()
        }
        self.statuses = dict.fromkeys(catalog.rows, "TRADING")
        self.amendments: dict[int, list[Amended]] = {}
        self.prevented: list[Prevented] = []
        self._updated_ns: dict[str, int] = {}
        self.user: UserEvents | None = None
        self._caught: list[Event] | None = None
        exchange.listen(self._on_event)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, BookChanged):
            return
        if isinstance(event, PublicTrade):
            self.logs[event.symbol].add(event)
            return
        if self._caught is not None:
            self._caught.append(event)
        self.past.add(event)
        if isinstance(event, Amended):
            self.amendments.setdefault(event.order.order_id, []).append(event)
        elif isinstance(event, Prevented):
            self.prevented.append(event)
        elif isinstance(event, BalancesChanged):
            self._updated_ns[event.account] = event.time_ns
        elif isinstance(event, Traded) and event.fill.cum_qty == event.fill.quantity:
            self.counts.add(event.order.account, -1, event.time_ns)

    @contextmanager
    def catching(self) -> Iterator[list[Event]]:
        """Collect the events of a command in the list that is given."""
        caught: list[Event] = []
        self._caught = caught
        try:
            yield caught
        finally:
            self._caught = None

    def updated_ns(self, account: str) -> int:
        """Return when an account's balances changed last."""
        return self._updated_ns.get(account, self.started_ns)

    def uid(self, account: str) -> int:
        """Return the number of an account."""
        return 100_000_001 + list(self.exchange.accounts).index(account)

    def row(self, call: Call) -> Row:
        """Read the symbol of a request."""
        return self.catalog.row(call.parameters.symbol())

    def order_of(self, call: Call, symbol: str, order_id: int) -> OrderView | None:
        """Return an order of the caller by its id."""
        order = self.exchange.order(order_id)
        if order is None or (order.account, order.symbol) != (call.account, symbol):
            return None
        return order

    def order_list(self, account: str, list_id: int) -> ListView | None:
        """Return an order list of an account by its id."""
        found = self.exchange.order_list(list_id)
        return found if found is not None and found.account == account else None

    def find(
        self, call: Call, symbol: str, order_id: int | None, client_id: str | None
    ) -> OrderView | None:
        """Return an order of the caller by either id, or by both if they agree.

        The client id is the one that the order has now: an amendment takes the old one away.
        """
        if order_id is None:
            order = self.exchange.accounts[call.account].find(client_id or "", symbol)
            return order if order is not None and order.client_order_id == client_id else None
        order = self.order_of(call, symbol, order_id)
        if order is not None and client_id not in {None, order.client_order_id}:
            raise refusals.wrong_client_id()
        return order


def open_of(orders: Sequence[OrderView]) -> list[OrderView]:
    """Return those that are open."""
    return [order for order in orders if order.is_open]
