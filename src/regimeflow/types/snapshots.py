"""Pictures of the running engine: frozen, safe to keep, safe to hand to another thread.

What is not known is None, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from regimeflow.types.account import Trade
from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType, RegimeType, TradingState
from regimeflow.types.records import Record, made

# 1 us to 1 s, in steps of 1, 2, 5.
LATENCY_BOUNDS_NS: Final = (
    *(step * 10**exp for exp in range(3, 9) for step in (1, 2, 5)),
    10**9,
)


def _nothing() -> Mapping[str, int]:
    return MappingProxyType({})


class RegimeState(Record, kw_only=True):
    """What the detector makes of the market.

    ``name`` is the regime's own name where ``regime`` is CUSTOM, else its lower-case member;
    ``confidence`` is a probability.
    """

    regime: RegimeType = RegimeType.UNKNOWN
    name: str = "unknown"
    confidence: float = 1.0
    since_ns: int = 0


class RegimeTransition(Record, kw_only=True):
    """A change of regime, at the message that caused it."""

    before: RegimeState
    after: RegimeState
    ts_event_ns: int

    @property
    def confidence(self) -> float:
        """How probable the new regime is."""
        return self.after.confidence

    @property
    def duration_ns(self) -> int:
        """How long the old regime had lasted; 0 where that is not known."""
        return self.after.since_ns - self.before.since_ns if self.before.since_ns else 0


class EngineStatus(Record, kw_only=True):
    """Where the engine stands.

    ``trading_cause`` says why trading is not ACTIVE and what ends it ("" when it is). ``equity``
    and ``daily_pnl`` are in the account's currency, None while the account or a needed price is
    unknown. ``last_update_ns`` is the receive time of the newest message, UTC.
    """

    connected: bool
    trading_state: TradingState
    trading_cause: str
    current_regime: RegimeState
    open_orders: int
    equity: Decimal | None
    daily_pnl: Decimal | None
    last_update_ns: int


class LiveOrderSummary(Record, kw_only=True):
    """One order on one line: its three ids, what was asked, what became of it."""

    order_id: int
    client_order_id: str
    broker_order_id: str
    symbol: str
    side: OrderSide
    type: OrderType
    quantity: Decimal
    cum_qty: Decimal
    leaves_qty: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    avg_px: Decimal | None
    status: LiveOrderStatus
    in_doubt: bool
    strategy: str
    updated_at_ns: int


class PositionSummary(Record, kw_only=True):
    """What is held of one symbol, and what it earned. Short is below zero.

    ``market_px`` and ``unrealized_pnl`` are None before the first price. Money is in ``currency``,
    the symbol's quote currency.
    """

    symbol: str
    quantity: Decimal
    avg_px: Decimal | None
    market_px: Decimal | None
    realized_pnl: Decimal
    unrealized_pnl: Decimal | None
    currency: str = ""
    strategy: str = ""


class LoopLag(Record, kw_only=True):
    """How late the engine's loop ran what was due, over the session [ns]."""

    p50_ns: int = 0
    p99_ns: int = 0
    max_ns: int = 0


class QueueHealth(Record, kw_only=True):
    """How a session's message queue is doing.

    ``lag_s`` is the age of the oldest message that the queue does not have, ``behind_bytes`` how
    much of the journal that is; ``backlog`` counts messages on their way. What came in:
    ``received``, and of it ``repeats`` and ``bad`` ones, which were passed over. ``missed``: parts
    that were gone before they were read.
    """

    type: str
    connected: bool = False
    given_up: bool = False
    published: int = 0
    acknowledged: int = 0
    backlog: int = 0
    lag_s: float = 0.0
    behind_bytes: int = 0
    received: int = 0
    repeats: int = 0
    bad: int = 0
    missed: int = 0
    callback_errors: int = 0
    reconnects: int = 0
    last_error: str = ""


class SystemHealth(Record, kw_only=True):
    """How the process and its queues are doing.

    ``cpu_pct`` is this process's share of one core since the last reading (above 100 with several
    threads busy), ``memory_bytes`` its resident set. ``ring_depth`` is by lane: records waiting
    now; ``ring_capacity`` what a lane holds. ``drops`` counts messages lost (never executions),
    ``conflated`` quotes replaced by newer ones, ``waits`` how often a foreign thread had to wait
    for room. ``last_data_ns`` is by symbol: receive time of its newest market data, UTC.
    ``queue``: None where none is configured, or the journal alone is the queue.
    """

    ts_ns: int
    uptime_s: float = 0.0
    cpu_pct: float = 0.0
    memory_bytes: int = 0
    loop_lag: LoopLag = made(LoopLag)
    ring_depth: Mapping[str, int] = made(_nothing)
    ring_capacity: int = 0
    drops: int = 0
    conflated: int = 0
    waits: int = 0
    callback_errors: int = 0
    halted: bool = False
    last_data_ns: Mapping[str, int] = made(_nothing)
    reconnects: int = 0
    messages: int = 0
    threads: int = 0
    queue: QueueHealth | None = None


class QuoteSummary(Record, kw_only=True):
    """The newest best bid and ask of a symbol, and its newest trade; None: there was none yet."""

    symbol: str
    bid_px: Decimal | None = None
    bid_qty: Decimal | None = None
    ask_px: Decimal | None = None
    ask_qty: Decimal | None = None
    last_px: Decimal | None = None
    ts_event_ns: int = 0


class LatencySummary(Record, kw_only=True):
    """How long messages took, from their receipt to their last handler's return [ns].

    ``within`` counts, for each of ``LATENCY_BOUNDS_NS``, the messages that took no longer;
    ``sum_ns`` is at most 1/32 too high.
    """

    count: int = 0
    sum_ns: int = 0
    p50_ns: int = 0
    p99_ns: int = 0
    max_ns: int = 0
    within: tuple[int, ...] = ()


class StrategyStatus(Record, kw_only=True):
    """One strategy's own account of itself; money by currency, None where a price is missing."""

    name: str
    trading_state: TradingState
    open_orders: int
    fills: int
    realized_pnl: Mapping[str, Decimal]
    unrealized_pnl: Mapping[str, Decimal | None]
    positions: tuple[PositionSummary, ...] = ()


class DashboardSnapshot(Record, kw_only=True):
    """All that a screen shows, at one moment; the recent things are bounded, newest last."""

    ts_ns: int
    status: EngineStatus
    health: SystemHealth
    regime: RegimeState = made(RegimeState)
    positions: tuple[PositionSummary, ...] = ()
    open_orders: tuple[LiveOrderSummary, ...] = ()
    recent_trades: tuple[Trade, ...] = ()
    recent_events: tuple[str, ...] = ()
    strategies: tuple[StrategyStatus, ...] = ()
    quotes: tuple[QuoteSummary, ...] = ()
    latency: LatencySummary = made(LatencySummary)
