"""Each type of order and each of its terms at the local venue, from the order to its end."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from regimeflow._core.messages import AccountInfo
from regimeflow.apps.venues.exchange.kinds import Kind
from regimeflow.apps.venues.exchange.views import OrderView
from regimeflow.domain.orders.order import LiveOrder, OrderModification, OrderTerms
from regimeflow.testing.contract import Desk
from regimeflow.testing.contract.orders import BUY, SELL
from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType
from regimeflow.types.errors import Outcome
from regimeflow.types.records import replace
from tests.contract.binance_bench import SYMBOL, BinanceBench
from tests.contract.test_binance_traps import Traps

T = OrderType
ONE_PERCENT = OrderTerms(trail_percent=Decimal(1))
WAITING = {
    "stop": (T.STOP, {"stop_price": 59_000}, None),
    "stop limit": (T.STOP_LIMIT, {"stop_price": 59_000, "limit_price": 58_900}, None),
    "touched": (T.MARKET_IF_TOUCHED, {"stop_price": 60_400}, None),
    "touched limit": (T.LIMIT_IF_TOUCHED, {"stop_price": 60_400, "limit_price": 59_900}, None),
    "trailing": (T.TRAILING_STOP, {}, ONE_PERCENT),
    "trailing from": (T.TRAILING_STOP, {"stop_price": 59_500}, ONE_PERCENT),
    "trailing limit": (T.TRAILING_STOP_LIMIT, {"limit_price": 59_000}, ONE_PERCENT),
}
# The prices that the market trades at, and whether the order is released then.
PATHS = {
    "stop": [(59_100, False), (59_000, True)],
    "stop limit": [(59_100, False), (59_000, True)],
    "touched": [(60_399, False), (60_400, True)],
    "touched limit": [(60_399, False), (60_400, True)],
    "trailing": [(60_400, False), (59_797, False), (59_796, True)],
    "trailing from": [(60_900, False), (59_501, False), (59_500, False), (58_905, True)],
    "trailing limit": [(60_400, False), (59_797, False), (59_796, True)],
}
KINDS = {
    T.STOP: Kind.STOP,
    T.STOP_LIMIT: Kind.STOP_LIMIT,
    T.MARKET_IF_TOUCHED: Kind.TAKE_PROFIT,
    T.LIMIT_IF_TOUCHED: Kind.TAKE_PROFIT_LIMIT,
    T.TRAILING_STOP: Kind.STOP,
    T.TRAILING_STOP_LIMIT: Kind.STOP_LIMIT,
}


def an_order(
    desk: Desk,
    kind: OrderType,
    terms: OrderTerms | None = None,
    *,
    side: OrderSide = SELL,
    **prices: object,
) -> LiveOrder:
    exact = {name: Decimal(str(price)) for name, price in prices.items()}
    return replace(desk.order(side), type=kind, terms=terms, **exact)


def views(bench: BinanceBench) -> list[OrderView]:
    """Return the account's orders as the venue has them, oldest first."""
    return list(bench.exchange.accounts["local"].orders())


def shown_at(bench: BinanceBench, price: Decimal) -> Decimal:
    """Return what the public book shows at a price."""
    bids, asks = bench.exchange.books[SYMBOL].depth()
    return sum((qty for px, qty in (*bids, *asks) if px == price), Decimal(0))


def at_the_venue(bench: BinanceBench, order: LiveOrder) -> OrderView:
    return next(each for each in views(bench) if each.client_order_id == order.client_order_id)


