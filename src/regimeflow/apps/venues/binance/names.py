"""Binance's words for what the exchange calls otherwise."""

from __future__ import annotations

from typing import Final

from regimeflow.apps.venues.exchange.kinds import Cause, Kind, State, Stp, Tif
from regimeflow.apps.venues.exchange.views import OrderView
from regimeflow.types.enums import OrderSide

KINDS: Final = {
    "LIMIT": Kind.LIMIT,
    "LIMIT_MAKER": Kind.LIMIT_MAKER,
    "MARKET": Kind.MARKET,
    "STOP_LOSS": Kind.STOP,
    "STOP_LOSS_LIMIT": Kind.STOP_LIMIT,
    "TAKE_PROFIT": Kind.TAKE_PROFIT,
    "TAKE_PROFIT_LIMIT": Kind.TAKE_PROFIT_LIMIT,
}
TYPES: Final = {kind: name for name, kind in KINDS.items()}
WAIT_FOR_A_PRICE: Final = frozenset(
    {Kind.STOP, Kind.STOP_LIMIT, Kind.TAKE_PROFIT, Kind.TAKE_PROFIT_LIMIT}
)
SIDES: Final = {"BUY": OrderSide.BUY, "SELL": OrderSide.SELL}
TIFS: Final = {"GTC": Tif.GTC, "IOC": Tif.IOC, "FOK": Tif.FOK}
STP_MODES: Final = ("EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER")
STP_DEFAULT: Final = "EXPIRE_MAKER"
RESPONSES: Final = ("ACK", "RESULT", "FULL")
INTERVALS: Final = (
    "1s", "1m", "3m", "5m", "15m", "30m",
    "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M",
)  # fmt: skip

ENDED: Final = {
    State.FILLED: "FILLED",
    State.CANCELED: "CANCELED",
    State.REPLACED: "CANCELED",
    State.REJECTED: "REJECTED",
}
EXPIRY_REASONS: Final = {
    Cause.IOC_REST: "UNFILLED_IOC_QUANTITY_EXPIRED",
    Cause.FOK_UNFILLED: "UNFILLED_FOK_ORDER_EXPIRED",
    Cause.NO_LIQUIDITY: "INSUFFICIENT_LIQUIDITY",
    Cause.LIST_SIBLING: "OCO_TRIGGER",
    Cause.LIST_PHASE_ONE: "OTO_PHASE_ONE_EXPIRED",
    Cause.VENUE: "EXCHANGE_CANCELED",
    Cause.NO_FUNDS: "REJECTED",
    Cause.WOULD_TAKE: "REJECTED",
}


def type_of(order: OrderView) -> str:
    """Return an order's type."""
    return TYPES[order.kind]


def status_of(order: OrderView) -> str:
    """Return an order's status."""
    if order.state is State.PENDING:
        return "PENDING_NEW"
    if order.state is State.EXPIRED:
        return "EXPIRED_IN_MATCH" if order.cause is Cause.SELF_TRADE else "EXPIRED"
    return ENDED.get(order.state) or ("PARTIALLY_FILLED" if order.cum_qty else "NEW")


def expiry_reason_of(order: OrderView) -> str | None:
    """Return why an order expired, None if it did not."""
    return EXPIRY_REASONS.get(order.cause) if order.state is State.EXPIRED else None


def stp_of(order: OrderView) -> str:
    """Return an order's mode of self-trade prevention."""
    return order.stp.name


def stp_named(name: str) -> Stp:
    """Return a mode by its name."""
    return Stp[name]
