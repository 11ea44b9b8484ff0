"""A change to an order, in the numbers that its instrument takes."""

from __future__ import annotations

from decimal import Decimal

from regimeflow.domain.orders.order import OrderModification
from regimeflow.types.instrument import Instrument


def exact_change(mod: OrderModification, instrument: Instrument) -> dict[str, Decimal]:
    """Return the fields that change, by name; numbers are snapped as those of new orders are.

    Raises:
        InvalidArgument: a number does not fit the instrument.
    """
    given = dict[str, Decimal]()
    if mod.quantity is not None:
        given["quantity"] = instrument.qty_dec(instrument.qty_mantissa(mod.quantity))
    if mod.limit_price is not None:
        given["limit_price"] = instrument.px_dec(instrument.px_mantissa(mod.limit_price))
    if mod.stop_price is not None:
        given["stop_price"] = instrument.px_dec(instrument.px_mantissa(mod.stop_price))
    return given
