"""The orders of a session by every id that they have had, and the legs of their groups."""

from __future__ import annotations

from collections import deque
from typing import Final

from regimeflow._core.alpaca_frames import TradeUpdate
from regimeflow.adapters.brokers._shared.legs import split_leg
from regimeflow.adapters.brokers.alpaca.formatting import Asked
from regimeflow.adapters.brokers.alpaca.groups import name_of_leg
from regimeflow.adapters.brokers.alpaca.known import Known, Leg

# How many orders that have ended stay known: answers and repeats about them still come.
ENDED_KEPT: Final = 20_000


class OrderIds:
    """Finds orders by their ids, ours and Alpaca's."""

    def __init__(self) -> None:
        self._by_client: Final[dict[str, Known]] = {}
        self._by_broker: Final[dict[str, Known]] = {}
        self._heads: Final[dict[str, str]] = {}  # of groups that left in this session
        self._ended: Final[deque[Known]] = deque()

    def sent(self, client_order_id: str, asked: Asked) -> Known:
        """Remember an order that is about to leave; one of that id that is there stays."""
        known = self._by_client.get(client_order_id)
        if known is None:
            known = Known(asked.symbol, client_order_id, asked, is_placed=True)
            self._by_client[client_order_id] = known
        return known

    def refused(self, known: Known) -> None:
        """Forget an order that Alpaca does not have."""
        if not known.legs:
            self._by_client.pop(known.client_order_id, None)

    def acknowledged(self, known: Known, broker_order_id: str) -> None:
        """Remember Alpaca's id of an order's first leg."""
        if broker_order_id not in self._by_broker:
            self._add_leg(known, broker_order_id)

    def named(self, broker_order_id: str, name: str) -> None:
        """Take note of our name for a leg of a group, which Alpaca names otherwise."""
        known = self._by_broker.get(broker_order_id)
        if known is None:
            return
        known.is_placed = True
        other = self._by_client.get(name)
        if known is other or (other is not None and other.legs):
            return
        if other is not None:
            known.asked = known.asked or other.asked
        self._by_client.pop(known.client_order_id, None)
        known.client_order_id = name
        self._by_client[name] = known

    def open_orders(self) -> list[Known]:
        """The orders that have not ended, as far as is known here."""
        return [each for each in self._by_client.values() if not each.is_over]

    def find(self, client_order_id: str) -> Known | None:
        """An order by its own client id."""
        return self._by_client.get(client_order_id)

    def by_broker_id(self, broker_order_id: str) -> Known | None:
        """An order by any id of Alpaca's that it has had."""
        return self._by_broker.get(broker_order_id)

    def _hear_group(self, update: TradeUpdate) -> None:
        """Learn of which group an order of ours is the head, or which leg of it an order is."""
        broker_id = update.report.broker_order_id
        head = self._by_client.get(split_leg(update.client_order_id)[0])
        if head is not None and head.is_placed and update.group_id not in self._heads:
            head.group_id = update.group_id
            self._heads[update.group_id] = head.client_order_id
        elif broker_id not in self._by_broker and not update.replaces:
            name = name_of_leg(self._heads.get(update.group_id, ""), update.group_role)
            leg = self._by_client.get(name)
            if leg is not None and leg.is_placed and not leg.legs:
                self._add_leg(leg, broker_id)

    def _add_leg(self, known: Known, broker_order_id: str) -> None:
        known.legs.append(Leg(broker_order_id))
        self._by_broker[broker_order_id] = known

    def _over(self, known: Known) -> None:
        self._ended.append(known)
        while len(self._ended) > ENDED_KEPT:
            self._forget(self._ended.popleft())

    def _forget(self, known: Known) -> None:
        if not known.is_over:
            return  # it lives again: a new leg
        self._by_client.pop(known.client_order_id, None)
        self._heads.pop(known.group_id, None)
        for leg in known.legs:
            self._by_broker.pop(leg.broker_order_id, None)
