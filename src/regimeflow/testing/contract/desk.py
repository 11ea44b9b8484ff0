"""The adapter's other side in the contract tests: it sends, listens, and keeps books."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Final, ParamSpec, TypeVar

from regimeflow._core.messages import AccountInfo, ExecutionReport, Position, SystemMessage
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.ports.broker import BrokerAdapter, MarketDataUpdate
from regimeflow.testing.contract.bench import Bench
from regimeflow.types.enums import (
    ExecType,
    LiveOrderStatus,
    OrderSide,
    OrderType,
    TimeInForce,
)
from regimeflow.types.errors import BrokerError, Outcome

PATIENCE_S: Final = 20.0
_LOOK_AGAIN_S: Final = 0.05
_BEFORE_NS: Final = 60 * 10**9  # the venue's clock need not be ours
P = ParamSpec("P")
T = TypeVar("T")
_ids: Final = itertools.count(1)
_ENDED: Final = {
    ExecType.CANCELED,
    ExecType.EXPIRED,
    ExecType.REJECTED,
}


class Line:
    """What is known of one order: from reports alone, each execution once."""

    def __init__(self) -> None:
        self.fills: Final[dict[str, ExecutionReport]] = {}
        self.is_ended = False
        self.broker_order_id = ""
        self.order_qty: Decimal | None = None

    @property
    def cum_qty(self) -> Decimal:
        """The sum of its executions."""
        return sum((_known(each.last_qty_dec) for each in self.fills.values()), Decimal(0))

    @property
    def money(self) -> Decimal:
        """What they came to."""
        return sum(
            (_known(each.last_qty_dec) * _known(each.last_px_dec) for each in self.fills.values()),
            Decimal(0),
        )

    def apply(self, report: ExecutionReport) -> None:
        """Take a report in."""
        if report.broker_order_id:
            self.broker_order_id = report.broker_order_id
        if report.order_qty_dec is not None:
            self.order_qty = report.order_qty_dec
        if report.exec_type == ExecType.TRADE:
            self.fills.setdefault(report.exec_id, report)
        status = LiveOrderStatus(report.ord_status)
        if report.exec_type in _ENDED or status.is_terminal:
            self.is_ended = True


class Desk:
    """Sends orders through an adapter and keeps books of what it says.

    Args:
        bench: Where the venue is.
        adapter: What is tested.
    """

    def __init__(self, bench: Bench, adapter: BrokerAdapter) -> None:
        self.bench: Final = bench
        self.adapter: Final = adapter
        self.since_ns: Final = bench.now_ns() - _BEFORE_NS
        self.reports: Final[list[ExecutionReport]] = []
        self.market: Final[list[MarketDataUpdate | SystemMessage]] = []
        self.positions: Final[list[Position | AccountInfo]] = []
        self.lines: Final[dict[str, Line]] = {}
        self._news: Final = asyncio.Event()
        adapter.on_execution_report(self._on_report)
        adapter.on_market_data(self._on_market)
        adapter.on_position_update(self._on_position)

    def order(
        self,
        side: OrderSide = OrderSide.BUY,
        *,
        px: Decimal | None = None,
        qty: Decimal | None = None,
        tif: TimeInForce = TimeInForce.GTC,
        client_order_id: str = "",
    ) -> LiveOrder:
        """Return an order as an engine hands it over; at the market without a price."""
        number = next(_ids)
        quantity = self.bench.quantity if qty is None else qty
        return LiveOrder(
            order_id=number,
            client_order_id=client_order_id or f"contract-{number}",
            broker_order_id="",
            symbol=self.bench.symbol,
            side=side,
            type=OrderType.MARKET if px is None else OrderType.LIMIT,
            quantity=quantity,
            limit_price=px,
            stop_price=None,
            time_in_force=tif,
            expire_time_ns=None,
            status=LiveOrderStatus.PENDING_NEW,
            cum_qty=Decimal(0),
            leaves_qty=quantity,
            avg_px=None,
            in_doubt=False,
            strategy="",
            created_at_ns=0,
            updated_at_ns=0,
        )

    def resting(self, side: OrderSide = OrderSide.BUY) -> LiveOrder:
        """Return an order that rests at the best price of its side."""
        return self.order(side, px=self.bench.resting_price(side))

    def line(self, order: LiveOrder) -> Line:
        """What is known of an order."""
        return self.lines.setdefault(order.client_order_id, Line())

    async def send(self, order: LiveOrder) -> BrokerError | None:
        """Send an order and wait for the answer; return what it failed with."""
        return await self.outcome(self.adapter.submit_order, order)

    async def outcome(
        self, ask: Callable[P, Awaitable[object]], *given: P.args, **named: P.kwargs
    ) -> BrokerError | None:
        """Ask for something and wait for the answer; return what it failed with."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._going_on():
                await ask(*given, **named)
        except BrokerError as error:
            return error
        return None

    async def place(self, order: LiveOrder) -> LiveOrder:
        """Send an order, which must be taken, and wait until its report is here."""
        error = await self.send(order)
        assert error is None, f"the order was not taken: {error}"
        await self.until(lambda: bool(self.line(order).broker_order_id))
        return order

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait until something is so, letting the venue go on."""
        async with asyncio.timeout(PATIENCE_S):
            while not is_so():
                await self._rest(lambda: bool(is_so()))

    async def while_market_moves(self, is_so: Callable[[], object]) -> None:
        """Wait until something is so, and have quotes come meanwhile."""
        async with asyncio.timeout(PATIENCE_S):
            while not is_so():
                await self.bench.move_market()
                await self._rest()

    async def _rest(self, is_so: Callable[[], bool] = lambda: False) -> None:
        """Let the venue go on, then wait for news, but not for long."""
        await self.bench.settle()
        if is_so():
            return
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN_S):
                await self._news.wait()

    @asynccontextmanager
    async def _going_on(self) -> AsyncIterator[None]:
        """Let the venue go on meanwhile."""
        going = asyncio.create_task(self._go_on())
        try:
            yield
        finally:
            going.cancel()
            await asyncio.wait({going})

    async def _go_on(self) -> None:
        while True:
            await self._rest()

    async def read_back(self, *orders: LiveOrder) -> None:
        """Ask for everything that an engine asks for after a gap, and take it in."""
        found: list[ExecutionReport] = [*await self.read(self.adapter.get_open_orders)]
        for order in orders:
            one = await self.read(self.adapter.find_order, order.client_order_id)
            found.extend([] if one is None else [one])
        found.extend(await self.read(self.adapter.get_executions, self.since_ns))
        self.take_in(found)

    async def read(self, ask: Callable[P, Awaitable[T]], *given: P.args, **named: P.kwargs) -> T:
        """Ask for something until it is answered: after a gap the first questions may fail."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while True:
            try:
                async with self._going_on():
                    return await ask(*given, **named)
            except BrokerError:
                if asyncio.get_running_loop().time() > deadline:
                    raise
            await self._rest()

    async def catch_up(self, is_so: Callable[[], object], *orders: LiveOrder) -> None:
        """Read back until something is so."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await self.read_back(*orders)
                if is_so():
                    return
                await self._rest()

    def take_in(self, reports: Iterable[ExecutionReport]) -> None:
        """Take reports in as if they had been pushed."""
        for report in reports:
            self._on_report(report)

    def differences(self) -> list[str]:
        """Where the books are not the venue's: each is one line."""
        truth = self.bench.truth()
        found = []
        for name, true in truth.orders.items():
            line = self.lines.get(name)
            if line is None:
                found.append(f"{name}: nobody told of it")
                continue
            ours = (line.cum_qty, line.money, not line.is_ended)
            theirs = (true.cum_qty, true.cum_money, true.is_open)
            if ours != theirs:
                found.append(f"{name}: filled, money, open: ours {ours}, the venue's {theirs}")
        for name, line in self.lines.items():
            if name and name not in truth.orders and line.cum_qty:
                found.append(f"{name}: filled here, unknown there")
        return found

    async def agree(self, *orders: LiveOrder) -> None:
        """Read back, and demand that the books are the venue's."""
        await self.read_back(*orders)
        assert [] == self.differences()

    def _on_report(self, report: ExecutionReport) -> None:
        self.reports.append(report)
        self.lines.setdefault(report.client_order_id, Line()).apply(report)
        self._news.set()

    def _on_market(self, update: MarketDataUpdate | SystemMessage) -> None:
        self.market.append(update)
        self._news.set()

    def _on_position(self, update: Position | AccountInfo) -> None:
        self.positions.append(update)
        self._news.set()


@asynccontextmanager
async def at_desk(bench: Bench, *, connected: bool = True) -> AsyncIterator[Desk]:
    """A venue, an adapter and a desk; all are closed at the end."""
    await bench.open()
    try:
        desk = Desk(bench, bench.adapter())
        try:
            if connected:
                await desk.adapter.connect()
                await bench.move_market()
            yield desk
        finally:
            await desk.adapter.disconnect()
    finally:
        await bench.close()


def is_unknown(error: BrokerError | None) -> bool:
    """Whether an error says that the order may be alive."""
    return error is not None and error.outcome is Outcome.UNKNOWN


def _known(number: Decimal | None) -> Decimal:
    assert number is not None, "an execution has a price and a quantity"
    return number
