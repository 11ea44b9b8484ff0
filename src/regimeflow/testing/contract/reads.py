"""R: what must come of questions, and of the session itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from regimeflow._core.messages import Quote
from regimeflow.testing.contract.desk import Desk
from regimeflow.testing.contract.orders import BUY, SELL, Contract
from regimeflow.types.enums import ExecType, LiveOrderStatus
from regimeflow.types.errors import NetworkError, NotFound, Outcome


class ReadContract(Contract):
    """Reads, and the session."""

    def test_r01_open_orders_are_told_as_they_stand(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            await desk.bench.take(BUY, desk.bench.quantity / 5)
            await desk.until(lambda: desk.line(order).cum_qty)
            (found,) = await desk.adapter.get_open_orders()
            assert order.client_order_id == found.client_order_id
            assert ExecType.ORDER_STATUS == found.exec_type
            assert LiveOrderStatus.PARTIALLY_FILLED == found.ord_status
            assert desk.bench.quantity / 5 == found.cum_qty_dec

        self.run(act)

    def test_r02_an_order_is_found_open_and_over_and_none_is_none(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            found = await desk.adapter.find_order(order.client_order_id)
            assert found is not None
            assert found.ord_status == LiveOrderStatus.NEW
            await desk.bench.take(BUY, desk.bench.quantity)
            await desk.until(lambda: desk.line(order).is_ended)
            found = await desk.adapter.find_order(order.client_order_id)
            assert found is not None
            assert (LiveOrderStatus.FILLED, order.quantity) == (
                found.ord_status,
                found.cum_qty_dec,
            )
            assert await desk.adapter.find_order("contract-never") is None

        self.run(act)

    def test_r03_an_execution_has_one_id_wherever_it_is_told(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            for _ in range(2):
                await desk.bench.take(BUY, desk.bench.quantity / 5)
            await desk.until(lambda: desk.line(order).cum_qty == desk.bench.quantity / 5 * 2)
            read = await desk.adapter.get_executions(desk.since_ns)
            assert list(desk.line(order).fills) == [each.exec_id for each in read]
            assert all(each.exec_type == ExecType.TRADE for each in read)
            assert sorted(each.ts_event_ns for each in read) == [e.ts_event_ns for e in read]
            for each in read:
                told = desk.line(order).fills[each.exec_id]
                assert (told.last_px_dec, told.last_qty_dec) == (
                    each.last_px_dec,
                    each.last_qty_dec,
                )
                assert (told.commission_dec, told.commission_currency) == (
                    each.commission_dec,
                    each.commission_currency,
                )

        self.run(act)

    def test_r04_account_and_positions_are_the_venues(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.order(BUY))
            await desk.until(lambda: desk.line(order).is_ended)
            truth = desk.bench.truth()
            account = await desk.adapter.get_account_info()
            assert truth.cash == account.cash_dec
            (position,) = [
                each
                for each in await desk.adapter.get_positions()
                if each.symbol == desk.bench.symbol
            ]
            assert truth.position == position.quantity_dec

        self.run(act)

    def test_r05_an_instrument_has_its_steps_and_an_unknown_one_is_not_found(self) -> None:
        async def act(desk: Desk) -> None:
            one = await desk.adapter.get_instrument(desk.bench.symbol)
            assert one.tick_size > 0 < one.lot_size
            assert one.symbol == desk.bench.symbol
            try:
                await desk.adapter.get_instrument("NOSUCHTHING")
            except NotFound:
                return
            raise AssertionError("an unknown symbol was found")

        self.run(act)

    def test_r06_bars_are_closed_and_oldest_first(self) -> None:
        async def act(desk: Desk) -> None:
            await desk.bench.move_market()
            bars = await desk.adapter.get_bars(desk.bench.symbol, 0, "1m")
            times = [each.ts_event_ns for each in bars]
            assert sorted(times) == times
            assert all(each.high_px_dec >= each.low_px_dec > 0 for each in bars)

        self.run(act)

    def test_r07_nothing_leaves_while_there_is_no_session(self) -> None:
        async def act(desk: Desk) -> None:
            assert not desk.adapter.is_connected()
            error = await desk.send(desk.resting())
            assert error is not None
            assert Outcome.NOT_SENT is error.outcome
            assert not desk.bench.truth().orders

        self.run(act, connected=False)

    def test_r08_a_read_without_a_session_raises(self) -> None:
        async def act(desk: Desk) -> None:
            reads: Sequence[Callable[[], Awaitable[object]]] = (
                desk.adapter.get_open_orders,
                desk.adapter.get_positions,
                desk.adapter.get_account_info,
                lambda: desk.adapter.get_executions(desk.since_ns),
                lambda: desk.adapter.find_order("contract-never"),
            )
            for read in reads:
                try:
                    found = await read()
                except NetworkError:
                    continue
                raise AssertionError(f"a read without a session gave {found!r}")

        self.run(act, connected=False)

    def test_r09_a_session_ends_twice_and_begins_again(self) -> None:
        async def act(desk: Desk) -> None:
            order = await desk.place(desk.resting())
            await desk.adapter.disconnect()
            await desk.adapter.disconnect()
            assert not desk.adapter.is_connected()
            await desk.bench.take(BUY, desk.bench.quantity / 5)
            await desk.adapter.connect()
            assert desk.adapter.is_connected()
            await desk.catch_up(lambda: desk.line(order).cum_qty, order)
            assert desk.bench.quantity / 5 == desk.line(order).cum_qty
            await desk.agree(order)
            await desk.bench.take(BUY, desk.bench.quantity / 5)
            await desk.until(lambda: desk.line(order).cum_qty == desk.bench.quantity / 5 * 2)

        self.run(act)

    def test_r10_quotes_come_for_what_was_asked_and_twice_is_once(self) -> None:
        async def act(desk: Desk) -> None:
            for _ in range(2):
                await desk.adapter.subscribe_market_data([desk.bench.symbol])
            await desk.bench.move_market()
            await desk.until(lambda: any(isinstance(each, Quote) for each in desk.market))
            quotes = [each for each in desk.market if isinstance(each, Quote)]
            assert all(0 < each.bid_px < each.ask_px for each in quotes)
            await desk.adapter.unsubscribe_market_data([desk.bench.symbol])
            order = await desk.place(desk.resting(SELL))
            await desk.agree(order)

        self.run(act)
