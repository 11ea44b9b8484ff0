"""Mistakes that others have made with orders, each by its row in the catalogue of known defects."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from regimeflow._core.board import QuoteBoard
from regimeflow._core.market import Quote
from regimeflow.domain.orders.order import OrderModification
from regimeflow.domain.risk.gate import RiskGate
from regimeflow.engine.order_reconcile import EXTERNAL
from regimeflow.types.config.risk import RiskLimits
from regimeflow.types.enums import LiveOrderStatus as S
from regimeflow.types.enums import OrderSide
from regimeflow.types.errors import AlreadyExists, BrokerError, InvalidArgument
from tests.support.orders import BTC, Desk, HandClock, X, a_report


def test_row_22_fills_of_unknown_orders_are_shown_and_not_booked() -> None:
    desk = Desk()
    stranger = a_report(X.TRADE, broker_order_id="M-1", exec_id="E-1", last_qty=4, last_px=100)

    for _ in range(3):
        desk.broker.on_report(stranger)

    assert [] == desk.trades
    assert {"unknown order"} == {each.kind for each in desk.anomalies}


def test_row_22_fills_of_an_adopted_order_are_booked_once_and_to_nobodys_strategy() -> None:
    async def session() -> None:
        desk = Desk()
        fill = a_report(
            X.TRADE,
            side=OrderSide.SELL,
            broker_order_id="M-1",
            exec_id="E-1",
            last_qty=4,
            last_px=100,
        )
        desk.broker.on_report(fill)
        desk.broker.executions = [fill]

        first = await desk.manager.reconcile_with_broker()
        second = await desk.manager.reconcile_with_broker()

        assert (1, 0) == (len(first.adopted), len(second.adopted))
        (trade,) = desk.trades
        assert (EXTERNAL, OrderSide.SELL, Decimal(4)) == (
            trade.strategy,
            trade.side,
            trade.quantity,
        )
        (order,) = desk.manager.get_orders_by_status(S.FILLED)
        assert trade.order_id == order.order_id

    asyncio.run(session())


def test_row_27_a_cancel_refused_for_a_filled_order_leaves_it_filled() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    desk.manager.cancel_order(order_id)
    desk.fill(order_id, "E-1", 10)

    desk.say(order_id, X.CANCEL_REJECTED)

    assert S.FILLED is desk.order(order_id).status


def test_row_27_cancel_all_goes_on_after_an_error() -> None:
    desk = Desk()
    for n in range(3):
        desk.acknowledged(f"B-{n}")
    desk.broker.answers = [("raise", BrokerError("no")), ("raise", BrokerError("no")), None]

    asked = desk.manager.cancel_all_orders()

    assert (3, ["B-2"]) == (asked, desk.broker.commands("cancel"))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_row_27_what_is_no_number_is_no_quantity_and_no_price(number: str) -> None:
    desk = Desk()

    with pytest.raises(InvalidArgument) as quantity:
        desk.submit(quantity=Decimal(number))
    with pytest.raises(InvalidArgument) as price:
        desk.submit(limit_price=Decimal(number))

    assert ["quantity"] == [fault.path for fault in quantity.value.faults]
    assert ["limit_price"] == [fault.path for fault in price.value.faults]
    assert [] == desk.broker.sent


def test_row_27_a_change_changes_quantity_and_price() -> None:
    desk = Desk()
    order_id = desk.acknowledged()

    desk.manager.modify_order(order_id, OrderModification(quantity=5, limit_price="100.5"))
    desk.say(order_id, X.REPLACED, order_qty=5, limit_px="100.5")

    order = desk.order(order_id)
    assert (S.NEW, Decimal(5), Decimal("100.5")) == (
        order.status,
        order.quantity,
        order.limit_price,
    )


def test_row_28_orders_that_differ_in_the_seventh_digit_are_no_duplicates() -> None:
    board, clock = QuoteBoard(), HandClock()
    gate = RiskGate(RiskLimits(duplicate_window_s=10), board, {"BTCUSDT": BTC}, clock)
    board.observe(Quote("BTCUSDT", "65432.10", "1", "65432.20", "1"))
    desk = Desk(gate=gate)

    desk.submit(quantity=1234567, limit_price="65432.12")
    desk.submit(quantity=1234568, limit_price="65432.14")

    with pytest.raises(AlreadyExists):
        desk.submit(quantity=1234568, limit_price="65432.14")
    assert 2 == len(desk.broker.commands("submit"))
