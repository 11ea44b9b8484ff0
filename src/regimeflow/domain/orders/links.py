"""Linked orders: one cancels or updates the other, one triggers the others, a bracket.

A group of orders is held together by looking at what its orders are now, never at which event came
last: each update of one of its orders gives the commands that bring the group nearer to where it
should be, and none when nothing is to be done or an answer is still out. So the order in which
updates come does not matter, nor that one comes twice.

Rule 1: a child has at most what its parent has filled, in fills that are counted.
Rule 2: what one leg fills, the other legs no longer have to (OUO); or they end at once (OCO).
Rule 3: an order is sent, or made larger, only by what no other leg can have filled, were all that
is in doubt to fill: we never make both legs fill.
Rule 4: an order is made smaller, or cancelled, by known fills alone: doubt takes no stop away.
Rule 5: a leg that was refused, or that somebody else ended, is not sent again; ``uncovered_qty``
says what is left without an order.

FIX: ListID (66) is the group, ContingencyType (1385) what links its legs.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from regimeflow.domain.orders.order import LiveOrder, Order
from regimeflow.domain.orders.order_terms import shown_quantity
from regimeflow.types.enums import LiveOrderStatus as S
from regimeflow.types.errors import Fault, InvalidArgument
from regimeflow.types.records import Record, replace

NONE: Final = Decimal(0)
PARENT: Final = 0  # the leg's number of a parent, which legs follow from 1 on
_ACKNOWLEDGED: Final = frozenset({S.NEW, S.PARTIALLY_FILLED, S.INACTIVE})


class Contingency(enum.IntEnum):
    """What a fill of one leg does to the others (FIX 1385)."""

    OCO = 1  # one cancels the other
    OUO = 3  # one updates the other: it is reduced by what has filled


class SubmitLeg(Record):
    """Send a leg, or more of it."""

    leg: int
    order: Order
    quantity: Decimal


class CancelLeg(Record):
    """Cancel a leg's order."""

    leg: int
    order_id: int


class ModifyLeg(Record):
    """Change the total quantity of a leg's order, with what it has filled."""

    leg: int
    order_id: int
    quantity: Decimal


LinkCommand = SubmitLeg | CancelLeg | ModifyLeg


class _Leg:
    """A leg and the orders that were sent for it, the newest last."""

    def __init__(self, number: int, terms: Order) -> None:
        self.number: Final = number
        self.terms: Final = terms
        self.plan: Final = Decimal(str(terms.quantity))
        self.orders: Final[dict[int, LiveOrder | None]] = {}  # None: sent, and not heard of yet
        self.is_given_up = False
        self.ended_by_us: Final[set[int]] = set()  # orders that we asked to cancel
        self.asked_for: Final[set[tuple[int, Decimal, Decimal]]] = set()  # order, quantity, filled
        self.in_hand = NONE  # handed over by a command that has no id yet
        self.asked: LiveOrder | None = None  # what the last command was an answer to

    @property
    def filled(self) -> Decimal:
        return sum((order.cum_qty for order in self.orders.values() if order), NONE)

    @property
    def newest(self) -> LiveOrder | None:
        return next(reversed(self.orders.values()), None)

    @property
    def is_waiting(self) -> bool:
        """Whether a command is out whose order we have not heard of."""
        return self.in_hand > 0 or (bool(self.orders) and self.newest is None)

    @property
    def doubtful(self) -> Decimal:
        """What may have filled without our knowing, or may yet appear."""
        known = (order for order in self.orders.values() if order and not order.status.is_terminal)
        return sum(
            (
                order.quantity - order.cum_qty
                for order in known
                if order.in_doubt or order.status is S.ERROR
            ),
            NONE,
        )

    def note(self, order: LiveOrder) -> None:
        self.orders[order.order_id] = order
        newest = self.newest
        if newest is not None and order.order_id == newest.order_id and order.status.is_terminal:
            ended_by_us = order.status is S.FILLED or order.order_id in self.ended_by_us
            self.is_given_up = self.is_given_up or not ended_by_us


