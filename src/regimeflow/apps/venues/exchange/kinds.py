"""The enumerations of the exchange, and its refusal."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final


class Kind(enum.Enum):
    """What an order does; with a trailing distance, the four in the middle trail."""

    MARKET = 1
    LIMIT = 2
    LIMIT_MAKER = 3  # refused when it would take
    STOP = 4  # a market order once its stop is met
    STOP_LIMIT = 5
    TAKE_PROFIT = 6
    TAKE_PROFIT_LIMIT = 7

    @property
    def has_limit(self) -> bool:
        """Whether it takes a limit price."""
        return self in _WITH_LIMIT

    @property
    def has_stop(self) -> bool:
        """Whether it waits for the market to reach a price."""
        return self in _WITH_STOP

    @property
    def is_take_profit(self) -> bool:
        """Whether it waits for a better price than now, not for a worse one."""
        return self in {Kind.TAKE_PROFIT, Kind.TAKE_PROFIT_LIMIT}


_WITH_LIMIT: Final = frozenset(
    {Kind.LIMIT, Kind.LIMIT_MAKER, Kind.STOP_LIMIT, Kind.TAKE_PROFIT_LIMIT}
)
_WITH_STOP: Final = frozenset(
    {Kind.STOP, Kind.STOP_LIMIT, Kind.TAKE_PROFIT, Kind.TAKE_PROFIT_LIMIT}
)


class Tif(enum.Enum):
    """How long an order works."""

    GTC = 1
    IOC = 2
    FOK = 3
    DAY = 4
    GTD = 5
    OPG = 6  # at the next opening, then gone
    CLS = 7  # at the next close, then gone


class Stp(enum.Enum):
    """What happens instead of a trade of an account with itself; the taker's mode decides."""

    NONE = 0
    EXPIRE_MAKER = 1
    EXPIRE_TAKER = 2
    EXPIRE_BOTH = 3
    DECREMENT = 4
    TRANSFER = 5  # within one account as DECREMENT


class State(enum.Enum):
    """Where an order is in its life; the last five are final."""

    PENDING = 1  # a leg that waits for its working order
    HELD = 2  # accepted, not in the book: waits for its stop, the open or the close
    WORKING = 3  # in the book
    FILLED = 4
    CANCELED = 5
    REPLACED = 6
    REJECTED = 7
    EXPIRED = 8

    @property
    def is_open(self) -> bool:
        """Whether anything may still happen to the order."""
        return self in _OPEN


_OPEN: Final = frozenset({State.PENDING, State.HELD, State.WORKING})


class Cause(enum.Enum):
    """Why an order ended."""

    NONE = 0
    REQUESTED = 1  # its owner asked
    IOC_REST = 2
    FOK_UNFILLED = 3
    NO_LIQUIDITY = 4  # a market order, and nothing more is offered
    SELF_TRADE = 5
    LIST_SIBLING = 6  # another leg of its OCO traded, was triggered or ended
    LIST_PHASE_ONE = 7  # its working order ended without being filled
    TIME = 8
    NO_FUNDS = 9  # its turn came, and it could not be paid
    VENUE = 10
    WOULD_TAKE = 11  # its turn came, and it may only make
    NO_SESSION = 12


class Why(enum.Enum):
    """Why a request was refused."""

    UNKNOWN_ACCOUNT = 1
    UNKNOWN_SYMBOL = 2
    UNKNOWN_ORDER = 3
    BAD_REQUEST = 4
    OFF_TICK = 5
    OFF_LOT = 6
    NO_FUNDS = 7
    WOULD_TAKE = 8
    WOULD_TRIGGER = 9
    DUPLICATE_CLIENT_ID = 10
    NOT_OPEN = 11
    CLOSED = 12
    QTY_NOT_BELOW = 13
    RESTRICTED = 14


class Refused(Exception):
    """A request was refused and changed nothing; ``details`` has the numbers and words."""

    def __init__(self, why: Why, **details: object) -> None:
        said = ", ".join(f"{name}={value}" for name, value in details.items() if name != "order")
        super().__init__(f"{why.name}: {said}" if said else why.name)
        self.why: Final = why
        self.details: Final[Mapping[str, object]] = details
