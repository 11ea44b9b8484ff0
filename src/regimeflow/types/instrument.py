"""What may be ordered, and in which steps."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One tradable thing at one venue.

    ``tick_size`` and ``lot_size`` are the steps of price and quantity; None for a maximum means none. ``multiplier`` turns price
    times quantity into money of ``quote_currency``.
    """

    symbol: str
    asset_class: str
    base_currency: str
    quote_currency: str
    tick_size: Decimal
    lot_size: Decimal
    min_qty: Decimal = Decimal(0)
    max_qty: Decimal | None = None
    min_notional: Decimal = Decimal(0)
    max_notional: Decimal | None = None
    multiplier: Decimal = Decimal(1)
