"""What the simulation has found: our books come to be the venue's though news of it was lost."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from regimeflow.domain.orders.order import OrderModification
from tests.support.orders import Desk, S, X, a_report

PATIENCE_S = 31.0


def reconcile(desk: Desk) -> object:
    return asyncio.run(desk.manager.reconcile_with_broker())


def pass_time(desk: Desk, seconds: float) -> None:
    """Past the venue's patience, asking as often as we ask."""
    for _ in range(int(seconds)):
        desk.clock.advance(1.0)


def test_the_answer_to_a_change_does_not_hide_the_new_leg_of_what_looked_cancelled() -> None:
    desk = Desk()
    order_id = desk.acknowledged("B-1")

    def old_leg_ends_before_the_answer() -> None:
        desk.say(order_id, X.CANCELED, broker_order_id="B-1", ord_status=S.CANCELLED)
        desk.broker.answers = []

    async def main() -> None:
        desk.broker.answers = ["B-2"]
        desk.manager.modify_order(order_id, OrderModification(quantity=12))
        old_leg_ends_before_the_answer()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        desk.say(order_id, X.REPLACED, broker_order_id="B-2", order_qty=12)

    asyncio.run(main())

    order = desk.order(order_id)
    assert (S.NEW, Decimal(12)) == (order.status, order.quantity)


def test_an_acknowledged_order_whose_end_was_not_heard_is_asked_for() -> None:
    desk = Desk()
    order_id = desk.submit()
    name = desk.order(order_id).client_order_id
    desk.say(order_id, X.PENDING_NEW, ord_status=S.PENDING_NEW)
    desk.clock.advance(60.0)
    desk.broker.known[name] = a_report(
        X.ORDER_STATUS, client_order_id=name, ord_status=S.CANCELLED, broker_order_id="B-1"
    )

    reconcile(desk)

    assert S.CANCELLED is desk.order(order_id).status


def test_a_change_that_nobody_told_of_is_taken_over_when_the_order_has_rested() -> None:
    desk = Desk()
    order_id = desk.acknowledged("B-1")
    name = desk.order(order_id).client_order_id
    seen = a_report(
        X.ORDER_STATUS, client_order_id=name, broker_order_id="B-1", order_qty=7, limit_px=99
    )
    desk.broker.open_orders = [seen]

    reconcile(desk)
    at_once = desk.order(order_id).quantity
    pass_time(desk, PATIENCE_S)
    reconcile(desk)

    order = desk.order(order_id)
    assert Decimal(10) == at_once
    assert (Decimal(7), Decimal(99)) == (order.quantity, order.limit_price)


def test_a_change_without_an_answer_is_taken_for_done_when_the_venue_shows_its_terms() -> None:
    desk = Desk()
    order_id = desk.acknowledged("B-1")
    name = desk.order(order_id).client_order_id
    desk.broker.answers = [TimeoutError()]
    desk.broker.known[name] = a_report(
        X.ORDER_STATUS, client_order_id=name, broker_order_id="B-1", order_qty=12
    )

    desk.manager.modify_order(order_id, OrderModification(quantity=12))
    pass_time(desk, 2 * PATIENCE_S)

    order = desk.order(order_id)
    assert (S.NEW, Decimal(12), False) == (order.status, order.quantity, order.in_doubt)


def test_an_order_of_somebody_else_that_only_its_fills_show_is_asked_for() -> None:
    desk = Desk()
    fill = a_report(
        X.TRADE,
        client_order_id="web_1",
        broker_order_id="B-9",
        exec_id="E-1",
        last_qty=2,
        last_px=100,
        side=1,
    )
    desk.broker.executions = [fill]
    desk.broker.known["web_1"] = a_report(
        X.ORDER_STATUS,
        client_order_id="web_1",
        broker_order_id="B-9",
        ord_status=S.CANCELLED,
        order_qty=5,
        cum_qty=2,
        side=1,
    )

    (order_id,) = reconcile(desk).adopted

    order = desk.order(order_id)
    assert (S.CANCELLED, Decimal(5), Decimal(2)) == (order.status, order.quantity, order.cum_qty)
    assert [Decimal(2)] == [trade.quantity for trade in desk.trades]


