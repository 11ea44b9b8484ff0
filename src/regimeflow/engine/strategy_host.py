"""One strategy inside the engine: its methods on the stream, its failures contained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from regimeflow._core.messages import SystemMessage
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.domain.strategy.base import Strategy, overridden
from regimeflow.engine.context import EngineContext
from regimeflow.engine.journal.answers import dump
from regimeflow.engine.kill_switch import BY_HAND, Hold
from regimeflow.engine.parts import Parts
from regimeflow.types.account import Trade
from regimeflow.types.enums import TradingState
from regimeflow.types.snapshots import RegimeTransition

# Record kinds of src/_core/layout.h.
_QUOTE, _TICK, _BAR, _BOOK = 1, 2, 3, 4
_MARKET_DATA_METHODS: Final = {
    "on_quote": _QUOTE,
    "on_tick": _TICK,
    "on_bar": _BAR,
    "on_book": _BOOK,
}


class StrategyHost:
    """Binds a strategy to the bus; what it does not override costs nothing.

    A strategy that raises is told to the listeners with its traceback, trading is held until
    ``enable_trading``, and the engine lives on. The strategy goes on hearing the market; the same
    failure at the same line is told once until then.

    Threading: the loop only.
    """

    def __init__(
        self,
        parts: Parts,
        strategy: Strategy,
        *,
        strategy_id: str,
        params: Mapping[str, object],
    ) -> None:
        self._parts = parts
        self.id: Final = strategy_id
        self.strategy: Final = strategy
        self._methods = overridden(strategy)
        self._subscriptions: set[int] = set()
        self._is_running = False
        self._reported: set[tuple[type[BaseException], str]] = set()
        strategy.ctx = EngineContext(parts, strategy_id=strategy_id, params=params)

    def start(self) -> None:
        """Call ``on_start`` and put the strategy on the stream."""
        self._is_running = True
        state = self._parts.books.strategies.get(self.id)
        if isinstance(state, Mapping):
            self._call("load_state", state)
        self._call("on_start")
        if not self._is_running:
            return  # on_start, or who heard what it did, ended the session
        for method, kind in _MARKET_DATA_METHODS.items():
            if method in self._methods:
                handler: Callable[..., object] = getattr(self.strategy, method)
                self._subscriptions.add(self._parts.bus.subscribe_payload(kind, handler))

    def stop(self) -> None:
        """Take the strategy off the stream and call ``on_stop``; harmless the second time."""
        if not self._is_running:
            return
        self._is_running = False
        for subscription in self._subscriptions:
            self._parts.bus.unsubscribe(subscription)
        self._subscriptions.clear()
        self._call("on_stop")

    def state(self) -> object:
        """Return what the strategy wants to be started with; what it had when it cannot say."""
        kept = self._parts.books.strategies.get(self.id)
        if "save_state" not in self._methods:
            return kept
        try:
            state = dict(self.strategy.save_state())
            dump(state)
        except Exception as error:  # noqa: BLE001 - the user's code: the engine must outlive it
            self.failed(error)
            return kept
        return state

    def owns(self, callback: object) -> bool:
        """Whether a callback of the bus is a method of this strategy."""
        return getattr(callback, "__self__", None) is self.strategy

    def order_updated(self, order: LiveOrder) -> None:
        """Tell the strategy of a change of one of its orders."""
        self._call("on_order_update", order)

    def filled(self, trade: Trade) -> None:
        """Tell the strategy of one of its fills."""
        self._call("on_fill", trade)

    def regime_changed(self, transition: RegimeTransition) -> None:
        """Tell the strategy of a new regime."""
        self._call("on_regime_change", transition)

    def timer_rang(self, name: str) -> None:
        """Tell the strategy of a timer of its own."""
        if self._is_running:
            self._call("on_timer", name)

    def system_told(self, message: SystemMessage) -> None:
        """Tell the strategy what happened to the session or to its data."""
        if self._is_running:
            self._call("on_system", message)

    def failed(self, error: BaseException) -> None:
        """Report what the strategy raised and hold trading."""
        parts = self._parts
        place = _place_in(error)
        text = f"strategy {self.id} raised {type(error).__name__} at {place}: {error}"
        is_new_hold = parts.switch.hold(
            Hold(
                cause=f"strategy {self.id}",
                state=TradingState.HALTED,
                text=text,
                ends_with=BY_HAND,
                since_ns=parts.clock.now_ns(),
            )
        )
        if is_new_hold:
            self._reported.clear()
        if (type(error), place) in self._reported:
            return  # the same line failing at every quote would bury what else is said
        self._reported.add((type(error), place))
        import traceback

        parts.say(
            "strategy_error",
            text,
            strategy=self.id,
            traceback="".join(traceback.format_exception(error)),
        )
        parts.listeners.tell_error(error)

    def _call(self, method: str, *arguments: object) -> None:
        if method not in self._methods:
            return
        try:
            getattr(self.strategy, method)(*arguments)
        except Exception as error:  # noqa: BLE001 - the user's code: the engine must outlive it
            self.failed(error)


def _place_in(error: BaseException) -> str:
    """Where the strategy's own code was when it raised: the outermost frame is its method."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    own = next((frame for frame in frames if not _is_ours(frame.filename)), None)
    return f"{own.filename}:{own.lineno}" if own is not None else "an unknown line"


def _is_ours(filename: str) -> bool:
    # The bus is compiled, and a failure that came through it passes a frame of its source.
    return "regimeflow/engine" in filename or filename.endswith(".pyx")
