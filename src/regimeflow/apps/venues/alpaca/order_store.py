"""Every order that an account ever had, found by any of its ids, listed as asked."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping
from typing import Final

from regimeflow.apps.venues.alpaca.fields import flag, whole
from regimeflow.apps.venues.alpaca.orders import Order
from regimeflow.apps.venues.alpaca.refusals import bad_input, not_found
from regimeflow.apps.venues.alpaca.times import parse_instant


class OrderStore:
    """All orders, oldest first."""

    def __init__(self) -> None:
        self._by_id: Final[dict[str, Order]] = {}
        self._open: Final[dict[str, Order]] = {}  # and some that have just ended
        self._by_client_id: Final[dict[tuple[str, str], Order]] = {}
        self._by_engine_id: Final[dict[int, Order]] = {}

    def __iter__(self) -> Iterator[Order]:
        return iter(self._by_id.values())

    def add(self, order: Order) -> None:
        """Keep an order; its client id is taken for ever."""
        self._by_id[order.id] = self._open[order.id] = order
        self._by_client_id[order.account, order.client_order_id] = order

    def is_taken(self, account: str, client_order_id: str) -> bool:
        """Whether that client id was ever used."""
        return (account, client_order_id) in self._by_client_id

    def works_as(self, order: Order, engine_id: int) -> None:
        """Say which order of the engine now stands for this one."""
        order.engine_id = engine_id
        self._by_engine_id[engine_id] = order

    def of_engine(self, engine_id: int) -> Order | None:
        """The order that an order of the engine stands for."""
        return self._by_engine_id.get(engine_id)

    def named(self, account: str, order_id: str) -> Order:
        """An order by Alpaca's id.

        Raises:
            Refusal: 404.
        """
        order = self._by_id.get(order_id)
        if order is None or order.account != account:
            raise not_found(f"order not found for {order_id}")
        return order

    def by_client_id(self, account: str, client_order_id: str) -> Order:
        """An order by its owner's id.

        Raises:
            Refusal: 404.
        """
        order = self._by_client_id.get((account, client_order_id))
        if order is None:
            raise not_found(f"order not found for {client_order_id}")
        return order

    def of(self, account: str) -> list[Order]:
        """All orders of an account, oldest first."""
        return [order for order in self if order.account == account]

    def open(self, account: str, symbol: str | None = None) -> list[Order]:
        """The orders to which something may still happen."""
        for order in [one for one in self._open.values() if not one.is_open]:
            del self._open[order.id]
        return [
            order
            for order in self._open.values()
            if order.account == account and (symbol is None or order.asset.symbol == symbol)
        ]

    def listed(self, account: str, query: Mapping[str, str]) -> list[Order]:
        """What ``GET /v2/orders`` answers.

        Raises:
            Refusal: a filter that is none.
        """
        is_open = (query.get("status") or "open") == "open"
        known = self.open(account) if is_open else self.of(account)
        found = [order for order in known if _passes(order, query)]
        if flag(query, "nested"):
            found = [order for order in found if order.parent is None]
        found.sort(key=_submitted)
        found = self._page(account, found, query)
        direction = query.get("direction") or "desc"
        if direction not in {"asc", "desc"}:
            raise bad_input("invalid direction")
        if direction == "desc":
            found.reverse()
        return found[: whole(query, "limit", 50, most=500)]

    def _page(self, account: str, found: list[Order], query: Mapping[str, str]) -> list[Order]:
        after, before = query.get("after_order_id"), query.get("before_order_id")
        if (after or before) and (query.get("after") or query.get("until")):
            raise bad_input("order id cursors cannot be combined with after or until")
        if after:
            mark = _submitted(self.named(account, after))
            found = found[bisect.bisect_right(found, mark, key=_submitted) :]
        if before:
            mark = _submitted(self.named(account, before))
            found = found[: bisect.bisect_left(found, mark, key=_submitted)]
        return found


def _submitted(order: Order) -> tuple[int, int, str]:
    return (order.submitted_ns, order.created_ns, order.id)


def _passes(order: Order, query: Mapping[str, str]) -> bool:
    status = query.get("status") or "open"
    if status not in {"open", "closed", "all"}:
        raise bad_input("invalid status")
    if status != "all" and order.is_open != (status == "open"):
        return False
    symbols = [name for name in (query.get("symbols") or "").split(",") if name]
    if symbols and not {order.asset.symbol, order.asset.position_symbol} & set(symbols):
        return False
    if query.get("side") and order.side != query["side"]:
        return False
    classes = [name for name in (query.get("asset_class") or "").split(",") if name]
    if classes and order.asset.asset_class not in classes:
        return False
    after, until = _bound(query, "after"), _bound(query, "until")
    return (after is None or order.submitted_ns > after) and (
        until is None or order.submitted_ns < until
    )


def _bound(query: Mapping[str, str], name: str) -> int | None:
    found = query.get(name)
    if not found:
        return None
    try:
        return parse_instant(found)
    except ValueError as error:
        raise bad_input(f"invalid {name}") from error
