"""What a strategy is: a class with the methods it wants to be called by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from regimeflow._core.messages import Bar, OrderBook, Quote, SystemMessage, Tick
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.domain.strategy.context import StrategyContext
from regimeflow.types.account import Trade
from regimeflow.types.snapshots import RegimeTransition


class Strategy:
    """Decides what to trade; write one by overriding the methods that matter to it.

    Every method is optional, and what is not overridden costs nothing to dispatch. ``self.ctx`` is
    there from ``on_start`` on: orders, positions, quotes, time, randomness, parameters. A strategy
    that takes time and randomness from ``ctx`` only, and saves its state, replays bit for bit.

    Parameters come from the configuration, as ``self.ctx.params``. A class that lists its
    parameters in ``default_params`` has a misspelt one refused before anything connects, and finds
    in ``ctx.params`` a value for each; without ``default_params`` whatever the file says is passed.
    The constructor takes no arguments.

    ``warm_up`` says by interval how many closed bars ``ctx.history`` must have at hand, as
    ``{"1m": 200}``: they are fetched before ``on_start`` and kept current.

    Threading:
        Every method is called on the engine's loop, one at a time; none may block. An exception is
        reported with its traceback, and trading is disabled until somebody looks.
    """

    default_params: ClassVar[Mapping[str, object] | None] = None
    warm_up: ClassVar[Mapping[str, int]] = {}

    ctx: StrategyContext

    def on_start(self) -> None:
        """The session is connected and reconciled; market data comes next."""

    def on_quote(self, quote: Quote) -> None:
        """The best bid or ask of a symbol changed."""

    def on_tick(self, tick: Tick) -> None:
        """Somebody traded."""

    def on_bar(self, bar: Bar) -> None:
        """A bar was completed."""

    def on_book(self, book: OrderBook) -> None:
        """The order book changed; ten levels a side, best first."""

    def on_order_update(self, order: LiveOrder) -> None:
        """One of this strategy's orders changed; ``order`` is how it stands now."""

    def on_fill(self, trade: Trade) -> None:
        """One of this strategy's orders filled; its position has moved already."""

    def on_regime_change(self, transition: RegimeTransition) -> None:
        """The detector sees another regime."""

    def on_system(self, message: SystemMessage) -> None:
        """The session was lost or is back, data of a symbol is silent or back, a book has a gap.

        ``message.code`` is a ``SystemCode``; ``message.symbol`` names what it is about, where it is
        about one symbol.
        """

    def on_timer(self, name: str) -> None:
        """A timer that ``ctx.set_timer`` set is due."""

    def on_stop(self) -> None:
        """The session ends; orders sent here may still leave."""

    def save_state(self) -> Mapping[str, object]:
        """Return what ``load_state`` needs after a restart, as plain values."""
        return {}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Take what ``save_state`` returned, before ``on_start``."""


METHODS: Final = frozenset(
    {
        "on_start",
        "on_quote",
        "on_tick",
        "on_bar",
        "on_book",
        "on_order_update",
        "on_fill",
        "on_regime_change",
        "on_system",
        "on_timer",
        "on_stop",
        "save_state",
        "load_state",
    }
)


def overridden(strategy: Strategy) -> frozenset[str]:
    """Return the names of the methods that a strategy has of its own; only those are dispatched."""
    own = vars(strategy) if hasattr(strategy, "__dict__") else {}
    return frozenset(
        name
        for name in METHODS
        if name in own or getattr(type(strategy), name) is not getattr(Strategy, name)
    )
