"""A: the traps of Alpaca, numbered: how the adapter behaves against the local venue."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.domain.orders.order import OrderModification, OrderTerms
from regimeflow.testing.contract import Desk
from regimeflow.testing.contract.desk import is_unknown
from regimeflow.testing.contract.orders import BUY, SELL
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderType, OrdRejReason, TimeInForce
from regimeflow.types.errors import Outcome
from regimeflow.types.records import replace
from tests.contract.alpaca_bench import POST, SYMBOL, AlpacaBench, place_elsewhere
from tests.contract.alpaca_traps import CHEAPER, PART, Traps, last, told


class TestOrderTraps(Traps):
    def test_a01_an_id_that_is_taken_is_read_back_and_never_a_second_order(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            bench.fault("error_after_done", where=POST)
            order = desk.resting()
            assert is_unknown(await desk.send(order))
            assert await desk.send(order) is None
            await desk.agree(order)
            assert 1 == len(bench.orders())
            assert bench.orders()[0]["id"] == desk.line(order).broker_order_id

        self.play(act)

    def test_a02_a_422_of_that_code_with_other_words_is_a_plain_refusal(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await bench.act("session", session="open")
            order = desk.order(SELL, px=bench.resting_price(SELL), qty=Decimal(5_000))
            error = await desk.send(order)
            assert error is not None
            assert Outcome.REFUSED is error.outcome
            assert OrdRejReason.INSUFFICIENT_FUNDS == error.reason
            assert await desk.adapter.find_order(order.client_order_id) is None

        self.play(act)

    def test_a03_an_order_that_was_accepted_may_be_rejected_later_without_a_reason(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            bench.fault("reject_after_acceptance")
            order = desk.resting()
            assert await desk.send(order) is None
            await desk.until(lambda: desk.line(order).is_ended)
            assert LiveOrderStatus.REJECTED == last(desk, ExecType.REJECTED).ord_status
            await desk.agree(order)

        self.play(act)

    def test_a04_a_change_makes_a_new_order_there_and_stays_one_order_here(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            first = desk.line(order).broker_order_id
            await bench.take(BUY, PART)
            await desk.until(lambda: desk.line(order).cum_qty == PART)
            for price in ("229.90", "229.95"):
                mod = OrderModification(limit_price=Decimal(price))
                newest = desk.line(order).broker_order_id
                assert await desk.outcome(desk.adapter.modify_order, newest, mod) is None
                await desk.until(lambda was=newest: desk.line(order).broker_order_id != was)
            await bench.take(BUY, PART)
            await desk.until(lambda: desk.line(order).cum_qty == PART * 2)
            assert {order.client_order_id} == {each.client_order_id for each in desk.reports}
            assert first != desk.line(order).broker_order_id
            assert 3 == len(bench.orders())
            assert {bench.quantity} == {
                each.order_qty_dec for each in desk.reports if each.order_qty_dec is not None
            }
            await desk.agree(order)

        self.play(act)

    def test_a05_a_fill_that_beats_a_change_fills_the_order_and_refuses_the_new_one(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("fill_before_replace")
            newest = desk.line(order).broker_order_id
            assert await desk.outcome(desk.adapter.modify_order, newest, CHEAPER) is None
            await desk.until(lambda: desk.line(order).is_ended)
            assert bench.quantity == desk.line(order).cum_qty
            assert last(desk, ExecType.REJECTED) is None
            await desk.agree(order)

        self.play(act)

    def test_a06_a_422_to_a_change_that_was_made_leaves_the_outcome_unknown(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("replace_error_but_done")
            newest = desk.line(order).broker_order_id
            error = await desk.outcome(desk.adapter.modify_order, newest, CHEAPER)
            assert is_unknown(error)
            found = await desk.read(desk.adapter.find_order, order.client_order_id)
            assert found is not None
            assert CHEAPER.limit_price == found.limit_px_dec
            assert newest != found.broker_order_id
            await bench.take(BUY, PART)
            await desk.agree(order)

        self.play(act)

    def test_a07_a_change_that_works_the_whole_quantity_again_is_corrected(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            await bench.take(BUY, PART)
            await desk.until(lambda: desk.line(order).cum_qty == PART)
            bench.fault("replace_forgets_fills")
            newest = desk.line(order).broker_order_id
            assert await desk.outcome(desk.adapter.modify_order, newest, CHEAPER) is None
            left = bench.quantity - PART
            await desk.until(lambda: Decimal(bench.orders()[-1]["qty"]) == left)
            await desk.until(lambda: desk.reports[-1].order_qty_dec == bench.quantity)
            assert 3 == len(bench.orders())

        self.play(act)

    @pytest.mark.parametrize("name", ["fill_before_cancel", "cancel_rejected"])
    def test_a08_a_204_to_a_cancel_proves_nothing(self, name: str):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault(name)
            line = desk.line(order)
            assert await desk.outcome(desk.adapter.cancel_order, line.broker_order_id) is None
            if name == "cancel_rejected":
                report = await told(desk, ExecType.CANCEL_REJECTED)
                assert LiveOrderStatus.NEW == report.ord_status
            else:
                await desk.until(lambda: line.cum_qty == bench.quantity)
            await desk.agree(order)

        self.play(act)

    def test_a09_a_204_to_a_cancel_of_what_is_over_changes_nothing(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.order(BUY))
            line = desk.line(order)
            await desk.until(lambda: line.is_ended)
            bench.fault("cancel_means_nothing")
            assert await desk.outcome(desk.adapter.cancel_order, line.broker_order_id) is None
            await desk.agree(order)
            assert bench.quantity == line.cum_qty

        self.play(act)

    def test_a10_a_cancel_that_stays_pending_is_told_so_and_not_asked_for_twice(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("stuck_cancel")
            line = desk.line(order)
            for _ in range(2):
                assert await desk.outcome(desk.adapter.cancel_order, line.broker_order_id) is None
            assert (
                LiveOrderStatus.PENDING_CANCEL
                == (await told(desk, ExecType.PENDING_CANCEL)).ord_status
            )
            found = await desk.adapter.find_order(order.client_order_id)
            assert LiveOrderStatus.PENDING_CANCEL == found.ord_status

        self.play(act)

    def test_a11_an_order_that_cannot_be_seen_at_first_is_not_declared_unsent_by_the_adapter(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("missing_at_first", where={"method": "GET"})
            assert await desk.adapter.find_order(order.client_order_id) is None
            assert await desk.adapter.find_order(order.client_order_id) is not None
            await desk.agree(order)

        self.play(act)

    def test_a12_a_leg_whose_cancel_is_not_told_is_found_out_when_it_is_asked_for(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await place_elsewhere(
                bench, order_class="bracket", type="limit", limit_price="229.95", qty="10",
                take_profit={"limit_price": "240"}, stop_loss={"stop_price": "220"},
            )  # fmt: skip
            await desk.until(lambda: desk.reports)
            bench.fault("silent_leg_cancel", count=3)
            entry = bench.orders()[0]
            assert await desk.outcome(desk.adapter.cancel_order, entry["id"]) is None
            for leg in bench.orders():
                found = await desk.adapter.find_order(leg["client_order_id"])
                assert LiveOrderStatus.CANCELLED == found.ord_status

        self.play(act)


class TestTypes(Traps):
    def test_a28_a_trailing_stop_follows_the_price_and_then_fills(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            terms = OrderTerms(trail_amount=Decimal("0.50"))
            stop = replace(desk.order(SELL), type=OrderType.TRAILING_STOP, terms=terms)
            await desk.place(stop)
            await bench.act("trade", symbol=SYMBOL, price="230.00", qty="1", taker="buy")
            assert not desk.line(stop).cum_qty
            await bench.act("trade", symbol=SYMBOL, price="229.40", qty="1", taker="sell")
            await desk.until(lambda: desk.line(stop).is_ended)
            assert bench.quantity == desk.line(stop).cum_qty
            assert "trailing_stop" == bench.orders()[0]["type"]
            await desk.agree(stop)

        self.play(act)

    def test_a29_only_orders_for_extended_hours_work_in_them(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await bench.act("session", session="after")
            await desk.adapter.disconnect()
            await desk.adapter.connect()
            terms = OrderTerms(extended_hours=True)
            late = await desk.place(replace(desk.resting(), terms=terms))
            plain = await desk.place(desk.resting())
            await bench.take(BUY, bench.quantity * 2)
            await desk.until(lambda: desk.line(late).is_ended)
            assert bench.quantity == desk.line(late).cum_qty
            assert not desk.line(plain).cum_qty
            await desk.agree(late, plain)

        self.play(act, when_closed="queue")

    def test_a30_orders_for_an_auction_wait_for_it(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            await bench.act("session", session="pre")
            await desk.adapter.disconnect()
            await desk.adapter.connect()
            order = await desk.place(replace(desk.order(BUY), type=OrderType.MARKET_ON_OPEN))
            assert ("market", "opg") == (
                bench.orders()[0]["type"],
                bench.orders()[0]["time_in_force"],
            )
            (found,) = await desk.adapter.get_open_orders()
            assert OrderType.MARKET_ON_OPEN == found.ord_type
            await bench.act("session", session="open")
            await desk.until(lambda: desk.line(order).is_ended)
            await desk.agree(order)

        self.play(act)

    def test_a31_a_part_of_a_share_is_bought_to_the_last_digit(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            part = Decimal("0.123456789")
            order = await desk.place(desk.order(BUY, qty=part, tif=TimeInForce.DAY))
            await desk.until(lambda: desk.line(order).is_ended)
            assert part == desk.line(order).cum_qty
            assert Decimal(bench.orders()[0]["qty"]) == part
            await desk.agree(order)

        self.play(act)

    def test_a32_an_answer_that_is_old_brings_nothing_back_to_life(self):
        async def act(desk: Desk, bench: AlpacaBench) -> None:
            order = await desk.place(desk.resting())
            await desk.read_back(order)
            await bench.take(BUY, bench.quantity)
            await desk.until(lambda: desk.line(order).is_ended)
            bench.fault("stale_reads", count=2)
            await desk.read_back(order)
            await bench.mend()
            await desk.agree(order)
            assert bench.quantity == desk.line(order).cum_qty

        self.play(act)
