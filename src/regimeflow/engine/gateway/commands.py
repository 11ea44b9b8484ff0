"""The orders of hosts: each through the gateway's own gate, and its answer back to who sent it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from regimeflow._core.order_rows import OrderRow
from regimeflow.adapters.gateway.values import order_of
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.domain.orders.values import modification_of
from regimeflow.engine.gateway.hosts import Hosts
from regimeflow.engine.parts import Parts
from regimeflow.types.enums import LiveOrderStatus
from regimeflow.types.errors import BrokerError, NetworkError, NotFound, Outcome

Args = Mapping[str, Any]
Answer = Callable[[object | Exception], None]


class Commands:
    """Makes the calls that hosts ask for, as a host within the process would make them.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts, hosts: Hosts) -> None:
        self._parts: Final = parts
        self._manager: Final = parts.manager
        self._hosts: Final = hosts
        self._waiting: Final[dict[int, list[Answer]]] = {}  # new orders without a word of the venue
        parts.manager.on_order_update(self._order_updated)

    def submit(self, host: str, args: Args, answer: Answer) -> None:
        """Send a new order; answered when the venue has, or when nobody knows whether it did.

        The same one again is answered as the first one is, and is not sent.

        Raises:
            RegimeFlowError: it was not sent.
            KeyError, TypeError, ValueError: it is none.
        """
        order = order_of(args["order"])
        name = order.client_order_id or ""
        table = self._parts.books.table
        if table.was_used(name):
            row = self._hosts.row_of(host, lambda table: table.find_by_client_id(name))
            if row is None:
                text = f"client order id {name} was used before"
                raise NetworkError(text, outcome=Outcome.UNKNOWN)
            order_id = row.order_id
        else:
            order_id = self._manager.submit_order(order, strategy=host)
        self._waiting.setdefault(order_id, []).append(answer)
        picture = self._manager.get_order(order_id)
        if picture is not None:
            self._order_updated(picture)

    def cancel(self, host: str, args: Args) -> None:
        """Ask for a cancel; raises as ``submit``."""
        self._manager.cancel_order(self._row(host, args).order_id)

    def modify(self, host: str, args: Args) -> None:
        """Ask for a change; raises as ``submit``."""
        self._manager.modify_order(self._row(host, args).order_id, modification_of(args["change"]))

    def cancel_all(self, host: str) -> int:
        """Ask for a cancel of every open order of a host; how many were asked."""
        count = 0
        for row in list(self._hosts.open_rows(host)):
            try:
                self._manager.cancel_order(row.order_id)
                count += 1
            except BrokerError as error:
                self._parts.listeners.tell_error(error)
        return count

    def _row(self, host: str, args: Args) -> OrderRow:
        broker_id = str(args["broker_order_id"])
        row = self._hosts.row_of(host, lambda table: table.find_by_broker_id(broker_id))
        if row is None:
            raise NotFound(f"{host} has no order {broker_id}")
        return row

    def _order_updated(self, order: LiveOrder) -> None:
        if order.order_id not in self._waiting:
            return
        found = _answer_of(order)
        if found is not None:
            for answer in self._waiting.pop(order.order_id):
                answer(found)


def _answer_of(order: LiveOrder) -> str | Exception | None:
    """Return what is to be said of a new order: its broker id, or its failure; None: wait."""
    if order.error is not None and not order.broker_order_id:
        return BrokerError(order.error.text, outcome=order.error.outcome)
    if order.in_doubt:
        return NetworkError("the venue has not answered the gateway", outcome=Outcome.UNKNOWN)
    if order.status is LiveOrderStatus.PENDING_NEW and not order.broker_order_id:
        return None
    return order.broker_order_id
