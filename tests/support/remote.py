"""A venue on a network, as far as an engine can tell: it has no feed and no clock of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.live import (
    AccountInfo,
    Bar,
    ExecutionReport,
    Instrument,
    LiveOrderStatus,
    OrderSide,
    OrderType,
    Position,
    Quote,
    TimeInForce,
)
from regimeflow.ports.broker import (
    Capabilities,
    OnExecutionReport,
    OnMarketData,
    OnPositionUpdate,
)
from regimeflow.types.enums import ExecType

BTC = Instrument(
    symbol="BTCUSDT",
    base_currency="BTC",
    quote_currency="USDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.00001"),
)


class Listened:
    """A broker adapter's callbacks, kept for when it has something to say."""

    _data: OnMarketData = staticmethod(lambda _: None)
    _report: OnExecutionReport = staticmethod(lambda _: None)

    def on_market_data(self, cb: OnMarketData) -> None:
        self._data = cb

    def on_execution_report(self, cb: OnExecutionReport) -> None:
        self._report = cb

    def on_position_update(self, cb: OnPositionUpdate) -> None:
        del cb


def told(
    order: LiveOrder, venue_id: str, exec_type: ExecType, status: LiveOrderStatus, **more: object
) -> ExecutionReport:
    """Return what a venue tells of an order, beside quantities and prices."""
    return ExecutionReport(
        symbol=order.symbol,
        exec_type=exec_type,
        ord_status=status,
        side=order.side,
        ord_type=order.type,
        time_in_force=order.time_in_force,
        client_order_id=order.client_order_id,
        broker_order_id=venue_id,
        order_qty=order.quantity,
        **more,  # type: ignore[arg-type]
    )


class RemoteVenue(Listened):
    """Every call suspends before it answers; orders are acknowledged, filled only by ``fill``.

    ``before`` names a call and what happens while it is under way.
    """

    def __init__(self, *, positions: dict[str, Decimal] | None = None) -> None:
        self.positions = dict(positions or {})
        self.before: dict[str, Callable[[], Awaitable[None]]] = {}
        self.calls: list[str] = []
        self.orders: dict[str, LiveOrder] = {}
        self.executions: list[ExecutionReport] = []
        self.is_up = False
        self.name = "remote"

    async def _call(self, name: str) -> None:
        self.calls.append(name)
        before = self.before.get(name)
        await asyncio.sleep(0)
        if before is not None:
            await before()

    async def connect(self) -> None:
        await self._call("connect")
        self.is_up = True

    async def disconnect(self) -> None:
        self.is_up = False
        await self._call("disconnect")

    def is_connected(self) -> bool:
        return self.is_up

    async def subscribe_market_data(self, symbols: Sequence[str]) -> None:
        await self._call("subscribe")

    async def unsubscribe_market_data(self, symbols: Sequence[str]) -> None:
        await self._call("unsubscribe")

    async def submit_order(self, order: LiveOrder) -> str | None:
        await self._call("submit")
        venue_id = f"V{len(self.orders) + 1}"
        self.orders[venue_id] = replace(order, broker_order_id=venue_id)
        self.report(venue_id, ExecType.NEW, LiveOrderStatus.NEW)
        return venue_id

    async def cancel_order(self, broker_order_id: str) -> None:
        await self._call("cancel")
        self.report(broker_order_id, ExecType.CANCELED, LiveOrderStatus.CANCELLED)

    async def modify_order(self, broker_order_id: str, mod: OrderModification) -> str | None:
        await self._call("modify")
        return None

    async def get_account_info(self) -> AccountInfo:
        await self._call("account")
        return AccountInfo(currency="USDT", equity="100000", cash="100000", buying_power="100000")

    async def get_positions(self) -> Sequence[Position]:
        held = [Position(symbol, quantity) for symbol, quantity in self.positions.items()]
        await self._call("positions")
        return [position for position in held if position.quantity_dec]

    async def get_open_orders(self) -> Sequence[ExecutionReport]:
        await self._call("open_orders")
        return []

    async def find_order(self, client_order_id: str) -> ExecutionReport | None:
        await self._call("find_order")
        return None

    async def get_executions(self, since_ns: int) -> Sequence[ExecutionReport]:
        await self._call("executions")
        return list(self.executions)

    async def get_bars(self, symbol: str, since_ns: int, interval: str) -> Sequence[Bar]:
        await self._call("bars")
        return []

    async def get_instrument(self, symbol: str) -> Instrument:
        await self._call("instrument")
        return replace(BTC, symbol=symbol)

    def max_orders_per_second(self) -> float:
        return 100.0

    def max_messages_per_second(self) -> float:
        return 100.0

    def poll(self) -> None:
        self.calls.append("poll")

    def capabilities(self) -> Capabilities:
        return Capabilities(
            venue=self.name,
            order_types=frozenset(OrderType),
            times_in_force=frozenset(TimeInForce),
        )

    # What a test makes the venue do.

    def quote(self, now_ns: int) -> None:
        self._data(
            Quote(
                "BTCUSDT", "60000.00", "1", "60000.01", "1", ts_event_ns=now_ns, ts_recv_ns=now_ns
            )
        )

    def fill(self, venue_id: str, exec_id: str) -> None:
        order = self.orders[venue_id]
        sign = 1 if order.side is OrderSide.BUY else -1
        held = self.positions.get(order.symbol, Decimal(0))
        self.positions[order.symbol] = held + sign * order.quantity
        self.report(venue_id, ExecType.TRADE, LiveOrderStatus.FILLED, exec_id=exec_id)

    def report(
        self, venue_id: str, exec_type: ExecType, status: LiveOrderStatus, *, exec_id: str = ""
    ) -> None:
        order = self.orders[venue_id]
        quantity = order.quantity if exec_type is ExecType.TRADE else Decimal(0)
        self._report(
            told(
                order,
                venue_id,
                exec_type,
                status,
                exec_id=exec_id,
                cum_qty=quantity,
                leaves_qty=0 if status.is_terminal else order.quantity,
                last_qty=quantity or None,
                last_px="60000.00" if quantity else None,
            )
        )
