"""Stand-ins for an engine, as the command line sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal

from regimeflow.types.enums import TradingState
from regimeflow.types.events import EngineEvent, ExitCause, SessionSummary, StrategySummary
from regimeflow.types.snapshots import EngineStatus, RegimeState

# 2024-08-08T12:00:00Z
NOON_NS = 1_723_118_400_000_000_000


def a_summary(**changes) -> SessionSummary:
    values = {
        "started_ns": NOON_NS,
        "ended_ns": NOON_NS + 90_000_000_000,
        "wall_s": 2.0,
        "messages": {"quotes": 28_040, "trades": 9_757, "depth_updates": 3_451, "snapshots": 1},
        "orders": {"FILLED": 2, "CANCELLED": 1},
        "fills": 3,
        "partial_fills": 1,
        "buy_fills": 2,
        "sell_fills": 1,
        "buy_notional": Decimal("114000.20"),
        "sell_notional": Decimal("57000.10"),
        "realized_pnl": Decimal("1.50"),
        "unrealized_pnl": Decimal("-0.25"),
        "commission": Decimal("171.0003"),
        "net_pnl": Decimal("-169.7503"),
        "currency": "USDT",
        "strategies": (
            StrategySummary(
                name="maker", orders=3, fills=3, positions={"BTCUSDT": Decimal("0.010")}
            ),
        ),
        "latency_ns": {"p50": 900, "p90": 2_100, "p99": 1_300_000, "max": 2_000_000_000},
        "quotes": {"BTCUSDT": (Decimal("57000.10"), Decimal("57000.20"))},
        "exit_cause": ExitCause.FEED_END,
    }
    return SessionSummary(**{**values, **changes})


def a_status(**changes) -> EngineStatus:
    values = {
        "connected": True,
        "trading_state": TradingState.ACTIVE,
        "trading_cause": "",
        "current_regime": RegimeState(),
        "open_orders": 2,
        "equity": Decimal("100012.30"),
        "daily_pnl": Decimal("12.30"),
        "last_update_ns": NOON_NS,
    }
    return EngineStatus(**{**values, **changes})


class FakeSession:
    """Tells its events, then waits for ``stop`` or ends, or raises."""

    def __init__(
        self,
        events: Sequence[EngineEvent] = (),
        *,
        error: BaseException | None = None,
        waits: bool = False,
        summary: SessionSummary | None = None,
    ) -> None:
        self.events = events
        self.error = error
        self.waits = waits
        self.stops = 0
        self.hears_stop = True
        self.while_running: Callable[[], None] = lambda: None
        self._summary = summary or a_summary()
        self._on_event = []
        self._on_error = []
        self._stopped = asyncio.Event()

    def on_event(self, cb) -> None:
        self._on_event.append(cb)

    def on_error(self, cb) -> None:
        self._on_error.append(cb)

    def tell(self, event: EngineEvent) -> None:
        for callback in self._on_event:
            callback(event)

    def tell_error(self, error: BaseException) -> None:
        for callback in self._on_error:
            callback(error)

    async def run(self) -> None:
        for event in self.events:
            self.tell(event)
        self.while_running()
        if self.error is not None:
            raise self.error
        if self.waits:
            await self._stopped.wait()

    def stop(self) -> None:
        self.stops += 1
        if self.hears_stop:
            self._stopped.set()

    def summary(self) -> SessionSummary:
        return self._summary

    def progress(self) -> float | None:
        return 0.5

    def get_status(self) -> EngineStatus:
        return a_status()
