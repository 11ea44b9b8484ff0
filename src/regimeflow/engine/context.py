"""What a strategy sees of the engine."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from regimeflow._core.board import QuoteBoard
from regimeflow._core.messages import AccountInfo, Bar, Position, Quote, SystemMessage
from regimeflow.domain.orders.links import Contingency, LinkedOrders, bracket
from regimeflow.domain.orders.order import LiveOrder, Order, OrderModification
from regimeflow.types.enums import SystemCode
from regimeflow.types.errors import InvalidArgument, InvalidState, NotFound
from regimeflow.types.instrument import Instrument
from regimeflow.types.snapshots import RegimeState

if TYPE_CHECKING:
    from regimeflow.engine.parts import Parts

_NS_PER_S = 1_000_000_000


class EngineContext:
    """A strategy's side of the engine: orders under its name, its own position, the clock.

    Threading: the loop only; a strategy's methods run there.
    """

    def __init__(self, parts: Parts, *, strategy_id: str, params: Mapping[str, object]) -> None:
        import logging  # nobody needs it before a session is built

        self._parts = parts
        self._id = strategy_id
        self._board: QuoteBoard = parts.board
        self.symbols: tuple[str, ...] = parts.symbols
        self.params: Mapping[str, object] = params
        self.random = random.Random(f"{parts.seed}/{strategy_id}")
        self.log = logging.getLogger(f"regimeflow.strategy.{strategy_id}")

    @property
    def strategy_id(self) -> str:
        """The name under which this strategy's orders and profit are kept."""
        return self._id

    @property
    def regime(self) -> RegimeState:
        """The market's regime, as it is seen now."""
        return self._parts.regime

    def submit_order(self, order: Order) -> int:
        """Send an order; returns our id at once. Raises as ``LiveOrderManager.submit_order``."""
        return self._parts.manager.submit_order(order, strategy=self._id)

    def submit_bracket(self, entry: Order, target: Order, stop: Order) -> int:
        """Send an entry that, as it fills, sends target and stop; returns the entry's id."""
        group = bracket(entry, target, stop)
        return self._parts.manager.submit_linked_orders(group, strategy=self._id)[0]

    def submit_linked(self, *legs: Order, one_cancels_other: bool = False) -> Sequence[int]:
        """Send orders of which a fill of one reduces the others, or cancels them."""
        contingency = Contingency.OCO if one_cancels_other else Contingency.OUO
        group = LinkedOrders(legs, contingency=contingency)
        return self._parts.manager.submit_linked_orders(group, strategy=self._id)

    def cancel_order(self, order_id: int) -> None:
        """Ask for a cancel; the answer comes to ``on_order_update``."""
        self._own(order_id)
        self._parts.manager.cancel_order(order_id)

    def modify_order(self, order_id: int, mod: OrderModification) -> None:
        """Ask for a change; the answer comes to ``on_order_update``."""
        self._own(order_id)
        self._parts.manager.modify_order(order_id, mod)

    def position(self, symbol: str) -> Position:
        """This strategy's own position, flat when it has none."""
        return self._parts.portfolio.position(symbol, strategy=self._id)

    def quote(self, symbol: str) -> Quote | None:
        """The latest quote; None before the first."""
        return self._board.quote(symbol)

    def account(self) -> AccountInfo | None:
        """The account as the broker last told it; None before it has."""
        return self._parts.account

    def open_orders(self, symbol: str | None = None) -> Sequence[LiveOrder]:
        """This strategy's orders that may still trade."""
        return [
            order
            for order in self._parts.manager.get_open_orders()
            if order.strategy == self._id and symbol in (None, order.symbol)
        ]

    def now_ns(self) -> int:
        """The session's time, UTC [ns]: over a recorded feed the feed's."""
        return self._parts.clock.now_ns()

    def set_timer(self, name: str, seconds: float) -> None:
        """Have ``on_timer(name)`` called once, in that many seconds of the session's time."""
        if not seconds > 0 or seconds == float("inf"):
            message = f"seconds is {seconds!r}; expected a positive, finite number"
            raise InvalidArgument(message)
        clock = self._parts.clock
        clock.call_at(clock.now_ns() + int(seconds * _NS_PER_S), lambda: self._ring(name))

    def instrument(self, symbol: str) -> Instrument:
        """The steps and limits of a symbol; NotFound when the session does not have it."""
        found = self._parts.instruments.get(symbol)
        if found is None:
            message = f"no instrument {symbol!r} in this session; it has {', '.join(self.symbols)}"
            raise NotFound(message)
        return found

    def history(self, symbol: str, bars: int, interval: str) -> Sequence[Bar]:
        """The last closed bars, oldest first; fewer when the venue has fewer.

        Args:
            symbol: One of the session's.
            bars: How many, at least one.
            interval: ``"1s"``, ``"1m"``, ``"1h"`` or ``"1d"``.

        Raises:
            InvalidState: the broker's history has to be fetched over the network, and the
                strategy's ``warm_up`` does not name so much.
        """
        if bars < 1:
            message = f"bars is {bars}; expected at least 1"
            raise InvalidArgument(message)
        self.instrument(symbol)
        kept = self._parts.history(symbol, interval, bars)
        if kept is not None:
            return kept
        broker = self._parts.broker
        found = self._parts.turns.at_hand("get_bars", lambda: broker.get_bars(symbol, 0, interval))
        if found is None:
            message = (
                "this broker's history comes over the network: name what must be at hand in the"
                f' strategy, warm_up = {{"{interval}": {bars}}}'
            )
            raise InvalidState(message)
        return found.result()[-bars:]

    def _own(self, order_id: int) -> None:
        order = self._parts.manager.get_order(order_id)
        if order is None or order.strategy != self._id:
            message = f"order {order_id} is none of strategy {self._id!r}'s orders"
            raise NotFound(message)

    def _ring(self, name: str) -> None:
        # A timer is a message like any other, so that every reader sees it in its place in the
        # stream.
        parts = self._parts
        now_ns = parts.clock.now_ns()
        parts.intake(
            SystemMessage(
                f"{self._id}/{name}",
                code=SystemCode.TIMER,
                level=0,
                ts_event_ns=now_ns,
                ts_recv_ns=now_ns,
            )
        )