class LinkedOrders:
    """A group of orders, and what keeps it consistent. Pure: no clock, no I/O, no randomness.

    Args:
        legs: The orders that are linked to each other, all of one quantity.
        contingency: What a fill of one does to the others.
        parent: The order that triggers them (OTO), of the same quantity; None: they leave at once.
        list_id: The group's name, yours to choose.

    Attributes:
        waits_for_parent: Whether the legs leave only once the parent has ended: some venues take
            no exit while its entry is open.

    Raises:
        InvalidArgument: the quantities differ, or there are no legs.
    """

    def __init__(
        self,
        legs: Iterable[Order],
        *,
        contingency: Contingency = Contingency.OUO,
        parent: Order | None = None,
        list_id: str = "",
    ) -> None:
        self.list_id: Final = list_id
        self.contingency: Final = contingency
        self._parent: Final = None if parent is None else _Leg(PARENT, parent)
        self._legs: Final = tuple(_Leg(number, terms) for number, terms in enumerate(legs, 1))
        self._all: Final[tuple[_Leg, ...]] = (
            *((self._parent,) if self._parent else ()),
            *self._legs,
        )
        self._is_closed = False
        self.waits_for_parent = False
        self.is_native = False
        if not self._legs or len({leg.plan for leg in self._all}) > 1:
            raise InvalidArgument([Fault("legs", "expected one or more, all of one quantity")])

    def start(self) -> list[LinkCommand]:
        """Return the commands that a new group begins with."""
        return self._decide()

    @property
    def parent(self) -> Order | None:
        """The order that triggers the legs, as it was given."""
        return None if self._parent is None else self._parent.terms

    @property
    def legs(self) -> tuple[Order, ...]:
        """The legs, as they were given."""
        return tuple(leg.terms for leg in self._legs)

    @property
    def plan(self) -> Decimal:
        """The quantity of each order."""
        return self._legs[0].plan

    def rest(self) -> LinkedOrders | None:
        """Return exits for what a native entry filled before it ended, its exits unworked with it.

        None: there is nothing of the kind; an entry that has filled whole had its exits at work.
        """
        entry = None if self._parent is None else self._parent.newest
        quantity = self.uncovered_qty
        if not self.is_native or entry is None or entry.status is S.FILLED or quantity <= 0:
            return None
        legs = [
            replace(leg, quantity=quantity, terms=shown_quantity(leg.terms, quantity))
            for leg in self.legs
        ]
        return LinkedOrders(legs, contingency=self.contingency, list_id=self.list_id)

    def recall(self, leg: int, order: LiveOrder) -> None:
        """Take in an order that an earlier session sent for a leg; ``resume`` then goes on."""
        self._leg(leg).note(order)

    def resume(self) -> list[LinkCommand]:
        """Return what is to be done, after every order of an earlier session was recalled."""
        return self._decide()

    def sent(self, leg: int, order_id: int) -> None:
        """Say under which id a ``SubmitLeg`` went; its updates come by ``apply``."""
        where = self._leg(leg)
        where.orders.setdefault(order_id, None)
        where.in_hand = NONE

    def refused(self, leg: int) -> list[LinkCommand]:
        """Say that a ``SubmitLeg`` was refused before it left; it is not tried again."""
        self.give_up(leg)
        return self._decide()

    def give_up(self, leg: int) -> None:
        """Say that nothing more is to be sent for a leg."""
        where = self._leg(leg)
        where.in_hand = NONE
        where.is_given_up = True

    def apply(self, order: LiveOrder) -> list[LinkCommand]:
        """Take in how an order of the group stands now; what is to be done about it."""
        for leg in self._all:
            if order.order_id in leg.orders:
                leg.note(order)
                return self._decide()
        return []

    def close(self) -> list[LinkCommand]:
        """Cancel what is open, send nothing more."""
        self._is_closed = True
        return self._decide()

    @property
    def order_ids(self) -> list[int]:
        """Every order that was sent for the group."""
        return [order_id for leg in self._all for order_id in leg.orders]

    @property
    def uncovered_qty(self) -> Decimal:
        """What the legs should have filled or open, and no leg has."""
        covered = max((self._open_qty(leg) for leg in self._legs), default=NONE)
        return max(self._exposure() - self._filled(self._legs) - covered, NONE)

    @property
    def is_done(self) -> bool:
        """Whether every order has ended and none is to follow."""
        ended = all(self._open_qty(leg) == 0 and not leg.is_waiting for leg in self._all)
        return ended and not any(self._missing(leg) > 0 for leg in self._all)

    def _leg(self, number: int) -> _Leg:
        return next(leg for leg in self._all if leg.number == number)

    @staticmethod
    def _filled(legs: Iterable[_Leg]) -> Decimal:
        return sum((leg.filled for leg in legs), NONE)

    @staticmethod
    def _open_qty(leg: _Leg) -> Decimal:
        newest = leg.newest
        if newest is None or newest.status.is_terminal:
            return NONE
        return newest.quantity - newest.cum_qty

    def _exposure(self) -> Decimal:
        """What the legs are there for: what the parent has filled, or all of it."""
        if self._parent is None:
            return self._legs[0].plan
        entry = self._parent.newest
        is_open = entry is None or not entry.status.is_terminal
        return NONE if is_open and self.waits_for_parent else self._parent.filled

    def _wanted(self, leg: _Leg) -> Decimal:
        """What should be open of a leg, by what is known."""
        if self._is_closed:
            return NONE
        if leg is self._parent:
            return leg.plan - leg.filled
        others = [other for other in self._legs if other is not leg]
        if self.contingency is Contingency.OCO and self._filled(others) > 0:
            leads = max(self._legs, key=lambda each: (each.filled, -each.number))
            if leg is not leads:
                return NONE
        return max(self._exposure() - self._filled(self._legs), NONE)

    def _room(self, leg: _Leg) -> Decimal:
        """What may be open of a leg if all that is in doubt elsewhere has filled."""
        if leg is self._parent:
            return leg.plan - leg.filled
        doubtful = sum((other.doubtful for other in self._legs if other is not leg), NONE)
        return self._exposure() - self._filled(self._legs) - doubtful

    def _missing(self, leg: _Leg) -> Decimal:
        """What is to be sent of a leg that has nothing open."""
        if leg.is_given_up or leg.is_waiting or self._open_qty(leg) > 0:
            return NONE
        if leg is self._parent and leg.orders:
            return NONE  # it leaves once
        return min(self._wanted(leg), self._room(leg) - leg.doubtful)

    def _decide(self) -> list[LinkCommand]:
        if self.is_native:
            return []
        return [command for leg in self._all if (command := self._command(leg)) is not None]

    def _command(self, leg: _Leg) -> LinkCommand | None:
        newest = leg.newest
        if leg.is_waiting:
            return None
        if newest is None or newest.status.is_terminal:
            missing = self._missing(leg)
            if missing <= 0:
                return None
            leg.in_hand = missing
            return SubmitLeg(leg.number, leg.terms, missing)
        wanted, is_open = self._wanted(leg), newest.quantity - newest.cum_qty
        if newest.status in {S.PENDING_CANCEL, S.ERROR} or newest is leg.asked:
            return None  # an answer, or any sign of it, is awaited
        if wanted <= 0:
            leg.asked = newest
            leg.ended_by_us.add(newest.order_id)
            return CancelLeg(leg.number, newest.order_id)
        if newest.status not in _ACKNOWLEDGED or newest.in_doubt or leg is self._parent:
            return None
        return self._change(leg, newest, wanted, is_open)

    def _change(
        self, leg: _Leg, newest: LiveOrder, wanted: Decimal, is_open: Decimal
    ) -> LinkCommand | None:
        if wanted > is_open:
            wanted = max(min(wanted, self._room(leg)), is_open)
        if wanted == is_open:
            return None
        leg.asked = newest
        change = (newest.order_id, newest.cum_qty + wanted, newest.cum_qty)
        if change in leg.asked_for:  # refused before: a new order in its place, not the same again
            leg.ended_by_us.add(newest.order_id)
            return CancelLeg(leg.number, newest.order_id)
        leg.asked_for.add(change)
        return ModifyLeg(leg.number, newest.order_id, newest.cum_qty + wanted)


def bracket(entry: Order, target: Order, stop: Order, *, list_id: str = "") -> LinkedOrders:
    """Return an entry that, as it fills, sends target and stop, of which one updates the other."""
    return LinkedOrders((target, stop), parent=entry, list_id=list_id)
