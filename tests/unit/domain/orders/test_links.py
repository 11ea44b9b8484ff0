from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.domain.orders.links import (
    CancelLeg,
    Contingency,
    LinkedOrders,
    ModifyLeg,
    SubmitLeg,
    bracket,
)
from regimeflow.types.enums import LiveOrderStatus as S
from regimeflow.types.errors import InvalidArgument
from tests.support.linked_venue import a_picture, an_order

ENTRY, TARGET, STOP = 0, 1, 2


def picture(order_id: int, status: S, filled: int = 0, quantity: int = 10, *, doubt: bool = False):
    return a_picture(order_id, quantity, filled, status, doubt=doubt)


def a_pair(contingency: Contingency) -> LinkedOrders:
    """Two legs, sent as orders 1 and 2, both working."""
    group = LinkedOrders((an_order(), an_order()), contingency=contingency)
    for number, command in enumerate(group.start(), 1):
        group.sent(command.leg, number)
    assert [] == [*group.apply(picture(1, S.NEW)), *group.apply(picture(2, S.NEW))]
    return group


def a_filled_bracket() -> LinkedOrders:
    """Entry 1 filled; target 2 and stop 3 working."""
    group = bracket(an_order(), an_order(), an_order())
    group.start()
    group.sent(ENTRY, 1)
    for number, command in enumerate(group.apply(picture(1, S.FILLED, 10)), 2):
        group.sent(command.leg, number)
        group.apply(picture(number, S.NEW))
    return group


def test_legs_without_a_parent_leave_at_once() -> None:
    group = LinkedOrders((an_order(), an_order()))

    assert [(1, 10), (2, 10)] == [(each.leg, each.quantity) for each in group.start()]
    assert [] == group.start()


def test_one_cancels_the_other_at_the_first_fill() -> None:
    group = a_pair(Contingency.OCO)

    assert [CancelLeg(2, 2)] == group.apply(picture(1, S.PARTIALLY_FILLED, 1))
    assert [] == group.apply(picture(2, S.PENDING_CANCEL))
    assert [] == group.apply(picture(2, S.CANCELLED))


def test_one_updates_the_other_by_what_has_filled() -> None:
    group = a_pair(Contingency.OUO)

    assert [ModifyLeg(2, 2, Decimal(7))] == group.apply(picture(1, S.PARTIALLY_FILLED, 3))
    assert [] == group.apply(picture(2, S.PENDING_REPLACE))
    assert [CancelLeg(2, 2)] == group.apply(picture(1, S.FILLED, 10))


def test_children_leave_for_what_their_parent_has_filled() -> None:
    group = bracket(an_order(), an_order(), an_order())
    assert [ENTRY] == [command.leg for command in group.start()]
    group.sent(ENTRY, 1)
    assert [] == group.apply(picture(1, S.NEW))

    commands = group.apply(picture(1, S.PARTIALLY_FILLED, 4))

    assert [(TARGET, 4), (STOP, 4)] == [(each.leg, each.quantity) for each in commands]


def test_a_parent_that_ends_without_a_fill_has_no_children() -> None:
    group = bracket(an_order(), an_order(), an_order())
    group.start()
    group.sent(ENTRY, 1)

    assert [] == group.apply(picture(1, S.CANCELLED))
    assert group.is_done


def test_a_parent_whose_fills_are_busted_takes_its_children_with_it() -> None:
    group = a_filled_bracket()

    assert [CancelLeg(TARGET, 2), CancelLeg(STOP, 3)] == group.apply(picture(1, S.CANCELLED, 0))


def test_children_grow_with_their_parent() -> None:
    group = bracket(an_order(), an_order(), an_order())
    group.start()
    group.sent(ENTRY, 1)
    for number, command in enumerate(group.apply(picture(1, S.PARTIALLY_FILLED, 4)), 2):
        group.sent(command.leg, number)
        group.apply(picture(number, S.NEW, quantity=4))

    commands = group.apply(picture(1, S.FILLED, 10))

    assert [ModifyLeg(TARGET, 2, Decimal(10)), ModifyLeg(STOP, 3, Decimal(10))] == commands


def test_a_leg_does_not_grow_while_the_other_is_in_doubt() -> None:
    group = bracket(an_order(), an_order(), an_order())
    group.start()
    group.sent(ENTRY, 1)
    for number, command in enumerate(group.apply(picture(1, S.PARTIALLY_FILLED, 4)), 2):
        group.sent(command.leg, number)
    group.apply(picture(3, S.NEW, quantity=4))
    group.apply(picture(2, S.PENDING_NEW, quantity=4, doubt=True))

    assert [ModifyLeg(STOP, 3, Decimal(6))] == group.apply(picture(1, S.FILLED, 10))


def test_doubt_about_one_leg_takes_no_stop_away() -> None:
    group = a_filled_bracket()
    group.apply(picture(2, S.PENDING_CANCEL, doubt=True))

    assert [] == group.apply(picture(3, S.NEW))


def test_a_leg_that_was_refused_is_not_sent_again_and_shows_as_uncovered() -> None:
    group = LinkedOrders((an_order(),), parent=an_order())
    group.start()
    group.sent(ENTRY, 1)
    group.apply(picture(1, S.FILLED, 10))
    group.sent(TARGET, 2)

    assert [] == group.apply(picture(2, S.REJECTED))
    assert Decimal(10) == group.uncovered_qty


def test_a_leg_that_somebody_else_cancelled_is_not_sent_again() -> None:
    group = a_filled_bracket()

    assert [] == group.apply(picture(3, S.CANCELLED))
    assert [] == group.apply(picture(2, S.NEW))


def test_a_leg_that_never_left_is_not_tried_again() -> None:
    group = LinkedOrders((an_order(), an_order()))
    group.start()
    group.sent(1, 1)

    assert [] == group.refused(2)
    assert [] == group.apply(picture(1, S.NEW))


def test_a_group_that_is_closed_cancels_what_is_open_and_sends_nothing_more() -> None:
    group = bracket(an_order(), an_order(), an_order())
    group.start()
    group.sent(ENTRY, 1)
    group.apply(picture(1, S.NEW))

    assert [CancelLeg(ENTRY, 1)] == group.close()
    assert [] == group.apply(picture(1, S.FILLED, 10))
    assert group.is_done


def test_an_order_of_no_group_is_no_business_of_it() -> None:
    assert [] == a_pair(Contingency.OCO).apply(picture(9, S.FILLED, 10))


@pytest.mark.parametrize("legs", [(), (an_order(10), an_order(5))])
def test_legs_of_different_quantities_are_no_group(legs: tuple) -> None:
    with pytest.raises(InvalidArgument, match="one quantity"):
        LinkedOrders(legs)


def test_a_command_names_what_is_to_be_sent() -> None:
    terms = an_order()

    assert [SubmitLeg(1, terms, Decimal(10))] == LinkedOrders((terms,)).start()
