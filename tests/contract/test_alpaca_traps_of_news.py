"""A: the traps of Alpaca, numbered on: fills, events, sessions."""

from __future__ import annotations

import asyncio
import math
from decimal import Decimal

import pytest

from regimeflow._core.messages import Quote, SystemMessage
from regimeflow.domain.orders.order import OrderModification
from regimeflow.testing.contract import Desk
from regimeflow.testing.contract.orders import BUY, SELL, has
from regimeflow.types.enums import ExecType, LiveOrderStatus, SystemCode
from regimeflow.types.errors import BrokerError, Outcome
from tests.contract.alpaca_bench import SYMBOL, AlpacaBench
from tests.contract.alpaca_traps import PART, Traps, last


class TestFillTraps(Traps):
    def test_a13_events_that_come_again_after_the_end_count_once(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            bench.fault("duplicate_events", count=5)
            order = await desk.place(desk.order(BUY))
            await desk.until(lambda: desk.line(order).is_ended)
            other = await desk.place(desk.order(SELL))
            await desk.until(lambda: desk.line(other).is_ended)
            named = [e.exec_id for e in desk.reports if e.exec_type == ExecType.TRADE]
            assert [*desk.line(order).fills, *desk.line(other).fills] == named
            assert 2 == sum(each.exec_type == ExecType.NEW for each in desk.reports)
            await desk.agree(order, other)

        self.play(act)

    def test_a14_a_fill_has_one_name_though_its_activity_has_another_id(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            for count in (1, 2, 3):
                await bench.take(BUY, PART)
                want = PART * count
                await desk.until(lambda want=want: has(desk, order, want))
            read = await desk.adapter.get_executions(desk.since_ns)
            assert list(desk.line(order).fills) == [each.exec_id for each in read]

        self.play(act)

    def test_a15_a_session_that_knew_nothing_of_a_chain_learns_it_whole(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            for price in ("229.90", "229.95"):
                await bench.take(BUY, PART)
                newest = desk.line(order).broker_order_id
                mod = OrderModification(limit_price=Decimal(price))
                assert await desk.outcome(desk.adapter.modify_order, newest, mod) is None
                await desk.until(lambda was=newest: desk.line(order).broker_order_id != was)
            await desk.adapter.disconnect()
            later = Desk(bench, bench.adapter())
            await later.adapter.connect()
            try:
                (found,) = await later.adapter.get_open_orders()
                assert order.client_order_id == found.client_order_id
                known = (found.order_qty_dec, found.cum_qty_dec, found.leaves_qty_dec)
                assert (bench.quantity, PART, bench.quantity - PART) == known or (
                    bench.quantity, PART * 2, bench.quantity - PART * 2) == known  # fmt: skip
                await later.agree(order)
                mod = OrderModification(quantity=bench.quantity - PART)
                newest = found.broker_order_id
                assert await later.outcome(later.adapter.modify_order, newest, mod) is None
                await later.until(lambda: later.reports[-1].order_qty_dec == mod.quantity)
            finally:
                await later.adapter.disconnect()

        self.play(act)

    @pytest.mark.parametrize("name", ["mixed_offsets", "no_event_id", "text_frames", "new_field"])
    def test_a16_events_are_read_however_they_are_written(self, name: str):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            bench.fault(name, count=6)
            order = await desk.place(desk.order(BUY))
            await desk.until(lambda: desk.line(order).is_ended)
            late = [abs(each.ts_event_ns - bench.now_ns()) for each in desk.reports]
            assert max(late) < 60 * 10**9
            await desk.agree(order)

        self.play(act)

    def test_a17_quantities_order_events_and_times_do_not(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("late_event", where={"event": "partial_fill"}, seconds=0.3)
            for _ in range(2):
                await bench.take(BUY, PART)
            await desk.until(lambda: desk.line(order).cum_qty == PART * 2)
            await desk.agree(order)
            assert 2 == len(desk.line(order).fills)

        self.play(act)

    @pytest.mark.parametrize("event", ["trade_bust", "trade_correct", "restated", "somersault"])
    def test_a18_an_event_that_cannot_be_understood_moves_nothing(self, event: str):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            await bench.act("tell", order_id=bench.orders()[-1]["id"], event=event, status="odd")
            await bench.take(BUY, PART)
            await desk.until(lambda: desk.line(order).cum_qty == PART)
            assert not desk.line(order).is_ended
            await desk.agree(order)

        self.play(act)

    def test_a19_a_split_replaces_orders_of_ours_and_they_stay_ours(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            await bench.act("split", symbol=SYMBOL, ratio="2")
            await desk.until(lambda: desk.line(order).order_qty == bench.quantity * 2)
            (found,) = await desk.adapter.get_open_orders()
            assert order.client_order_id == found.client_order_id
            assert bench.quantity * 2 == found.order_qty_dec

        self.play(act)


class TestSessionTraps(Traps):
    def test_a20_the_fields_that_alpaca_removed_may_be_there_or_not(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            without = await desk.adapter.get_account_info()
            bench.fault("pdt_fields")
            assert without.cash_dec == (await desk.adapter.get_account_info()).cash_dec

        self.play(act)

    def test_a21_a_429_stops_all_requests_until_the_time_that_alpaca_told(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            bench.fault("too_many_requests", where={"kind": "trading"})
            error = await desk.send(desk.resting())
            assert error is not None
            assert Outcome.REFUSED is error.outcome
            assert error.retry_after_s is not None
            again = await desk.send(desk.resting())
            assert again is not None
            assert Outcome.NOT_SENT is again.outcome
            assert not bench.orders()

        self.play(act)

    def test_a22_market_data_that_another_connection_holds_is_refused_and_said(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            bench.fault("connection_limit")
            with pytest.raises(BrokerError, match="connection limit"):
                await desk.adapter.subscribe_market_data([SYMBOL])
            await desk.adapter.subscribe_market_data([SYMBOL])
            await desk.while_market_moves(lambda: any(isinstance(e, Quote) for e in desk.market))

        self.play(act)

    def test_a23_a_slow_client_is_let_in_again(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await desk.adapter.subscribe_market_data([SYMBOL])
            await desk.while_market_moves(lambda: desk.market)
            bench.fault("slow_client")
            await desk.while_market_moves(lambda: _codes(desk, SystemCode.DATA_STALE))
            await desk.while_market_moves(lambda: _codes(desk, SystemCode.DATA_RESUMED))

        self.play(act)

    def test_a24_an_order_that_cannot_work_now_is_refused_with_the_reason(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await bench.act("session", session="closed")
            await desk.adapter.disconnect()
            await desk.adapter.connect()
            error = await desk.send(desk.resting())
            assert error is not None
            assert Outcome.NOT_SENT is error.outcome
            assert "is closed and opens at" in str(error)
            assert not bench.orders()

        self.play(act)

    def test_a25_or_waits_at_alpaca_where_that_is_configured(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await bench.act("session", session="closed")
            await desk.adapter.disconnect()
            await desk.adapter.connect()
            order = await desk.place(desk.resting())
            (found,) = await desk.adapter.get_open_orders()
            assert LiveOrderStatus.PENDING_NEW == found.ord_status
            await bench.act("session", session="open")
            await desk.until(lambda: last(desk, ExecType.NEW))
            await bench.take(BUY, PART)
            await desk.until(lambda: desk.line(order).cum_qty == PART)
            await desk.agree(order)

        self.play(act, when_closed="queue")

    def test_a26_a_stream_of_orders_that_is_cut_tells_nothing_twice_and_nothing_is_missed(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            other = await desk.place(desk.resting(SELL))
            await bench.act("disconnect", stream="trading")
            await bench.take(BUY, PART)
            await bench.take(SELL, bench.quantity)
            await desk.until(lambda: desk.line(order).cum_qty == PART)
            await desk.until(lambda: desk.line(other).is_ended)
            assert bench.quantity == desk.line(other).cum_qty
            await desk.until(lambda: desk.positions)
            assert PART - bench.quantity == desk.positions[-1].quantity_dec

        self.play(act)

    def test_a33_a_share_that_is_halted_takes_no_orders_and_its_silence_is_normal(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await desk.adapter.subscribe_market_data([SYMBOL])
            await desk.while_market_moves(lambda: desk.market)
            await bench.act("halt", symbol=SYMBOL)
            await desk.until(lambda: _codes(desk, SystemCode.TEXT))
            error = await desk.send(desk.resting())
            assert error is not None
            assert Outcome.NOT_SENT is error.outcome
            assert "is halted: Trading Halt" in str(error)
            await bench.act("resume", symbol=SYMBOL)
            await desk.until(lambda: len(_codes(desk, SystemCode.TEXT)) > 1)
            await desk.place(desk.resting())
            assert [SYMBOL, SYMBOL] == [each.symbol for each in _codes(desk, SystemCode.TEXT)]
            assert not _codes(desk, SystemCode.DATA_STALE)

        self.play(act)

    def test_a34_a_halt_whose_end_was_not_heard_ends_with_the_next_trade(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await desk.adapter.subscribe_market_data([SYMBOL])
            await desk.while_market_moves(lambda: desk.market)
            await bench.act("halt", symbol=SYMBOL)
            await desk.until(lambda: _codes(desk, SystemCode.TEXT))

            def is_told() -> bool:
                return len(_codes(desk, SystemCode.TEXT)) > 1

            for _ in range(1_000):
                if is_told():
                    break
                await bench.take(BUY, PART)
                await asyncio.sleep(0.02)
            await desk.until(is_told)
            await desk.place(desk.resting())

        self.play(act)

    def test_a35_a_side_of_the_book_that_is_empty_has_no_price(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await desk.adapter.subscribe_market_data([SYMBOL])
            await desk.while_market_moves(lambda: _quotes(desk))
            whole, price = _quotes(desk)[-1].ask_qty_dec, bench.taking_price(BUY)
            await bench.act("trade", symbol=SYMBOL, price=price, qty=whole, taker="buy")
            await desk.until(lambda: not _quotes(desk)[-1].ask_qty)
            assert math.isnan(_quotes(desk)[-1].ask_px)
            assert not math.isnan(_quotes(desk)[-1].bid_px)

        self.play(act)

    def test_a27_a_key_that_is_refused_says_so_and_stays_out(self):
        async def act() -> None:
            bench = AlpacaBench()
            await bench.open()
            adapter = bench.adapter("wrong")
            try:
                with pytest.raises(BrokerError) as caught:
                    await adapter.connect()
                assert Outcome.REFUSED is caught.value.outcome
                assert not adapter.is_connected()
            finally:
                await adapter.disconnect()
                await bench.close()

        asyncio.run(act())


def _quotes(desk: Desk) -> list[Quote]:
    return [each for each in desk.market if isinstance(each, Quote) and each.symbol == SYMBOL]


def _codes(desk: Desk, code: SystemCode) -> list[SystemMessage]:
    return [each for each in desk.market if isinstance(each, SystemMessage) and each.code == code]