class TestTypes(Traps):
    @pytest.mark.parametrize("name", WAITING)
    def test_b40_an_order_waits_for_its_price_and_is_filled_then(self, name: str):
        kind, prices, terms = WAITING[name]

        async def act(desk: Desk, bench: BinanceBench) -> None:
            order = await desk.place(an_order(desk, kind, terms, **prices))
            assert KINDS[kind] is at_the_venue(bench, order).kind
            await desk.until(lambda: desk.reports[-1].ord_status == LiveOrderStatus.INACTIVE)
            for reader in (desk.adapter.get_open_orders, desk.adapter.find_order):
                given = () if reader == desk.adapter.get_open_orders else (order.client_order_id,)
                found = await desk.read(reader, *given)
                (report,) = found if isinstance(found, list) else [found]
                assert (kind, LiveOrderStatus.INACTIVE) == (report.ord_type, report.ord_status)
                assert order.stop_price == report.stop_px_dec
            for price, is_released in PATHS[name]:
                await bench.trades_at(price)
                assert is_released == (at_the_venue(bench, order).is_triggered)
            await desk.until(lambda: desk.line(order).is_ended)
            assert bench.quantity == desk.line(order).cum_qty
            news = [each for each in desk.reports if each.client_order_id == order.client_order_id]
            assert {kind} == {each.ord_type for each in news}
            await desk.agree(order)

        self.play(act)

    def test_b41_an_order_that_must_rest_rests_or_is_refused(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            post_only = OrderTerms(post_only=True)
            resting = await desk.place(replace(desk.resting(), terms=post_only))
            assert Kind.LIMIT_MAKER is at_the_venue(bench, resting).kind
            taking = desk.order(BUY, px=bench.taking_price(BUY))
            error = await desk.send(replace(taking, terms=post_only))
            assert error is not None
            assert Outcome.REFUSED is error.outcome
            assert "immediately match" in str(error)
            await bench.take(BUY, bench.quantity)
            await desk.until(lambda: desk.line(resting).is_ended)
            assert not desk.line(taking).cum_qty
            await desk.agree(resting)

        self.play(act)

    def test_b42_an_iceberg_shows_a_part_and_fills_whole(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            part = bench.quantity / 5
            terms = OrderTerms(display_qty=part)
            order = await desk.place(replace(desk.resting(), terms=terms))
            assert part == at_the_venue(bench, order).display
            assert part == shown_at(bench, order.limit_price)
            await bench.take(BUY, bench.quantity)
            await desk.until(lambda: desk.line(order).is_ended)
            assert bench.quantity == desk.line(order).cum_qty
            await desk.agree(order)

        self.play(act)

    @pytest.mark.parametrize("is_new_session", [False, True], ids=["same", "after a restart"])
    @pytest.mark.parametrize("what", ["trailing", "iceberg", "post only"])
    def test_b43_a_change_keeps_what_else_was_asked(self, what: str, is_new_session: bool):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            part = bench.quantity / 5
            order = {
                "trailing": an_order(desk, T.TRAILING_STOP, ONE_PERCENT),
                "iceberg": replace(desk.resting(), terms=OrderTerms(display_qty=part)),
                "post only": replace(desk.resting(), terms=OrderTerms(post_only=True)),
            }[what]
            await desk.place(order)
            adapter = desk.adapter
            if is_new_session:
                adapter = bench.adapter()
                await adapter.connect()
                await desk.read(adapter.get_open_orders)
            more = OrderModification(quantity=2 * bench.quantity)
            broker_id = desk.line(order).broker_order_id
            assert await desk.outcome(adapter.modify_order, broker_id, more) is None
            newest = next(each for each in views(bench) if each.is_open)
            assert 2 * bench.quantity == newest.quantity
            before = at_the_venue(bench, order)
            assert (before.kind, before.trail_bips, before.display) == (
                newest.kind,
                newest.trail_bips,
                newest.display,
            )
            if is_new_session:
                await adapter.disconnect()

        self.play(act)

    def test_b44_no_more_orders_wait_for_a_price_than_may(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            orders = [
                await desk.place(an_order(desk, T.STOP, stop_price=50_000 + n)) for n in range(5)
            ]
            await desk.until(lambda: len(desk.reports) >= 5)
            refused = await desk.send(an_order(desk, T.TRAILING_STOP, ONE_PERCENT))
            assert refused is not None
            assert Outcome.NOT_SENT is refused.outcome
            assert "MAX_NUM_ALGO_ORDERS" in str(refused)
            await bench.trades_at(50_004)
            await desk.until(lambda: desk.line(orders[4]).is_ended)
            assert await desk.send(an_order(desk, T.STOP, stop_price=40_000)) is None

        self.play(act)

    def test_b45_an_order_placed_elsewhere_is_not_changed_before_its_terms_were_read(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            other = Desk(bench, bench.adapter())
            await other.adapter.connect()
            theirs = await other.place(an_order(other, T.TRAILING_STOP, ONE_PERCENT))
            await desk.until(lambda: desk.line(theirs).broker_order_id)
            await other.adapter.disconnect()
            broker_id = desk.line(theirs).broker_order_id
            more = OrderModification(quantity=2 * bench.quantity)
            refused = await desk.outcome(desk.adapter.modify_order, broker_id, more)
            assert refused is not None
            assert Outcome.NOT_SENT is refused.outcome
            await desk.read(desk.adapter.get_open_orders)
            assert await desk.outcome(desk.adapter.modify_order, broker_id, more) is None
            (newest,) = [each for each in views(bench) if each.is_open]
            assert (100, 2 * bench.quantity) == (newest.trail_bips, newest.quantity)

        self.play(act)

    def test_b46_changes_leave_no_faster_than_orders_may(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            room = desk.adapter._commands.room
            room.set_limits({"ORDERS 1 SECOND": (6, 1)})
            order = await desk.place(desk.resting())
            for more in range(2, 9):
                change = OrderModification(quantity=more * bench.quantity)
                broker_id = desk.line(order).broker_order_id
                assert await desk.outcome(desk.adapter.modify_order, broker_id, change) is None
                await desk.until(lambda id_=broker_id: desk.line(order).broker_order_id != id_)
            made = sorted(each.created_ns for each in views(bench))
            assert all(later - early >= 9 * 10**8 for early, later in pairwise(made[::6]))
            assert 8 == len(made)
            room.set_limits({"ORDERS 10 SECOND": (1, 10)})
            room.take()
            last = OrderModification(quantity=bench.quantity)
            refused = await desk.outcome(
                desk.adapter.modify_order, desk.line(order).broker_order_id, replace_price(last)
            )
            assert refused is not None
            assert Outcome.NOT_SENT is refused.outcome
            assert "order limit" in str(refused)

        self.play(act)

    def test_b47_the_account_is_followed_between_questions(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            before = await desk.read(desk.adapter.get_account_info)
            order = await desk.place(desk.order(BUY))
            await desk.until(lambda: desk.line(order).is_ended)
            await desk.until(lambda: accounts(desk))
            told = accounts(desk)[-1]
            now = await desk.read(desk.adapter.get_account_info)
            assert told.cash_dec == now.cash_dec < before.cash_dec
            assert told.buying_power_dec == now.buying_power_dec
            assert told.balances == now.balances
            assert before.ts_event_ns < told.ts_event_ns

        self.play(act)

    def test_b48_no_more_orders_are_open_than_may_be(self):
        async def act(desk: Desk, bench: BinanceBench) -> None:
            row = bench.rows()[SYMBOL]
            bench.rows()[SYMBOL] = row._replace(most_orders=2)
            await desk.adapter.connect()  # exchangeInfo is read anew
            first = await desk.place(desk.resting())
            await desk.place(desk.resting())
            refused = await desk.send(desk.resting())
            assert refused is not None
            assert Outcome.NOT_SENT is refused.outcome
            assert "MAX_NUM_ORDERS" in str(refused)
            broker_id = desk.line(first).broker_order_id
            assert await desk.outcome(desk.adapter.cancel_order, broker_id) is None
            await desk.until(lambda: desk.line(first).is_ended)
            assert await desk.send(desk.resting()) is None

        self.play(act)


def replace_price(mod: OrderModification) -> OrderModification:
    return replace(mod, limit_price=Decimal(59_000))


def accounts(desk: Desk) -> list[AccountInfo]:
    return [each for each in desk.positions if isinstance(each, AccountInfo)]
