"""I: the traps of Interactive Brokers, numbered: what comes twice, late, longer, or not at all."""

from __future__ import annotations

from functools import partial

import pytest

from regimeflow.domain.orders.order import OrderModification
from regimeflow.testing.contract import Desk
from regimeflow.testing.contract.orders import BUY, has
from regimeflow.types.enums import ExecType, OrderType
from regimeflow.types.errors import Outcome
from tests.contract.ib_bench import IbBench
from tests.contract.test_ib_traps import PART, Traps, told, until_told


class TestReports(Traps):
    def test_i45_an_execution_that_comes_three_times_is_told_once(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("repeat_execution", count=1, times=2)
            for count in (1, 2):
                await bench.take(BUY, PART)
                await desk.until(partial(has, desk, order, PART * count))
            for _ in range(2):
                await desk.read(desk.adapter.get_executions, desk.since_ns)
            assert [PART, PART] == [each.last_qty_dec for each in told(desk, ExecType.TRADE)]
            await desk.agree(order)

        self.play(act)

    @pytest.mark.parametrize("message", ["execution", "form", "status", "commission"])
    def test_i46_fields_of_a_later_version_lose_no_message(self, message):
        """ib_async drops a commission that has more fields than it knows."""

        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            at = ["execution", "form", "status", "commission"].index(message)
            bench.fault("new_field", count=1, after=at, fields=3)
            await bench.take(BUY, PART)
            await until_told(desk, ExecType.TRADE_CORRECT)
            assert PART == desk.line(order).cum_qty
            assert not desk.adapter.counts()["broken_messages"]
            await desk.agree(order)

        self.play(act)

    def test_i47_an_answer_after_we_stopped_waiting_is_news_of_the_order(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.fault("late_answer", count=1)
            order = desk.resting()
            error = await desk.send(order)
            assert error is not None
            assert Outcome.UNKNOWN is error.outcome
            assert not desk.reports
            await bench.act("release")
            await until_told(desk, ExecType.NEW)
            assert len(told(desk, ExecType.NEW)) == 1
            await desk.agree(order)

        self.bench(request_timeout_s=1.0)
        self.play(act)

    def test_i48_an_answer_that_comes_after_the_fills_moves_nothing(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.fault("late_answer", count=1)
            order = desk.order(BUY)
            assert await desk.send(order) is None
            await desk.until(lambda: desk.line(order).is_ended)
            before = len(desk.reports)
            await bench.act("release")  # PreSubmitted, Submitted, of an order that has filled
            assert [] == await desk.read(desk.adapter.get_open_orders)
            after = [each.exec_type for each in desk.reports[before:]]
            assert {ExecType.TRADE_CORRECT} >= set(after)  # its commission, at most
            await desk.agree(order)

        self.play(act)

    @pytest.mark.parametrize("word", ["REL", "PEG MID", "MIDPRICE", "SNAP MKT"])
    def test_i60_an_order_of_a_type_without_a_word_here_is_shown_and_not_changed(self, word):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            (ticket,) = bench.local.tws.desk
            ticket.asked = {**ticket.asked, "orderType": word}  # as somebody has it in the window
            bench.local.tws.teller.order(ticket)
            (found,) = await desk.read(desk.adapter.get_open_orders)
            assert OrderType.NONE == found.ord_type
            mod = OrderModification(limit_price=order.limit_price - 1)
            error = await desk.outcome(desk.adapter.modify_order, found.broker_order_id, mod)
            assert error is not None
            assert Outcome.NOT_SENT is error.outcome
            assert "change it in TWS" in error.text
            assert await desk.outcome(desk.adapter.cancel_order, found.broker_order_id) is None
            await desk.until(lambda: desk.line(order).is_ended)

        self.play(act)


class TestOfTheAccount(Traps):
    LEGS = (
        {"symbol": "AAPL", "side": "BUY", "price": "200.00"},
        {"symbol": "MSFT", "side": "SELL", "price": "410.00"},
    )

    @pytest.mark.parametrize("symbols", [("AAPL",), ("AAPL", "MSFT")])
    def test_i44_of_a_combo_from_the_window_its_legs_are_booked_and_not_the_combo(self, symbols):
        """IB tells an execution of each leg, and one of the whole."""

        async def act(desk: Desk, bench: IbBench) -> None:
            combo = {"account": "DU1", "quantity": 3, "legs": self.LEGS}
            await bench.act("combo", combo)
            found = await desk.read(desk.adapter.get_executions, desk.since_ns)
            fills = {each.symbol: each for each in found if each.last_qty_dec}
            assert set(symbols) == set(fills)
            assert len(symbols) == len([each for each in found if each.last_qty_dec])
            assert len({(e.client_order_id, e.broker_order_id) for e in fills.values()}) == len(
                symbols
            )
            held = {each.symbol: each.quantity_dec for each in await desk.adapter.get_positions()}
            assert {"AAPL": 3, "MSFT": -3}.items() >= held.items()
            assert held == {
                each.symbol: each.last_qty_dec if each.side == BUY else -each.last_qty_dec
                for each in fills.values()
            }

        self.bench(symbols=symbols)
        self.play(act)

    def test_i44_a_combo_is_told_as_it_fills_to_the_client_that_hears_of_everything(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            await bench.act("combo", {"account": "DU1", "quantity": 3, "legs": self.LEGS})
            await desk.until(lambda: len(told(desk, ExecType.TRADE)) == 2)
            again = await desk.read(desk.adapter.get_executions, desk.since_ns)
            assert [(each.symbol, each.exec_id) for each in told(desk, ExecType.TRADE)] == [
                (each.symbol, each.exec_id) for each in again
            ]
            commissions = [each.symbol for each in told(desk, ExecType.TRADE_CORRECT)]
            assert ["AAPL", "MSFT"] == commissions

        self.bench(symbols=("AAPL", "MSFT"), venue={"master_client_id": 1})
        self.play(act)

    def test_i51_a_trade_that_is_taken_back_takes_its_fill_and_its_commission_back(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            for count in (1, 2):
                await bench.take(BUY, PART)
                await desk.until(partial(has, desk, order, PART * count))
            await desk.until(lambda: len(told(desk, ExecType.TRADE_CORRECT)) == 2)
            await bench.act("bust", {"symbol": "AAPL"})
            bust = await until_told(desk, ExecType.TRADE_CANCEL)
            assert told(desk, ExecType.TRADE)[-1].exec_id == bust.exec_ref_id
            await desk.until(lambda: len(told(desk, ExecType.TRADE_CORRECT)) == 3)
            *_, charged, back = told(desk, ExecType.TRADE_CORRECT)
            assert charged.commission_dec == -back.commission_dec
            (found,) = await desk.read(desk.adapter.get_open_orders)
            assert PART == found.cum_qty_dec
            (position,) = await desk.adapter.get_positions()
            assert PART == position.quantity_dec

        self.play(act)
