"""A: what market data and times of Alpaca's do not mean, numbered."""

from __future__ import annotations

from decimal import Decimal

from regimeflow._core.messages import Bar, Quote, Tick
from regimeflow.apps.venues.alpaca.market import Print
from regimeflow.testing.contract import Desk
from regimeflow.testing.contract.orders import BUY
from tests.contract.alpaca_bench import SYMBOL, AlpacaBench, market_of
from tests.contract.alpaca_traps import PART, Traps

MINUTE_NS = 60 * 10**9


def heard(desk: Desk, kind: type) -> list:
    return [each for each in desk.market if isinstance(each, kind) and each.symbol == SYMBOL]


class TestDataTraps(Traps):
    def test_a39_a_bar_that_is_revised_is_told_again_as_that_bar(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await desk.adapter.subscribe_market_data([SYMBOL])
            bench.fault("late_trade")
            for _ in range(2):
                await bench.take(BUY, PART)
            market_of(bench).tick(bench.now_ns() + MINUTE_NS)
            await desk.until(lambda: len(heard(desk, Bar)) > 1)
            first, again = heard(desk, Bar)
            assert [(False, PART), (True, PART * 2)] == [
                (each.is_revised, each.volume_dec) for each in (first, again)
            ]
            assert first.ts_event_ns == again.ts_event_ns

        self.play(act)

    def test_a40_sizes_are_shares_and_not_round_lots(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await desk.adapter.subscribe_market_data([SYMBOL])
            sizes = {"bid_qty": "7", "ask_qty": "300"}
            await bench.act("quote", symbol=SYMBOL, bid="229.90", ask="230.10", **sizes)
            await desk.until(lambda: heard(desk, Quote) and heard(desk, Quote)[-1].bid_qty == 7)
            quote = heard(desk, Quote)[-1]
            assert (Decimal(7), Decimal(300)) == (quote.bid_qty_dec, quote.ask_qty_dec)

        self.play(act)

    def test_a41_trades_of_one_id_are_all_told(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await desk.adapter.subscribe_market_data([SYMBOL])
            for size in (3, 5):  # of two exchanges, or of two days
                trade = Print(bench.now_ns(), 1, Decimal(230), Decimal(size), taker_buys=True)
                market_of(bench).trade(SYMBOL, trade)
            await desk.until(lambda: len(heard(desk, Tick)) > 1)
            assert [(1, 3), (1, 5)] == [
                (each.trade_id, each.last_qty_dec) for each in heard(desk, Tick)
            ]

        self.play(act)

    def test_a42_an_order_that_says_another_time_of_its_submission_is_the_same(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            sent = bench.orders()[-1]
            assert sent["created_at"] != sent["submitted_at"]
            await bench.act("disconnect", stream="trading")
            await bench.take(BUY, PART)
            await desk.until(lambda: desk.line(order).cum_qty == PART)
            await desk.agree(order)
            assert {sent["id"]} == {each.broker_order_id for each in desk.reports}
            assert {order.client_order_id} == {each.client_order_id for each in desk.reports}

        self.play(act)
