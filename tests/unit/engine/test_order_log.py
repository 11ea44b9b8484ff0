from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from regimeflow._core.order_rows import OrderRow
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.order import OrderModification
from regimeflow.domain.orders.transitions import OrderEvent
from regimeflow.live import InvalidState, LiveOrderStatus
from tests.support.orders import Desk, S, X, a_report


class Log:
    """What was written, each with how many commands had left by then."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.is_full = False
        self.fails = False
        self.lines: list[tuple[object, ...]] = []

    def _write(self, *line: object) -> None:
        self.lines.append((*line, len(self._desk.broker.sent)))

    def submitted(self, row: OrderRow, now_ns: int) -> None:
        if self.fails:
            raise OSError("no space left on device")
        self._write("submitted", row.client_order_id)

    def asked(
        self, row: OrderRow, event: OrderEvent, now_ns: int, mod: OrderModification | None
    ) -> None:
        self._write("asked", row.order_id, event)

    def wished(self, order_id: int, now_ns: int, mod: OrderModification | None = None) -> None:
        self._write("wished", order_id, *(() if mod is None else (mod.limit_price,)))

    def concluded(self, order_id: int, event: OrderEvent, now_ns: int) -> None:
        self._write("concluded", order_id, event)

    def adopted(self, report: ExecutionReport, strategy: str, *_: object) -> None:
        self._write("adopted", report.broker_order_id, strategy)


def a_logged_desk() -> tuple[Desk, Log]:
    desk = Desk()
    log = Log(desk)
    desk.manager._desk.entry.log = log
    return desk, log


def test_an_intent_is_written_before_the_order_leaves() -> None:
    desk, log = a_logged_desk()

    order_id = desk.submit()

    assert [("submitted", desk.order(order_id).client_order_id, 0)] == log.lines
    assert 1 == len(desk.broker.sent)


def test_a_cancel_and_a_change_are_written_before_they_leave() -> None:
    desk, log = a_logged_desk()
    order_id = desk.acknowledged()

    desk.manager.modify_order(order_id, OrderModification(quantity=5))
    desk.say(order_id, X.REPLACED, order_qty=5, broker_order_id="B-1")
    desk.manager.cancel_order(order_id)

    assert [
        ("asked", order_id, OrderEvent.REPLACE_REQUESTED, 1),
        ("asked", order_id, OrderEvent.CANCEL_REQUESTED, 2),
    ] == log.lines[1:]


def test_a_cancel_that_has_to_wait_is_written_when_it_is_asked_for() -> None:
    desk, log = a_logged_desk()
    order_id = desk.submit()

    desk.manager.cancel_order(order_id)
    desk.manager.cancel_order(order_id)

    assert [("wished", order_id, 1)] == log.lines[1:]


def test_a_change_that_has_to_wait_is_written_when_it_is_asked_for() -> None:
    desk, log = a_logged_desk()
    order_id = desk.submit()

    desk.manager.modify_order(order_id, OrderModification(limit_price=101))

    assert [("wished", order_id, Decimal(101), 1)] == log.lines[1:]


def test_a_full_journal_takes_no_new_order_and_lets_cancels_pass() -> None:
    desk, log = a_logged_desk()
    order_id = desk.acknowledged()
    log.is_full = True

    with pytest.raises(InvalidState, match="the journal has no room"):
        desk.submit()
    desk.manager.cancel_order(order_id)

    assert 1 == len(desk.broker.commands("submit"))
    assert 1 == len(desk.broker.commands("cancel"))


def test_an_order_whose_intent_could_not_be_written_never_leaves() -> None:
    desk, log = a_logged_desk()
    log.fails = True

    with pytest.raises(OSError, match="no space"):
        desk.submit()

    assert [] == desk.broker.sent
    (order,) = desk.manager.get_orders_by_status(LiveOrderStatus.REJECTED)
    assert S.REJECTED is order.status


def test_what_evidence_showed_and_who_was_taken_in_are_written() -> None:
    desk, log = a_logged_desk()
    desk.broker.open_orders = [a_report(X.ORDER_STATUS, broker_order_id="X-1", order_qty=1)]

    asyncio.run(desk.manager.reconcile_with_broker())

    assert [("adopted", "X-1", "external", 0)] == log.lines
