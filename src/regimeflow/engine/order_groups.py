"""Groups of linked orders at work: an update of one order may send, change or cancel others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from regimeflow.domain.orders.links import (
    CancelLeg,
    LinkCommand,
    LinkedOrders,
    SubmitLeg,
)
from regimeflow.domain.orders.order import LiveOrder, Order, OrderModification
from regimeflow.domain.orders.order_terms import shown_quantity
from regimeflow.engine.journal.groups import group_of, group_state, keep_group
from regimeflow.engine.order_together import OrdersTogether
from regimeflow.types.enums import OrderSide
from regimeflow.types.errors import Fault, InvalidArgument, InvalidState, NotFound, RegimeFlowError
from regimeflow.types.records import replace


class Orders(Protocol):
    """What groups ask of the order manager."""

    def submit_order(self, order: Order, *, strategy: str = "") -> int:
        """Send an order."""
        ...

    def cancel_order(self, order_id: int) -> None:
        """Ask for a cancel."""
        ...

    def modify_order(self, order_id: int, mod: OrderModification) -> None:
        """Ask for a change."""
        ...

    def get_order(self, order_id: int) -> LiveOrder | None:
        """Return an order as it stands."""
        ...


class OrderGroups:
    """Keeps groups consistent, whatever order their updates come in.

    What a group is and which orders it has sent is in ``kept``, which outlives the session: it is
    written down before each order leaves.

    Args:
        orders: The order manager.
        next_order_id: Gives the id that the next new order gets.
        kept: Groups by number, as plain values: see ``state``.
        together: Sends groups that the venue keeps linked itself; knows what it can do.

    Attributes:
        on_error: Told why a leg could not be sent, changed or cancelled.
        write: Told each note about a group, before what it is about leaves.

    Threading: the loop only.
    """

    def __init__(
        self,
        orders: Orders,
        next_order_id: Callable[[], int],
        kept: dict[int, dict[str, Any]],
        *,
        together: OrdersTogether,
    ) -> None:
        self._orders: Final = orders
        self._next_order_id: Final = next_order_id
        self._kept: Final = kept
        self._together: Final = together
        self.on_error: Callable[[RegimeFlowError], object] = lambda _: None
        self._groups: Final[dict[int, LinkedOrders]] = {}
        self._by_order: Final[dict[int, int]] = {}
        self.write: Callable[[Mapping[str, object]], None] = lambda _: None

    def begin(self, group: LinkedOrders, strategy: str = "") -> list[int]:
        """Send what a new group begins with; returns the ids of its orders.

        Raises:
            RegimeFlowError: its first order was refused; nothing of the group is left.
            InvalidArgument: the venue takes one exit of a holding at a time, and these are several.
        """
        legs = self._together.legs_of(group)
        if legs:
            return self._begin_native(group, legs, strategy)
        abilities = self._together.abilities()
        if abilities.sets_exits_aside:
            _demand_one_exit(group, abilities.venue)
            group.waits_for_parent = True
        number = self._number(group, strategy)
        commands = group.start()
        try:
            self._submit(number, commands[0], strategy)
        except RegimeFlowError:
            self._drop(number)
            raise
        self._do(number, commands[1:])
        return group.order_ids

    def _begin_native(
        self, group: LinkedOrders, legs: Sequence[tuple[int, Order]], strategy: str
    ) -> list[int]:
        """Send a whole group as one request; which orders are whose is noted before it leaves."""
        group.is_native = True
        order_ids = self._together.enter([order for _, order in legs], strategy)
        number = self._number(group, strategy)
        for (leg, _), order_id in zip(legs, order_ids, strict=True):
            self._keep({"group": number, "leg": leg, "order_id": order_id})
            self._by_order[order_id] = number
            group.sent(leg, order_id)
        self._together.send(order_ids)
        return order_ids

    def _number(self, group: LinkedOrders, strategy: str) -> int:
        number = max(self._kept, default=0) + 1
        self._keep({"group": number, **group_state(group, strategy)})
        self._groups[number] = group
        return number

    def update(self, order: LiveOrder) -> None:
        """Take in how an order stands; of no group: nothing happens."""
        number = self._by_order.get(order.order_id)
        if number is None:
            return
        group = self._groups[number]
        self._do(number, group.apply(order))
        if group.is_done and number in self._groups:
            self._end(number, group)

    def resume(self) -> None:
        """Go on with the groups of an earlier session."""
        for number, state in list(self._kept.items()):
            group = group_of(state)
            self._groups[number] = group
            for leg, order_id in state["sent"]:
                if order_id is None:
                    group.give_up(leg)
                    continue
                order = self._orders.get_order(order_id)
                if order is not None:  # else it was written down, and never entered
                    group.recall(leg, order)
                    self._by_order[order_id] = number
            if group.is_native:
                self._resume_native(number, group)
            else:
                self._do(number, group.resume())

    def _resume_native(self, number: int, group: LinkedOrders) -> None:
        whole = len(group.legs) + (group.parent is not None)
        if len(group.order_ids) < whole:
            self._drop(number)  # it was being written down, or its entry is long over
        elif group.is_done:
            self._end(number, group)

    @property
    def count(self) -> int:
        """How many are at work."""
        return len(self._groups)

    def _do(self, number: int, commands: Iterable[LinkCommand]) -> None:
        left = list(commands)
        strategy = str(self._kept[number]["strategy"]) if number in self._kept else ""
        while left:
            command = left.pop(0)
            try:
                if isinstance(command, SubmitLeg):
                    self._submit(number, command, strategy)
                elif isinstance(command, CancelLeg):
                    self._orders.cancel_order(command.order_id)
                else:
                    mod = OrderModification(quantity=command.quantity)
                    self._orders.modify_order(command.order_id, mod)
            except RegimeFlowError as error:
                if isinstance(command, SubmitLeg):
                    left += self._refused(number, command.leg, error)
                elif not isinstance(error, InvalidState | NotFound):
                    # Else it has ended, or another request is out: its next update says so.
                    self.on_error(error)

    def _submit(self, number: int, command: LinkCommand, strategy: str) -> None:
        if not isinstance(command, SubmitLeg):
            return
        order_id = self._next_order_id()
        self._keep({"group": number, "leg": command.leg, "order_id": order_id})
        terms = shown_quantity(command.order.terms, command.quantity)
        order = replace(command.order, quantity=command.quantity, terms=terms)
        sent_id = self._orders.submit_order(order, strategy=strategy)
        self._by_order[sent_id] = number
        self._groups[number].sent(command.leg, sent_id)

    def _refused(self, number: int, leg: int, error: RegimeFlowError) -> list[LinkCommand]:
        self.on_error(error)
        self._keep({"group": number, "leg": leg, "order_id": None})
        return self._groups[number].refused(leg)

    def _end(self, number: int, group: LinkedOrders) -> None:
        """Forget a group that is over; what a native entry filled in part gets its exits now."""
        strategy, rest = str(self._kept[number]["strategy"]), group.rest()
        self._drop(number)
        if rest is None:
            return
        try:
            self.begin(rest, strategy)
        except RegimeFlowError as error:
            self.on_error(error)

    def _drop(self, number: int) -> None:
        group = self._groups.pop(number)
        for order_id in group.order_ids:
            self._by_order.pop(order_id, None)
        self._keep({"group": number, "done": True})

    def _keep(self, note: Mapping[str, Any]) -> None:
        self.write(note)
        keep_group(self._kept, note)


def _demand_one_exit(group: LinkedOrders, venue: str) -> None:
    """Refuse exits that a venue would not take beside each other: one would be left out.

    Raises:
        InvalidArgument: there are several.
    """
    are_exits = group.parent is not None or group.legs[0].side is OrderSide.SELL
    if are_exits and len(group.legs) > 1:
        text = (
            f"{venue} takes one exit of a holding at a time: found {len(group.legs)};"
            " send the one that protects, and watch the other"
        )
        raise InvalidArgument([Fault("legs", text)])
