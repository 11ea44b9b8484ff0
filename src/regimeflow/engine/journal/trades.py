"""Trades as a snapshot of the books has them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from regimeflow.types.account import Trade
from regimeflow.types.enums import Liquidity, OrderSide


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
