"""The order table's rival from nautilus_trader: its cache finds an order, which takes the fill.

What ``test_orders.py`` does at the same sizes; a million of its orders are too many for a desk. Its
execution engine (portfolio, positions, messages) is left out: this is the least that it does.
"""

from __future__ import annotations

import importlib.util
import random
from functools import partial
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.cases.test_orders import N, broker_id, calls, run

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("nautilus_trader") is None, reason="nautilus_trader is not installed"
)
SIZES = [100, 10_000]


class Nautilus:
    """A cache with so many accepted limit orders."""

    def __init__(self, size: int) -> None:
        from nautilus_trader.cache.cache import Cache
        from nautilus_trader.core.uuid import UUID4
        from nautilus_trader.model import enums, events, identifiers, objects, orders

        self._enums, self._events = enums, events
        self._ids, self._objects = identifiers, objects
        self._uuid = UUID4
        self.cache = Cache()
        self.picks, self.count = random.Random(size), 0
        trader, strategy = identifiers.TraderId("BENCH-001"), identifiers.StrategyId("S-001")
        self.account = identifiers.AccountId("BINANCE-001")
        instrument = identifiers.InstrumentId.from_str("BTCUSDT.BINANCE")
        self.names = [(trader, strategy, instrument, self._name(n)) for n in range(size)]
        self._order = orders.LimitOrder
        for n, names in enumerate(self.names):
            order = self.place(names)
            venue = identifiers.VenueOrderId(broker_id(n))
            order.apply(events.OrderAccepted(*names, venue, self.account, UUID4(), 0, 0))
            self.cache.add_venue_order_id(order.client_order_id, venue)
            self.cache.update_order(order)

    def place(self, names: tuple[object, ...]) -> Any:
        """Make an order, keep it, and count it as submitted."""
        quantity, price, uuid = self._qty("10.00000"), self._px("60000.00"), self._uuid
        order = self._order(*names, self._enums.OrderSide.BUY, quantity, price, uuid(), 0)
        self.cache.add_order(order)
        order.apply(self._events.OrderSubmitted(*names, self.account, uuid(), 0, 0))
        return order

    def apply(self, fill: Any) -> object:
        """Find the order by the venue's id, and count the fill."""
        order = self.cache.order(self.cache.client_order_id(fill.venue_order_id))
        order.apply(fill)
        return order.filled_qty

    def executions(self) -> tuple[tuple[list[object]], dict[str, object]]:
        return ([self._fill(n) for n in self.picks.choices(range(len(self.names)), k=N)],), {}

    def _fill(self, n: int) -> object:
        self.count += 1
        enums, ids, objects = self._enums, self._ids, self._objects
        usdt = objects.Currency.from_str("USDT")
        return self._events.OrderFilled(
            *self.names[n],
            ids.VenueOrderId(broker_id(n)),
            self.account,
            ids.TradeId(f"{self.count:011d}"),
            None,
            enums.OrderSide.BUY,
            enums.OrderType.LIMIT,
            self._qty("0.00001"),
            self._px("60000.00"),
            usdt,
            objects.Money(0, usdt),
            enums.LiquiditySide.TAKER,
            self._uuid(),
            0,
            0,
        )

    def _name(self, n: int) -> object:
        return self._ids.ClientOrderId(f"bench-{n:013d}")

    def _qty(self, text: str) -> object:
        return self._objects.Quantity.from_str(text)

    def _px(self, text: str) -> object:
        return self._objects.Price.from_str(text)


@pytest.mark.parametrize("size", SIZES)
def test_apply_rival_nautilus(benchmark: BenchmarkFixture, size: int) -> None:
    benchmark.group = f"orders: apply an execution, {size:,} live"
    book = Nautilus(size)

    last = run(benchmark, partial(calls, book.apply), setup=book.executions)

    assert float(last) > 0  # type: ignore[arg-type]


def test_submit_rival_nautilus(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "orders: submit"
    names = Nautilus(N).names

    last = run(benchmark, calls, setup=lambda: ((Nautilus(0).place, names), {}))

    assert last.client_order_id == names[-1][-1]  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", SIZES)
def test_get_rival_nautilus(benchmark: BenchmarkFixture, size: int) -> None:
    benchmark.group = f"orders: get, {size:,} live"
    book = Nautilus(size)
    picked = [book.names[n][-1] for n in book.picks.choices(range(size), k=N)]

    last = run(benchmark, calls, args=(book.cache.order, picked))

    assert last.client_order_id == picked[-1]  # type: ignore[attr-defined]
