"""Mistakes that others have made with orders, each by its row in the catalogue of known defects."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from regimeflow.domain.orders.client_order_ids import ClientOrderIds
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.engine.order_reconcile import EXTERNAL
from regimeflow.types.enums import LiveOrderStatus as S
from regimeflow.types.enums import OrderSide
from tests.support.orders import Desk, X, a_report, settle


def test_row_5_cumulative_quantities_are_not_added_up() -> None:
    desk = Desk()
    order_id = desk.acknowledged(quantity=100)

    for exec_id, last, cum in (("E-1", 30, 30), ("E-2", 40, 70), ("E-3", 30, 100)):
        desk.fill(order_id, exec_id, last, cum_qty=cum)
        desk.say(order_id, X.ORDER_STATUS, ord_status=S.PARTIALLY_FILLED, cum_qty=cum)

    order = desk.order(order_id)
    assert (S.FILLED, Decimal(100)) == (order.status, order.cum_qty)
    assert Decimal(100) == sum(trade.quantity for trade in desk.trades)


@pytest.mark.parametrize(
    "news",
    [
        X.PENDING_NEW,
        X.PENDING_CANCEL,
        X.PENDING_REPLACE,
        X.REPLACED,
        X.SUSPENDED,
        X.RESTATED,
        X.DONE_FOR_DAY,
        X.EXPIRED,
    ],
)
def test_row_6_no_state_of_a_venue_makes_an_error_or_refuses_a_later_fill(news: X) -> None:
    desk = Desk()
    order_id = desk.acknowledged()

    desk.say(order_id, news)
    after = desk.order(order_id).status
    desk.fill(order_id, "E-1", 4)

    assert after is not S.ERROR
    assert Decimal(4) == desk.order(order_id).cum_qty


def test_row_7_reconciling_again_and_again_changes_nothing() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    name = desk.order(order_id).client_order_id
    fill = a_report(
        X.TRADE,
        client_order_id=name,
        broker_order_id="B-1",
        exec_id="E-1",
        last_qty=4,
        last_px=100,
    )
    desk.broker.executions = [fill]
    desk.broker.open_orders = [
        a_report(
            X.ORDER_STATUS,
            ord_status=S.PARTIALLY_FILLED,
            client_order_id=name,
            broker_order_id="B-1",
            order_qty=10,
            cum_qty=4,
        )
    ]

    async def session() -> list[int]:
        return [(await desk.manager.reconcile_with_broker()).fills_booked for _ in range(10)]

    assert [1] + [0] * 9 == asyncio.run(session())
    assert Decimal(4) == desk.order(order_id).cum_qty
    assert 1 == len(desk.trades)


def test_row_8_a_fill_that_beats_the_cancel_counts() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    desk.manager.cancel_order(order_id)

    desk.fill(order_id, "E-1", 10)
    order = desk.order(order_id)
    desk.say(order_id, X.CANCEL_REJECTED, text="too late")

    assert (S.FILLED, Decimal(10)) == (order.status, order.cum_qty)
    assert S.FILLED is desk.order(order_id).status


def test_row_9_repeats_overfills_and_negative_fills() -> None:
    desk = Desk()
    order_id = desk.acknowledged()

    desk.fill(order_id, "E-1", 4)
    desk.fill(order_id, "E-1", 4)
    desk.fill(order_id, "E-2", -5)
    desk.fill(order_id, "E-3", 21)

    order = desk.order(order_id)
    assert (S.FILLED, Decimal(25)) == (order.status, order.cum_qty)
    assert ["impossible report", "overfill"] == [each.kind for each in desk.anomalies]


def test_row_10_a_fill_inside_the_brokers_call_is_not_lost() -> None:
    desk = Desk()
    answer = desk.broker._answer

    def fill_first(kind: str, order: LiveOrder) -> object:
        if kind == "submit":
            report = a_report(
                X.TRADE,
                client_order_id=order.client_order_id,
                exec_id="E-1",
                last_qty=10,
                last_px=100,
            )
            desk.broker.on_report(report)
        return answer(kind, order)

    desk.broker._answer = fill_first

    order_id = desk.submit()

    assert (S.FILLED, Decimal(10)) == (desk.order(order_id).status, desk.order(order_id).cum_qty)


def test_row_10_a_fill_that_comes_before_its_orders_broker_id_is_known_counts() -> None:
    desk = Desk()
    order_id = desk.submit()
    early = a_report(X.TRADE, broker_order_id="B-7", exec_id="E-1", last_qty=10, last_px=100)

    desk.broker.on_report(early)
    before = desk.order(order_id).cum_qty
    desk.say(order_id, X.NEW, broker_order_id="B-7")

    assert (Decimal(0), Decimal(10)) == (before, desk.order(order_id).cum_qty)
    assert ["unknown order"] == [each.kind for each in desk.anomalies]


def test_row_11_a_timeout_is_no_rejection_and_nothing_is_sent_again() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.submit()
        desk.clock.advance(6)
        await settle()
        in_doubt = desk.order(order_id).in_doubt
        name = desk.order(order_id).client_order_id
        desk.broker.known[name] = a_report(
            X.ORDER_STATUS, client_order_id=name, broker_order_id="B-1", order_qty=10
        )
        desk.clock.advance(2)
        await settle()

        order = desk.order(order_id)
        assert in_doubt
        assert (S.NEW, False, "B-1") == (order.status, order.in_doubt, order.broker_order_id)
        assert order.error is None
        assert 1 == len(desk.broker.commands("submit"))

    asyncio.run(session())


def test_row_12_every_order_carries_a_client_order_id_of_its_own() -> None:
    desk = Desk()

    for _ in range(5):
        desk.submit()

    names = [order.client_order_id for order in desk.broker.commands("submit")]
    assert 5 == len(set(names))
    assert all(0 < len(name) <= 36 for name in names)


def test_row_16_an_order_that_the_broker_does_not_list_is_closed_by_evidence() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.acknowledged()
        name = desk.order(order_id).client_order_id
        desk.broker.known[name] = a_report(
            X.ORDER_STATUS, ord_status=S.CANCELLED, client_order_id=name, broker_order_id="B-1"
        )

        done = await desk.manager.reconcile_with_broker()

        assert (order_id,) == done.closed
        assert S.CANCELLED is desk.order(order_id).status

    asyncio.run(session())


def test_row_16_absence_alone_closes_nothing() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.acknowledged()

        done = await desk.manager.reconcile_with_broker()

        assert (order_id,) == done.unresolved
        assert not done.is_agreed
        assert S.NEW is desk.order(order_id).status

    asyncio.run(session())


def test_row_17_an_order_of_somebody_else_swallows_none_of_ours() -> None:
    async def session() -> None:
        desk = Desk()
        next_id = desk.manager._table.next_order_id()
        desk.broker.open_orders = [
            a_report(
                X.ORDER_STATUS,
                side=OrderSide.BUY,
                order_id=next_id,
                client_order_id=str(next_id),
                broker_order_id=str(next_id),
                order_qty=1,
            )
        ]
        await desk.manager.reconcile_with_broker()

        order_id = desk.submit()

        assert 1 == len(desk.broker.commands("submit"))
        assert 2 == len({each.order_id for each in desk.manager.get_open_orders()})
        assert "" == desk.order(order_id).strategy

    asyncio.run(session())


def test_row_17_a_restarted_session_names_its_orders_anew() -> None:
    first = Desk(client_ids=ClientOrderIds.booted_at(1_700_000_000_000_000_000))
    second = Desk(client_ids=ClientOrderIds.booted_at(1_700_000_000_000_000_001))

    names = {desk.order(desk.submit()).client_order_id for desk in (first, second)}

    assert 2 == len(names)


def test_row_18_an_order_taken_over_from_the_broker_keeps_side_and_quantities() -> None:
    async def session() -> None:
        desk = Desk()
        desk.broker.open_orders = [
            a_report(
                X.ORDER_STATUS,
                ord_status=S.PARTIALLY_FILLED,
                side=OrderSide.SELL,
                ord_type=2,
                time_in_force=2,
                broker_order_id="M-1",
                client_order_id="by-hand",
                order_qty=3,
                cum_qty=1,
                avg_px="99.5",
                limit_px="100.25",
            )
        ]

        (order_id,) = (await desk.manager.reconcile_with_broker()).adopted

        order = desk.order(order_id)
        assert (OrderSide.SELL, S.PARTIALLY_FILLED) == (order.side, order.status)
        assert (Decimal(3), Decimal(1), Decimal(2)) == (
            order.quantity,
            order.cum_qty,
            order.leaves_qty,
        )
        assert (Decimal("100.25"), Decimal("99.5")) == (order.limit_price, order.avg_px)
        assert (EXTERNAL, "by-hand") == (order.strategy, order.client_order_id)
        assert [] == desk.trades

    asyncio.run(session())


def test_row_19_a_rejection_inside_the_brokers_call_is_not_overwritten() -> None:
    desk = Desk()
    answer = desk.broker._answer

    def reject_first(kind: str, order: LiveOrder) -> object:
        report = a_report(X.REJECTED, client_order_id=order.client_order_id, text="no")
        desk.broker.on_report(report)
        return answer(kind, order)

    desk.broker._answer = reject_first

    order_id = desk.submit()

    assert S.REJECTED is desk.order(order_id).status
    assert [S.REJECTED] == [order.status for order in desk.updates]


def test_row_20_cancels_and_changes_reach_the_broker_and_take_effect() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    mod = OrderModification(quantity=5, limit_price="100.5")

    desk.manager.modify_order(order_id, mod)
    between = desk.order(order_id).status
    desk.say(order_id, X.REPLACED, order_qty=5, limit_px="100.5")
    desk.manager.cancel_order(order_id)

    (sent,) = desk.broker.commands("modify")
    assert ("B-1", OrderModification(quantity=Decimal(5), limit_price=Decimal("100.5"))) == sent
    assert S.PENDING_REPLACE is between
    order = desk.order(order_id)
    assert (Decimal(5), Decimal("100.5")) == (order.quantity, order.limit_price)
    assert ["B-1"] == desk.broker.commands("cancel")


def test_row_21_fills_and_updates_are_told() -> None:
    desk = Desk()
    order_id = desk.acknowledged()

    desk.fill(order_id, "E-1", 4, "99.5", commission="0.25", commission_currency="USDT")

    (trade,) = desk.trades
    assert (Decimal(4), Decimal("99.5"), Decimal("0.25"), "USDT", order_id, "E-1") == (
        trade.quantity,
        trade.price,
        trade.commission,
        trade.commission_currency,
        trade.order_id,
        trade.exec_id,
    )
    assert [S.NEW, S.PARTIALLY_FILLED] == [order.status for order in desk.updates]
    assert [X.NEW, X.TRADE] == [report.exec_type for report in desk.reports]
