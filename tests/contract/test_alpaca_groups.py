"""A: linked orders at Alpaca, numbered: the adapter against the local venue."""

from __future__ import annotations

from decimal import Decimal

from regimeflow.domain.orders.order import LiveOrder
from regimeflow.testing.contract import Desk
from regimeflow.testing.contract.orders import BUY, SELL
from regimeflow.types.enums import LiveOrderStatus, OrderType
from regimeflow.types.records import replace
from tests.contract.alpaca_bench import AlpacaBench
from tests.contract.alpaca_traps import Traps


def a_bracket(desk: Desk) -> LiveOrder:
    entry = desk.resting()
    target = desk.order(SELL, px=Decimal(240), client_order_id=f"{entry.client_order_id}_t")
    stop = desk.order(SELL, client_order_id=f"{entry.client_order_id}_s")
    stop = replace(stop, type=OrderType.STOP, stop_price=Decimal(220))
    return replace(entry, exits=(target, stop))


class TestGroups(Traps):
    def test_a36_the_legs_of_a_bracket_are_told_under_our_names(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(a_bracket(desk))
            await bench.take(BUY, bench.quantity)
            await desk.until(lambda: desk.line(order).is_ended)
            await bench.act("trade", symbol="AAPL", price="240", qty="4", taker="buy")
            await bench.act("trade", symbol="AAPL", price="240", qty="6", taker="buy")
            await desk.until(lambda: desk.line(order.exits[0]).is_ended)
            await desk.until(lambda: desk.line(order.exits[1]).is_ended)
            assert 10 == desk.line(order.exits[0]).cum_qty
            assert {order.client_order_id, *(each.client_order_id for each in order.exits)} == {
                each.client_order_id for each in desk.reports
            }

        self.play(act)

    def test_a37_a_later_session_lists_them_under_the_same_names(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(a_bracket(desk))
            await desk.adapter.disconnect()
            await bench.take(BUY, bench.quantity)
            await bench.act("trade", symbol="AAPL", price="240", qty="4", taker="buy")
            later = bench.adapter()
            await later.connect()
            fills = await later.get_executions(0)
            works = await later.get_open_orders()
            await later.disconnect()
            names = [each.client_order_id for each in order.exits]
            assert [order.client_order_id, names[0]] == [each.client_order_id for each in fills]
            assert set(names) == {each.client_order_id for each in works}
            await desk.adapter.connect()

        self.play(act)

    def test_a38_a_later_session_finds_each_by_its_name_and_no_other(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(a_bracket(desk))
            await desk.adapter.disconnect()
            later = bench.adapter()
            await later.connect()
            found = [await later.find_order(each.client_order_id) for each in order.exits]
            none = await later.find_order("nobody_t"), await later.find_order("nobody_s")
            await later.disconnect()
            assert [OrderType.LIMIT, OrderType.STOP] == [each.ord_type for each in found]
            assert {LiveOrderStatus.INACTIVE} == {each.ord_status for each in found}
            assert (None, None) == none
            await desk.adapter.connect()

        self.play(act)
