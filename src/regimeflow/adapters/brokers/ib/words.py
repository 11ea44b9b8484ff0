"""IB's words and ours. A word that nobody here knows maps to what moves nothing."""

from __future__ import annotations

from typing import Final

from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType, TimeInForce

SIDE_WORDS: Final = {OrderSide.BUY: "BUY", OrderSide.SELL: "SELL"}
SIDES: Final = {
    "BUY": OrderSide.BUY,
    "SELL": OrderSide.SELL,
    "SSHORT": OrderSide.SELL,
    "BOT": OrderSide.BUY,  # of executions
    "SLD": OrderSide.SELL,
}

AT_OPEN: Final = "OPG"
# Order type and, where that decides, time in force.
TYPE_WORDS: Final = {
    OrderType.MARKET: ("MKT", ""),
    OrderType.LIMIT: ("LMT", ""),
    OrderType.STOP: ("STP", ""),
    OrderType.STOP_LIMIT: ("STP LMT", ""),
    OrderType.MARKET_ON_OPEN: ("MKT", AT_OPEN),
    OrderType.LIMIT_ON_OPEN: ("LMT", AT_OPEN),
    OrderType.MARKET_ON_CLOSE: ("MOC", "DAY"),
    OrderType.LIMIT_ON_CLOSE: ("LOC", "DAY"),
    OrderType.TRAILING_STOP: ("TRAIL", ""),
    OrderType.TRAILING_STOP_LIMIT: ("TRAIL LIMIT", ""),
    OrderType.MARKET_IF_TOUCHED: ("MIT", ""),
    OrderType.LIMIT_IF_TOUCHED: ("LIT", ""),
}
WITH_LIMIT: Final = frozenset({"LMT", "STP LMT", "LOC", "LIT", "TRAIL LIMIT"})
WITH_STOP: Final = frozenset({"STP", "STP LMT", "MIT", "LIT"})
TRAILING: Final = frozenset({"TRAIL", "TRAIL LIMIT"})
TERMS: Final = frozenset({"display_qty", "trail_amount", "trail_percent", "extended_hours"})
# Not worked until something happens that is not the order's arrival.
WAITING_TYPES: Final = frozenset(
    {
        OrderType.STOP,
        OrderType.STOP_LIMIT,
        OrderType.MARKET_ON_OPEN,
        OrderType.LIMIT_ON_OPEN,
        OrderType.MARKET_ON_CLOSE,
        OrderType.LIMIT_ON_CLOSE,
        OrderType.TRAILING_STOP,
        OrderType.TRAILING_STOP_LIMIT,
        OrderType.MARKET_IF_TOUCHED,
        OrderType.LIMIT_IF_TOUCHED,
    }
)

TIME_WORDS: Final = {
    TimeInForce.DAY: "DAY",
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.GTD: "GTD",
}
TIMES: Final = {word: time for time, word in TIME_WORDS.items()} | {AT_OPEN: TimeInForce.DAY}

PRE_SUBMITTED: Final = "PreSubmitted"
SUBMITTED: Final = "Submitted"
UNCONFIRMED: Final = frozenset({"", "ApiPending", "PendingSubmit"})  # nothing says that IB has it
INACTIVE: Final = "Inactive"
STATUSES: Final = {
    "ApiPending": LiveOrderStatus.PENDING_NEW,
    "PendingSubmit": LiveOrderStatus.PENDING_NEW,
    PRE_SUBMITTED: LiveOrderStatus.INACTIVE,
    SUBMITTED: LiveOrderStatus.NEW,
    "PendingCancel": LiveOrderStatus.PENDING_CANCEL,
    "ApiCancelled": LiveOrderStatus.CANCELLED,
    "Cancelled": LiveOrderStatus.CANCELLED,
    "Filled": LiveOrderStatus.FILLED,
    INACTIVE: LiveOrderStatus.INACTIVE,
}


def type_of(word: str, tif: str) -> OrderType:
    """Return our order type for IB's; NONE for one that we have no word for."""
    for kind, (name, when) in TYPE_WORDS.items():
        if name == word and (when == AT_OPEN) == (tif == AT_OPEN):
            return kind
    return OrderType.NONE
