"""What the simulation has found of orders of others, corrections, and a clock that was set back."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from regimeflow.domain.orders.order import OrderModification
from regimeflow.types.errors import NetworkError, Outcome
from tests.support.orders import Desk, S, X, a_report, settle


def reconcile(desk: Desk) -> object:
    return asyncio.run(desk.manager.reconcile_with_broker())


def test_what_filled_after_our_books_begin_is_no_base_though_it_is_listed_late() -> None:
    desk = Desk()
    now_ns = desk.clock.now_ns()
    named = {"broker_order_id": "B-9", "client_order_id": "web_1", "side": 1}
    fills = [
        a_report(X.TRADE, exec_id=f"E-{n}", last_qty=2, last_px=100, ts_event_ns=at_ns, **named)
        for n, at_ns in enumerate((now_ns - 5, now_ns + 5))
    ]
    desk.broker.open_orders = [
        a_report(X.ORDER_STATUS, order_qty=9, cum_qty=4, ts_event_ns=now_ns + 5, **named)
    ]
    everything = list(fills)

    async def get_executions(since_ns: int) -> list[object]:
        return [each for each in everything if each.ts_event_ns >= since_ns]

    desk.broker.get_executions = get_executions
    everything.pop()  # the venue lists it later
    (order_id,) = reconcile(desk).adopted
    everything.append(fills[1])
    reconcile(desk)

    assert Decimal(4) == desk.order(order_id).cum_qty
    assert [Decimal(2)] == [trade.quantity for trade in desk.trades]


def test_an_order_of_somebody_else_that_cannot_be_asked_for_yet_is_taken_in_later() -> None:
    desk = Desk()
    fill = {"broker_order_id": "B-9", "client_order_id": "web_1", "side": 1, "exec_id": "E-1"}
    now_ns, name = desk.clock.now_ns(), desk.order(desk.acknowledged()).client_order_id
    ours = {"client_order_id": name, "exec_id": "E-9"}
    desk.broker.executions = [
        a_report(X.TRADE, last_qty=2, last_px=100, ts_event_ns=now_ns, **fill),
        a_report(X.TRADE, last_qty=1, last_px=1, ts_event_ns=now_ns + 10**12, **ours),
    ]

    asked = []

    async def get_executions(since_ns: int) -> list[object]:
        asked.append(since_ns)
        return desk.broker.executions

    desk.broker.get_executions = get_executions
    taken = [len(reconcile(desk).adopted) for _ in range(3)]

    assert [0, 0, 1] == taken
    assert 1 == len(set(asked))  # until it is taken in, its fills are asked for
    assert [Decimal(1), Decimal(2)] == [trade.quantity for trade in desk.trades]


def test_what_filled_before_our_books_begin_is_worth_what_was_paid_though_no_average_is_told() -> (
    None
):
    desk = Desk()
    before_ns = desk.clock.now_ns() - 5
    named = {"broker_order_id": "B-9", "client_order_id": "web_1", "side": 1}
    fill = a_report(X.TRADE, exec_id="E-1", last_qty=2, last_px=100, ts_event_ns=before_ns, **named)
    desk.broker.open_orders = [
        a_report(X.ORDER_STATUS, order_qty=9, cum_qty=2, ts_event_ns=before_ns, **named)
    ]

    async def get_executions(since_ns: int) -> list[object]:
        return [fill] if fill.ts_event_ns >= since_ns else []

    desk.broker.get_executions = get_executions
    (order_id,) = reconcile(desk).adopted

    order = desk.order(order_id)
    assert (Decimal(2), Decimal(100)) == (order.cum_qty, order.avg_px)
    assert [] == desk.trades


def test_what_had_filled_of_an_order_that_the_first_listing_lacked_is_its_base() -> None:
    desk = Desk()
    begin_ns = desk.clock.now_ns()
    named = {"broker_order_id": "B-9", "client_order_id": "web_1", "side": 1}
    fill = a_report(
        X.TRADE, exec_id="E-1", last_qty=2, last_px=100, ts_event_ns=begin_ns - 5, **named
    )
    old_answers = [[]]  # the first question about what was before is answered by an old list

    async def get_executions(since_ns: int) -> list[object]:
        if since_ns < begin_ns and old_answers:
            return old_answers.pop()
        return [fill] if fill.ts_event_ns >= since_ns else []

    desk.broker.get_executions = get_executions
    reconcile(desk)  # and lists an order too late
    books = desk.manager._books
    books.base_ns = books.since_ns = begin_ns
    desk.broker.open_orders = [
        a_report(X.ORDER_STATUS, order_qty=9, cum_qty=2, ts_event_ns=begin_ns + 5, **named)
    ]
    (order_id,) = reconcile(desk).adopted

    order = desk.order(order_id)
    assert (Decimal(2), Decimal(100)) == (order.cum_qty, order.avg_px)
    assert [] == desk.trades


NO_ANSWER = NetworkError("504", outcome=Outcome.UNKNOWN)


@pytest.mark.parametrize("before", [None, NO_ANSWER, "nothing", "an old state"])
def test_an_order_that_fills_alone_have_ended_is_asked_how_it_ended(before: object) -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.acknowledged("B-1")
        name = desk.order(order_id).client_order_id
        fill = {"exec_id": "E-1", "last_qty": 10, "last_px": 100}
        desk.broker.executions = [
            a_report(X.TRADE, client_order_id=name, ts_event_ns=desk.clock.now_ns(), **fill)
        ]
        named = {"client_order_id": name, "broker_order_id": "B-1", "order_qty": 12}
        old = a_report(X.ORDER_STATUS, cum_qty=0, ord_status=S.NEW, **named)
        # It was raised, and rejected later, while nobody listened.
        ended = a_report(X.ORDER_STATUS, cum_qty=10, ord_status=S.REJECTED, **named)
        answers = [{"nothing": None, "an old state": old}.get(before, before), ended]
        if before is None:
            del answers[0]

        async def find_order(client_order_id: str) -> object:
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(answer, NetworkError):
                raise answer
            return answer

        desk.broker.find_order = find_order
        await desk.manager.reconcile_with_broker()
        await settle()
        for _ in range(3):
            desk.clock.advance(1.0)
            await settle()

        order = desk.order(order_id)
        seen = order.status, order.cum_qty, order.quantity
        assert (S.REJECTED, Decimal(10), Decimal(12)) == seen

    asyncio.run(session())


def test_what_a_correction_costs_counts_though_a_later_one_came_before_it() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    fill = {"last_qty": 10, "last_px": 100, "cum_qty": 10}
    desk.say(order_id, X.TRADE, exec_id="E.01", commission=1, **fill)

    desk.say(order_id, X.TRADE_CORRECT, exec_id="E.03", exec_ref_id="E.02", commission=2, **fill)
    desk.say(order_id, X.TRADE_CORRECT, exec_id="E.02", exec_ref_id="E.01", commission=4, **fill)

    assert Decimal(10) == desk.order(order_id).cum_qty
    assert Decimal(7) == sum(trade.commission for trade in desk.trades)


HOUR_NS = 3_600_000_000_000


def a_listing_of(desk: Desk, order_id: int, **terms: object) -> object:
    name, seen_ns = desk.order(order_id).client_order_id, desk.clock.now_ns()
    return a_report(
        X.ORDER_STATUS, client_order_id=name, broker_order_id="B-1", ts_recv_ns=seen_ns, **terms
    )


def test_terms_are_taken_over_of_an_order_from_before_our_clock_was_set_back() -> None:
    desk = Desk()
    order_id = desk.submit()
    ahead_ns = desk.clock.now_ns() + HOUR_NS
    desk.say(order_id, X.NEW, broker_order_id="B-1", ts_recv_ns=ahead_ns)
    desk.broker.open_orders = [a_listing_of(desk, order_id, order_qty=12)]

    reconcile(desk)

    assert Decimal(12) == desk.order(order_id).quantity


def test_an_old_listing_undoes_nothing_that_was_heard_since_our_clock_was_set_back() -> None:
    desk = Desk()
    order_id = desk.submit()
    now_ns = desk.clock.now_ns()
    desk.say(order_id, X.NEW, broker_order_id="B-1", ts_recv_ns=now_ns + HOUR_NS)
    desk.say(order_id, X.RESTATED, broker_order_id="B-1", order_qty=14, ts_recv_ns=now_ns)
    desk.broker.open_orders = [a_listing_of(desk, order_id, order_qty=12)]

    reconcile(desk)

    assert Decimal(14) == desk.order(order_id).quantity


async def changed_without_an_answer(desk: Desk) -> int:
    order_id = desk.acknowledged("B-1")
    desk.broker.answers = [NetworkError("504", outcome=Outcome.UNKNOWN)]
    desk.manager.modify_order(order_id, OrderModification(quantity=14))
    await settle()
    return order_id


def test_a_new_leg_that_is_full_answers_a_change_that_was_in_doubt() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = await changed_without_an_answer(desk)
        desk.fill(order_id, "E-1", 4)
        assert desk.order(order_id).in_doubt

        desk.say(order_id, X.REPLACED, broker_order_id="B-2", order_qty=4, cum_qty=4, leaves_qty=0)

        order = desk.order(order_id)
        assert (S.FILLED, False) == (order.status, order.in_doubt)

    asyncio.run(session())


def test_what_looks_overfilled_is_asked_for_though_its_change_was_being_asked_for() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = await changed_without_an_answer(desk)
        name = desk.order(order_id).client_order_id
        desk.broker.known[name] = a_report(
            X.ORDER_STATUS, client_order_id=name, broker_order_id="B-1"
        )
        desk.clock.advance(1.0)
        await settle()
        desk.fill(order_id, "E-1", 12)
        terms = {"order_qty": 14, "cum_qty": 12, "leaves_qty": 0, "broker_order_id": "B-1"}
        desk.broker.known[name] = a_report(
            X.ORDER_STATUS, client_order_id=name, ord_status=S.CANCELLED, **terms
        )

        for _ in range(10):
            desk.clock.advance(1.0)
            await settle()

        order = desk.order(order_id)
        assert (S.CANCELLED, Decimal(14)) == (order.status, order.quantity)

    asyncio.run(session())


def test_a_state_that_nobody_knows_does_not_hide_the_new_leg_of_what_looked_cancelled() -> None:
    desk = Desk()
    order_id = desk.acknowledged("B-1")
    desk.say(order_id, X.CANCELED, broker_order_id="B-1", ord_status=S.CANCELLED)

    desk.say(order_id, X.ORDER_STATUS, broker_order_id="B-2", ord_status=S.ERROR)
    desk.say(order_id, X.ORDER_STATUS, broker_order_id="B-2", ord_status=S.NEW, order_qty=7)

    order = desk.order(order_id)
    assert (S.NEW, Decimal(7), "B-2") == (order.status, order.quantity, order.broker_order_id)


def test_a_cancel_that_is_under_way_though_nobody_waits_for_it_is_doubted_in_the_end() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.acknowledged()
        name = desk.order(order_id).client_order_id
        desk.say(order_id, X.PENDING_CANCEL)  # late news: the cancel itself had failed
        works = a_report(
            X.ORDER_STATUS,
            ord_status=S.NEW,
            client_order_id=name,
            broker_order_id="B-1",
            order_qty=10,
        )
        desk.broker.open_orders, desk.broker.known[name] = [works], works

        await desk.manager.reconcile_with_broker()
        assert S.PENDING_CANCEL is desk.order(order_id).status  # it may be so yet
        for _ in range(40):
            desk.clock.advance(1)
            await settle()
        await desk.manager.reconcile_with_broker()
        await settle()
        assert (S.NEW, False) == (desk.order(order_id).status, desk.order(order_id).in_doubt)

        desk.manager.cancel_order(order_id)
        await settle()
        assert 1 == len(desk.broker.commands("cancel"))

    asyncio.run(session())
