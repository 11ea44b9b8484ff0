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
}
TYPES: Final = {
    **{word: kind for kind, word in TYPE_WORDS.items()},
    "LIMIT_MAKER": OrderType.LIMIT,
    "TAKE_PROFIT": OrderType.STOP,
    "TAKE_PROFIT_LIMIT": OrderType.STOP_LIMIT,
}
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


def status_of(word: str, *, ord_type: str = "", is_working: bool = True) -> LiveOrderStatus:
    """Our status for Binance's; ERROR, which moves nothing, for a word that is new."""
    if word == "NEW" and ord_type in HELD_TYPES and not is_working:
        return LiveOrderStatus.INACTIVE
    return STATUSES.get(word, LiveOrderStatus.ERROR)
