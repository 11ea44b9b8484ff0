from __future__ import annotations

import json
from decimal import Decimal

import pytest

from regimeflow.domain.orders.links import Contingency, LinkedOrders, bracket
from regimeflow.engine.journal.groups import keep_group
from regimeflow.engine.order_groups import OrderGroups
from regimeflow.live import InvalidArgument, LiveOrder, Order, OrderSide, OrderType
from tests.support.orders import Desk, X, a_limit_order

ENTRY = a_limit_order()
TARGET = a_limit_order(side=OrderSide.SELL, limit_price=110)
STOP = Order("BTCUSDT", OrderSide.SELL, OrderType.STOP, 10, stop_price=90)


def sent(desk: Desk) -> list[LiveOrder]:
    return [order for order in desk.broker.commands("submit") if isinstance(order, LiveOrder)]


def a_bracket(desk: Desk) -> int:
    (entry_id,) = desk.manager.submit_linked_orders(bracket(ENTRY, TARGET, STOP), strategy="s")
    desk.say(entry_id, X.NEW, broker_order_id="B-1")
    return entry_id


def test_target_and_stop_leave_when_the_entry_fills_and_for_as_much() -> None:
    desk = Desk()
    entry_id = a_bracket(desk)
    assert 1 == len(sent(desk))

    desk.fill(entry_id, "E1", 4)

    _, target, stop = sent(desk)
    assert (OrderType.LIMIT, Decimal(4)) == (target.type, target.quantity)
    assert (OrderType.STOP, Decimal(4)) == (stop.type, stop.quantity)
    assert {"s"} == {order.strategy for order in sent(desk)}


def test_a_fill_of_the_target_takes_as_much_from_the_stop() -> None:
    desk = Desk()
    desk.fill(a_bracket(desk), "E1", 10)
    _, target, stop = sent(desk)
    desk.say(target.order_id, X.NEW, broker_order_id="B-2")
    desk.say(stop.order_id, X.NEW, broker_order_id="B-3")

    desk.fill(target.order_id, "E2", 10, 110)

    assert ["B-3"] == desk.broker.commands("cancel")
    desk.say(stop.order_id, X.CANCELED)
    assert 0 == desk.manager.groups.count


def test_an_entry_that_is_refused_leaves_no_group() -> None:
    desk = Desk()

    with pytest.raises(InvalidArgument):
        desk.manager.submit_linked_orders(bracket(a_limit_order(limit_price="0.001"), TARGET, STOP))

    assert 0 == desk.manager.groups.count
    assert [] == desk.broker.sent


def test_a_leg_that_is_refused_is_told_and_not_sent_again() -> None:
    desk, told = Desk(), []
    desk.manager.groups.on_error = told.append
    wrong = Order("BTCUSDT", OrderSide.SELL, OrderType.STOP, 10, stop_price="90.001")
    (entry_id,) = desk.manager.submit_linked_orders(bracket(ENTRY, TARGET, wrong))
    desk.say(entry_id, X.NEW, broker_order_id="B-1")

    desk.fill(entry_id, "E1", 4)
    desk.fill(entry_id, "E2", 6)

    assert 1 == len(told)
    assert 2 == len(sent(desk))


def test_one_cancels_the_other() -> None:
    desk = Desk()
    group = LinkedOrders((TARGET, STOP), contingency=Contingency.OCO)
    first, second = desk.manager.submit_linked_orders(group)
    desk.say(first, X.NEW, broker_order_id="B-1")
    desk.say(second, X.NEW, broker_order_id="B-2")

    desk.fill(first, "E1", 1, 110)

    assert ["B-2"] == desk.broker.commands("cancel")


def test_a_group_goes_on_after_a_restart() -> None:
    desk, notes = Desk(), []
    desk.manager.groups.write = notes.append
    entry_id = a_bracket(desk)
    desk.fill(entry_id, "E1", 4)
    kept: dict[int, dict[str, object]] = {}
    for note in json.loads(json.dumps(notes)):
        keep_group(kept, note)

    again = OrderGroups(
        desk.manager,
        desk.manager._table.next_order_id,
        kept,
        together=desk.manager.groups._together,
    )
    again.resume()
    assert 3 == len(sent(desk))
    _, target, stop = sent(desk)
    desk.say(target.order_id, X.NEW, broker_order_id="B-2")
    desk.say(stop.order_id, X.NEW, broker_order_id="B-3")
    desk.manager.groups.update = lambda _: None  # type: ignore[method-assign]
    desk.fill(target.order_id, "E2", 4, 110)
    again.update(desk.order(target.order_id))

    assert 1 == again.count
    assert "B-3" in desk.broker.commands("cancel")


def test_an_order_that_was_written_down_and_never_entered_is_sent_again() -> None:
    desk = Desk()
    entry_id = a_bracket(desk)
    kept = json.loads(json.dumps(desk.manager._books.groups[1]))
    kept["sent"].append([1, 999])
    desk.fill(entry_id, "E1", 4)
    count = len(sent(desk))

    again = OrderGroups(
        desk.manager,
        desk.manager._table.next_order_id,
        {1: kept},
        together=desk.manager.groups._together,
    )
    again.resume()

    assert count + 2 == len(sent(desk))
