"""Orders as users write and read them."""

from __future__ import annotations

from decimal import Decimal

from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType, TimeInForce
from regimeflow.types.errors import Outcome
from regimeflow.types.records import Record

Number = Decimal | str | int | float


class OrderTerms(Record, kw_only=True):
    """What else is asked of an order, where the venue takes it (``Capabilities.terms`` names it).

    Args:
        post_only: Rest in the book or be refused, never take; for LIMIT orders (FIX 18, 6).
        display_qty: How much of it the book shows at a time (FIX 1138), at most its quantity.
        trail_amount: How far a trailing stop follows the price, in units of the price (FIX 211).
        trail_percent: The same as a share of the price: ``"0.5"`` is half a per cent.
        extended_hours: It may trade outside the regular session too (FIX 336).
        notional: The amount of money that a MARKET order trades for (FIX 152), in the instrument's
            quote currency; the order's quantity is then the most that it may come to, which limits
            count with, and in the end becomes what it has filled.
    """

    post_only: bool = False
    display_qty: Number | None = None
    trail_amount: Number | None = None
    trail_percent: Number | None = None
    extended_hours: bool = False
    notional: Number | None = None


class Order(Record):
    """What to do, not yet sent.

    Numbers may be ``Decimal``, ``str``, ``int`` or ``float``; a float within a few units of its
    last place of a tick or lot is snapped to it, anything else that does not fit is refused when
    the order is submitted.

    Args:
        symbol: The instrument, as the venue spells it.
        side: ``OrderSide.BUY`` or ``SELL``.
        type: ``OrderType``.
        quantity: In units of the instrument, above zero.
        limit_price: For LIMIT and every other type that names one.
        stop_price: For STOP, ..._IF_TOUCHED and their LIMITs: the price that releases the order;
            of a trailing order, which may have none, the one that it begins with.
        time_in_force: ``TimeInForce``.
        expire_time_ns: When a GTD order ends, UTC.
        client_order_id: Yours to set when another system must know the order; else one is made.
        terms: What else is asked of it; trailing orders need their ``trail_...`` there.
    """

    symbol: str
    side: OrderSide
    type: OrderType
    quantity: Number
    limit_price: Number | None = None
    stop_price: Number | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    expire_time_ns: int | None = None
    client_order_id: str | None = None
    terms: OrderTerms | None = None


class OrderModification(Record, kw_only=True):
    """What to change; None leaves a field as it is. ``quantity`` is the new total, with fills."""

    quantity: Number | None = None
    limit_price: Number | None = None
    stop_price: Number | None = None


class OrderError(Record):
    """Why a request failed: the error's class name, what the venue may know, the words."""

    kind: str
    outcome: Outcome
    text: str


class LiveOrder(Record, kw_only=True):
    """An order as it stood at one moment: a frozen picture, safe to keep.

    ``order_id`` is ours, ``client_order_id`` is what the venue was told, ``broker_order_id`` is the
    venue's newest id ("" before it gave one). Quantities and prices are exact. ``avg_px`` is None
    until something has filled. ``terms`` is None where nothing else was asked of it, and of an
    order that somebody else placed. ``exits``: what leaves with it as one request, on its way to a
    venue that takes that; else empty.
    """

    order_id: int
    client_order_id: str
    broker_order_id: str
    symbol: str
    side: OrderSide
    type: OrderType
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    time_in_force: TimeInForce
    expire_time_ns: int | None
    status: LiveOrderStatus
    cum_qty: Decimal
    leaves_qty: Decimal
    avg_px: Decimal | None
    in_doubt: bool
    strategy: str
    created_at_ns: int
    updated_at_ns: int
    error: OrderError | None = None
    terms: OrderTerms | None = None
    exits: tuple[LiveOrder, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the order may still trade; one presumed not sent is not open until it appears."""
        is_unsent = self.status is LiveOrderStatus.ERROR and not self.in_doubt
        return not self.status.is_terminal and not is_unsent
