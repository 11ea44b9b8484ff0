"""I: the traps of Interactive Brokers, numbered: what comes twice, late, longer, or not at all."""

from __future__ import annotations

from functools import partial

import pytest

from regimeflow._core.messages import Quote, SystemMessage
from regimeflow.testing.contract import Desk
from regimeflow.testing.contract.orders import BUY, has
from regimeflow.types.enums import ExecType, SystemCode
from regimeflow.types.errors import Outcome
from tests.contract.ib_bench import IbBench
from tests.contract.test_ib_traps import PART, Traps, told, until_told


def news(desk: Desk, code: SystemCode) -> list[SystemMessage]:
    return [each for each in desk.market if isinstance(each, SystemMessage) and each.code == code]


def quotes(desk: Desk) -> list[Quote]:
    return [each for each in desk.market if isinstance(each, Quote)]


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

        self.bench(request_timeout_s=0.5)
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


class TestSilence(Traps):
    def test_i49_a_book_that_is_alive_does_not_hide_quotes_that_are_dead(self):
        """rivals.md, row 14: a feed that is silent while it is connected."""

        async def act(desk: Desk, bench: IbBench) -> None:
            await desk.adapter.subscribe_market_data(["AAPL"])
            await desk.while_market_moves(lambda: quotes(desk))
            bench.fault("silent_data", count=1)
            await desk.while_market_moves(lambda: news(desk, SystemCode.DATA_STALE))
            assert "quotes of AAPL" in news(desk, SystemCode.DATA_STALE)[0].text
            await desk.while_market_moves(lambda: news(desk, SystemCode.DATA_RESUMED))
            assert not desk.adapter.counts()["gaps"]  # asking again was enough

        self.bench(book_levels=3, max_data_silence_s=0.5)
        self.play(act)

    def test_i50_data_that_stays_silent_gets_another_socket_and_orders_live_on(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            await desk.adapter.subscribe_market_data(["AAPL"])
            await desk.while_market_moves(lambda: quotes(desk))
            bench.fault("silent_data", count=2)  # the line, and the one that is asked for then
            await desk.while_market_moves(lambda: desk.adapter.counts()["gaps"])
            await desk.while_market_moves(lambda: news(desk, SystemCode.DATA_RESUMED))
            await desk.agree(order)
            await bench.take(BUY, PART)
            await desk.until(partial(has, desk, order, PART))

        self.bench(max_data_silence_s=0.5)
        self.play(act)
