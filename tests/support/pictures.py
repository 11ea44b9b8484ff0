"""Pictures of a session, as a dashboard gets them."""

from __future__ import annotations

from decimal import Decimal

from regimeflow.types.account import Trade
from regimeflow.types.enums import (
    LiveOrderStatus,
    OrderSide,
    OrderType,
    RegimeType,
    TradingState,
)
from regimeflow.types.snapshots import (
    DashboardSnapshot,
    EngineStatus,
    LatencySummary,
    LiveOrderSummary,
    LoopLag,
    PositionSummary,
    QuoteSummary,
    RegimeState,
    StrategyStatus,
    SystemHealth,
)

START_NS = 1_704_186_000_000_000_000
A_POSITION = PositionSummary(
    symbol="BTCUSDT",
    quantity=Decimal("-0.75"),
    avg_px=Decimal("60000.12"),
    market_px=Decimal(60010),
    realized_pnl=Decimal("3.5"),
    unrealized_pnl=Decimal("-7.41"),
    currency="USDT",
)
A_TRADE = Trade(
    symbol="BTCUSDT",
    side=OrderSide.SELL,
    quantity=Decimal("0.1"),
    price=Decimal("60000.12"),
    commission=Decimal("0.06"),
    commission_currency="USDT",
    order_id=(1 << 53) + 1,
    exec_id="X-1",
    strategy="trend",
    ts_event_ns=START_NS,
)
A_STRATEGY = StrategyStatus(
    name="trend",
    trading_state=TradingState.ACTIVE,
    open_orders=2,
    fills=1,
    realized_pnl={"USDT": Decimal("3.5")},
    unrealized_pnl={"USDT": None},
)
A_QUOTE = QuoteSummary(
    symbol="BTCUSDT",
    bid_px=Decimal("60009.99"),
    bid_qty=Decimal("1.5"),
    ask_px=Decimal("60010.01"),
    ask_qty=Decimal(2),
    last_px=Decimal("60010.00"),
    ts_event_ns=START_NS,
)
A_LATENCY = LatencySummary(
    count=10,
    sum_ns=50_000,
    p50_ns=2_000,
    p99_ns=40_000,
    max_ns=45_000,
    within=(0, 6, 8, 9, 9, 10, *[10] * 13),
)


def an_order(number: int = 1, **changes) -> LiveOrderSummary:
    values = {
        "order_id": (1 << 53) + number,
        "client_order_id": f"rf-{number}",
        "broker_order_id": f"b{number}",
        "symbol": "BTCUSDT",
        "side": OrderSide.BUY,
        "type": OrderType.LIMIT,
        "quantity": Decimal("0.5"),
        "cum_qty": Decimal("0.1"),
        "leaves_qty": Decimal("0.4"),
        "limit_price": Decimal("59999.10"),
        "stop_price": None,
        "avg_px": None,
        "status": LiveOrderStatus.PARTIALLY_FILLED,
        "in_doubt": False,
        "strategy": "trend",
        "updated_at_ns": START_NS,
    }
    return LiveOrderSummary(**{**values, **changes})


def a_health(place: int) -> SystemHealth:
    ts_ns = START_NS + place * 10**9
    return SystemHealth(
        ts_ns=ts_ns,
        uptime_s=12.5,
        cpu_pct=7.25,
        memory_bytes=60_000_000,
        loop_lag=LoopLag(p50_ns=50_000, p99_ns=900_000, max_ns=2_000_000),
        ring_depth={"executions": 0, "market_data": place % 7, "system": 0},
        ring_capacity=4096,
        last_data_ns={"BTCUSDT": ts_ns},
        messages=1000 + place,
        threads=5,
    )


def a_regime(place: int) -> RegimeState:
    name, regime = [
        ("bull", RegimeType.BULL),
        ("neutral", RegimeType.NEUTRAL),
        ("bear", RegimeType.BEAR),
        ("crisis", RegimeType.CRISIS),
    ][place // 15 % 4]
    return RegimeState(regime=regime, name=name, confidence=0.87)


def a_status(place: int, **changes) -> EngineStatus:
    values = {
        "connected": True,
        "trading_state": TradingState.ACTIVE,
        "trading_cause": "",
        "current_regime": a_regime(place),
        "open_orders": 2,
        "equity": Decimal("1234567.89") + Decimal(place % 17 * 10 - place % 5 * 12),
        "daily_pnl": Decimal("-12.5"),
        "last_update_ns": START_NS + place * 10**9,
    }
    return EngineStatus(**{**values, **changes})


def a_snapshot(place: int = 0, **changes) -> DashboardSnapshot:
    """Return a snapshot of a session that trades; ``place`` is the second of it."""
    values = {
        "ts_ns": START_NS + place * 10**9,
        "status": a_status(place),
        "health": a_health(place),
        "regime": a_regime(place),
        "positions": (A_POSITION,),
        "open_orders": (an_order(1), an_order(2, side=OrderSide.SELL, in_doubt=True)),
        "recent_trades": (A_TRADE,),
        "strategies": (A_STRATEGY,),
        "quotes": (A_QUOTE,),
        "latency": A_LATENCY,
    }
    return DashboardSnapshot(**{**values, **changes})
