"""Trades as the books keep them, and those of orders that are none of these books."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from regimeflow._core.reports import ExecutionReport
from regimeflow.types.account import Trade
from regimeflow.types.enums import Liquidity, OrderSide


def foreign_key(report: ExecutionReport) -> str:
    """Return what tells a fill of somebody else's order from all others."""
    return f"{report.symbol} {report.exec_id}"


def foreign_trade(report: ExecutionReport) -> Trade:
    """Return the trade of a fill of somebody else's order."""
    return Trade(
        symbol=report.symbol,
        side=OrderSide(report.side),
        quantity=report.last_qty_dec or Decimal(0),
        price=report.last_px_dec or Decimal(0),
        commission=report.commission_dec or Decimal(0),
        commission_currency=report.commission_currency,
        exec_id=report.exec_id,
        strategy="external",
        ts_event_ns=report.ts_event_ns,
    )


def trade_state(trade: Trade) -> list[object]:
    """Return a trade as JSON has it."""
    # By position, because there are a thousand of them in each snapshot.
    return [
        trade.symbol,
        trade.side.name,
        str(trade.quantity),
        str(trade.price),
        str(trade.commission),
        trade.commission_currency,
        trade.order_id,
        trade.exec_id,
        trade.strategy,
        trade.ts_event_ns,
        trade.liquidity.name,
        trade.exec_ref_id,
    ]


def trade_of(state: Sequence[Any]) -> Trade:
    """Return the trade of such a state."""
    symbol, side, quantity, price, commission, currency, order_id, exec_id, strategy = state[:9]
    ts_event_ns, liquidity, exec_ref_id = state[9:12]
    return Trade(
        symbol=symbol,
        side=OrderSide[side],
        quantity=Decimal(quantity),
        price=Decimal(price),
        commission=Decimal(commission),
        commission_currency=currency,
        order_id=order_id,
        exec_id=exec_id,
        strategy=strategy,
        ts_event_ns=ts_event_ns,
        liquidity=Liquidity[liquidity],
        exec_ref_id=exec_ref_id,
    )
