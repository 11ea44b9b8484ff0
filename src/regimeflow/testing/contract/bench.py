"""What an adapter's author supplies, so that the contract tests can run his adapter."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from regimeflow.ports.broker import BrokerAdapter
from regimeflow.types.enums import OrderSide
from regimeflow.types.records import Record


class Trouble(enum.Enum):
    """What can happen between an adapter and its venue; each strikes once, at the next chance."""

    ANSWER_LOST = "the next order is carried out, and its answer never comes"
    ANSWER_LATE = "the answer to the next order comes after everything that it caused"
    ERROR_AFTER_ACCEPTANCE = "the next order is carried out, and answered with a server error"
    ERROR_BEFORE_ACCEPTANCE = "the next order is answered with a server error and not carried out"
    REPORT_TWICE = "the next report of an execution comes twice"
    REPORT_LOST = "the next report of an execution never comes"
    REPORT_UNKNOWN = "a report of a kind that nobody knows comes before the next one"
    NEW_FIELDS = "the next report has fields that nobody knows"
    DISCONNECT = "the connection of reports ends now; nothing is told again"
    CONNECTION_TOO_OLD = "the venue closes its connections now, as it does every day"
    REPLACE_HALF_DONE = "the next replacement ends the old order, and refuses the new one"
    READ_FAILS = "the next read is answered with a server error"
    RATE_LIMITED = "the next request is refused because there were too many"
    STREAM_GAP = "the next update of the book is left out"
    STREAM_SILENT = "the market's messages stop, and its connection stays"
    STREAM_CUT = "the connections of market data end now"
    CLOCK_WRONG = "the venue's clock is another one for the next request"


class TrueOrder(Record, kw_only=True):
    """An order as the venue knows it."""

    client_order_id: str
    is_open: bool
    is_filled: bool
    quantity: Decimal
    cum_qty: Decimal
    cum_money: Decimal


class Truth(Record, kw_only=True):
    """What the venue knows of the adapter's account: its orders by client id, and its money."""

    orders: Mapping[str, TrueOrder]
    cash: Decimal
    position: Decimal


class Bench(Protocol):
    """A venue of one's own with an adapter at it; made anew for each test.

    The market stands still but for what the test asks for: prices are around 60,000 money for one,
    the account has enough for orders of a few thousand either way.
    """

    symbol: str
    quantity: Decimal
    """What one order asks for; a tenth of it is a lot or more."""

    async def open(self) -> None:
        """Start the venue."""
        ...

    async def close(self) -> None:
        """Stop it."""
        ...

    def adapter(self) -> BrokerAdapter:
        """Return a new adapter for the account, not connected."""
        ...

    def now_ns(self) -> int:
        """Return the venue's time, UTC."""
        ...

    def resting_price(self, side: OrderSide) -> Decimal:
        """Return a price that is better than all others of its side and does not trade."""
        ...

    def taking_price(self, side: OrderSide) -> Decimal:
        """Return a price at which an order of the usual quantity trades at once."""
        ...

    async def take(self, side: OrderSide, quantity: Decimal) -> None:
        """Have somebody trade with the best orders of ``side``; quotes of others stay."""
        ...

    async def move_market(self) -> None:
        """Let quotes and trades happen, without touching resting orders of the account."""
        ...

    async def settle(self) -> None:
        """Let what is under way go on its way; called again and again."""
        ...

    async def make(self, trouble: Trouble) -> None:
        """Let something go wrong."""
        ...

    async def mend(self) -> None:
        """Let nothing go wrong any more."""
        ...

    def truth(self) -> Truth:
        """Return what the venue knows."""
        ...
