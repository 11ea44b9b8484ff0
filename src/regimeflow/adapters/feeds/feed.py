"""What a feed gives: events in time order, numbers as exact mantissas."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Final, Protocol

from regimeflow._core.tuples import NamedTuple
from regimeflow.types.instrument import Instrument

MAX_SYMBOL: Final = 31  # bytes, as messages carry it

Levels = Sequence[tuple[int, int]]
"""(price, quantity) mantissas; a quantity of zero removes the level."""


class Scale(NamedTuple):
    """The exponents of a symbol's mantissas: value = mantissa * 10 ** exp."""

    px_exp: int
    qty_exp: int


class QuoteEvent(NamedTuple):
    """Best bid and ask; ``event_ns`` is the venue's clock, ``update_id`` its count; 0: none."""

    recv_ns: int
    symbol: str
    update_id: int
    bid_px: int
    bid_qty: int
    ask_px: int
    ask_qty: int
    event_ns: int = 0


class TradeEvent(NamedTuple):
    """One trade. ``aggressor``: ``OrderSide`` of who took."""

    recv_ns: int
    symbol: str
    trade_id: int
    px: int
    qty: int
    aggressor: int
    event_ns: int = 0


class DepthEvent(NamedTuple):
    """Levels that changed between the updates ``first_id`` and ``last_id``."""

    recv_ns: int
    symbol: str
    first_id: int
    last_id: int
    bids: Levels
    asks: Levels
    event_ns: int = 0


class SnapshotEvent(NamedTuple):
    """Every level that the venue gave, as of update ``last_id``."""

    recv_ns: int
    symbol: str
    last_id: int
    bids: Levels
    asks: Levels
    event_ns: int = 0


FeedEvent = QuoteEvent | TradeEvent | DepthEvent | SnapshotEvent


Events = Generator[FeedEvent, None, None]
"""Events in time order; closing it frees what it holds."""


class BadLine(NamedTuple):
    """Something in a feed that is no event: where, and why."""

    source: str
    line: int
    reason: str


class Feed(Protocol):
    """A market that can be played.

    Threading: one thread at a time.
    """

    @property
    def start_ns(self) -> int:
        """Time of the first event, UTC."""
        ...

    def events(self) -> Events:
        """Play from the beginning, the same each time."""
        ...

    def instruments(self) -> Mapping[str, Instrument]:
        """Everything that the feed has, by symbol."""
        ...

    def scales(self) -> Mapping[str, Scale]:
        """The exponents of each symbol's mantissas."""
        ...

    def progress(self) -> float | None:
        """How much has been played, 0 to 1; None when the feed has no end."""
        ...

    @property
    def bad_line_count(self) -> int:
        """How many lines were no event."""
        ...

    @property
    def bad_lines(self) -> Sequence[BadLine]:
        """The first of them; bounded."""
        ...
