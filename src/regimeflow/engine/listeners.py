"""The host's callbacks: who is told of trades, errors, regimes, dashboards and events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from regimeflow.types.account import Trade
from regimeflow.types.errors import RegimeFlowError
from regimeflow.types.events import EngineEvent, EventKind
from regimeflow.types.snapshots import DashboardSnapshot, RegimeTransition

if TYPE_CHECKING:
    import logging

OnTrade = Callable[[Trade], object]
OnError = Callable[[BaseException], object]
OnRegimeChange = Callable[[RegimeTransition], object]
OnDashboard = Callable[[DashboardSnapshot], object]
OnEvent = Callable[[EngineEvent], object]

_T = TypeVar("_T")


class Listeners:
    """Callbacks by what they hear; one that raises is reported and the others are still called.

    Threading: added from any thread, called on the loop.
    """

    def __init__(self) -> None:
        self.trade: list[OnTrade] = []
        self.error: list[OnError] = []
        self.regime_change: list[OnRegimeChange] = []
        self.dashboard: list[OnDashboard] = []
        self.event: list[OnEvent] = []

    def tell_trade(self, trade: Trade) -> None:
        """Tell of one fill that counted."""
        for callback in tuple(self.trade):
            self._call(callback, trade)

    def tell_regime_change(self, transition: RegimeTransition) -> None:
        """Tell of a change of regime."""
        for callback in tuple(self.regime_change):
            self._call(callback, transition)

    def tell_dashboard(self, snapshot: DashboardSnapshot) -> None:
        """Tell of a new dashboard snapshot."""
        for callback in tuple(self.dashboard):
            self._call(callback, snapshot)

    def tell_event(
        self, kind: EventKind, ts_ns: int, text: str, data: Mapping[str, object]
    ) -> None:
        """Tell of something that happened to the session."""
        if not self.event:
            return
        event = EngineEvent(kind=kind, ts_ns=ts_ns, text=text, data=data)
        for callback in tuple(self.event):
            self._call(callback, event)

    def tell_error(self, error: BaseException) -> None:
        """Tell of a failure; where nobody listens it is logged, so that none is lost.

        An answer of the broker, or of ours, is a line; what nobody foresaw has its traceback.
        """
        if not self.error:
            known = isinstance(error, RegimeFlowError)
            _log().error("%s: %s", type(error).__name__, error, exc_info=None if known else error)
            return
        for callback in tuple(self.error):
            try:
                callback(error)
            except Exception:  # noqa: BLE001 - the host's code: it must not stop the engine
                _log().exception("an on_error callback raised while it was told of %r", error)

    def _call(self, callback: Callable[[_T], object], argument: _T) -> None:
        try:
            callback(argument)
        except Exception as error:  # noqa: BLE001 - the host's code: it must not stop the engine
            self.tell_error(error)


def _log() -> logging.Logger:
    import logging  # a tenth of what importing the engine costs, and most sessions log nothing

    return logging.getLogger("regimeflow.engine")
