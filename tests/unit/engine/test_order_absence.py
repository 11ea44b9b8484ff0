"""Orders that the venue does not know: presumed not sent, or lost; neither is silently open."""

from __future__ import annotations

import asyncio

from regimeflow._core.board import QuoteBoard
from regimeflow.domain.risk.gate import RiskGate
from regimeflow.live import RiskDenied
from regimeflow.types.config.policies import OrderSettings
from regimeflow.types.config.risk import RiskLimits
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import LiveOrderStatus as S
from tests.support.orders import INSTRUMENTS, Desk, HandClock, a_report, settle

DAY_S = 86_400


async def let_pass(desk: Desk, seconds: int = 40) -> None:
    for _ in range(seconds):
        desk.clock.advance(1)
        await settle()


def a_desk(**settings: object) -> Desk:
    return Desk(config=OrderSettings(request_timeout_s=5, **settings))


def a_gate_for_one() -> RiskGate:
    """A gate that lets one order of the builders' size be open at a time."""
    return RiskGate(RiskLimits(max_position_qty=15), QuoteBoard(), INSTRUMENTS, HandClock())


async def presumed(desk: Desk, **fields: object) -> int:
    order_id = desk.submit(**fields)
    await let_pass(desk)
    return order_id


def test_an_order_presumed_not_sent_is_no_open_order() -> None:
    async def session() -> None:
        desk = a_desk()

        order_id = await presumed(desk)

        order = desk.order(order_id)
        assert (S.ERROR, False, 0) == (order.status, order.is_open, order.leaves_qty)
        assert [] == desk.manager.get_open_orders()
        assert 0 == desk.manager.open_order_count
        assert [order] == desk.manager.get_orders_by_status(S.ERROR)

    asyncio.run(session())


def test_an_order_that_appears_after_all_is_open_again_under_its_id() -> None:
    async def session() -> None:
        desk = a_desk()
        order_id = await presumed(desk)

        desk.say(order_id, X.NEW, broker_order_id="B-1")

        (found,) = desk.manager.get_open_orders()
        assert (order_id, S.NEW, 10) == (found.order_id, found.status, found.leaves_qty)
        assert 1 == len(desk.broker.commands("submit"))

    asyncio.run(session())


def test_a_reconciliation_brings_an_order_back_that_the_venue_lists() -> None:
    async def session() -> None:
        desk = a_desk()
        order_id = await presumed(desk)
        name = desk.order(order_id).client_order_id
        desk.broker.open_orders = [
            a_report(X.ORDER_STATUS, client_order_id=name, broker_order_id="B-1")
        ]

        outcome = await desk.manager.reconcile_with_broker()

        assert ((), (order_id,)) == (
            outcome.adopted,
            tuple(each.order_id for each in desk.manager.get_open_orders()),
        )

    asyncio.run(session())


def test_an_order_presumed_not_sent_blocks_no_limit() -> None:
    async def session() -> None:
        gate = a_gate_for_one()
        desk = Desk(config=OrderSettings(request_timeout_s=5), gate=gate)
        await presumed(desk)

        second = desk.submit(limit_price=101)

        assert S.PENDING_NEW is desk.order(second).status

    asyncio.run(session())


def test_one_that_has_been_acknowledged_and_is_lost_counts_in_full() -> None:
    async def session() -> None:
        gate = a_gate_for_one()
        desk = Desk(config=OrderSettings(request_timeout_s=5), gate=gate)
        desk.acknowledged()
        await desk.manager.reconcile_with_broker()
        await let_pass(desk)

        refused = ""
        try:
            desk.submit(limit_price=101)
        except RiskDenied as denied:
            refused = denied.rule

        assert "max_position_qty" == refused

    asyncio.run(session())


def test_cancelling_everything_cancels_what_appears_later() -> None:
    async def session() -> None:
        desk = a_desk()
        order_id = await presumed(desk)

        asked = desk.manager.cancel_all_orders()
        desk.say(order_id, X.NEW, broker_order_id="B-1")

        assert 0 == asked
        assert ["B-1"] == desk.broker.commands("cancel")

    asyncio.run(session())