def test_fills_of_an_order_that_came_during_the_session_are_no_base() -> None:
    desk = Desk()
    reconcile(desk)
    desk.broker.open_orders = [
        a_report(
            X.ORDER_STATUS,
            broker_order_id="B-9",
            client_order_id="web_1",
            side=1,
            order_qty=5,
            cum_qty=2,
            ord_status=S.PARTIALLY_FILLED,
        )
    ]

    (order_id,) = reconcile(desk).adopted
    desk.broker.executions = [
        a_report(
            X.TRADE,
            broker_order_id="B-9",
            client_order_id="web_1",
            exec_id="E-1",
            last_qty=2,
            last_px=100,
            side=1,
        )
    ]
    reconcile(desk)

    assert Decimal(2) == desk.order(order_id).cum_qty
    assert [Decimal(2)] == [trade.quantity for trade in desk.trades]


def test_each_executions_commission_counts_once_whatever_comes_first() -> None:
    sums = []
    for bust_first in (False, True):
        desk = Desk()
        order_id = desk.acknowledged()
        news = [
            lambda desk=desk, order_id=order_id: desk.fill(
                order_id, "E-1", 4, commission="0.25", commission_currency="USDT"
            ),
            lambda desk=desk, order_id=order_id: desk.say(
                order_id,
                X.TRADE_CANCEL,
                exec_id="X-1",
                exec_ref_id="E-1",
                commission="-0.25",
                commission_currency="USDT",
            ),
        ]
        for say in reversed(news) if bust_first else news:
            say()
        sums.append(
            (sum(t.commission for t in desk.trades), sum(t.signed_quantity for t in desk.trades))
        )

    assert [(Decimal(0), Decimal(0))] * 2 == sums


def test_executions_are_asked_for_by_the_venues_times_and_not_by_ours() -> None:
    desk, asked = Desk(), []
    began_ns = desk.clock.now_ns()

    async def get_executions(since_ns: int) -> list[object]:
        asked.append(since_ns - began_ns)
        return []

    desk.broker.get_executions = get_executions
    reconcile(desk)
    desk.clock.advance(3_600.0)
    reconcile(desk)
    reconcile(desk)

    assert [0, 0, 0] == asked


def test_a_pending_cancel_that_is_told_after_its_refusal_does_not_last() -> None:
    desk = Desk()
    order_id = desk.acknowledged("B-1")
    name = desk.order(order_id).client_order_id
    desk.broker.known[name] = a_report(
        X.ORDER_STATUS, client_order_id=name, broker_order_id="B-1", order_qty=10
    )

    desk.say(order_id, X.PENDING_CANCEL, ord_status=S.PENDING_CANCEL)
    before = desk.order(order_id).status
    pass_time(desk, 2 * PATIENCE_S)

    order = desk.order(order_id)
    assert S.PENDING_CANCEL is before
    assert (S.NEW, False) == (order.status, order.in_doubt)


def test_the_answer_to_a_change_that_was_refused_since_gives_no_id() -> None:
    desk = Desk()
    order_id = desk.acknowledged("B-1")

    async def main() -> None:
        desk.broker.answers = ["B-2"]
        desk.manager.modify_order(order_id, OrderModification(quantity=12))
        desk.say(order_id, X.REPLACE_REJECTED, broker_order_id="B-1")
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(main())

    order = desk.order(order_id)
    assert (S.NEW, "B-1") == (order.status, order.broker_order_id)


