"""Pictures of the engine for people, made when asked for: status, orders, dashboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from regimeflow._core.board import QuoteBoard
from regimeflow._core.latency import LatencyHistogram
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.domain.portfolio import Portfolio
from regimeflow.engine.parts import Parts
from regimeflow.types.account import Trade
from regimeflow.types.enums import TradingState
from regimeflow.types.snapshots import (
    LATENCY_BOUNDS_NS,
    DashboardSnapshot,
    EngineStatus,
    LatencySummary,
    LiveOrderSummary,
    QuoteSummary,
    StrategyStatus,
    SystemHealth,
)


def status_of(parts: Parts) -> EngineStatus:
    """Return the engine's state in one picture."""
    hold = parts.switch.strictest
    return EngineStatus(
        connected=parts.broker.is_connected(),
        trading_state=parts.switch.state,
        trading_cause=f"{hold.text}; ends with {hold.ends_with}" if hold is not None else "",
        current_regime=parts.regime,
        open_orders=parts.manager.open_order_count,
        equity=parts.portfolio.equity(),
        daily_pnl=parts.portfolio.daily_pnl(),
        last_update_ns=max(parts.board.last_recv_ns(symbol) for symbol in parts.symbols),
    )


def order_summary(order: LiveOrder) -> LiveOrderSummary:
    """Return what a list of orders shows of one."""
    return LiveOrderSummary(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        broker_order_id=order.broker_order_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        quantity=order.quantity,
        cum_qty=order.cum_qty,
        leaves_qty=order.leaves_qty,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        avg_px=order.avg_px,
        status=order.status,
        in_doubt=order.in_doubt,
        strategy=order.strategy,
        updated_at_ns=order.updated_at_ns,
    )


def dashboard_of(
    parts: Parts, strategies: Iterable[str], health: SystemHealth, recent_trades: Iterable[Trade]
) -> DashboardSnapshot:
    """Return everything that a dashboard shows."""
    portfolio = parts.portfolio
    orders = parts.manager.get_open_orders()
    counts = Counter(order.strategy for order in orders)
    return DashboardSnapshot(
        ts_ns=parts.clock.now_ns(),
        status=status_of(parts),
        health=health,
        regime=parts.regime,
        positions=tuple(each for each in portfolio.positions() if each.quantity),
        open_orders=tuple(order_summary(order) for order in orders),
        recent_trades=tuple(recent_trades),
        strategies=tuple(
            strategy_status(portfolio, parts.switch.state, name, counts[name])
            for name in strategies
        ),
        quotes=tuple(quote_summary(parts.board, symbol) for symbol in parts.symbols),
        latency=latency_summary(parts.latency),
    )


def quote_summary(board: QuoteBoard, symbol: str) -> QuoteSummary:
    """Return what a symbol stands at."""
    quote = board.quote(symbol)
    return QuoteSummary(
        symbol=symbol,
        bid_px=board.bid_dec(symbol),
        bid_qty=quote.bid_qty_dec if quote is not None else None,
        ask_px=board.ask_dec(symbol),
        ask_qty=quote.ask_qty_dec if quote is not None else None,
        last_px=board.last_dec(symbol),
        ts_event_ns=board.last_event_ns(symbol),
    )


def latency_summary(latency: LatencyHistogram) -> LatencySummary:
    """Return what a histogram holds."""
    return LatencySummary(
        count=latency.count,
        sum_ns=latency.sum_ns,
        p50_ns=latency.percentile(50),
        p99_ns=latency.percentile(99),
        max_ns=latency.max_ns,
        within=tuple(latency.at_most(LATENCY_BOUNDS_NS)),
    )


def strategy_status(
    portfolio: Portfolio, state: TradingState, name: str, open_orders: int
) -> StrategyStatus:
    """Return one strategy's own account."""
    return StrategyStatus(
        name=name,
        trading_state=state,
        open_orders=open_orders,
        fills=portfolio.fills(strategy=name),
        realized_pnl=portfolio.realized_pnl(strategy=name),
        unrealized_pnl=portfolio.unrealized_pnl(strategy=name),
        positions=portfolio.positions(strategy=name),
    )
