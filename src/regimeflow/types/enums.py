"""The enumerations that users, adapters and the compiled core share.

The values are the ones that the core stores (``src/_core/layout.h``); they never change meaning,
because journals keep them.
"""

from __future__ import annotations

import enum


class LiveTopic(enum.IntEnum):
    """What a message is about; the unit of subscription."""

    MARKET_DATA = 0
    EXECUTION_REPORT = 1
    POSITION_UPDATE = 2
    ACCOUNT_UPDATE = 3
    SYSTEM = 4


class OrderSide(enum.IntEnum):
    """FIX 54. ``NONE`` is for messages that have no side, never for an order."""

    NONE = 0
    BUY = 1
    SELL = 2


class OrderType(enum.IntEnum):
    """FIX 40.

    A STOP is released when the price moves against its side, a ..._IF_TOUCHED order when the price
    moves in its favour; what a TRAILING_... order follows the price by is in its ``OrderTerms``.
    """

    NONE = 0
    MARKET = 1
    LIMIT = 2
    STOP = 3
    STOP_LIMIT = 4
    MARKET_ON_OPEN = 5
    MARKET_ON_CLOSE = 6
    LIMIT_ON_OPEN = 7
    LIMIT_ON_CLOSE = 8
    TRAILING_STOP = 9
    MARKET_IF_TOUCHED = 10
    LIMIT_IF_TOUCHED = 11
    TRAILING_STOP_LIMIT = 12


class TimeInForce(enum.IntEnum):
    """FIX 59."""

    NONE = 0
    DAY = 1
    GTC = 2
    IOC = 3
    FOK = 4
    GTD = 5


class LiveOrderStatus(enum.IntEnum):
    """State of an order (FIX 39), with two members that FIX has not.

    ``INACTIVE``: the venue holds the order and does not work it (FIX Suspended).
    ``ERROR``: our side does not know; never sent by a venue, and not terminal.
    """

    PENDING_NEW = 0
    NEW = 1
    PARTIALLY_FILLED = 2
    FILLED = 3
    PENDING_CANCEL = 4
    PENDING_REPLACE = 5
    CANCELLED = 6
    REJECTED = 7
    EXPIRED = 8
    INACTIVE = 9
    ERROR = 10

    CANCELED = 6  # FIX spells it so; CANCELLED is the true name

    @property
    def is_terminal(self) -> bool:
        """Whether the venue will not work the order again (late fills still count)."""
        return self in _TERMINAL


_TERMINAL = frozenset(
    {
        LiveOrderStatus.FILLED,
        LiveOrderStatus.CANCELLED,
        LiveOrderStatus.REJECTED,
        LiveOrderStatus.EXPIRED,
    }
)


class ExecType(enum.IntEnum):
    """What an execution report says happened (FIX 150); the order's state is ``LiveOrderStatus``.

    ``CANCEL_REJECTED`` and ``REPLACE_REJECTED`` are FIX's OrderCancelReject (35=9), kept in the one
    stream.
    ``UNKNOWN_OUTCOME``: our own news, a request left and no definite answer came.
    """

    NEW = 0
    TRADE = 1
    TRADE_CORRECT = 2
    TRADE_CANCEL = 3
    CANCELED = 4
    REPLACED = 5
    REJECTED = 6
    EXPIRED = 7
    PENDING_NEW = 8
    PENDING_CANCEL = 9
    PENDING_REPLACE = 10
    SUSPENDED = 11
    RESTATED = 12
    DONE_FOR_DAY = 13
    ORDER_STATUS = 14
    CANCEL_REJECTED = 15
    REPLACE_REJECTED = 16
    UNKNOWN_OUTCOME = 17


class Liquidity(enum.IntEnum):
    """Whether a fill added or removed liquidity (FIX 851)."""

    NONE = 0
    MAKER = 1
    TAKER = 2


class OrdRejReason(enum.IntEnum):
    """Why an order was refused (FIX 103, the part that venues share)."""

    NONE = 0
    OTHER = 1
    UNKNOWN_SYMBOL = 2
    EXCHANGE_CLOSED = 3
    EXCEEDS_LIMIT = 4
    INSUFFICIENT_FUNDS = 5
    DUPLICATE_ORDER = 6
    BAD_TICK = 7
    BAD_LOT = 8
    UNSUPPORTED = 9
    NO_LIQUIDITY = 10
    TOO_LATE_TO_CANCEL = 11
    UNKNOWN_ORDER = 12


class SystemCode(enum.IntEnum):
    """What a system message is about; ``value`` and ``text`` say the rest."""

    TEXT = 0
    CONNECTED = 1
    DISCONNECTED = 2
    RECONNECTING = 3
    HEARTBEAT = 4
    DATA_STALE = 5
    DATA_RESUMED = 6
    BOOK_GAP = 7
    TRADING_STATE = 8
    TIMER = 9
    FEED_END = 10
    CONFLATED = 11
    RECONCILED = 12
    REGIME = 13


class TradingState(enum.IntEnum):
    """What the pre-trade gate lets pass.

    ``REDUCE_ONLY`` lets pass what makes a position smaller, net of the exits already open;
    ``HALTED`` nothing.
    """

    HALTED = 0
    REDUCE_ONLY = 1
    ACTIVE = 2


class RegimeType(enum.IntEnum):
    """The market's mood, as a detector sees it."""

    UNKNOWN = 0
    BULL = 1
    NEUTRAL = 2
    BEAR = 3
    CRISIS = 4
    CUSTOM = 5
