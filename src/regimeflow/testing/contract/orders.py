"""O: what must come of orders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial

from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.testing.contract.bench import Bench
from regimeflow.testing.contract.desk import Desk, at_desk
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide, TimeInForce
from regimeflow.types.errors import Outcome

BUY, SELL = OrderSide.BUY, OrderSide.SELL


class Contract:
    """What all parts of the contract have: ``make_bench`` is what an author gives."""

    def make_bench(self) -> Bench:
        """Return a new bench."""
        raise AssertionError("a contract test class has its own make_bench")

    def run(self, act: Callable[[Desk], Awaitable[None]], *, connected: bool = True) -> None:
        """Run a test at a new desk."""

        async def whole() -> None:
            async with at_desk(self.make_bench(), connected=connected) as desk:
                await act(desk)

        asyncio.run(whole())


class OrderContract(Contract):
    """What must come of orders."""

    def test_o01_a_new_order_is_reported_under_our_id_with_the_numbers_that_were_sent(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            report = next(
                each for each in desk.reports if each.client_order_id == order.client_order_id
            )
            assert report.ord_status in {LiveOrderStatus.NEW, LiveOrderStatus.PENDING_NEW}
            assert (order.quantity, order.limit_price) == (
                report.order_qty_dec,
                report.limit_px_dec,
            )
            assert (order.symbol, BUY) == (report.symbol, report.side)
            await desk.agree(order)

        self.run(act)

    def test_o02_an_order_at_the_market_is_filled_each_execution_under_its_own_id(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.order(BUY))
            await desk.until(lambda: desk.line(order).is_ended)
            assert desk.bench.quantity == desk.line(order).cum_qty
            assert all(desk.line(order).fills)
            await desk.agree(order)

        self.run(act)

    def test_o03_partial_fills_add_up(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            part = desk.bench.quantity / 5
            for count in (1, 2, 3):
                await desk.bench.take(BUY, part)
                want = part * count
                await desk.until(partial(has, desk, order, want))
            last = [each for each in desk.reports if each.exec_type == ExecType.TRADE][-1]
            assert (part * 3, part * 2) == (last.cum_qty_dec, last.leaves_qty_dec)
            assert LiveOrderStatus.PARTIALLY_FILLED == last.ord_status
            await desk.agree(order)

        self.run(act)

    def test_o04_a_cancelled_order_keeps_what_was_filled(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            await desk.bench.take(BUY, desk.bench.quantity / 2)
            await desk.until(lambda: desk.line(order).cum_qty)
            line = desk.line(order)
            assert await desk.outcome(desk.adapter.cancel_order, line.broker_order_id) is None
            await desk.until(lambda: line.is_ended)
            last = [e for e in desk.reports if e.client_order_id == order.client_order_id][-1]
            assert LiveOrderStatus.CANCELLED == last.ord_status
            await desk.agree(order)

        self.run(act)

    def test_o05_a_cancel_of_what_is_over_is_refused_and_changes_nothing(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.order(BUY))
            line = desk.line(order)
            await desk.until(lambda: line.is_ended)
            error = await desk.outcome(desk.adapter.cancel_order, line.broker_order_id)
            if error is None:
                await desk.until(lambda: desk.reports[-1].exec_type == ExecType.CANCEL_REJECTED)
            else:
                assert Outcome.NOT_SENT is not error.outcome
            await desk.agree(order)

        self.run(act)

    def test_o06_a_changed_order_is_the_same_order_of_ours(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            mod = OrderModification(quantity=desk.bench.quantity / 2)
            line = desk.line(order)
            assert await desk.outcome(desk.adapter.modify_order, line.broker_order_id, mod) is None
            await desk.until(lambda: line.order_qty == desk.bench.quantity / 2)
            await desk.bench.take(BUY, desk.bench.quantity / 2)
            await desk.until(lambda: line.is_ended)
            assert desk.bench.quantity / 2 == line.cum_qty
            assert {order.client_order_id} == {each.client_order_id for each in desk.reports}

        self.run(act)

    def test_o07_a_change_of_the_price_keeps_the_fills_that_there_were(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            line = desk.line(order)
            await desk.bench.take(BUY, desk.bench.quantity / 5)
            await desk.until(lambda: line.cum_qty)
            away = desk.bench.resting_price(BUY) - 1
            mod = OrderModification(limit_price=away)
            assert await desk.outcome(desk.adapter.modify_order, line.broker_order_id, mod) is None
            await desk.until(lambda: any(each.limit_px_dec == away for each in desk.reports))
            newest = line.broker_order_id
            assert await desk.outcome(desk.adapter.cancel_order, newest) is None
            await desk.until(
                lambda: any(each.exec_type == ExecType.CANCELED for each in desk.reports)
            )
            assert desk.bench.quantity / 5 == line.cum_qty

        self.run(act)

    def test_o08_an_order_that_cannot_be_paid_is_refused_and_is_nowhere(self) -> None:
        async def act(desk: Desk) -> None:
            order = desk.order(BUY, px=desk.bench.resting_price(BUY), qty=Decimal(5_000))
            error = await desk.send(order)
            if error is None:
                await desk.until(lambda: desk.line(order).is_ended)
            else:
                assert Outcome.UNKNOWN is not error.outcome
            assert not [each for each in desk.bench.truth().orders.values() if each.is_open]

        self.run(act)

    def test_o09_what_an_immediate_order_cannot_have_ends(self) -> None:
        async def act(desk: Desk) -> None:
            px = desk.bench.resting_price(BUY)
            order = desk.order(BUY, px=px, tif=TimeInForce.IOC)
            assert await desk.send(order) is None
            await desk.until(lambda: desk.line(order).is_ended)
            assert not desk.line(order).cum_qty
            await desk.agree(order)

        self.run(act)

    def test_o10_one_id_is_never_two_orders(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            again = desk.order(BUY, px=order.limit_price, client_order_id=order.client_order_id)
            await desk.send(again)
            await desk.bench.settle()
            await desk.read_back(order)
            of_that_id = [
                each
                for each in desk.bench.truth().orders.values()
                if each.client_order_id == order.client_order_id and each.is_open
            ]
            assert len(of_that_id) == 1

        self.run(act)

    def test_o11_a_cancel_that_a_fill_beat_leaves_the_order_filled(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            line = desk.line(order)
            await desk.bench.take(BUY, desk.bench.quantity)
            await desk.outcome(desk.adapter.cancel_order, line.broker_order_id)
            await desk.until(lambda: line.cum_qty == desk.bench.quantity)
            await desk.agree(order)
            assert all(each.is_filled for each in desk.bench.truth().orders.values())

        self.run(act)


def has(desk: Desk, order: LiveOrder, cum_qty: Decimal) -> bool:
    """Whether so much of an order is known to be filled."""
    return desk.line(order).cum_qty == cum_qty
