"""The engine that users start: composition only."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Self

from regimeflow._core.bus import EventBus
from regimeflow.domain.portfolio import Portfolio
from regimeflow.engine.kill_switch import BY_HAND, Hold
from regimeflow.engine.listeners import OnDashboard, OnError, OnEvent, OnRegimeChange, OnTrade
from regimeflow.engine.order_manager import LiveOrderManager
from regimeflow.engine.view import status_of
from regimeflow.engine.wiring import build_runtime
from regimeflow.engine.worker import Worker
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.ports.feed import FeedDriven
from regimeflow.types.config import LiveConfig
from regimeflow.types.enums import TradingState
from regimeflow.types.errors import RegimeFlowError
from regimeflow.types.events import SessionSummary
from regimeflow.types.snapshots import DashboardSnapshot, EngineStatus, SystemHealth


class LiveTradingEngine:
    """One session with one broker account: market in, orders out, books kept.

    An engine runs one session. ``start()`` runs it on a thread of its own, ``await run()`` on the
    caller's loop. It stops by
    ``stop()``, at the end of a ``with`` block, when it is collected, or when the interpreter exits.

    Threading: every method may be called from any thread; callbacks are made on the engine's loop.

    Args:
        config: Validated here; the engine keeps a frozen copy.
        broker: An adapter of your own; else the one that ``config.broker_type`` names.

    Raises:
        ConfigError: the configuration is wrong; it lists every fault.
    """

    def __init__(self, config: LiveConfig, broker: BrokerAdapter | None = None) -> None:
        self._runtime = build_runtime(config.frozen(own_broker=broker is not None), broker)
        self._parts = self._runtime.parts
        self._worker = Worker(self._runtime)
        # Runs when the engine is collected and at the interpreter's exit; it must not hold the
        # engine itself.
        self._finalizer = weakref.finalize(self, Worker.stop, self._worker)

    @property
    def order_manager(self) -> LiveOrderManager:
        """Every order of the session."""
        return self._parts.manager

    @property
    def event_bus(self) -> EventBus:
        """The session's stream."""
        return self._parts.bus

    @property
    def portfolio(self) -> Portfolio:
        """Positions and profit."""
        return self._parts.portfolio

    @property
    def config(self) -> LiveConfig:
        """The frozen configuration of this session."""
        return self._parts.config

    def start(self) -> None:
        """Connect, agree on the books, subscribe, start the strategies; then return.

        Raises:
            NetworkError: the broker cannot be reached; nothing stays open.
            BrokerError: the broker refused; nothing stays open.
            InvalidState: this engine has run already.
        """
        self._worker.start()

    async def run(self) -> None:
        """As ``start``, on the caller's loop; return when the session has ended."""
        await self._worker.run()

    def stop(self) -> None:
        """End the session: stop strategies, cancel or leave orders as configured, disconnect.

        Safe at any time, twice, after a failure, and from a callback (there it asks and returns).
        """
        self._worker.stop()

    def is_running(self) -> bool:
        """Whether a session is up."""
        return self._worker.is_running

    def enable_trading(self) -> None:
        """Take off the holds of a person or a failed strategy; others stay until their own end."""
        self._parts.switch.release_by_hand()

    def disable_trading(self) -> None:
        """Let no order pass until ``enable_trading``; in force at once, loop busy or not."""
        self._parts.switch.hold(
            Hold(
                cause="operator",
                state=TradingState.HALTED,
                text="trading was disabled by disable_trading()",
                ends_with=BY_HAND,
                since_ns=self._parts.clock.now_ns(),
            )
        )

    def press_kill_switch(
        self, text: str = "press_kill_switch() was called", *, flatten: bool | None = None
    ) -> None:
        """Let no order pass, cancel every one, and close every position if so asked.

        In force at once, loop busy or not. It stays so until ``enable_trading``, over restarts too.

        Args:
            text: Who pressed it, and why.
            flatten: Whether positions are closed; None: as ``risk.on_kill`` says.
        """
        self._runtime.risk.kill.press(text, flatten=flatten)

    def close_all_positions(self) -> None:
        """Cancel every order and close every position at the market, through gate and manager.

        Calling it twice does not sell twice. New positions are refused while it works. Failures go
        to ``on_error``.
        """
        self._call_quietly(self._runtime.flattener.start)

    def get_status(self) -> EngineStatus:
        """Return the engine's state in one picture."""
        return self._worker.call(lambda: status_of(self._parts))

    def get_dashboard_snapshot(self) -> DashboardSnapshot:
        """Return everything that a dashboard shows."""
        return self._worker.call(self._runtime.dashboard)

    def get_system_health(self) -> SystemHealth:
        """Return how the process is doing."""
        return self._worker.call(self._runtime.health.read)

    def summary(self) -> SessionSummary:
        """Return what the session has done so far; final once it has ended."""
        return self._worker.call(self._runtime.summary)

    def progress(self) -> float | None:
        """Return how much of a recorded feed has been played, 0 to 1; None: it has no end."""
        broker = self._parts.broker
        return broker.feed_progress() if isinstance(broker, FeedDriven) else None

    def on_trade(self, cb: OnTrade) -> None:
        """Call back for each fill that counts."""
        self._parts.listeners.trade.append(cb)

    def on_regime_change(self, cb: OnRegimeChange) -> None:
        """Call back for each change of regime."""
        self._parts.listeners.regime_change.append(cb)

    def on_error(self, cb: OnError) -> None:
        """Call back for each failure that no caller could be told of."""
        self._parts.listeners.error.append(cb)

    def on_dashboard_update(self, cb: OnDashboard) -> None:
        """Call back with a fresh snapshot once a second of the session's time."""
        self._parts.listeners.dashboard.append(cb)

    def on_event(self, cb: OnEvent) -> None:
        """Call back for each thing that happens: connections, orders, fills, holds, warnings."""
        self._parts.listeners.event.append(cb)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _call_quietly(self, function: Callable[[], None]) -> None:
        try:
            self._worker.call(function)
        except RegimeFlowError as error:
            self._parts.listeners.tell_error(error)


LiveEngine = LiveTradingEngine  # the short name; LiveTradingEngine is the true one
