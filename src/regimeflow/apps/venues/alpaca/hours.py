"""What the change from one phase of the day to the next does to orders."""

from __future__ import annotations

from typing import Final

from regimeflow.apps.venues.alpaca.house import House
from regimeflow.apps.venues.alpaca.orders import Order
from regimeflow.apps.venues.alpaca.placing import Placing
from regimeflow.apps.venues.alpaca.sessions import Phase
from regimeflow.apps.venues.alpaca.updates import Updates

_QUEUED: Final = frozenset({"accepted", "new", "partially_filled", "held"})
_ENDING: Final = frozenset({Phase.AFTER, Phase.CLOSED})


class Hours:
    """Follows the phase; told of time by the venue."""

    def __init__(self, house: House, updates: Updates, placing: Placing) -> None:
        self._house: Final = house
        self._updates: Final = updates
        self._placing: Final = placing
        self._phase = house.sessions.phase(house.clock())

    @property
    def phase(self) -> Phase:
        """The phase that orders are in."""
        return self._phase

    def follow(self, now_ns: int) -> None:
        """Do what a change of phase asks for, when there was one."""
        before, self._phase = self._phase, self._house.sessions.phase(now_ns)
        if before is self._phase:
            return
        if before is Phase.OPEN:
            self._auction("cls", now_ns)
        for order in self._working():
            self._leave(order, now_ns)
        if self._phase is Phase.OPEN:
            self._auction("opg", now_ns)
        for order in self._waiting():
            if self._house.works(order, self._phase):
                self._placing.place(order, now_ns)

    def _heads(self) -> list[Order]:
        """Orders that stand alone, and the first of each group of which something is open."""
        return [
            order
            for order in self._house.orders
            if order.parent is None and not order.asset.is_crypto and order.open_members
        ]

    def _working(self) -> list[Order]:
        return [one for one in self._heads() if any(each.engine_id for each in one.open_members)]

    def _waiting(self) -> list[Order]:
        return [
            one
            for one in self._heads()
            if all(not each.engine_id and each.status in _QUEUED for each in one.open_members)
        ]

    def _auction(self, tif: str, now_ns: int) -> None:
        for order in self._waiting():
            if order.time_in_force == tif:
                self._placing.place(order, now_ns, at_auction=True)

    def _leave(self, order: Order, now_ns: int) -> None:
        members = order.open_members
        if not members or self._house.works(order, self._phase):
            return
        is_over = self._phase in _ENDING and order.time_in_force == "day"
        self._placing.withdraw(order, now_ns)
        for one in members if is_over else ():
            one.status, one.expired_ns = "expired", now_ns
            self._updates.tell(one, "expired", time_ns=now_ns, execution_id=self._house.ids.uuid())
