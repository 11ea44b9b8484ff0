"""The venue's rate, callbacks, and keeping house."""

from __future__ import annotations

import pytest

from regimeflow.types.enums import LiveOrderStatus as S
from regimeflow.types.errors import BrokerError, InvalidState, RiskDenied
from tests.support.orders import Desk, X, a_report


def test_orders_beyond_the_venues_rate_wait_for_their_turn() -> None:
    desk = Desk(rate=10.0)

    for _ in range(15):
        desk.submit()
    at_once = len(desk.broker.commands("submit"))
    desk.clock.advance(0.35)
    later = len(desk.broker.commands("submit"))
    desk.clock.advance(1)

    assert (10, 13, 15) == (at_once, later, len(desk.broker.commands("submit")))


def test_orders_that_would_wait_too_long_are_refused() -> None:
    desk = Desk(rate=10.0)
    for _ in range(20):
        desk.submit()

    with pytest.raises(RiskDenied, match="max_orders_per_second") as caught:
        desk.submit()

    assert "10/s" in caught.value.limit
    assert 20 == desk.manager.open_order_count


def test_a_cancel_of_an_order_that_waits_for_its_turn_ends_it_unsent() -> None:
    desk = Desk(rate=1.0)
    desk.submit()
    waiting = desk.submit()

    desk.manager.cancel_order(waiting)
    desk.clock.advance(5)

    assert S.CANCELLED is desk.order(waiting).status
    assert 1 == len(desk.broker.commands("submit"))


def test_an_order_that_cannot_end_twice_is_an_invalid_state() -> None:
    desk = Desk(rate=1.0)
    desk.submit()
    waiting = desk.submit()
    desk.manager.cancel_order(waiting)

    with pytest.raises(InvalidState):
        desk.manager.cancel_order(waiting)


def test_a_callback_that_raises_keeps_nothing_from_the_others() -> None:
    desk = Desk()
    order_id = desk.submit()
    desk.manager.cancel_order(order_id)

    def fail(_: object) -> None:
        raise ZeroDivisionError

    desk.manager._desk.on_update.insert(0, fail)

    with pytest.raises(ZeroDivisionError):
        desk.say(order_id, X.NEW, broker_order_id="B-1")

    assert [S.NEW] == [order.status for order in desk.updates]
    assert ["B-1"] == desk.broker.commands("cancel")


def test_a_retired_order_is_gone_and_its_echoes_are_not_shown() -> None:
    desk = Desk()
    order_id = desk.acknowledged()
    name = desk.order(order_id).client_order_id
    desk.say(order_id, X.CANCELED)
    desk.clock.advance(7200)

    retired = desk.manager.housekeep()
    desk.broker.on_report(a_report(X.CANCELED, client_order_id=name))
    desk.broker.on_report(
        a_report(X.TRADE, client_order_id=name, exec_id="E-9", last_qty=1, last_px=1)
    )

    assert 1 == retired
    assert desk.manager.get_order(order_id) is None
    assert ["unknown order"] == [each.kind for each in desk.anomalies]


def test_after_close_no_timer_does_anything() -> None:
    desk = Desk(rate=1.0)
    order_id = desk.submit()
    desk.submit()

    desk.manager.close()
    desk.clock.advance(100)

    assert not desk.order(order_id).in_doubt
    assert 1 == len(desk.broker.commands("submit"))


def test_reports_of_our_own_go_where_the_session_publishes_them() -> None:
    published: list[object] = []
    desk = Desk(publish=published.append)
    desk.broker.answers = [BrokerError("no")]

    order_id = desk.submit()

    (report,) = published
    assert (X.REJECTED, order_id) == (report.exec_type, report.order_id)
    assert S.PENDING_NEW is desk.order(order_id).status
