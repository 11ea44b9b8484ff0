"""An order and its exits that leave as one request, to a venue that keeps them linked itself."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from regimeflow.domain.orders.links import Contingency, LinkedOrders, bracket
from regimeflow.domain.orders.native_groups import NativeGroups
from regimeflow.engine.journal.groups import keep_group, native_of, native_state
from regimeflow.engine.order_groups import OrderGroups
from regimeflow.live import (
    AlreadyExists,
    InvalidArgument,
    InvalidState,
    LiveOrder,
    LiveOrderStatus,
    NetworkError,
    Order,
    OrderSide,
    OrderType,
    TimeInForce,
)
from regimeflow.types.errors import BrokerError, Outcome
from regimeflow.types.records import replace
from tests.support.orders import BTC, Desk, HandBroker, X, a_limit_order

S = LiveOrderStatus
TAKEN = NativeGroups(
    asset_classes=frozenset({"crypto"}),
    entry_types=frozenset({OrderType.LIMIT}),
    times_in_force=frozenset({TimeInForce.GTC}),
)
ENTRY = a_limit_order()
TARGET = a_limit_order(side=OrderSide.SELL, limit_price=110)
STOP = Order("BTCUSDT", OrderSide.SELL, OrderType.STOP, 10, stop_price=90)


class LinkingBroker(HandBroker):
    def capabilities(self):
        return replace(super().capabilities(), native_groups=TAKEN, sets_exits_aside=True)


class NativeDesk(Desk):
    make_broker = LinkingBroker


def sent(desk: Desk) -> list[LiveOrder]:
    return [order for order in desk.broker.commands("submit") if isinstance(order, LiveOrder)]


def a_bracket(desk: Desk) -> list[int]:
    return desk.manager.submit_linked_orders(bracket(ENTRY, TARGET, STOP), strategy="s")


def statuses(desk: Desk, ids: list[int]) -> list[LiveOrderStatus]:
    return [desk.order(each).status for each in ids]


def held(desk: Desk, ids: list[int]) -> None:
    """The venue takes the entry and holds its exits."""
    desk.say(ids[0], X.NEW, broker_order_id="B-1")
    for number, order_id in enumerate(ids[1:], 2):
        desk.say(order_id, X.SUSPENDED, broker_order_id=f"B-{number}")


def test_a_bracket_is_one_request_and_its_exits_are_named_after_it() -> None:
    desk = NativeDesk()

    ids = a_bracket(desk)

    (entry,) = sent(desk)
    assert 3 == len(ids)
    assert [f"{entry.client_order_id}_t", f"{entry.client_order_id}_s"] == [
        each.client_order_id for each in entry.exits
    ]
    assert [OrderType.LIMIT, OrderType.STOP] == [each.type for each in entry.exits]
    assert [S.PENDING_NEW] * 3 == statuses(desk, ids)
    assert {"s"} == {desk.order(each).strategy for each in ids}


def test_the_venue_keeps_the_group_and_nothing_is_asked_of_it() -> None:
    desk = NativeDesk()
    ids = a_bracket(desk)
    held(desk, ids)

    desk.fill(ids[0], "E1", 10)
    desk.say(ids[1], X.NEW)
    desk.fill(ids[1], "E2", 4, 110)
    desk.fill(ids[1], "E3", 6, 110)
    desk.say(ids[2], X.CANCELED)

    assert 1 == len(desk.broker.sent)
    assert [S.FILLED, S.FILLED, S.CANCELLED] == statuses(desk, ids)
    assert 0 == desk.manager.groups.count


def test_of_two_exits_the_limit_leads() -> None:
    desk = NativeDesk()

    desk.manager.submit_linked_orders(LinkedOrders((STOP, TARGET), contingency=Contingency.OCO))

    (target,) = sent(desk)
    assert (OrderType.LIMIT, [OrderType.STOP]) == (target.type, [e.type for e in target.exits])


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNKNOWN])
def test_what_becomes_of_the_request_becomes_of_all_its_orders(outcome: Outcome) -> None:
    desk = NativeDesk()
    desk.broker.answers = [BrokerError("no", venue="hand", outcome=outcome)]

    ids = a_bracket(desk)

    if outcome is Outcome.REFUSED:
        assert [S.REJECTED] * 3 == statuses(desk, ids)
        assert 0 == desk.manager.groups.count
    else:
        assert [True] * 3 == [desk.order(each).in_doubt for each in ids]
    assert {"no"} == {desk.order(each).error.text.removeprefix("hand: ") for each in ids}


def test_exits_without_a_word_are_in_doubt_and_asked_for_under_their_names() -> None:
    desk = NativeDesk()
    ids = a_bracket(desk)
    desk.say(ids[0], X.NEW, broker_order_id="B-1")

    desk.clock.advance(60)

    names = [desk.order(each).client_order_id for each in ids]
    assert set(names[1:]) == set(desk.broker.asked)
    assert 1 == len(desk.broker.sent)


def test_a_cancel_before_its_turn_ends_the_whole_group_and_nothing_leaves() -> None:
    desk = NativeDesk(rate=4.0)
    while len(sent(desk)) == desk.manager.open_order_count:
        desk.submit(limit_price=100 + desk.manager.open_order_count)
    count = len(sent(desk))
    ids = a_bracket(desk)

    desk.manager.cancel_order(ids[2])

    assert [S.CANCELLED] * 3 == statuses(desk, ids)
    desk.clock.advance(10)
    assert not [each for each in sent(desk)[count:] if each.exits]


def test_a_group_that_waits_for_its_turn_leaves_as_one_then() -> None:
    desk = NativeDesk(rate=4.0)
    while len(sent(desk)) == desk.manager.open_order_count:
        desk.submit(limit_price=100 + desk.manager.open_order_count)

    ids = a_bracket(desk)
    desk.clock.advance(5)

    assert [2] == [len(each.exits) for each in sent(desk) if each.exits]
    assert ids[0] == sent(desk)[-1].order_id


def test_what_was_filled_of_an_entry_that_ended_early_gets_its_exits() -> None:
    desk = NativeDesk()
    ids = a_bracket(desk)
    held(desk, ids)
    desk.fill(ids[0], "E1", 4)

    for order_id in ids:
        desk.say(order_id, X.CANCELED)

    target = sent(desk)[-1]
    assert (Decimal(4), [Decimal(4)]) == (target.quantity, [e.quantity for e in target.exits])
    assert 1 == desk.manager.groups.count


def test_exits_that_somebody_cancels_after_the_entry_are_not_sent_again() -> None:
    desk = NativeDesk()
    ids = a_bracket(desk)
    held(desk, ids)
    desk.fill(ids[0], "E1", 10)

    for order_id in ids[1:]:
        desk.say(order_id, X.CANCELED)

    assert 1 == len(desk.broker.sent)
    assert 0 == desk.manager.groups.count


@pytest.mark.parametrize(
    "group",
    [
        bracket(ENTRY, TARGET, replace(STOP, time_in_force=TimeInForce.DAY)),
        bracket(ENTRY, TARGET, replace(STOP, client_order_id="mine")),
        bracket(replace(ENTRY, type=OrderType.MARKET, limit_price=None), TARGET, STOP),
        LinkedOrders((TARGET, replace(TARGET, limit_price=120))),
    ],
)
def test_a_group_that_the_venue_does_not_take_as_one_is_kept_here(group: LinkedOrders) -> None:
    desk = NativeDesk()

    with pytest.raises(InvalidArgument, match="one exit of a holding at a time"):
        desk.manager.submit_linked_orders(group)

    assert [] == desk.broker.sent


def test_orders_that_buy_are_no_exits() -> None:
    desk = NativeDesk()
    stop = replace(STOP, side=OrderSide.BUY, stop_price=120)

    desk.manager.submit_linked_orders(LinkedOrders((ENTRY, stop)))

    assert [(), ()] == [each.exits for each in sent(desk)]


def test_a_fault_of_one_order_leaves_nothing_of_any() -> None:
    desk = NativeDesk()
    wrong = replace(STOP, stop_price="90.001")

    with pytest.raises(InvalidArgument):
        desk.manager.submit_linked_orders(bracket(ENTRY, TARGET, wrong))

    assert ([], 0, 0) == (
        desk.broker.sent,
        desk.manager.open_order_count,
        desk.manager.groups.count,
    )


def test_no_room_for_all_leaves_none() -> None:
    desk = NativeDesk(max_orders=2)

    with pytest.raises(InvalidState, match="room for 2 orders"):
        a_bracket(desk)

    assert 0 == desk.manager.open_order_count


def test_a_name_that_an_exit_would_have_twice_is_refused() -> None:
    desk = NativeDesk()
    desk.submit(client_order_id="mine_s", limit_price=95)

    with pytest.raises(AlreadyExists, match="mine_s"):
        desk.manager.submit_linked_orders(
            bracket(replace(ENTRY, client_order_id="mine"), TARGET, STOP)
        )

    assert 1 == desk.manager.open_order_count


def test_without_a_session_nothing_is_entered() -> None:
    desk = NativeDesk()
    desk.broker.connected = False

    with pytest.raises(NetworkError):
        a_bracket(desk)

    assert 0 == desk.manager.open_order_count


def test_a_later_session_goes_on_with_the_group() -> None:
    desk, notes = NativeDesk(), []
    desk.manager.groups.write = notes.append
    ids = a_bracket(desk)
    held(desk, ids)
    kept: dict[int, dict[str, object]] = {}
    for note in json.loads(json.dumps(notes)):
        keep_group(kept, note)
    desk.manager.groups.update = lambda _: None  # type: ignore[method-assign]
    again = OrderGroups(
        desk.manager,
        desk.manager._table.next_order_id,
        kept,
        together=desk.manager.groups._together,
    )

    again.resume()
    desk.fill(ids[0], "E1", 4)
    for order_id in ids:
        desk.say(order_id, X.CANCELED)
        again.update(desk.order(order_id))

    assert 1 == again.count
    assert Decimal(4) == sent(desk)[-1].quantity


def test_a_group_that_was_only_begun_to_be_written_down_is_let_go() -> None:
    desk = NativeDesk()
    a_bracket(desk)
    kept = json.loads(json.dumps(desk.manager._books.groups[1]))
    kept["sent"] = kept["sent"][:1]
    again = OrderGroups(
        desk.manager,
        desk.manager._table.next_order_id,
        {1: kept},
        together=desk.manager.groups._together,
    )

    again.resume()

    assert 0 == again.count
    assert 1 == len(desk.broker.sent)


def test_what_a_venue_takes_as_one_is_written_down_and_read_again() -> None:
    assert native_of(json.loads(json.dumps(native_state(TAKEN)))) == TAKEN
    assert native_of(native_state(None)) is None
    assert BTC.asset_class in TAKEN.asset_classes
