"""Requests that cross on the wire end in the venue's truth."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from regimeflow.domain.orders.order import OrderModification
from regimeflow.types.enums import LiveOrderStatus as S
from regimeflow.types.enums import OrdRejReason
from regimeflow.types.errors import BrokerError, NetworkError, Outcome, RiskDenied
from tests.support.orders import Desk, X, a_report, settle


def test_a_cancel_before_the_acknowledgement_waits_for_it() -> None:
    desk = Desk()
    order_id = desk.submit()

    desk.manager.cancel_order(order_id)
    desk.manager.cancel_order(order_id)
    before = desk.broker.commands("cancel")
    desk.say(order_id, X.NEW, broker_order_id="B-1")

    assert [] == before
    assert ["B-1"] == desk.broker.commands("cancel")
    assert S.PENDING_CANCEL is desk.order(order_id).status


def test_a_queued_cancel_of_an_order_that_fills_at_once_is_forgotten() -> None:
    desk = Desk()
    order_id = desk.submit()
    desk.manager.cancel_order(order_id)

    desk.fill(order_id, "E-1", 10, broker_order_id="B-1")

    assert [] == desk.broker.commands("cancel")
    assert S.FILLED is desk.order(order_id).status


def test_of_several_changes_before_the_acknowledgement_the_last_one_counts() -> None:
    desk = Desk()
    order_id = desk.submit()

    desk.manager.modify_order(order_id, OrderModification(quantity=5))
    desk.manager.modify_order(order_id, OrderModification(quantity=7))
    desk.say(order_id, X.NEW, broker_order_id="B-1")

    assert [("B-1", OrderModification(quantity=Decimal(7)))] == desk.broker.commands("modify")
    assert S.PENDING_REPLACE is desk.order(order_id).status


def test_a_cancel_ends_a_change_that_was_queued_before_it() -> None:
    desk = Desk()
    order_id = desk.submit()

    desk.manager.modify_order(order_id, OrderModification(quantity=5))
    desk.manager.cancel_order(order_id)
    desk.say(order_id, X.NEW, broker_order_id="B-1")

    assert ([], ["B-1"]) == (desk.broker.commands("modify"), desk.broker.commands("cancel"))


def test_a_queued_change_that_the_gate_no_longer_passes_is_refused_by_an_update() -> None:
    class Closing:
        is_closed = False
        wider = None

        def check_raw(self, *order: object) -> None:
            pass

        def check_modification(self, order: object, mod: object) -> None:
            if self.is_closed:
                raise RiskDenied("trading_state", limit="HALTED", value="5")

        def on_order_update(self, order: object) -> None:
            pass

        def track_raw(self, *order: object, is_changing: bool = False) -> None:
            pass

    gate = Closing()
    desk = Desk(gate=gate)
    order_id = desk.submit()
    desk.manager.modify_order(order_id, OrderModification(quantity=5))
    gate.is_closed = True

    desk.say(order_id, X.NEW, broker_order_id="B-1")

    assert [] == desk.broker.commands("modify")
    assert ("RiskDenied", Outcome.NOT_SENT) == (
        desk.order(order_id).error.kind,
        desk.order(order_id).error.outcome,
    )


def test_a_refused_cancel_leaves_the_order_working_and_says_why() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    desk.fill(order_id, "E-1", 4)
    desk.manager.cancel_order(order_id)

    desk.say(order_id, X.CANCEL_REJECTED, text="not now")

    order = desk.order(order_id)
    assert (S.PARTIALLY_FILLED, "not now") == (order.status, order.error.text)


def test_a_cancel_refused_because_the_order_has_ended_is_looked_into() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.acknowledged()
        name = desk.order(order_id).client_order_id
        desk.broker.known[name] = a_report(
            X.ORDER_STATUS, ord_status=S.EXPIRED, client_order_id=name, broker_order_id="B-1"
        )
        desk.manager.cancel_order(order_id)

        desk.say(order_id, X.CANCEL_REJECTED, ord_rej_reason=OrdRejReason.UNKNOWN_ORDER)
        desk.clock.advance(1)
        await settle()

        assert S.EXPIRED is desk.order(order_id).status

    asyncio.run(session())


def test_a_fill_beats_the_replace() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    desk.manager.modify_order(order_id, OrderModification(quantity=20))

    desk.fill(order_id, "E-1", 10)
    filled = desk.order(order_id).status
    desk.say(order_id, X.REPLACE_REJECTED, text="filled")

    assert S.FILLED is filled is desk.order(order_id).status


def test_a_fill_reported_before_the_replace_that_preceded_it_leaves_the_order_open() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    desk.manager.modify_order(order_id, OrderModification(quantity=20))

    desk.fill(order_id, "E-1", 10)
    desk.say(order_id, X.REPLACED, order_qty=20)

    order = desk.order(order_id)
    assert (S.PARTIALLY_FILLED, Decimal(10)) == (order.status, order.leaves_qty)


def test_a_cancel_is_asked_again_for_the_leg_that_a_replace_has_made() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    desk.manager.modify_order(order_id, OrderModification(quantity=20))
    desk.manager.cancel_order(order_id)

    desk.say(order_id, X.REPLACED, order_qty=20, broker_order_id="B-2")

    assert ["B-1", "B-2"] == desk.broker.commands("cancel")
    assert S.PENDING_CANCEL is desk.order(order_id).status


def test_the_new_id_in_the_answer_to_a_change_is_known_before_its_report_comes() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    desk.broker.answers = ["B-2"]
    desk.manager.modify_order(order_id, OrderModification(quantity=20))

    desk.broker.on_report(
        a_report(X.TRADE, broker_order_id="B-2", exec_id="E-1", last_qty=4, last_px=100)
    )
    desk.broker.on_report(a_report(X.CANCELED, broker_order_id="B-1"))

    order = desk.order(order_id)
    assert (S.PENDING_REPLACE, Decimal(4), "B-2") == (
        order.status,
        order.cum_qty,
        order.broker_order_id,
    )


def test_a_cancel_without_an_answer_is_asked_about_and_then_taken_for_not_arrived() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.acknowledged()
        name = desk.order(order_id).client_order_id
        desk.broker.known[name] = a_report(
            X.ORDER_STATUS, client_order_id=name, broker_order_id="B-1", order_qty=10
        )
        desk.manager.cancel_order(order_id)
        desk.clock.advance(5.5)
        await settle()
        waiting = desk.order(order_id)
        for _ in range(40):
            desk.clock.advance(1)
            await settle()

        order = desk.order(order_id)
        assert (S.PENDING_CANCEL, True) == (waiting.status, waiting.in_doubt)
        assert (S.NEW, False) == (order.status, order.in_doubt)
        assert 1 == len(desk.broker.commands("cancel"))

    asyncio.run(session())


def test_a_cancel_in_doubt_may_be_asked_again() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    desk.broker.answers = [NetworkError("cut", outcome=Outcome.UNKNOWN)]

    async def session() -> None:
        desk.manager.cancel_order(order_id)
        await settle()
        desk.manager.cancel_order(order_id)
        await settle()

    asyncio.run(session())

    assert ["B-1", "B-1"] == desk.broker.commands("cancel")


@pytest.mark.parametrize(
    "failure", [NetworkError("no route"), AssertionError()], ids=["no route", "a broken adapter"]
)
def test_a_question_that_fails_says_nothing_and_is_asked_again(failure: Exception) -> None:
    async def session() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        desk = Desk()
        order_id = desk.submit()
        name = desk.order(order_id).client_order_id
        desk.broker.known[name] = failure
        for _ in range(80):
            desk.clock.advance(1)
            await settle()

        order = desk.order(order_id)
        assert (S.PENDING_NEW, True) == (order.status, order.in_doubt)
        assert len(desk.broker.asked) > 30

    asyncio.run(session())


def test_an_order_unknown_beyond_the_venues_patience_is_marked_and_lives_when_it_appears() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.submit()
        for _ in range(20):
            desk.clock.advance(1)
            await settle()
        early = desk.order(order_id).status
        for _ in range(20):
            desk.clock.advance(1)
            await settle()
        marked = desk.order(order_id)
        desk.manager.cancel_order(order_id)
        desk.say(order_id, X.NEW, broker_order_id="B-1")

        assert S.PENDING_NEW is early
        assert (S.ERROR, False) == (marked.status, marked.in_doubt)
        assert 1 == len(desk.broker.commands("submit"))
        assert ["B-1"] == desk.broker.commands("cancel")
        assert ["revived"] == [each.kind for each in desk.anomalies]

    asyncio.run(session())


def test_a_status_that_shows_more_than_we_know_makes_us_ask_for_the_executions() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.acknowledged()
        name = desk.order(order_id).client_order_id
        desk.broker.executions = [
            a_report(X.TRADE, client_order_id=name, exec_id="E-1", last_qty=10, last_px=100)
        ]

        desk.say(order_id, X.ORDER_STATUS, ord_status=S.FILLED, cum_qty=10)
        before = desk.order(order_id).status
        desk.clock.advance(1.1)
        await settle()

        assert S.NEW is before
        assert S.FILLED is desk.order(order_id).status
        assert 1 == len(desk.trades)

    asyncio.run(session())


def test_executions_that_come_by_themselves_are_not_asked_for() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.acknowledged()
        desk.broker.executions = [a_report(X.TRADE, exec_id="never", last_qty=1, last_px=1)]

        desk.fill(order_id, "E-2", 6, cum_qty=10)
        desk.fill(order_id, "E-1", 4, cum_qty=4)
        desk.clock.advance(1.1)
        await settle()

        assert [] == desk.anomalies
        assert S.FILLED is desk.order(order_id).status

    asyncio.run(session())


def test_a_reconciliation_that_cannot_ask_raises_and_changes_nothing() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.acknowledged()
        desk.broker.open_orders = BrokerError("rate limit")

        with pytest.raises(BrokerError):
            await desk.manager.reconcile_with_broker()

        assert S.NEW is desk.order(order_id).status

    asyncio.run(session())


def test_a_snapshot_older_than_our_request_does_not_undo_it() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.acknowledged()
        name = desk.order(order_id).client_order_id
        desk.broker.open_orders = [
            a_report(X.ORDER_STATUS, client_order_id=name, broker_order_id="B-1", order_qty=10)
        ]
        desk.manager.cancel_order(order_id)
        asked = desk.order(order_id).status

        await desk.manager.reconcile_with_broker()
        still = desk.order(order_id).status
        desk.say(order_id, X.CANCELED)
        await desk.manager.reconcile_with_broker()

        assert S.PENDING_CANCEL is asked is still
        assert S.CANCELLED is desk.order(order_id).status

    asyncio.run(session())


def test_an_order_that_is_still_on_its_way_is_no_disagreement() -> None:
    async def session() -> None:
        desk = Desk()
        desk.submit()

        assert (await desk.manager.reconcile_with_broker()).is_agreed

    asyncio.run(session())
