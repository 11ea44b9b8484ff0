"""I: the traps of Interactive Brokers, numbered: market data, and where it says nothing."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from math import inf

import pytest

from regimeflow._core.messages import Quote, SystemMessage, Tick
from regimeflow.adapters.brokers.ib.history_pace import HistoryPace
from regimeflow.testing.contract import Desk
from regimeflow.testing.contract.orders import BUY, has
from regimeflow.types.enums import SystemCode
from regimeflow.types.errors import BrokerError
from tests.contract.ib_bench import IbBench
from tests.contract.test_ib_session_traps import another
from tests.contract.test_ib_traps import PART, Traps
from tests.support.ib_tws import START_NS


def news(desk: Desk, code: SystemCode) -> list[SystemMessage]:
    return [each for each in desk.market if isinstance(each, SystemMessage) and each.code == code]


def quotes(desk: Desk) -> list[Quote]:
    return [each for each in desk.market if isinstance(each, Quote)]


class TestMarketData(Traps):
    def test_i31_without_permission_it_is_said_and_delayed_data_are_data(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.fault("no_market_data", count=1)
            await desk.adapter.subscribe_market_data(["AAPL"])
            await desk.until(
                lambda: [e for e in desk.market if getattr(e, "code", 0) == SystemCode.DATA_STALE]
            )
            assert not [each for each in desk.market if isinstance(each, Quote)]
            await desk.adapter.unsubscribe_market_data(["AAPL"])
            delayed = await another(bench, market_data="delayed")
            seen: list[object] = []
            delayed.on_market_data(seen.append)
            bench.local.faults.set("no_market_data", count=1)
            await delayed.subscribe_market_data(["AAPL"])
            await desk.while_market_moves(lambda: [e for e in seen if isinstance(e, Quote)])
            await delayed.disconnect()

        self.play(act)

    def test_i31_data_that_another_session_has_are_asked_for_until_they_come(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.fault("competing_session", count=2)
            await desk.adapter.subscribe_market_data(["AAPL"])
            await desk.until(
                lambda: [e for e in desk.market if getattr(e, "code", 0) == SystemCode.DATA_STALE]
            )
            assert any("(10197)" in getattr(each, "text", "") for each in desk.market)
            await desk.while_market_moves(
                lambda: [e for e in desk.market if getattr(e, "code", 0) == SystemCode.DATA_RESUMED]
            )
            assert [each for each in desk.market if isinstance(each, Quote)]
            assert not desk.adapter.counts()["gaps"]  # another socket would have it no better

        self.bench(max_data_silence_s=0.5)
        self.play(act)

    @pytest.mark.parametrize("is_regular", [True, False])
    def test_i55_bars_are_of_regular_hours_alone_where_that_is_said(self, is_regular):
        async def act(desk: Desk, bench: IbBench) -> None:
            since_ns = bench.now_ns() - 3_600 * 10**9  # nine in New York
            bars = await desk.adapter.get_bars("AAPL", since_ns, "5m")
            opens_ns = START_NS - 1_800 * 10**9
            before = [each for each in bars if each.ts_event_ns <= opens_ns]
            assert bars
            assert is_regular is not bool(before)
            await desk.adapter.subscribe_market_data(["AAPL"])
            await desk.while_market_moves(lambda: quotes(desk))
            (live,) = bench.local.tws.bars._live.values()
            assert is_regular is live.is_regular

        self.bench(regular_hours_only=is_regular)
        self.play(act)

    def test_i56_shares_have_their_hours_from_ib_and_are_silent_outside_by_right(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            hours = (await desk.adapter.get_instrument("AAPL")).session
            assert (True, False) == (
                hours.is_open(bench.now_ns()),
                hours.is_open(bench.now_ns() + 12 * 3_600 * 10**9),
            )
            await desk.adapter.subscribe_market_data(["AAPL"])
            await desk.while_market_moves(lambda: quotes(desk))
            feeds = desk.adapter._market.feeds
            assert 0.5 in {each.silence_s for each in feeds.watched()}
            bench.local.clock.now_ns += 12 * 3_600 * 10**9
            await desk.adapter._reads.measure_clock()
            assert {inf, None} == {each.silence_s for each in feeds.watched()}

        self.bench(max_data_silence_s=0.5)
        self.play(act)

    def test_i32_a_trade_is_told_once_and_what_was_before_is_not_told(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.local.trade("AAPL", "200.01", "5")
            await desk.adapter.subscribe_market_data(["AAPL"])
            await desk.while_market_moves(lambda: [e for e in desk.market if isinstance(e, Quote)])
            bench.local.trade("AAPL", "200.01", "7")
            await bench.settle()
            await desk.until(lambda: [e for e in desk.market if isinstance(e, Tick)])
            (tick,) = [each for each in desk.market if isinstance(each, Tick)]
            assert (Decimal("200.01"), 7) == (tick.last_px_dec, tick.last_qty_dec)

        self.play(act)

    def test_i41_bars_of_a_day_with_a_bust_are_asked_for_again(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            await desk.adapter.subscribe_market_data(["AAPL"])
            await desk.while_market_moves(lambda: [e for e in desk.market if isinstance(e, Quote)])
            (feed,) = desk.adapter._parts.market.feeds
            before = dict(feed.ids)
            assert {"ended": 1} == await bench.act("bust_bars", {"symbol": "AAPL"})
            await desk.until(lambda: before["bars"] != feed.ids["bars"])
            assert before["ticks"] == feed.ids["ticks"]
            assert not [e for e in desk.market if getattr(e, "code", 0) == SystemCode.DATA_STALE]
            assert await desk.adapter.get_open_orders() == []
            assert {"ended": 1} == await bench.act("bust_bars", {"symbol": "AAPL"})  # there again

        self.play(act)

    def test_i33_after_1101_everything_is_asked_for_again_and_after_1102_not(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            await desk.adapter.subscribe_market_data(["AAPL"])
            for code in (1102, 1101):
                await desk.while_market_moves(lambda: desk.adapter._link.is_up)
                await bench.act("outage", {"seconds": 0})
                await desk.until(lambda: not desk.adapter._link.is_up)
                before = len([e for e in desk.market if isinstance(e, Quote)])
                await bench.act("restore", {"code": code})
                await desk.while_market_moves(
                    lambda before=before: (
                        len([e for e in desk.market if isinstance(e, Quote)]) > before
                    )
                )

        self.play(act)


class TestHistory(Traps):
    def test_i57_too_many_questions_about_history_wait_for_their_turn(self):
        """IB refuses the sixth of one contract in two seconds (162), and all for a while then."""

        async def act(desk: Desk, bench: IbBench) -> None:
            async def sleep(wait_s: float) -> None:
                waited.append(wait_s)
                bench.local.clock.now_ns += int(wait_s * 10**9)

            waited: list[float] = []
            bench.local.clock.step_ns = 0
            desk.adapter._reads._pace = HistoryPace(lambda: 0.0, sleep)
            for interval in ("1m", "2m", "3m", "5m", "10m", "15m"):
                assert await desk.adapter.get_bars("AAPL", 0, interval)
            (once,) = waited
            assert 2 <= once < 3

        self.play(act)

    def test_i59_that_there_are_no_bars_is_an_answer_and_no_error(self):
        """IB answers it as an error (162, as for its pace)."""

        async def act(desk: Desk, bench: IbBench) -> None:
            night_ns = 12 * 3_600 * 10**9
            bench.local.clock.now_ns += night_ns
            await desk.adapter._reads.measure_clock()
            since_ns = bench.now_ns() - 3_600 * 10**9
            assert [] == await desk.adapter.get_bars("AAPL", since_ns, "5m")

        self.bench(regular_hours_only=True)
        self.play(act)

    def test_i58_what_ib_refuses_for_its_pace_says_when_to_ask_again(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.local.clock.step_ns = 0
            assert await desk.adapter.get_bars("AAPL", 0, "1h")
            desk.adapter._reads._pace = HistoryPace()  # as after a restart: IB remembers, we do not
            with pytest.raises(BrokerError, match=r"pacing violation.*ask again in 15 s") as caught:
                await desk.adapter.get_bars("AAPL", 0, "1h")
            assert (162, 15) == (caught.value.code, caught.value.retry_after_s)

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

        self.bench(book_levels=3, max_data_silence_s=1.0)
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
