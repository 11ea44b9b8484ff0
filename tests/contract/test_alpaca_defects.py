"""Rows of docs/known-defects.md that need the whole way to a venue: each was somebody's mistake."""

from __future__ import annotations

from decimal import Decimal

from regimeflow._core.messages import Bar, Quote, Tick
from regimeflow.domain.orders.order import OrderModification
from regimeflow.testing.contract import Desk
from regimeflow.testing.contract.orders import BUY, has
from regimeflow.types.enums import ExecType
from tests.contract.alpaca_bench import SYMBOL, AlpacaBench
from tests.contract.alpaca_traps import PART, Traps


def test_row_4_fills_arrive_without_being_asked_for():
    async def act(desk: Desk, bench: AlpacaBench) -> None:
        order = await desk.place(desk.resting())
        await bench.take(BUY, bench.quantity)
        await desk.until(lambda: desk.line(order).cum_qty == bench.quantity)
        assert desk.line(order).is_ended

    Traps().play(act)


def test_row_5_cumulative_quantities_are_not_added_up():
    async def act(desk: Desk, bench: AlpacaBench) -> None:
        order = await desk.place(desk.resting())
        for want in (PART, PART * 3, PART * 5):
            await bench.take(BUY, want - desk.line(order).cum_qty)
            await desk.until(lambda want=want: has(desk, order, want))
        fills = [each for each in desk.reports if each.exec_type == ExecType.TRADE]
        assert bench.quantity == sum(each.last_qty_dec for each in fills)
        assert bench.quantity == fills[-1].cum_qty_dec

    Traps().play(act)


def test_row_15_a_change_is_a_patch_whose_new_id_is_the_same_order():
    async def act(desk: Desk, bench: AlpacaBench) -> None:
        order = await desk.place(desk.resting())
        old = desk.line(order).broker_order_id
        mod = OrderModification(limit_price=Decimal("229.90"))
        assert await desk.outcome(desk.adapter.modify_order, old, mod) is None
        await desk.until(lambda: desk.line(order).broker_order_id != old)
        assert (
            await desk.outcome(desk.adapter.cancel_order, desk.line(order).broker_order_id) is None
        )
        await desk.until(lambda: desk.line(order).is_ended)
        assert {order.client_order_id} == {each.client_order_id for each in desk.reports}

    Traps().play(act)


def test_row_63_quotes_trades_and_bars_reach_who_subscribed():
    async def act(desk: Desk, bench: AlpacaBench) -> None:
        await desk.adapter.subscribe_market_data([SYMBOL])
        await bench.move_market()
        await bench.take(BUY, PART)
        kinds = (Quote, Tick)
        await desk.until(
            lambda: all(any(isinstance(each, kind) for each in desk.market) for kind in kinds)
        )
        late = [abs(each.ts_event_ns - bench.now_ns()) for each in desk.market]
        assert max(late) < 60 * 10**9
        assert all(isinstance(each, (Quote, Tick, Bar)) for each in desk.market)

    Traps().play(act)


def test_row_66_a_session_whose_stream_is_gone_is_not_connected():
    async def act(desk: Desk, bench: AlpacaBench) -> None:
        assert not bench.adapter().is_connected()
        assert desk.adapter.is_connected()
        await bench.server.stop()
        await desk.until(lambda: not desk.adapter.is_connected())

    Traps().play(act, reconnect_grace_s=0.0)
