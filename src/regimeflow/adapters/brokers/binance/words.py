"""Binance's words and ours. A word that nobody here knows maps to what moves nothing."""

from __future__ import annotations

from typing import Final

from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType, TimeInForce

SIDE_WORDS: Final = {OrderSide.BUY: "BUY", OrderSide.SELL: "SELL"}
SIDES: Final = {word: side for side, word in SIDE_WORDS.items()}

TYPE_WORDS: Final = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
    OrderType.MARKET_IF_TOUCHED: "TAKE_PROFIT",
    OrderType.LIMIT_IF_TOUCHED: "TAKE_PROFIT_LIMIT",
    OrderType.TRAILING_STOP: "STOP_LOSS",
    OrderType.TRAILING_STOP_LIMIT: "STOP_LOSS_LIMIT",
}
POST_ONLY: Final = "LIMIT_MAKER"
_TYPES: Final = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    POST_ONLY: OrderType.LIMIT,
    "STOP_LOSS": OrderType.STOP,
    "STOP_LOSS_LIMIT": OrderType.STOP_LIMIT,
    "TAKE_PROFIT": OrderType.MARKET_IF_TOUCHED,
    "TAKE_PROFIT_LIMIT": OrderType.LIMIT_IF_TOUCHED,
}
_TRAILING: Final = {
    OrderType.STOP: OrderType.TRAILING_STOP,
    OrderType.STOP_LIMIT: OrderType.TRAILING_STOP_LIMIT,
}
WAITING: Final = frozenset(TYPE_WORDS) - {OrderType.MARKET, OrderType.LIMIT}  # for a price
# The fields of OrderTerms that Binance takes: a trail is a share of the price, in hundredths of a
# per cent; the market never closes.
TERMS: Final = frozenset({"post_only", "display_qty", "trail_percent"})
HELD_TYPES: Final = frozenset(
    {"STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"}
)  # not worked until their trigger

TIME_WORDS: Final = {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}
TIMES: Final = {word: time for time, word in TIME_WORDS.items()}

STATUSES: Final = {
    "NEW": LiveOrderStatus.NEW,
    "PENDING_NEW": LiveOrderStatus.INACTIVE,  # a leg of a list that waits for its working order
    "PARTIALLY_FILLED": LiveOrderStatus.PARTIALLY_FILLED,
    "FILLED": LiveOrderStatus.FILLED,
    "CANCELED": LiveOrderStatus.CANCELLED,
    "PENDING_CANCEL": LiveOrderStatus.PENDING_CANCEL,
    "REJECTED": LiveOrderStatus.REJECTED,
    "EXPIRED": LiveOrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": LiveOrderStatus.EXPIRED,  # self-trade prevention
}


def type_of(word: str, *, is_trailing: bool = False) -> OrderType:
    """Our type for Binance's; NONE for a word that is new."""
    kind = _TYPES.get(word, OrderType.NONE)
    return _TRAILING.get(kind, kind) if is_trailing else kind


def status_of(word: str, *, ord_type: str = "", is_working: bool = True) -> LiveOrderStatus:
    """Our status for Binance's; ERROR, which moves nothing, for a word that is new."""
    if word == "NEW" and ord_type in HELD_TYPES and not is_working:
        return LiveOrderStatus.INACTIVE
    return STATUSES.get(word, LiveOrderStatus.ERROR)
