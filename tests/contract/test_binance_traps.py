"""B: the traps of Binance Spot, numbered: how the adapter behaves against the local venue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from itertools import pairwise

import pytest

from regimeflow._core.messages import ExecutionReport, OrderBook
from regimeflow.adapters.brokers.binance.signing import hmac_signer
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.testing.contract import Contract, Desk
from regimeflow.testing.contract.desk import is_unknown
from regimeflow.testing.contract.orders import BUY, SELL, has
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderType, TimeInForce
from regimeflow.types.errors import NetworkError, Outcome
from regimeflow.types.records import replace
from tests.contract.binance_bench import BID, PLACE, REPORT, SYMBOL, BinanceBench

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
            last = news_of(desk, order)
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


class TestReportTraps(Traps):
    def test_b17_an_order_is_signed_by_the_rule_of_the_way_that_it_goes(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            # the WebSocket API: by name, with the key, not encoded
            await desk.place(desk.resting())
            bench.fault("connect_refused", where={"kind": "ws-api"})
            await bench.act("disconnect", kind="ws-api")
            await desk.until(lambda: bench.has_struck("connect_refused"))
            # REST: as sent, without the key, encoded
            assert await desk.send(desk.resting()) is None
            assert len(bench.truth().orders) == 2
            signer = hmac_signer("local-key", "local-secret")
            params = {"symbol": SYMBOL, "origClientOrderId": "a b", "recvWindow": 0.5}
            of_rest = signer.query(params.items()).rpartition("signature=")[2]
            assert of_rest != signer.params(params)["signature"]

        self.play(act)

    def test_b18_levels_outside_the_snapshot_are_unknown_and_not_shown(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            bench.book_of(levels=12)
            adapter = bench.adapter(book_levels=5)
            books: list[OrderBook] = []
            adapter.on_market_data(lambda each: books.append(each) if is_book(each) else None)
            await adapter.connect()
            try:
                await adapter.subscribe_market_data([SYMBOL])
                await desk.until(lambda: books)
                await bench.change_bid(BID - 10 * 11)  # the last: nobody knows what lies before it
                await desk.until(lambda: len(books) > 1)
                # all that was known is gone
                await bench.change_bid(*(BID - 10 * n for n in range(5)), size=0)
                await desk.until(lambda: [px for px, _ in books[-1].bids_dec][:1] == [BID - 50])
            finally:
                await adapter.disconnect()
            for book in books:
                prices = [int(px) for px, _ in book.bids_dec]
                assert all(early - later == 10 for early, later in pairwise(prices)), "a hole"

        self.play(act)

    def test_b19_what_is_left_is_less_what_was_filled_and_what_was_prevented(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            order = await desk.place(desk.resting())
            await bench.take(BUY, PART)
            await desk.until(lambda: has(desk, order, PART))
            await bench.prevent(BUY, PART * 2)
            left = [PART * 4, PART * 2]
            await desk.until(lambda: [e.leaves_qty_dec for e in news_of(desk, order)][-2:] == left)
            last = news_of(desk, order)[-1]
            assert (PART * 3, PART) == (last.order_qty_dec, last.cum_qty_dec)
            await bench.take(BUY, PART * 2)
            await desk.until(lambda: desk.line(order).is_ended)
            assert PART * 3 == desk.line(order).cum_qty

        self.play(act)

    def test_b20_a_hole_shows_in_what_was_filled_for_execution_ids_have_holes_of_their_own(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            order = await desk.place(desk.resting())
            await bench.take(BUY, PART)
            await desk.until(lambda: has(desk, order, PART))
            bench.fault("event_lost", count=1, where=REPORT)
            await bench.take(BUY, PART)
            await bench.take(BUY, PART)
            await desk.until(lambda: has(desk, order, PART * 2))
            assert PART * 3 == desk.reports[-1].cum_qty_dec
            await desk.agree(order)
            assert has(desk, order, PART * 3)

        self.play(act)

    def test_b21_a_market_order_that_nobody_meets_ends_expired(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            bench.book_of(levels=0)
            order = desk.order(BUY)
            assert await desk.send(order) is None
            await desk.until(lambda: desk.line(order).is_ended)
            last = news_of(desk, order)
            assert LiveOrderStatus.EXPIRED == last[-1].ord_status
            assert not desk.line(order).cum_qty
            await desk.agree(order)

        self.play(act)


def news_of(desk: Desk, order: LiveOrder) -> list[ExecutionReport]:
    return [each for each in desk.reports if each.client_order_id == order.client_order_id]


def is_book(update: object) -> bool:
    return isinstance(update, OrderBook)
