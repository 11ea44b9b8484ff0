"""A broker that is written to only while a lease is held."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.types.errors import NetworkError


class LeasedBroker:
    """Stands before a broker: reads go through, a command only while ``may_write`` says so.

    It is asked immediately before each command is handed to the adapter. What is between that and
    the venue (the kernel, the network) is not covered: ``docs/gateway.md`` says what remains.

    Args:
        broker: Whose adapter.
        may_write: Whether the account is ours to write to, now.

    Threading: as ``BrokerAdapter``.
    """

    def __init__(self, broker: BrokerAdapter, may_write: Callable[[], bool]) -> None:
        self._broker: Final = broker
        self._may_write: Final = may_write
        self.connect = broker.connect
        self.disconnect = broker.disconnect
        self.is_connected = broker.is_connected
        self.subscribe_market_data = broker.subscribe_market_data
        self.unsubscribe_market_data = broker.unsubscribe_market_data
        self.get_account_info = broker.get_account_info
        self.get_positions = broker.get_positions
        self.get_open_orders = broker.get_open_orders
        self.find_order = broker.find_order
        self.get_executions = broker.get_executions
        self.get_bars = broker.get_bars
        self.get_instrument = broker.get_instrument
        self.on_market_data = broker.on_market_data
        self.on_execution_report = broker.on_execution_report
        self.on_position_update = broker.on_position_update
        self.max_orders_per_second = broker.max_orders_per_second
        self.max_messages_per_second = broker.max_messages_per_second
        self.poll = broker.poll
        self.capabilities = broker.capabilities

    def submit_order(self, order: LiveOrder) -> Awaitable[str | None]:
        """Send a new order, while the lease is held."""
        self._demand_lease()
        return self._broker.submit_order(order)

    def cancel_order(self, broker_order_id: str) -> Awaitable[None]:
        """Ask to cancel, while the lease is held."""
        self._demand_lease()
        return self._broker.cancel_order(broker_order_id)

    def modify_order(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        """Ask to change an order, while the lease is held."""
        self._demand_lease()
        return self._broker.modify_order(broker_order_id, mod)

    def _demand_lease(self) -> None:
        if not self._may_write():
            text = "the lease on the account has passed; nothing was sent"
            raise NetworkError(text, venue=self._broker.capabilities().venue)
