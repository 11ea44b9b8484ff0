"""An order and its exits on their way as one request, where the venue keeps them linked itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from regimeflow.domain.orders.links import LinkedOrders
from regimeflow.domain.orders.native_groups import exit_id, native_legs
from regimeflow.domain.orders.order import Order
from regimeflow.domain.orders.order_validation import ExactOrder
from regimeflow.engine.order_desk import OrderDesk
from regimeflow.engine.order_sender import OrderSender
from regimeflow.ports.broker import BrokerAdapter, Capabilities
from regimeflow.types.errors import AlreadyExists, InvalidState, RegimeFlowError
from regimeflow.types.records import replace


class OrdersTogether:
    """Checks and enters the orders of a group, writes them down, and sends them as one.

    The gate is asked about the head alone: its exits trade only what it has filled, and of two
    exits of a holding the venue lets one trade.
    """

    def __init__(self, broker: BrokerAdapter, desk: OrderDesk, sender: OrderSender) -> None:
        self._broker: Final = broker
        self._desk: Final = desk
        self._sender: Final = sender

    def abilities(self) -> Capabilities:
        """What the venue can do."""
        return self._broker.capabilities()

    def legs_of(self, group: LinkedOrders) -> tuple[tuple[int, Order], ...]:
        """The orders of a group that the venue takes as one, the head first; empty: it does not."""
        taken = self.abilities().native_groups
        if taken is None:
            return ()
        instrument = self._desk.instruments.known(group.legs[0].symbol)
        return native_legs(group, taken, instrument)

    def enter(self, orders: Sequence[Order], strategy: str) -> list[int]:
        """Check the orders and write them down; none has left yet. Returns their ids.

        Raises:
            RegimeFlowError: as ``LiveOrderManager.submit_order``; nothing is left of any of them.
        """
        self._sender.demand_session()
        entry, now_ns = self._desk.entry, self._sender.turns.now_ns()
        exact = [entry.exact(order, self._broker, now_ns) for order in orders]
        room = self._desk.table.max_orders - len(self._desk.table)
        if room < len(orders):
            raise InvalidState(f"the order table has room for {room} orders; nothing was sent")
        head, *exits = orders
        if head.client_order_id is not None:
            self._demand_unused(head.client_order_id, exits)
        entered = [entry.enter(head, exact[0], strategy, now_ns)]
        try:
            for order, numbers in zip(exits, exact[1:], strict=True):
                entered.append(self._enter_exit(entered[0], order, numbers, strategy))
        except RegimeFlowError:
            self._sender.refuse(entered, "the exits that leave with it could not be entered")
            raise
        return entered

    def send(self, order_ids: Sequence[int]) -> None:
        """Send what was entered, as one request."""
        head, *exits = order_ids
        self._sender.submit(head, tuple(exits))

    def _enter_exit(self, head_id: int, order: Order, exact: ExactOrder, strategy: str) -> int:
        row = self._desk.table.get(head_id)
        if row is None:
            raise InvalidState(f"order {head_id} is gone before its exits could be entered")
        named = replace(order, client_order_id=exit_id(row.client_order_id, order.type))
        now_ns = self._sender.turns.now_ns()
        return self._desk.entry.enter_exit(named, exact, strategy, now_ns)

    def _demand_unused(self, client_order_id: str, exits: Sequence[Order]) -> None:
        for order in exits:
            name = exit_id(client_order_id, order.type)
            if self._desk.table.was_used(name):
                raise AlreadyExists(f"client order id {name} was used before")
