"""The host's callbacks: who is told of trades, errors, regimes, dashboards and events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from regimeflow.types.account import Trade
from regimeflow.types.events import EngineEvent, EventKind
from regimeflow.types.snapshots import DashboardSnapshot, RegimeTransition

OnTrade = Callable[[Trade], object]
OnError = Callable[[BaseException], object]
OnRegimeChange = Callable[[RegimeTransition], object]
OnDashboard = Callable[[DashboardSnapshot], object]
OnEvent = Callable[[EngineEvent], object]

_T = TypeVar("_T")

_log = logging.getLogger("regimeflow.engine")


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
        """Tell of a failure; where nobody listens it is logged, so that none is lost."""
        if not self.error:
            _log.error("%s: %s", type(error).__name__, error, exc_info=error)
            return
        for callback in tuple(self.error):
            try:
                callback(error)
            except Exception:  # noqa: BLE001 - the host's code: it must not stop the engine
                _log.exception("an on_error callback raised while it was told of %r", error)

    def _call(self, callback: Callable[[_T], object], argument: _T) -> None:
        try:
            callback(argument)
        except Exception as error:  # noqa: BLE001 - the host's code: it must not stop the engine
            self.tell_error(error)
