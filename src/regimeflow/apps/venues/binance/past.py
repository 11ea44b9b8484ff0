"""What was true a moment ago: reads of Binance may lag behind its matching engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from regimeflow.apps.venues.exchange.events import BalancesChanged, Event, OrderEvent
from regimeflow.apps.venues.exchange.views import Balance, OrderView

KEPT_NS: Final = 60_000_000_000


class Past:
    """The events of the last minute, to see orders and balances as they were within it."""

    def __init__(self) -> None:
        self._orders: deque[tuple[int, OrderView, OrderView | None]] = deque()
        self._latest: dict[int, OrderView] = {}
        self._balances: deque[tuple[int, str, Mapping[str, Balance], Mapping[str, Balance]]] = (
            deque()
        )
        self._held: dict[tuple[str, str], Balance] = {}

    def add(self, event: Event) -> None:
        """Remember an event, and forget what is too old."""
        if isinstance(event, OrderEvent):
            order = event.order
            self._orders.append((event.time_ns, order, self._latest.get(order.order_id)))
            self._latest[order.order_id] = order
        elif isinstance(event, BalancesChanged):
            before = {
                asset: self._held[event.account, asset]
                for asset in event.balances
                if (event.account, asset) in self._held
            }
            self._balances.append((event.time_ns, event.account, event.balances, before))
            for asset, balance in event.balances.items():
                self._held[event.account, asset] = balance
        self._forget(event.time_ns - KEPT_NS)

    def _forget(self, until_ns: int) -> None:
        while self._orders and self._orders[0][0] < until_ns:
            _, order, _ = self._orders.popleft()
            if self._latest.get(order.order_id) is order and not order.is_open:
                del self._latest[order.order_id]
        while self._balances and self._balances[0][0] < until_ns:
            self._balances.popleft()

    def begin(self, account: str, balances: Mapping[str, Balance]) -> None:
        """Remember what an account has at first."""
        for asset, balance in balances.items():
            self._held[account, asset] = balance

    def orders(self, now: Sequence[OrderView], at_ns: int) -> list[OrderView]:
        """Return orders as they were; what did not exist yet is left out."""
        changed: dict[int, OrderView | None] = {}
        for time_ns, order, before in reversed(self._orders):
            if time_ns <= at_ns:
                break
            changed[order.order_id] = before
        views = [changed.get(order.order_id, order) for order in now]
        return [order for order in views if order is not None]

    def balances(self, account: str, now: Mapping[str, Balance], at_ns: int) -> dict[str, Balance]:
        """Return balances as they were."""
        held = dict(now)
        for time_ns, name, _, before in reversed(self._balances):
            if time_ns <= at_ns:
                break
            if name == account:
                held.update(before)
        return held
