"""W: what must hold when something goes wrong on the way; for every venue with a wire."""

from __future__ import annotations

from functools import partial

from regimeflow._core.messages import OrderBook, Quote, SystemMessage
from regimeflow.domain.orders.order import OrderModification
from regimeflow.testing.contract.bench import Trouble
from regimeflow.testing.contract.desk import Desk, is_unknown
from regimeflow.testing.contract.orders import BUY, Contract, has
from regimeflow.types.enums import SystemCode
from regimeflow.types.errors import BrokerError, Outcome


class OrderTroubleContract(Contract):
    """Orders whose answers and reports are lost, late, twice or wrong."""

    def test_w01_an_answer_that_never_comes_leaves_the_outcome_unknown(self) -> None:
        self._unknown(Trouble.ANSWER_LOST, is_alive=True)

    def test_w02_a_server_error_after_acceptance_leaves_the_outcome_unknown(self) -> None:
        self._unknown(Trouble.ERROR_AFTER_ACCEPTANCE, is_alive=True)

    def test_w03_a_server_error_before_it_leaves_the_outcome_unknown_too(self) -> None:
        self._unknown(Trouble.ERROR_BEFORE_ACCEPTANCE, is_alive=False)

    def test_w04_an_answer_that_comes_last_changes_nothing(self) -> None:
        async def act(desk: Desk) -> None:
            await desk.bench.make(Trouble.ANSWER_LATE)
            order = desk.order(BUY)
            assert await desk.send(order) is None
            await desk.until(lambda: desk.line(order).is_ended)
            assert desk.bench.quantity == desk.line(order).cum_qty
            await desk.agree(order)

        self.run(act)

    def test_w05_an_execution_that_is_told_twice_counts_once(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            await desk.bench.make(Trouble.REPORT_TWICE)
            for _ in range(2):
                await desk.bench.take(BUY, desk.bench.quantity / 5)
            await desk.until(lambda: desk.line(order).cum_qty == desk.bench.quantity / 5 * 2)
            await desk.agree(order)
            assert len(desk.line(order).fills) == 2

        self.run(act)

    def test_w06_an_execution_that_is_not_told_is_read_back(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            await desk.bench.make(Trouble.REPORT_LOST)
            await desk.bench.take(BUY, desk.bench.quantity / 5)
            await desk.bench.settle()
            await desk.bench.mend()
            await desk.bench.take(BUY, desk.bench.quantity / 5)
            await desk.until(lambda: desk.line(order).cum_qty)
            await desk.agree(order)
            assert desk.bench.quantity / 5 * 2 == desk.line(order).cum_qty

        self.run(act)

    def test_w07_what_nobody_knows_is_passed_over(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            for trouble in (Trouble.REPORT_UNKNOWN, Trouble.NEW_FIELDS):
                await desk.bench.make(trouble)
                want = desk.line(order).cum_qty + desk.bench.quantity / 5
                await desk.bench.take(BUY, desk.bench.quantity / 5)
                await desk.until(partial(has, desk, order, want))
            await desk.agree(order)

        self.run(act)

    def test_w08_a_fill_during_an_outage_is_not_lost(self) -> None:
        self._outage(Trouble.DISCONNECT)

    def test_w09_a_fill_while_connections_are_renewed_is_not_lost(self) -> None:
        self._outage(Trouble.CONNECTION_TOO_OLD)

    def test_w10_of_a_replacement_that_was_half_done_the_old_order_is_gone(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            line = desk.line(order)
            await desk.bench.make(Trouble.REPLACE_HALF_DONE)
            mod = OrderModification(limit_price=desk.bench.resting_price(BUY) - 1)
            await desk.outcome(desk.adapter.modify_order, line.broker_order_id, mod)
            await desk.bench.mend()
            await desk.read_back(order)
            assert not [each for each in desk.bench.truth().orders.values() if each.is_open]
            assert line.is_ended

        self.run(act)

    def test_w11_a_refusal_for_too_many_requests_is_a_definite_no(self) -> None:
        async def act(desk: Desk) -> None:
            order = desk.resting()
            await desk.bench.make(Trouble.RATE_LIMITED)
            error = await desk.send(order)
            await desk.bench.mend()
            assert error is not None
            assert Outcome.UNKNOWN is not error.outcome
            assert not desk.bench.truth().orders

        self.run(act)

    def _unknown(self, trouble: Trouble, *, is_alive: bool) -> None:
        async def act(desk: Desk) -> None:
            order = desk.resting()
            await desk.bench.make(trouble)
            error = await desk.send(order)
            await desk.bench.mend()
            assert is_unknown(error), f"{error!r} does not say that the order may be alive"
            found = await desk.read(desk.adapter.find_order, order.client_order_id)
            assert is_alive == (found is not None)
            assert is_alive == bool(desk.bench.truth().orders)
            if is_alive:
                await desk.agree(order)

        self.run(act)

    def _outage(self, trouble: Trouble) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            part = desk.bench.quantity / 5
            await desk.bench.make(trouble)
            await desk.bench.take(BUY, part)
            await desk.catch_up(lambda: desk.line(order).cum_qty, order)
            assert part == desk.line(order).cum_qty
            await desk.bench.mend()
            await desk.agree(order)
            await desk.bench.take(BUY, part)
            await desk.until(lambda: desk.line(order).cum_qty == part * 2)
            await desk.agree(order)

        self.run(act)


class FeedTroubleContract(Contract):
    """Reads that fail, and market data that stops or has holes."""

    def test_w20_a_read_that_fails_raises_and_is_never_empty(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            for read in (desk.adapter.get_open_orders, desk.adapter.get_positions):
                await desk.bench.make(Trouble.READ_FAILS)
                try:
                    found = await read()
                except BrokerError:
                    continue
                finally:
                    await desk.bench.mend()
                # An adapter may ask again by itself; then it has the whole answer.
                assert found, "a read that failed was told as empty"
            await desk.agree(order)

        self.run(act)

    def test_w21_a_clock_that_is_wrong_loses_nothing(self) -> None:
        async def act(desk: Desk) -> None:
            await desk.bench.make(Trouble.CLOCK_WRONG)
            first = desk.resting()
            error = await desk.send(first)
            assert error is None or error.outcome is not Outcome.UNKNOWN
            await desk.bench.mend()
            second = await desk.place(desk.resting())
            await desk.agree(first, second)

        self.run(act)

    def test_w22_after_a_hole_in_the_feed_no_crossed_market_is_told(self) -> None:
        self._feed(Trouble.STREAM_GAP)

    def test_w23_market_data_comes_back_after_its_connection_was_cut(self) -> None:
        self._feed(Trouble.STREAM_CUT)

    def test_w24_a_feed_that_falls_silent_is_told_and_its_return_too(self) -> None:
        async def act(desk: Desk) -> None:
            await desk.adapter.subscribe_market_data([desk.bench.symbol])
            await desk.while_market_moves(lambda: _quotes(desk))
            await desk.bench.make(Trouble.STREAM_SILENT)
            await desk.while_market_moves(lambda: _codes(desk, SystemCode.DATA_STALE))
            stale = _codes(desk, SystemCode.DATA_STALE)
            assert {desk.bench.symbol} == {each.symbol for each in stale}
            before = len(_quotes(desk))
            await desk.bench.mend()
            await desk.while_market_moves(lambda: _codes(desk, SystemCode.DATA_RESUMED))
            await desk.while_market_moves(lambda: len(_quotes(desk)) > before)

        self.run(act)

    def _feed(self, trouble: Trouble) -> None:
        async def act(desk: Desk) -> None:
            await desk.adapter.subscribe_market_data([desk.bench.symbol])
            await desk.while_market_moves(lambda: _quotes(desk))
            await desk.bench.make(trouble)
            await desk.bench.move_market()
            await desk.bench.mend()
            before = len(_quotes(desk))
            await desk.while_market_moves(lambda: len(_quotes(desk)) > before)
            assert all(each.bid_px < each.ask_px for each in _quotes(desk))
            for book in (each for each in desk.market if isinstance(each, OrderBook)):
                if book.bids and book.asks:
                    assert book.bids[0][0] < book.asks[0][0]

        self.run(act)


def _quotes(desk: Desk) -> list[Quote]:
    return [each for each in desk.market if isinstance(each, Quote)]


def _codes(desk: Desk, code: SystemCode) -> list[SystemMessage]:
    return [each for each in desk.market if isinstance(each, SystemMessage) and each.code == code]
