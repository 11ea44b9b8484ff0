"""B: the traps of Binance Spot, numbered: how the adapter behaves against the local venue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from regimeflow.domain.orders.order import OrderModification
from regimeflow.testing.contract import Contract, Desk
from regimeflow.testing.contract.desk import is_unknown
from regimeflow.testing.contract.orders import BUY, SELL, has
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderType, TimeInForce
from regimeflow.types.errors import NetworkError, Outcome
from regimeflow.types.records import replace
from tests.contract.binance_bench import PLACE, REPORT, SYMBOL, BinanceBench

Act = Callable[[Desk, BinanceBench], Awaitable[None]]
PART = BinanceBench.quantity / 5


class Traps(Contract):
    def make_bench(self) -> BinanceBench:
        return BinanceBench()

    def play(self, act: Act) -> None:
        async def with_bench(desk: Desk) -> None:
            bench = desk.bench
            assert isinstance(bench, BinanceBench)
            await act(desk, bench)

        self.run(with_bench)


class TestOrderTraps(Traps):
    def test_b01_an_order_whose_answer_was_lost_is_never_sent_again(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            bench.fault("answer_lost", count=1, where=PLACE)
            order = desk.order(BUY)
            assert is_unknown(await desk.send(order))
            await desk.catch_up(lambda: desk.line(order).is_ended, order)
            assert [bench.quantity] == [each.cum_qty for each in bench.truth().orders.values()]

        self.play(act)

    def test_b02_what_is_left_of_a_partly_filled_ioc_expires_and_the_fills_stay(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            order = desk.order(BUY, px=bench.taking_price(BUY), qty=Decimal(7), tif=TimeInForce.IOC)
            assert await desk.send(order) is None
            await desk.until(lambda: desk.line(order).is_ended)
            last = [each for each in desk.reports if each.client_order_id == order.client_order_id]
            assert LiveOrderStatus.EXPIRED == last[-1].ord_status
            assert Decimal(5) == desk.line(order).cum_qty
            await desk.agree(order)

        self.play(act)

    def test_b03_a_cancel_is_reported_under_the_orders_id_and_not_the_cancels(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            order = await desk.place(desk.resting())
            broker_id = desk.line(order).broker_order_id
            assert await desk.outcome(desk.adapter.cancel_order, broker_id) is None
            await desk.until(lambda: desk.line(order).is_ended)
            (cancelled,) = [each for each in desk.reports if each.exec_type == ExecType.CANCELED]
            assert order.client_order_id == cancelled.client_order_id

        self.play(act)

    def test_b04_an_amended_order_keeps_its_client_id_its_id_and_its_place(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            order = await desk.place(desk.resting())
            behind = await desk.place(desk.resting())
            broker_id = desk.line(order).broker_order_id
            less = OrderModification(quantity=PART)
            assert await desk.outcome(desk.adapter.modify_order, broker_id, less) is None
            await desk.until(lambda: desk.line(order).order_qty == PART)
            assert broker_id == desk.line(order).broker_order_id
            assert order.client_order_id in bench.truth().orders
            await bench.take(BUY, PART)
            await desk.until(lambda: desk.line(order).is_ended)
            assert not desk.line(behind).cum_qty
            await desk.agree(order, behind)

        self.play(act)

    @pytest.mark.parametrize("carried_out", [True, False])
    def test_b05_error_1007_says_nothing_about_the_order(self, carried_out: bool):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            bench.fault("unknown_outcome", count=1, where=PLACE, carried_out=carried_out)
            order = desk.resting()
            assert is_unknown(await desk.send(order))
            found = await desk.read(desk.adapter.find_order, order.client_order_id)
            assert carried_out == (found is not None)

        self.play(act)

    @pytest.mark.parametrize("name", ["answer_late", "events_after_answer"])
    def test_b06_the_answer_and_the_event_race_either_way(self, name: str):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            bench.fault(name, count=1, where=PLACE)
            order = desk.order(SELL)
            assert await desk.send(order) is None
            await desk.until(lambda: desk.line(order).is_ended)
            assert bench.quantity == desk.line(order).cum_qty
            await desk.agree(order)

        self.play(act)

    @pytest.mark.parametrize("lost", ["new", "cancel"])
    def test_b07_a_replacement_that_is_half_done_leaves_no_second_order(self, lost: str):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("half_cancel_replace", count=1, lost=lost)
            mod = OrderModification(limit_price=bench.resting_price(BUY) - 1)
            broker_id = desk.line(order).broker_order_id
            await desk.outcome(desk.adapter.modify_order, broker_id, mod)
            await desk.read_back(order)
            is_open = [each for each in bench.truth().orders.values() if each.is_open]
            assert len(is_open) == (0 if lost == "new" else 1)
            assert desk.line(order).is_ended == (lost == "new")

        self.play(act)


class TestSessionTraps(Traps):
    def test_b08_commission_is_told_in_the_asset_that_paid_it(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            buy = await desk.place(desk.order(BUY))
            await desk.until(lambda: desk.line(buy).is_ended)
            bench.fault("commission_in_bnb", count=1)
            sell = await desk.place(desk.order(SELL))
            await desk.until(lambda: desk.line(sell).is_ended)
            paid = [
                {each.commission_currency for each in desk.line(order).fills.values()}
                for order in (buy, sell)
            ]
            assert [{"BTC"}, {"BNB"}] == paid
            held = next(e for e in await desk.adapter.get_positions() if e.symbol == SYMBOL)
            assert bench.truth().position == held.quantity_dec

        self.play(act)

    def test_b09_a_stop_is_held_then_triggered_then_filled_and_stays_one_order(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            await bench.trades_at(60_000)
            stop = replace(desk.order(SELL), type=OrderType.STOP, stop_price=Decimal(59_998))
            await desk.place(stop)
            assert not desk.line(stop).cum_qty
            await bench.trades_at(59_997)
            await desk.until(lambda: desk.line(stop).is_ended)
            assert bench.quantity == desk.line(stop).cum_qty
            await desk.agree(stop)

        self.play(act)

    def test_b10_a_ban_is_a_definite_no_and_is_obeyed(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            bench.fault("banned", count=1, where=PLACE, seconds=60)
            error = await desk.send(desk.resting())
            assert error is not None
            assert Outcome.UNKNOWN is not error.outcome
            assert error.retry_after_s
            again = await desk.send(desk.resting())
            assert again is not None
            assert Outcome.NOT_SENT is again.outcome
            assert not bench.truth().orders

        self.play(act)

    def test_b11_too_many_orders_is_a_definite_no(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            bench.fault("too_many_orders", count=1)
            error = await desk.send(desk.resting())
            assert error is not None
            assert Outcome.REFUSED is error.outcome
            assert not bench.truth().orders

        self.play(act)

    def test_b12_a_connection_that_gives_way_to_the_next_tells_everything_once(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            order = await desk.place(desk.resting())
            await bench.act("server_shutdown", grace_ms=1_000)
            for count in (1, 2, 3):
                await bench.take(BUY, PART)
                want = PART * count
                await desk.until(lambda want=want: has(desk, order, want))
            assert len(desk.line(order).fills) == 3
            await desk.agree(order)

        self.play(act)

    def test_b13_an_order_that_a_lagging_read_does_not_show_is_not_lost(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            bench.fault("answer_lost", count=1, where=PLACE)
            bench.fault("read_lags", count=1, lag_ms=3_600_000)
            order = desk.resting()
            assert is_unknown(await desk.send(order))
            await desk.catch_up(lambda: desk.line(order).broker_order_id, order)
            await desk.agree(order)

        self.play(act)

    def test_b14_a_key_that_is_revoked_ends_the_session_and_invents_nothing(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            order = await desk.place(desk.resting())
            await bench.act("revoke_key", key="local-key")
            error = await desk.send(desk.resting())
            assert error is not None
            assert not desk.line(order).is_ended

        self.play(act)

    def test_b15_events_that_come_late_or_twice_or_in_between_count_once(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("event_late", count=1, delay_ms=50, where=REPORT)
            bench.fault("event_duplicated", count=2, where=REPORT)
            bench.fault("event_unknown", count=1)
            for _ in range(4):
                await bench.take(BUY, PART)
            await desk.until(lambda: has(desk, order, PART * 4))
            assert len(desk.line(order).fills) == 4
            await desk.agree(order)

        self.play(act)

    def test_b16_a_venue_that_takes_no_connection_is_a_network_error(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            bench.fault("connect_refused", count=1, where={"kind": "ws-api"})
            adapter = bench.adapter()
            with pytest.raises(NetworkError):
                await adapter.connect()
            assert not adapter.is_connected()
            await adapter.disconnect()

        self.play(act)
