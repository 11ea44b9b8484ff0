"""Alpaca's words and ours. A word that nobody here knows maps to what moves nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType, TimeInForce

SIDE_WORDS: Final = {OrderSide.BUY: "buy", OrderSide.SELL: "sell"}
SIDES: Final = {word: side for side, word in SIDE_WORDS.items()}

TYPE_WORDS: Final = {
    OrderType.MARKET: "market",
    OrderType.LIMIT: "limit",
    OrderType.STOP: "stop",
    OrderType.STOP_LIMIT: "stop_limit",
    OrderType.TRAILING_STOP: "trailing_stop",
    OrderType.MARKET_ON_OPEN: "market",
    OrderType.MARKET_ON_CLOSE: "market",
    OrderType.LIMIT_ON_OPEN: "limit",
    OrderType.LIMIT_ON_CLOSE: "limit",
}
TIME_WORDS: Final = {
    TimeInForce.DAY: "day",
    TimeInForce.GTC: "gtc",
    TimeInForce.IOC: "ioc",
    TimeInForce.FOK: "fok",
}
AUCTION_WORDS: Final = {
    OrderType.MARKET_ON_OPEN: "opg",
    OrderType.LIMIT_ON_OPEN: "opg",
    OrderType.MARKET_ON_CLOSE: "cls",
    OrderType.LIMIT_ON_CLOSE: "cls",
}
TIMES: Final = {word: time for time, word in TIME_WORDS.items()}
_TYPES: Final = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "stop": OrderType.STOP,
    "stop_limit": OrderType.STOP_LIMIT,
    "trailing_stop": OrderType.TRAILING_STOP,
}
_AUCTIONS: Final = {(TYPE_WORDS[kind], time): kind for kind, time in AUCTION_WORDS.items()}
_STATUSES: Final = {
    "new": LiveOrderStatus.NEW,
    "pending_new": LiveOrderStatus.PENDING_NEW,
    "accepted": LiveOrderStatus.PENDING_NEW,  # queued at Alpaca: may be cancelled, not changed
    "accepted_for_bidding": LiveOrderStatus.NEW,
    "partially_filled": LiveOrderStatus.PARTIALLY_FILLED,
    "filled": LiveOrderStatus.FILLED,
    "stopped": LiveOrderStatus.NEW,  # a trade is guaranteed, not done
    "done_for_day": LiveOrderStatus.INACTIVE,
    "suspended": LiveOrderStatus.INACTIVE,
    "held": LiveOrderStatus.INACTIVE,  # a leg that waits for its entry
    "pending_review": LiveOrderStatus.INACTIVE,
    "pending_cancel": LiveOrderStatus.PENDING_CANCEL,
    "pending_replace": LiveOrderStatus.PENDING_REPLACE,
    "canceled": LiveOrderStatus.CANCELLED,
    "expired": LiveOrderStatus.EXPIRED,
    "replaced": LiveOrderStatus.CANCELLED,  # of the leg; its order goes on
    "rejected": LiveOrderStatus.REJECTED,
}
REPLACED: Final = "replaced"


def status_of(word: str, quantity: Decimal | None, filled: Decimal) -> LiveOrderStatus:
    """Our status for Alpaca's; ERROR, which moves nothing, for a word that is new."""
    if word == "calculated":  # done for the day, what it filled is being counted
        is_filled = quantity is not None and filled >= quantity
        return LiveOrderStatus.FILLED if is_filled else LiveOrderStatus.PARTIALLY_FILLED
    status = _STATUSES.get(word, LiveOrderStatus.ERROR)
    if status is LiveOrderStatus.NEW and filled:
        return LiveOrderStatus.PARTIALLY_FILLED
    return status


def type_of(word: str, time_word: str) -> int:
    """Our order type for Alpaca's type and time in force; 0 for a word that is new."""
    return _AUCTIONS.get((word, time_word), _TYPES.get(word, 0))


def time_of(time_word: str) -> int:
    """Our time in force for Alpaca's; orders for an auction are for their day."""
    return TimeInForce.DAY if time_word in ("opg", "cls") else TIMES.get(time_word, 0)
