"""A remote venue that keeps its orders: they outlive the engine that placed them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal

from regimeflow.domain.orders.order import LiveOrder
from regimeflow.live import ExecutionReport, LiveOrderStatus, OrderSide, OrderType, TimeInForce
from regimeflow.types.enums import ExecType
from tests.support.remote import RemoteVenue, told


class KeepingVenue(RemoteVenue):
    """Knows what it works, what it has filled, and tells whoever asks."""

    def __init__(self) -> None:
        super().__init__()
        self.filled: dict[str, Decimal] = {}
        self.ended: set[str] = set()
        self.forgotten: dict[str, LiveOrder] = {}  # what a test has taken out of ``orders``

    def fill(self, venue_id: str, exec_id: str, quantity: str = "") -> None:
        """Fill a part of an order, or what is left of it; told to whoever is connected."""
        order = self.orders[venue_id]
        before = self.filled.get(venue_id, Decimal(0))
        part = Decimal(quantity) if quantity else order.quantity - before
        self.filled[venue_id] = before + part
        sign = 1 if order.side is OrderSide.BUY else -1
        held = self.positions.get(order.symbol, Decimal(0))
        self.positions[order.symbol] = held + sign * part
        done = self.filled[venue_id] == order.quantity
        if done:
            self.ended.add(venue_id)
        status = LiveOrderStatus.FILLED if done else LiveOrderStatus.PARTIALLY_FILLED
        report = self._told(
            venue_id, ExecType.TRADE, status, exec_id=exec_id, last_qty=part, last_px="60000.00"
        )
        self.executions.append(report)
        if self.is_up:
            self._report(report)

    def by_hand(
        self,
        name: str,
        quantity: str = "1",
        *,
        symbol: str = "BTCUSDT",
        side: OrderSide = OrderSide.BUY,
    ) -> None:
        """Have a person place an order, of which we are told nothing."""
        self.orders[name] = LiveOrder(
            order_id=0,
            client_order_id=f"hand-{name}",
            broker_order_id=name,
            symbol=symbol,
            side=side,
            type=OrderType.LIMIT,
            time_in_force=TimeInForce.GTC,
            quantity=Decimal(quantity),
            limit_price=Decimal(100),
            stop_price=None,
            expire_time_ns=None,
            status=LiveOrderStatus.NEW,
            cum_qty=Decimal(0),
            leaves_qty=Decimal(quantity),
            avg_px=None,
            in_doubt=False,
            strategy="",
            created_at_ns=0,
            updated_at_ns=0,
        )

    async def cancel_order(self, broker_order_id: str) -> None:
        await self._call("cancel")
        self.ended.add(broker_order_id)
        self._report(self._told(broker_order_id, ExecType.CANCELED, LiveOrderStatus.CANCELLED))

    async def get_open_orders(self) -> Sequence[ExecutionReport]:
        await self._call("open_orders")
        return [self._status(each) for each in self.orders if each not in self.ended]

    async def find_order(self, client_order_id: str) -> ExecutionReport | None:
        await self._call("find_order")
        for venue_id, order in self.orders.items():
            if order.client_order_id == client_order_id:
                return self._status(venue_id)
        return None

    def _status(self, venue_id: str) -> ExecutionReport:
        done = self.filled.get(venue_id, Decimal(0)) == self.orders[venue_id].quantity
        status = LiveOrderStatus.FILLED if done else LiveOrderStatus.CANCELLED
        if venue_id not in self.ended:
            some = self.filled.get(venue_id)
            status = LiveOrderStatus.PARTIALLY_FILLED if some else LiveOrderStatus.NEW
        return self._told(venue_id, ExecType.ORDER_STATUS, status)

    def _told(
        self, venue_id: str, exec_type: ExecType, status: LiveOrderStatus, **more: object
    ) -> ExecutionReport:
        order = self.orders[venue_id]
        filled = self.filled.get(venue_id, Decimal(0))
        return told(
            order,
            venue_id,
            exec_type,
            status,
            cum_qty=filled,
            leaves_qty=0 if status.is_terminal else order.quantity - filled,
            limit_px=order.limit_price,
            **more,
        )


async def until(condition: Callable[[], object]) -> None:
    """Wait, at most ten seconds, until something is so."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what it waits for has no event of its own
            await asyncio.sleep(0)
