"""Everything that watches the account: told of news, asked once a second."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import Bar, OrderBook, Quote, Tick
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.domain.risk.exposure import has_exposure_limits
from regimeflow.domain.risk.wider import WiderLimits
from regimeflow.engine.flatten import Flattener
from regimeflow.engine.kill_switch import BY_HAND, Hold
from regimeflow.engine.parts import Parts
from regimeflow.engine.reconciler import Reconciler
from regimeflow.engine.risk.exposures import ExposureWatch
from regimeflow.engine.risk.kill import Kill
from regimeflow.engine.risk.losses import LossWatch
from regimeflow.engine.risk.stops import Stops

# Record kinds of src/_core/layout.h.
_BAR: Final = 3
_PRICES: Final = (1, 2, _BAR, 4)


class RiskDesk:
    """Losses, exposure, stops and the kill switch of one session.

    A price is looked at when it is news of something that is held; a session that watches nothing
    hears none.

    Threading: the loop only; ``kill.press`` any thread.
    """

    def __init__(
        self,
        parts: Parts,
        reconciler: Reconciler,
        reconcile: Callable[[], None],
        flattener: Flattener,
    ) -> None:
        self._parts: Final = parts
        self._flattener: Final = flattener
        self.losses: Final = LossWatch(parts, reconciler, reconcile, flattener.start)
        self.stops: Final = Stops(parts)
        self.kill: Final = Kill(parts, flattener)
        wider = parts.gate.wider
        self._exposures: ExposureWatch | None = None
        if isinstance(wider, WiderLimits) and has_exposure_limits(parts.config.risk):
            self._exposures = ExposureWatch(parts, wider)
        self._is_watching: Final = (
            self.losses.is_wanted or self.stops.is_wanted or self._exposures is not None
        )
        self._marks: dict[str, Decimal | None] = {}  # as last looked at

    def begin(self) -> None:
        """Take up what the last session left: holds that wait for a person, a loss, stops."""
        parts = self._parts
        for cause, text in tuple(parts.books.holds.items()):
            state = self.losses.state_of(cause)
            parts.switch.hold(Hold(cause, state, text, BY_HAND, parts.clock.now_ns()))
        self.losses.begin()
        self.stops.begin()

    def bind(self) -> None:
        """Hear prices, if anything is watched by them: before the strategies do."""
        if not self._is_watching:
            return
        for kind in _PRICES:
            self._parts.bus.subscribe_payload(kind, self._hear_bar if kind == _BAR else self._hear)

    def look(self) -> None:
        """Compare the account with its limits, now: news of it, or of what it holds."""
        if not self._parts.watches_news:
            return
        if not self.losses.is_wanted and self._exposures is None:
            return
        equity = self._parts.portfolio.equity()
        if self.losses.is_wanted:
            self.losses.look(equity)
        if self._exposures is not None:
            self._exposures.look(equity)

    def traded(self, symbol: str) -> None:
        """Take that what is held of a symbol has changed."""
        if not self._is_watching:
            return
        if self.stops.is_wanted:
            self.stops.traded(symbol)
        self.look()

    def order_updated(self, order: LiveOrder) -> None:
        """Go on with what is being closed."""
        if self._flattener.is_active:
            self._flattener.order_ended(order)
            self._flattener.work()
        elif self.stops.is_wanted:
            self.stops.order_updated(order)

    def check(self) -> None:
        """Look at everything, prices or not; once a second."""
        self.losses.check()
        if self._exposures is not None:
            self._exposures.check()
        if self.stops.is_wanted and not self._flattener.is_active:
            self.stops.check()
        self.kill.check()

    def _hear_bar(self, bar: Bar) -> None:
        if self.stops.is_wanted:
            self.stops.take_bar(bar)
        self._hear(bar)

    def _hear(self, message: Quote | Tick | Bar | OrderBook) -> None:
        symbol = message.symbol
        if not self._parts.portfolio.position(symbol).quantity_raw:
            return
        mark = self._parts.board.mark_dec(symbol)
        if mark == self._marks.get(symbol):
            return
        self._marks[symbol] = mark
        self.look()
        if self.stops.is_wanted and not self._flattener.is_active and self._parts.watches_news:
            self.stops.look(symbol)
