"""Cancelling and closing at each broker without an engine, twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import pytest

from regimeflow.engine.emergency import Emergency
from regimeflow.live import OrderSide, TimeInForce
from regimeflow.testing.contract import Bench, Truth
from tests.contract.alpaca_bench import AlpacaBench
from tests.contract.binance_bench import BinanceBench
from tests.contract.ib_bench import IbBench
from tests.support.risk import a_live_order


class PoorBinance(BinanceBench):
    """The account holds less than the book takes."""

    async def open(self) -> None:
        await super().open()
        held = self.truth().position - 1
        self.exchange.transfer("local", "BTC", held.copy_negate(), self.now_ns())


BENCHES = [
    pytest.param(PoorBinance, id="binance"),
    pytest.param(AlpacaBench, id="alpaca"),
    pytest.param(IbBench, id="ib"),
]


async def truth_when(bench: Bench, is_so: Callable[[Truth], bool]) -> Truth:
    async with asyncio.timeout(10):
        while not is_so(bench.truth()):
            await bench.settle()
            await asyncio.sleep(0.01)
    return bench.truth()


async def leave(bench: Bench, *, quantity: Decimal, price: Decimal, name: int) -> None:
    """Place an order as an engine does that dies right after it."""
    broker = bench.adapter()
    for listen in (broker.on_market_data, broker.on_execution_report, broker.on_position_update):
        listen(lambda _: True)
    await broker.connect()
    await bench.move_market()
    order = a_live_order(
        OrderSide.BUY,
        str(quantity),
        str(price),
        order_id=name,
        symbol=bench.symbol,
        time_in_force=TimeInForce.GTC,
    )
    await broker.submit_order(order)
    await truth_when(bench, lambda truth: f"C{name}" in truth.orders)
    await broker.disconnect()


@pytest.mark.parametrize("make", BENCHES)
def test_every_open_order_is_cancelled_and_the_second_time_there_is_nothing_to_do(make) -> None:
    async def act() -> list[object]:
        bench = make()
        await bench.open()
        try:
            price = bench.resting_price(OrderSide.BUY)
            for name in (1, 2):
                await leave(bench, quantity=bench.quantity, price=price, name=name)
            found = []
            for _ in range(2):
                async with Emergency(bench.adapter()) as emergency:
                    found.append(await emergency.cancel_all())
            still_open = [name for name, each in bench.truth().orders.items() if each.is_open]
            return [*found, still_open]
        finally:
            await bench.close()

    first, second, still_open = asyncio.run(act())

    assert (2, 2, ()) == (first.asked, len(first.done), first.left)
    assert all(line.startswith("cancelled BUY") for line in first.done)
    assert (0, (), ()) == (second.asked, second.done, second.left)
    assert [] == still_open


@pytest.mark.parametrize("make", BENCHES)
def test_every_position_is_closed_once(make) -> None:
    async def act() -> list[object]:
        bench = make()
        await bench.open()
        try:
            held = bench.truth().position
            price = bench.taking_price(OrderSide.BUY) + 1
            await leave(bench, quantity=bench.quantity, price=price, name=1)
            resting = bench.resting_price(OrderSide.BUY)
            await leave(bench, quantity=bench.quantity, price=resting, name=2)
            await truth_when(bench, lambda truth: truth.position != held)
            found = []
            for _ in range(2):
                await bench.move_market()
                async with Emergency(bench.adapter()) as emergency:
                    found.append(await emergency.flatten())
                found.append(bench.truth().position)
            return found
        finally:
            await bench.close()

    first, after, second, at_last = asyncio.run(act())

    assert () == first.left
    assert {"cancelled", "closed"} == {line.split()[0] for line in first.done}
    assert after == at_last
    assert abs(after) < Decimal("0.001")
    assert (0, ()) == (second.asked, second.done)


@pytest.mark.parametrize("make", BENCHES)
def test_looking_changes_nothing(make) -> None:
    async def act() -> tuple[object, bool]:
        bench = make()
        await bench.open()
        try:
            price = bench.resting_price(OrderSide.BUY)
            await leave(bench, quantity=bench.quantity, price=price, name=1)
            async with Emergency(bench.adapter()) as emergency:
                found = await emergency.look()
            return found, bench.truth().orders["C1"].is_open
        finally:
            await bench.close()

    found, is_open = asyncio.run(act())

    assert is_open
    assert any("C1" in line for line in found.left)
