"""Builders for orders: a broker that does as it is told, a clock wound by hand, reports."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from decimal import Decimal

from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.order import LiveOrder, Order, OrderModification
from regimeflow.engine.order_manager import LiveOrderManager
from regimeflow.ports.broker import Capabilities
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide, OrderType, TimeInForce
from regimeflow.types.errors import NotFound
from regimeflow.types.instrument import Instrument

S = LiveOrderStatus
X = ExecType
SECOND = 1_000_000_000

BTC = Instrument(
    symbol="BTCUSDT",
    asset_class="crypto",
    base_currency="BTC",
    quote_currency="USDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.00001"),
)
ETH = Instrument(
    symbol="ETHUSDT",
    asset_class="crypto",
    base_currency="ETH",
    quote_currency="USDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.0001"),
)


INSTRUMENTS = {"BTCUSDT": BTC, "ETHUSDT": ETH}


class Timer:
    def __init__(self) -> None:
        self.is_off = False

    def cancel(self) -> None:
        self.is_off = True


class HandClock:
    """Time that moves when it is told to."""

    def __init__(self, start_ns: int = 1_700_000_000 * SECOND) -> None:
        self.time_ns = start_ns
        self._timers: list[tuple[int, int, Timer, Callable[[], None]]] = []
        self._count = 0

    def now_ns(self) -> int:
        return self.time_ns

    def monotonic_ns(self) -> int:
        return self.time_ns

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> Timer:
        timer = Timer()
        self._count += 1
        heapq.heappush(self._timers, (when_ns, self._count, timer, callback))
        return timer

    def advance(self, seconds: float) -> None:
        until_ns = self.time_ns + int(seconds * SECOND)
        while self._timers and self._timers[0][0] <= until_ns:
            when_ns, _, timer, callback = heapq.heappop(self._timers)
            self.time_ns = max(self.time_ns, when_ns)
            if not timer.is_off:
                callback()
        self.time_ns = until_ns


class HandBroker:
    """A broker whose every answer the test gives.

    A command is noted in ``sent``; what it answers is taken from ``answers`` (an exception to raise
    from the awaitable, "raise" first in a tuple to raise at once, a text for a broker id, None for
    an answer that never comes).
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, object]] = []
        self.connected = True
        self.answers: list[object] = []
        self.rate = 1_000_000.0
        self.on_report: Callable[[ExecutionReport], None] = lambda _report: None
        self.known: dict[str, ExecutionReport | Exception | None] = {}
        self.open_orders: list[ExecutionReport] | Exception = []
        self.executions: list[ExecutionReport] = []
        self.asked: list[str] = []
        self.must_ask_for_instruments = False

    def is_connected(self) -> bool:
        return self.connected

    def capabilities(self) -> Capabilities:
        return Capabilities(
            venue="hand",
            order_types=frozenset(OrderType) - {OrderType.TRAILING_STOP},
            times_in_force=frozenset(TimeInForce),
            terms=frozenset({"post_only", "display_qty", "trail_amount", "trail_percent"}),
        )

    def max_orders_per_second(self) -> float:
        return self.rate

    def max_messages_per_second(self) -> float:
        return self.rate

    def on_execution_report(self, cb: Callable[[ExecutionReport], None]) -> None:
        self.on_report = cb

    def submit_order(self, order: LiveOrder) -> Awaitable[str | None]:
        return self._answer("submit", order)

    def cancel_order(self, broker_order_id: str) -> Awaitable[None]:
        return self._answer("cancel", broker_order_id)

    def modify_order(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        return self._answer("modify", (broker_order_id, mod))

    async def get_instrument(self, symbol: str) -> Instrument:
        if symbol not in INSTRUMENTS:
            raise NotFound(symbol)
        if self.must_ask_for_instruments:
            await asyncio.sleep(0)
        return INSTRUMENTS[symbol]

    async def find_order(self, client_order_id: str) -> ExecutionReport | None:
        self.asked.append(client_order_id)
        found = self.known.get(client_order_id)
        if isinstance(found, Exception):
            raise found
        return found

    async def get_open_orders(self) -> list[ExecutionReport]:
        if isinstance(self.open_orders, Exception):
            raise self.open_orders
        return self.open_orders

    async def get_executions(self, since_ns: int) -> list[ExecutionReport]:
        return self.executions

    def commands(self, kind: str) -> list[object]:
        return [what for sent, what in self.sent if sent == kind]

    def _answer(self, kind: str, what: object) -> Awaitable[object]:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, tuple):
            raise answer[1]
        self.sent.append((kind, what))

        async def answered() -> object:
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return answered()


class Desk:
    """A manager with everything around it, and what it said."""

    make_broker: Callable[[], HandBroker] = HandBroker

    def __init__(self, **settings: object) -> None:
        self.broker = self.make_broker()
        self.clock = HandClock()
        for name in ("rate",):
            if name in settings:
                setattr(self.broker, name, settings.pop(name))
        settings.setdefault("instruments", INSTRUMENTS)
        self.manager = LiveOrderManager(self.broker, clock=self.clock, **settings)
        self.updates: list[LiveOrder] = []
        self.trades: list[object] = []
        self.reports: list[ExecutionReport] = []
        self.anomalies: list[object] = []
        self.manager.on_order_update(self.updates.append)
        self.manager.on_trade(self.trades.append)
        self.manager.on_execution_report(self.reports.append)
        self.manager.on_anomaly(self.anomalies.append)

    def submit(self, **fields: object) -> int:
        strategy = fields.pop("strategy", "")
        return self.manager.submit_order(a_limit_order(**fields), strategy=strategy)

    def order(self, order_id: int) -> LiveOrder:
        found = self.manager.get_order(order_id)
        assert found is not None
        return found

    def say(self, order_id: int, exec_type: ExecType, **fields: object) -> ExecutionReport:
        """Let the venue say something about an order, by its client order id."""
        order = self.order(order_id)
        fields.setdefault("client_order_id", order.client_order_id)
        report = a_report(exec_type, symbol=order.symbol, **fields)
        self.broker.on_report(report)
        return report

    def acknowledged(self, broker_id: str = "B-1", **fields: object) -> int:
        order_id = self.submit(**fields)
        self.say(order_id, X.NEW, broker_order_id=broker_id)
        return order_id

    def fill(self, order_id: int, exec_id: str, qty: object, px: object = 100, **more) -> None:
        self.say(order_id, X.TRADE, exec_id=exec_id, last_qty=qty, last_px=px, **more)


def a_limit_order(**fields: object) -> Order:
    given: dict[str, object] = {
        "symbol": "BTCUSDT",
        "side": OrderSide.BUY,
        "type": OrderType.LIMIT,
        "quantity": 10,
        "limit_price": 100,
        **fields,
    }
    return Order(**given)


def a_report(exec_type: ExecType, **fields: object) -> ExecutionReport:
    given: dict[str, object] = {
        "symbol": "BTCUSDT",
        "exec_type": exec_type,
        "ord_status": S.NEW,
        **fields,
    }
    return ExecutionReport(**given)


async def settle(turns: int = 5) -> None:
    """Let what is ready on the loop run."""
    for _ in range(turns):
        await asyncio.sleep(0)