def test_an_order_presumed_not_sent_is_let_go_after_the_time_of_the_guard_only() -> None:
    async def session() -> None:
        desk = a_desk(retire_after_s=3_600, guard_s=DAY_S)
        order_id = await presumed(desk)
        ended = desk.acknowledged()
        desk.say(ended, X.CANCELED)

        desk.clock.advance(2 * 3_600)
        first = desk.manager.housekeep()
        kept = desk.order(order_id).status
        desk.clock.advance(DAY_S)
        second = desk.manager.housekeep()

        assert (1, S.ERROR, 1) == (first, kept, second)
        assert desk.manager.get_order(order_id) is None

    asyncio.run(session())


def test_an_order_let_go_that_the_venue_works_is_a_difference_with_both_sides() -> None:
    async def session() -> None:
        desk = a_desk(retire_after_s=3_600, guard_s=DAY_S)
        order_id = await presumed(desk)
        name = desk.order(order_id).client_order_id
        desk.clock.advance(2 * DAY_S)
        desk.manager.housekeep()
        desk.broker.open_orders = [
            a_report(X.ORDER_STATUS, client_order_id=name, broker_order_id="B-1")
        ]

        outcome = await desk.manager.reconcile_with_broker()

        assert (f"{name} BTCUSDT: ours given up long ago, theirs open",) == outcome.differing

    asyncio.run(session())


def test_an_order_that_the_venue_knew_and_knows_no_more_is_a_difference_with_both_sides() -> None:
    async def session() -> None:
        desk = a_desk()
        order_id = desk.acknowledged()
        desk.fill(order_id, "E-1", 4)

        early = await desk.manager.reconcile_with_broker()
        await let_pass(desk)
        late = await desk.manager.reconcile_with_broker()

        (text,) = late.differing
        assert () == early.differing
        assert "ours open as B-1 with 4.00000 of 10.00000 filled" in text
        assert "theirs not open, not known, and no execution ends it" in text
        assert ["lost order"] == [each.kind for each in desk.anomalies]
        assert desk.order(order_id).is_open

    asyncio.run(session())


def test_a_question_that_fails_says_nothing_of_a_lost_order() -> None:
    async def session() -> None:
        desk = a_desk()
        order_id = desk.acknowledged()
        await desk.manager.reconcile_with_broker()
        await let_pass(desk)
        desk.broker.known[desk.order(order_id).client_order_id] = OSError("no route")

        outcome = await desk.manager.reconcile_with_broker()

        assert () == outcome.differing
        assert (order_id,) == outcome.unresolved

    asyncio.run(session())


def test_an_execution_explains_a_lost_order() -> None:
    async def session() -> None:
        desk = a_desk()
        order_id = desk.acknowledged()
        await desk.manager.reconcile_with_broker()
        await let_pass(desk)
        desk.broker.executions = [
            a_report(X.TRADE, broker_order_id="B-1", exec_id="E-1", last_qty=10, last_px=100)
        ]

        outcome = await desk.manager.reconcile_with_broker()

        assert ((), S.FILLED) == (outcome.differing, desk.order(order_id).status)

    asyncio.run(session())


def test_an_order_presumed_not_sent_is_asked_for_on_since_its_life_may_pass_unheard() -> None:
    async def session() -> None:
        desk = a_desk()
        order_id = await presumed(desk)
        name = desk.order(order_id).client_order_id
        ended = {"client_order_id": name, "broker_order_id": "B-1", "ord_status": S.EXPIRED}
        desk.broker.known[name] = a_report(X.ORDER_STATUS, **ended)

        await desk.manager.reconcile_with_broker()

        assert S.EXPIRED is desk.order(order_id).status

    asyncio.run(session())


def test_an_order_long_presumed_not_sent_is_asked_for_by_a_new_session_only() -> None:
    async def session() -> None:
        desk = a_desk()
        await presumed(desk)
        asked: list[str] = []

        async def find_order(client_order_id: str) -> None:
            asked.append(client_order_id)

        desk.broker.find_order = find_order
        await desk.manager.reconcile_with_broker()
        desk.clock.advance(DAY_S / 24)
        await desk.manager.reconcile_with_broker()

        assert 1 == len(asked)

    asyncio.run(session())
