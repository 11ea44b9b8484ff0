"""What a strategy may ask of the engine: its ``ctx``."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from regimeflow._core.messages import AccountInfo, Bar, Position, Quote
from regimeflow.domain.orders.order import LiveOrder, Order, OrderModification
from regimeflow.types.instrument import Instrument
from regimeflow.types.snapshots import RegimeState

if TYPE_CHECKING:
    import logging


class StrategyContext(Protocol):
    """The engine as one strategy sees it: its own orders and positions, the market, the time.

    Threading:
        The engine's loop only, which is where every method of a strategy runs.
    """

    @property
    def params(self) -> Mapping[str, object]:
        """The strategy's parameters: its defaults, and over them what the configuration says."""
        ...

    @property
    def symbols(self) -> Sequence[str]:
        """The symbols of the session, in the configuration's order."""
        ...

    @property
    def random(self) -> random.Random:
        """Randomness that a replay repeats: seeded by the session, one stream per strategy."""
        ...

    @property
    def log(self) -> logging.Logger:
        """A logger under the strategy's name."""
        ...

    @property
    def regime(self) -> RegimeState:
        """The market's regime as the detector sees it now; UNKNOWN while it warms up."""
        ...

    def submit_order(self, order: Order) -> int:
        """Send an order; its fate arrives at ``on_order_update`` and ``on_fill``.

        Returns:
            The order's id, at once: nothing waits for the network.

        Raises:
            InvalidArgument: the order is wrong; every fault is listed.
            RiskDenied: a limit of the account or of this strategy says no.
            AlreadyExists: the same order again inside the duplicate window.
            NetworkError: nothing left.
        """
        ...

    def submit_bracket(self, entry: Order, target: Order, stop: Order) -> int:
        """Send an entry that, as it fills, sends target and stop, of which one updates the other.

        Returns the entry's id; raises as ``submit_order`` does for the entry.
        """
        ...

    def submit_linked(self, *legs: Order, one_cancels_other: bool = False) -> Sequence[int]:
        """Send orders of one quantity of which a fill of one reduces the others, or cancels them.

        Returns their ids; raises as ``submit_order`` does for the first.
        """
        ...

    def cancel_order(self, order_id: int) -> None:
        """Ask the venue to cancel an order of this strategy.

        Raises:
            NotFound: this strategy has no such order.
            InvalidState: the order is over.
        """
        ...

    def modify_order(self, order_id: int, mod: OrderModification) -> None:
        """Ask the venue to change an order of this strategy; errors as in ``cancel_order``.

        Raises:
            RiskDenied: the changed order would break a limit.
        """
        ...

    def position(self, symbol: str) -> Position:
        """What this strategy holds of a symbol; flat is a position with quantity 0."""
        ...

    def quote(self, symbol: str) -> Quote | None:
        """The newest quote; None before the first."""
        ...

    def account(self) -> AccountInfo | None:
        """The account as last read from the broker; None before a read succeeded."""
        ...

    def open_orders(self, symbol: str | None = None) -> Sequence[LiveOrder]:
        """This strategy's orders that may still trade, oldest first."""
        ...

    def instrument(self, symbol: str) -> Instrument:
        """Steps and minimums of a symbol, and ``round_px``, ``round_qty``.

        Raises:
            NotFound: no such symbol in this session.
        """
        ...

    def history(self, symbol: str, bars: int, interval: str) -> Sequence[Bar]:
        """The newest closed bars that are known, oldest first; fewer when there are not as many.

        Args:
            symbol: One of the session's.
            bars: How many at most.
            interval: ``"1s"``, ``"1m"``, ``"1h"``, ``"1d"``.
        """
        ...

    def now_ns(self) -> int:
        """The time of the stream, UTC nanoseconds; over a recording it is the recording's."""
        ...

    def set_timer(self, name: str, seconds: float) -> None:
        """Call ``on_timer(name)`` once, so many seconds from now; the same name again moves it."""
        ...
