from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from regimeflow.types.enums import LiveOrderStatus as S
from regimeflow.types.errors import BrokerError, InvalidArgument, Outcome
from tests.support.orders import Desk, X, settle


def test_submit_returns_the_id_and_hands_the_order_over_under_it() -> None:
    desk = Desk()

    order_id = desk.submit(quantity="1.5", limit_price="100.25")

    (sent,) = desk.broker.commands("submit")
    assert (order_id, Decimal("1.5"), Decimal("100.25"), S.PENDING_NEW) == (
        sent.order_id,
        sent.quantity,
        sent.limit_price,
        sent.status,
    )


def test_an_order_fills_by_executions_each_counted_once() -> None:
    desk = Desk()
    order_id = desk.acknowledged()

    desk.fill(order_id, "E-1", 4, "100.00")
    desk.fill(order_id, "E-1", 4, "100.00")
    desk.fill(order_id, "E-2", 6, "100.50")

    order = desk.order(order_id)
    assert (S.FILLED, Decimal(10), Decimal("100.3")) == (order.status, order.cum_qty, order.avg_px)
    assert [Decimal(4), Decimal(6)] == [trade.quantity for trade in desk.trades]


def test_the_venues_id_in_the_answer_acknowledges_the_order() -> None:
    desk = Desk()
    desk.broker.answers = ["B-9"]

    order_id = desk.submit()

    assert S.NEW is desk.order(order_id).status
    assert order_id == desk.manager.find_order_id_by_broker_id("B-9")


def test_a_refusal_arrives_as_an_update_that_says_why() -> None:
    desk = Desk()
    desk.broker.answers = [BrokerError("no money")]

    order_id = desk.submit()

    order = desk.updates[-1]
    assert (order_id, S.REJECTED) == (order.order_id, order.status)
    assert ("BrokerError", Outcome.REFUSED, "no money") == (
        order.error.kind,
        order.error.outcome,
        order.error.text,
    )


@pytest.mark.parametrize("exec_id", ["E", "a-much-longer-execution-id-0123456789"])
def test_a_bust_takes_the_fill_back(exec_id: str) -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    desk.fill(order_id, exec_id, 4)

    desk.say(order_id, X.TRADE_CANCEL, exec_id="X-1", exec_ref_id=exec_id)

    order = desk.order(order_id)
    assert (S.NEW, Decimal(0), Decimal(10)) == (order.status, order.cum_qty, order.leaves_qty)
    assert exec_id == desk.trades[-1].exec_ref_id


def test_without_a_list_of_instruments_the_broker_is_asked_on_the_spot() -> None:
    desk = Desk(instruments=None)

    desk.submit(quantity=0.1 + 0.2)

    assert Decimal("0.3") == desk.broker.commands("submit")[0].quantity
    with pytest.raises(InvalidArgument, match="NOSUCH"):
        desk.submit(symbol="NOSUCH")
    with pytest.raises(InvalidArgument, match="tick"):
        desk.submit(limit_price="100.001")


def test_where_the_broker_must_ask_its_venue_numbers_are_taken_as_they_are() -> None:
    desk = Desk(instruments=None)
    desk.broker.must_ask_for_instruments = True

    desk.submit(quantity="1.23456789", limit_price="100.00001")

    (sent,) = desk.broker.commands("submit")
    assert (Decimal("1.23456789"), Decimal("100.00001")) == (sent.quantity, sent.limit_price)


def test_an_order_that_the_venue_has_and_has_not_accepted_can_be_cancelled() -> None:
    desk = Desk()
    order_id = desk.submit()
    desk.say(order_id, X.PENDING_NEW, broker_order_id="B-1")

    desk.manager.cancel_order(order_id)

    assert ["B-1"] == desk.broker.commands("cancel")
    assert S.PENDING_CANCEL is desk.order(order_id).status


def test_a_lost_order_can_be_cancelled_and_stays_in_doubt() -> None:
    async def session() -> None:
        desk = Desk()
        order_id = desk.acknowledged()
        await desk.manager.reconcile_with_broker()
        for _ in range(40):
            desk.clock.advance(1)
            await settle()

        desk.manager.cancel_order(order_id)

        order = desk.order(order_id)
        assert (S.ERROR, True) == (order.status, order.in_doubt)
        assert ["B-1"] == desk.broker.commands("cancel")

    asyncio.run(session())
