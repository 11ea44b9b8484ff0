"""I: the traps of Interactive Brokers, numbered: orders and executions, at the local TWS."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial

import pytest

from regimeflow._core.messages import ExecutionReport
from regimeflow.apps.venues.ib.errors import rejected
from regimeflow.domain.orders.order import OrderModification
from regimeflow.testing.contract import Contract, Desk
from regimeflow.testing.contract.orders import BUY, SELL, has
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrdRejReason, TimeInForce
from regimeflow.types.errors import Outcome
from tests.contract.ib_bench import IbBench

Act = Callable[[Desk, IbBench], Awaitable[None]]
PART = IbBench.quantity / 5


class Traps(Contract):
    def make_bench(self) -> IbBench:
        return IbBench(book_levels=0)

    def bench(self, **settings: object) -> None:
        """Play at a bench whose adapter is told this."""
        symbols = settings.pop("symbols", IbBench.symbols)
        made = IbBench(**{"book_levels": 0, **settings})
        made.symbols = symbols
        self.make_bench = lambda: made  # type: ignore[method-assign]

    def play(self, act: Act, *, connected: bool = True) -> None:
        async def with_bench(desk: Desk) -> None:
            bench = desk.bench
            assert isinstance(bench, IbBench)
            await act(desk, bench)

        self.run(with_bench, connected=connected)


def told(desk: Desk, kind: ExecType) -> list[ExecutionReport]:
    return [each for each in desk.reports if each.exec_type == kind]


def states(desk: Desk) -> list[str]:
    return [LiveOrderStatus(each.ord_status).name for each in desk.reports]


async def until_told(desk: Desk, kind: ExecType) -> ExecutionReport:
    await desk.until(lambda: told(desk, kind))
    return told(desk, kind)[-1]


class TestStatuses(Traps):
    def test_i01_a_partial_fill_without_any_status_is_a_fill_and_the_order_partly_filled(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("fill_without_status", count=2)
            for count in (1, 2):
                await bench.take(BUY, PART)
                await desk.until(partial(has, desk, order, PART * count))
            assert LiveOrderStatus.PARTIALLY_FILLED == told(desk, ExecType.TRADE)[-1].ord_status
            (found,) = await desk.adapter.get_open_orders()
            assert LiveOrderStatus.PARTIALLY_FILLED == found.ord_status
            await desk.agree(order)

        self.play(act)

    def test_i02_a_status_that_comes_five_times_is_one_piece_of_news(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("repeat_status", times=4)
            broker_id = desk.line(order).broker_order_id
            assert await desk.outcome(desk.adapter.cancel_order, broker_id) is None
            await desk.until(lambda: desk.line(order).is_ended)
            assert len(told(desk, ExecType.CANCELED)) == 1

        self.play(act)

    @pytest.mark.parametrize(
        "form", [{}, {"status_first": True}, {"then_cancelled": True}, {"alone": True}]
    )
    def test_i03_a_rejection_is_one_in_whatever_order_it_is_told(self, form):
        """201 then Inactive (ib_insync 554), Inactive first, then Cancelled (313), 201 alone."""

        async def act(desk: Desk, bench: IbBench) -> None:
            bench.fault("reject_order", count=1, reason="MUST EXCEED THE INITIAL MARGIN", **form)
            order = desk.resting()
            error = await desk.send(order)
            if error is None:
                rejected = await until_told(desk, ExecType.REJECTED)
                assert OrdRejReason.INSUFFICIENT_FUNDS == rejected.ord_rej_reason
            else:
                assert (Outcome.REFUSED, 201) == (error.outcome, error.code)
            await desk.read(desk.adapter.get_open_orders)
            assert not told(desk, ExecType.CANCELED)
            found = await desk.read(desk.adapter.find_order, order.client_order_id)
            assert found is None or LiveOrderStatus.REJECTED == found.ord_status

        self.play(act)

    def test_i04_an_order_that_waits_for_a_locate_is_held_and_then_works(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.fault("hold_order", count=1)
            order = await desk.place(desk.resting(SELL))
            assert LiveOrderStatus.INACTIVE == desk.reports[-1].ord_status
            (found,) = await desk.adapter.get_open_orders()
            assert LiveOrderStatus.INACTIVE == found.ord_status
            await bench.act("release")
            await desk.until(lambda: "NEW" in states(desk))
            await desk.agree(order)

        self.play(act)

    def test_i05_an_order_that_ib_has_not_acknowledged_can_be_cancelled(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.fault("late_acknowledgement", count=1)
            order = desk.resting()
            assert await desk.send(order) is None
            await desk.until(lambda: desk.line(order).broker_order_id)
            assert LiveOrderStatus.PENDING_NEW == desk.reports[-1].ord_status
            broker_id = desk.line(order).broker_order_id
            assert await desk.outcome(desk.adapter.cancel_order, broker_id) is None
            await desk.until(lambda: desk.line(order).is_ended)  # as ApiCancelled

        self.play(act)

    def test_i06_a_status_that_nobody_has_heard_of_moves_nothing(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("odd_status", count=1, status="Pondered")
            await bench.take(BUY, PART)
            await desk.until(lambda: desk.line(order).cum_qty)
            (found,) = await desk.adapter.get_open_orders()
            assert LiveOrderStatus.PARTIALLY_FILLED == found.ord_status

        self.play(act)


class TestCodes(Traps):
    @pytest.mark.parametrize(
        ("fault", "options"),
        [
            ("order_message", {}),
            ("tif_preset", {}),
            ("hold_order", {"seconds": 0.01}),
            *(("order_message", {"code": code}) for code in (165, 2109, 2137)),
        ],
        ids=["399", "10349", "404", "165", "2109", "2137"],
    )
    def test_i07_a_code_that_informs_ends_no_order_whatever_ib_async_says(self, fault, options):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.fault(fault, count=1, **options)
            order = await desk.place(desk.resting())
            await desk.until(lambda: "NEW" in states(desk))
            assert not desk.line(order).is_ended
            await bench.take(BUY, PART)
            await desk.until(lambda: desk.line(order).cum_qty)
            await desk.agree(order)

        self.play(act)

    @pytest.mark.parametrize("code", [10147, 10148])
    def test_i08_a_refused_cancel_leaves_the_order_alive(self, code):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("cancel_refused", count=1, code=code)
            broker_id = desk.line(order).broker_order_id
            assert await desk.outcome(desk.adapter.cancel_order, broker_id) is None
            assert str(code) in (await until_told(desk, ExecType.CANCEL_REJECTED)).text
            assert not desk.line(order).is_ended
            assert await desk.outcome(desk.adapter.cancel_order, broker_id) is None
            await desk.until(lambda: desk.line(order).is_ended)

        self.play(act)

    @pytest.mark.parametrize("code", [110, 104, 434])
    def test_i09_a_refused_change_leaves_the_order_as_it_was(self, code):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("modify_refused", count=1, code=code)
            broker_id = desk.line(order).broker_order_id
            mod = OrderModification(limit_price=Decimal("199.50"))
            error = await desk.outcome(desk.adapter.modify_order, broker_id, mod)
            assert error is not None
            assert (Outcome.REFUSED, code) == (error.outcome, error.code)
            (found,) = await desk.read(desk.adapter.get_open_orders)
            assert order.limit_price == found.limit_px_dec
            assert not desk.line(order).is_ended

        self.play(act)

    def test_i10_the_same_code_of_a_new_order_is_a_rejection(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            error = await desk.send(desk.order(BUY, px=Decimal("199.995")))
            assert error is not None
            assert (Outcome.REFUSED, 110) == (error.outcome, error.code)
            assert not bench.truth().orders

        self.play(act)

    def test_i11_news_of_farms_is_no_news_of_orders(self):
        """original.md, row 26: each was an error report without an order."""

        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            for code in (2104, 2106, 2108, 2137, 2158):
                await bench.act("tell", {"code": code, "text": "Market data farm connection is OK"})
            assert await desk.adapter.get_open_orders()
            assert not desk.line(order).is_ended
            assert {desk.reports[0].client_order_id} == {e.client_order_id for e in desk.reports}
            assert desk.adapter.is_connected()

        self.play(act)


class TestExecutions(Traps):
    def test_i12_one_execution_is_one_fill_on_the_side_that_it_was(self):
        """original.md, rows 23 and 24: SLD was a purchase, and one execution up to three fills."""

        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.order(SELL))
            await desk.until(lambda: desk.line(order).is_ended)
            (fill,) = told(desk, ExecType.TRADE)
            assert (SELL, bench.quantity, "AAPL") == (fill.side, fill.last_qty_dec, fill.symbol)
            assert -bench.quantity == bench.truth().position
            await desk.agree(order)

        self.play(act)

    def test_i13_a_correction_replaces_the_execution_that_it_corrects(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault("correct_execution", count=1, ticks=2)
            await bench.take(BUY, PART)
            corrected = await until_told(desk, ExecType.TRADE_CORRECT)
            await desk.until(lambda: len(told(desk, ExecType.TRADE_CORRECT)) > 1)
            corrected = next(e for e in told(desk, ExecType.TRADE_CORRECT) if e.last_qty_dec)
            (first,) = told(desk, ExecType.TRADE)
            assert (first.exec_id, first.last_qty_dec) == (
                corrected.exec_ref_id,
                corrected.last_qty_dec,
            )
            assert first.last_px_dec + Decimal("0.02") == corrected.last_px_dec
            assert corrected.exec_id.endswith(".02")
            (read,) = await desk.read(desk.adapter.get_executions, desk.since_ns)
            assert (ExecType.TRADE_CORRECT, corrected.exec_id) == (read.exec_type, read.exec_id)
            assert desk.line(order).cum_qty == PART

        self.play(act)

    @pytest.mark.parametrize(
        ("fault", "options"),
        [
            ("late_commission", {"seconds": 0}),
            ("late_commission", {"seconds": 0.05}),
            ("commission_first", {}),
        ],
        ids=["only when asked", "late", "first"],
    )
    def test_i14_a_commission_is_charged_once_whenever_it_comes(self, fault, options):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            bench.fault(fault, count=1, **options)
            await bench.take(BUY, bench.quantity)
            await desk.until(lambda: desk.line(order).is_ended)
            for _ in range(2):
                await desk.read(desk.adapter.get_executions, desk.since_ns)
            charged = await until_told(desk, ExecType.TRADE_CORRECT)
            assert len(told(desk, ExecType.TRADE_CORRECT)) == 1
            (truth,) = bench.local.tws.executions.truth()
            assert (Decimal(truth["commission"]), 0, "USD") == (
                charged.commission_dec,
                charged.last_qty_dec,
                charged.commission_currency,
            )

        self.play(act)

    def test_i15_a_price_that_may_change_yet_says_so(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            await desk.place(desk.resting())
            bench.fault("revise_price_later", count=1)
            await bench.take(BUY, PART)
            assert "may change" in (await until_told(desk, ExecType.TRADE)).text

        self.play(act)

    def test_i16_a_smart_order_fills_at_an_exchange_and_is_the_same_order(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.order(BUY))
            await desk.until(lambda: desk.line(order).is_ended)
            (execution,) = bench.local.tws.executions
            assert "ISLAND" == execution.exchange
            await desk.agree(order)

        self.play(act)

    def test_i35_an_order_that_was_over_before_its_answer_came_is_found_by_our_id(self):
        """completedOrder names no order id, and the permId was in the answer that was lost."""

        async def act(desk: Desk, bench: IbBench) -> None:
            where = {"at": "place"}
            bench.fault("disconnect", count=1, where=where, after_effect=True)
            order = desk.order(BUY, px=bench.resting_price(BUY), tif=TimeInForce.IOC)
            error = await desk.send(order)
            assert error is not None
            assert Outcome.UNKNOWN is error.outcome
            found = await desk.read(desk.adapter.find_order, order.client_order_id)
            assert found is not None
            assert (LiveOrderStatus.CANCELLED, "1-1") == (found.ord_status, found.broker_order_id)
            await desk.agree(order)

        self.play(act)

    def test_i38_an_order_that_tws_has_forgotten_is_not_taken_for_open(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            (ticket,) = bench.local.tws.desk
            bench.local.tws.desk.discard(ticket)
            assert await desk.adapter.find_order(order.client_order_id) is None

        self.play(act)

    def test_i39_a_rejection_after_we_stopped_waiting_is_told(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.local.tws.clients.is_cut_off = True  # nothing is told, and nobody is told so
            order = desk.resting()
            error = await desk.send(order)
            assert error is not None
            assert Outcome.UNKNOWN is error.outcome
            bench.local.tws.clients.is_cut_off = False
            (ticket,) = bench.local.tws.desk
            bench.local.tws.flow.reject(ticket, rejected("TOO LATE"), {})
            assert "TOO LATE" in (await until_told(desk, ExecType.REJECTED)).text

        bench = IbBench(book_levels=0, request_timeout_s=1.5)
        self.make_bench = lambda: bench  # type: ignore[method-assign]
        self.play(act)


class TestChanges(Traps):
    def test_i17_a_change_sends_everything_that_the_order_was_sent_with(self):
        """original.md, row 25: a change was rebuilt from defaults, and became BUY MKT 0."""

        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting(SELL))
            broker_id = desk.line(order).broker_order_id
            mod = OrderModification(limit_price=Decimal("200.50"))
            assert await desk.outcome(desk.adapter.modify_order, broker_id, mod) is None
            replaced = await until_told(desk, ExecType.REPLACED)
            assert (Decimal("200.50"), order.quantity) == (
                replaced.limit_px_dec,
                replaced.order_qty_dec,
            )
            (ticket,) = bench.local.tws.desk
            said = [ticket.asked[name] for name in ("action", "orderType", "tif", "orderRef")]
            assert ["SELL", "LMT", "GTC", order.client_order_id] == said
            assert ticket.quantity == order.quantity

        self.play(act)

    def test_i18_a_change_in_the_window_of_tws_is_told(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            await desk.place(desk.resting())
            (ticket,) = bench.local.tws.desk
            asked = {**ticket.asked, "lmtPrice": "199.5"}
            bench.local.tws.desk.modify(ticket, asked, bench.local.clock())
            bench.local.tws.teller.order(ticket)
            restated = await until_told(desk, ExecType.RESTATED)
            assert Decimal("199.5") == restated.limit_px_dec

        self.play(act)

    @pytest.mark.parametrize("after_effect", [True, False])
    def test_i19_a_restart_in_the_middle_of_a_change_leaves_no_doubt(self, after_effect):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            broker_id = desk.line(order).broker_order_id
            where = {"at": "modify"}
            bench.fault("restart", count=1, where=where, after_effect=after_effect, seconds=0.1)
            mod = OrderModification(limit_price=Decimal("199.5"))
            error = await desk.outcome(desk.adapter.modify_order, broker_id, mod)
            assert error is not None
            assert Outcome.UNKNOWN is error.outcome
            kind = ExecType.REPLACED if after_effect else ExecType.REPLACE_REJECTED
            await until_told(desk, kind)
            (found,) = await desk.read(desk.adapter.get_open_orders)
            price = Decimal("199.5") if after_effect else order.limit_price
            assert price == found.limit_px_dec

        self.play(act)
