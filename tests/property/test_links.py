"""Linked orders end consistent, whatever fills and in whichever order the news comes."""

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow.domain.orders.links import (
    PARENT,
    Contingency,
    LinkedOrders,
    ModifyLeg,
    SubmitLeg,
    bracket,
)
from tests.support.examples import examples
from tests.support.linked_venue import LinkedVenue, an_order

QTY = 10
groups = st.sampled_from(["bracket", "oco", "ouo", "oto", "three"])
draws = st.randoms(use_true_random=False)
at_leisure = settings(deadline=None, max_examples=examples(60))


def a_group(kind: str) -> LinkedOrders:
    two = (an_order(QTY), an_order(QTY))
    if kind == "bracket":
        return bracket(an_order(QTY), *two)
    if kind == "oto":
        return LinkedOrders(two[:1], parent=an_order(QTY))
    if kind == "three":
        return LinkedOrders((*two, an_order(QTY)), contingency=Contingency.OCO, parent=two[0])
    return LinkedOrders(two, contingency=Contingency[kind.upper()])


class Watched(LinkedVenue):
    """Each command is checked when it is given, by what is known then."""

    def do(self, commands: list) -> None:
        for command in commands:
            if isinstance(command, SubmitLeg | ModifyLeg) and command.leg != PARENT:
                self.check(command)
        super().do(commands)

    def check(self, command: SubmitLeg | ModifyLeg) -> None:
        own = self.orders.get(getattr(command, "order_id", 0))
        new_open = int(command.quantity) - (own.filled if own else 0)
        if own and new_open <= own.quantity - own.filled:
            return  # made smaller
        others = [order for order in self.orders.values() if order.leg not in {PARENT, command.leg}]
        worst = sum(o.quantity - o.filled for o in others if o.doubt and not o.status.is_terminal)
        assert new_open + worst + self.filled_by_legs <= self.exposure

    @property
    def filled_by_legs(self) -> int:
        return sum(order.filled for order in self.orders.values() if order.leg != PARENT)

    @property
    def exposure(self) -> int:
        entries = [order for order in self.orders.values() if order.leg == PARENT]
        return sum(order.filled for order in entries) if entries else QTY


def run(kind: str, draw: random.Random, steps: int) -> Watched:
    group = a_group(kind)
    venue = Watched(group, draw)
    venue.do(group.start())
    for _ in range(steps):
        venue.step()
    return venue


@at_leisure
@given(kind=groups, draw=draws, steps=st.integers(0, 60))
def test_in_the_end_no_leg_has_more_than_the_others_have_left(
    kind: str, draw: random.Random, steps: int
) -> None:
    venue = run(kind, draw, steps)

    venue.settle()

    left = max(venue.exposure - venue.filled_by_legs, 0)
    open_legs = [o for o in venue.orders.values() if o.leg != PARENT and not o.status.is_terminal]
    assert all(order.quantity - order.filled == left for order in open_legs)
    assert left == 0 or open_legs  # what is left is covered
    assert Decimal(0) == venue.group.uncovered_qty


@at_leisure
@given(kind=groups, draw=draws, steps=st.integers(0, 60))
def test_a_group_that_is_closed_ends_with_nothing_open(
    kind: str, draw: random.Random, steps: int
) -> None:
    venue = run(kind, draw, steps)

    venue.do(venue.group.close())
    sent = len(venue.orders)
    venue.settle()

    assert all(order.status.is_terminal for order in venue.orders.values())
    assert sent == len(venue.orders)
    assert venue.group.is_done


@at_leisure
@given(draw=draws, steps=st.integers(0, 40))
def test_the_same_news_gives_the_same_commands(draw: random.Random, steps: int) -> None:
    seed = draw.randint(0, 1 << 30)

    first, second = (run("bracket", random.Random(seed), steps) for _ in range(2))

    assert first.commands == second.commands