def test_an_answer_that_tells_nothing_new_does_not_touch_the_order() -> None:
    desk = Desk()
    order_id = desk.acknowledged("B-1")
    before_ns = desk.order(order_id).updated_at_ns
    desk.clock.advance(60.0)

    desk.say(order_id, X.ORDER_STATUS, broker_order_id="B-1", ts_recv_ns=desk.clock.now_ns())

    assert before_ns == desk.order(order_id).updated_at_ns


def ended(desk: Desk, order_id: int, status: S, **terms: object) -> None:
    """The venue says, when asked, that the order is over."""
    name = desk.order(order_id).client_order_id
    desk.broker.known[name] = a_report(
        X.ORDER_STATUS, client_order_id=name, broker_order_id="B-1", ord_status=status, **terms
    )


def test_the_terms_that_an_order_ended_on_are_taken_over_though_its_change_was_never_told() -> None:
    desk = Desk()
    order_id = desk.acknowledged("B-1")
    desk.broker.answers = [TimeoutError(), TimeoutError()]
    desk.manager.modify_order(order_id, OrderModification(quantity=12, limit_price=98))
    desk.manager.cancel_order(order_id)
    ended(desk, order_id, S.CANCELLED, order_qty=12, limit_px=98, cum_qty=0)

    pass_time(desk, 10)

    order = desk.order(order_id)
    assert S.CANCELLED is order.status
    assert (Decimal(12), Decimal(98)) == (order.quantity, order.limit_price)


def test_an_order_that_fills_before_its_change_is_answered_is_asked_for_its_terms() -> None:
    desk = Desk()
    order_id = desk.acknowledged("B-1")
    desk.broker.answers = [TimeoutError()]
    desk.manager.modify_order(order_id, OrderModification(quantity=12, limit_price=98))
    ended(desk, order_id, S.FILLED, order_qty=12, limit_px=98, cum_qty=12, leaves_qty=0)
    for exec_id, quantity in (("E-1", 7), ("E-2", 5)):
        desk.fill(order_id, exec_id, quantity)

    pass_time(desk, 10)

    order = desk.order(order_id)
    assert (S.FILLED, Decimal(12)) == (order.status, order.cum_qty)
    assert (Decimal(12), Decimal(98)) == (order.quantity, order.limit_price)


def test_an_order_gone_from_the_venues_list_is_closed_on_the_terms_that_it_ended_on() -> None:
    desk = Desk()
    order_id = desk.acknowledged("B-1")
    desk.clock.advance(1.0)
    ended(desk, order_id, S.EXPIRED, order_qty=7, limit_px=99, cum_qty=0)

    reconcile(desk)

    order = desk.order(order_id)
    assert (S.EXPIRED, Decimal(7), Decimal(99)) == (
        order.status,
        order.quantity,
        order.limit_price,
    )


def test_an_order_that_looks_overfilled_is_asked_for_the_quantity_that_it_was_raised_to() -> None:
    desk = Desk()
    order_id = desk.acknowledged("B-1")
    ended(desk, order_id, S.FILLED, order_qty=12, cum_qty=12, leaves_qty=0)

    desk.fill(order_id, "E-1", 12)
    pass_time(desk, 10)

    order = desk.order(order_id)
    assert (S.FILLED, Decimal(12), Decimal(12)) == (order.status, order.quantity, order.cum_qty)
    assert [order.client_order_id] == desk.broker.asked


def test_an_order_from_before_our_clock_was_set_back_is_asked_for() -> None:
    desk = Desk()
    order_id = desk.submit()
    name = desk.order(order_id).client_order_id
    ahead_ns = desk.clock.now_ns() + 3_600_000_000_000
    desk.say(order_id, X.NEW, broker_order_id="B-1", ts_recv_ns=ahead_ns)
    desk.broker.known[name] = a_report(
        X.ORDER_STATUS, client_order_id=name, ord_status=S.CANCELLED, broker_order_id="B-1"
    )

    reconcile(desk)

    assert S.CANCELLED is desk.order(order_id).status
