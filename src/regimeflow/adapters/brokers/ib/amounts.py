"""Numbers as ib_async hands them over, binary floats, as the decimals that TWS wrote."""

from __future__ import annotations

import math
from decimal import Context, Decimal
from typing import Final

# IB's "no value" is the largest double.
UNSET: Final = 1.7976931348623157e308
_ZERO: Final = Decimal(0)
# TWS computes in doubles too: what it writes beyond fifteen digits is their noise.
_DIGITS: Final = Context(prec=15)


def exact(number: float | Decimal | str | None) -> Decimal | None:
    """Return the decimal that a number was written as; None where there is none.

    A double carries any decimal of up to fifteen digits, and its shortest text is that decimal.
    """
    if number is None or number == "":
        return None
    if isinstance(number, float):
        if number == UNSET or not math.isfinite(number):
            return None
        number = repr(number)
    found = Decimal(number)
    if len(found.as_tuple().digits) > _DIGITS.prec:
        found = _DIGITS.plus(found)
    return _plain(found)


def amount(number: float | Decimal | str | None) -> Decimal:
    """Return the decimal, zero where there is none."""
    return exact(number) or _ZERO


def price(number: float | Decimal | str | None) -> Decimal | None:
    """Return a price of an order: TWS writes none, zero or the largest double for none."""
    return exact(number) or None


def text_of(number: Decimal | None) -> str:
    """Return a number as the wire has it, "" for none."""
    return "" if number is None else format(number, "f")


def _plain(number: Decimal) -> Decimal:
    if not number:
        return _ZERO
    number = number.normalize(_DIGITS)
    exponent = number.as_tuple().exponent
    is_large = isinstance(exponent, int) and exponent > 0
    return Decimal(format(number, "f")) if is_large else number
