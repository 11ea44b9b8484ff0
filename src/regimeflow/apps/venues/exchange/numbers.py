"""Exact numbers of the exchange: ``Decimal`` at its face, whole numbers inside.

A price or quantity is a whole number of ``10**-10``, money one of ``10**-20``: their product. No
operation here rounds, but those that say so.
"""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import lru_cache
from typing import Final

PLACES: Final = 10
UNIT: Final = 10**PLACES
MONEY_UNIT: Final = UNIT * UNIT
_EXACT: Final = Context(prec=80, traps=[Inexact, InvalidOperation, Overflow])
_SCALE: Final = Decimal(UNIT)
_MONEY_SCALE: Final = Decimal(MONEY_UNIT)
_REMEMBERED: Final = 1 << 16


def units(number: Decimal) -> int:
    """Return a price or quantity as a whole number of ``10**-10``.

    Raises:
        ValueError: it is finer than that, or no finite number.
    """
    return _whole(number, _SCALE)


def money_units(number: Decimal) -> int:
    """Return money as a whole number of ``10**-20``; errors as ``units``."""
    return _whole(number, _MONEY_SCALE)


@lru_cache(_REMEMBERED)
def number_of(mantissa: int) -> Decimal:
    """Return a price or quantity as people write it, without trailing zeros or an exponent."""
    return _normal(mantissa, PLACES)


def money_of(mantissa: int) -> Decimal:
    """Return money as people write it."""
    return _normal(mantissa, 2 * PLACES)


def ratio(numerator: int, denominator: int) -> Decimal:
    """Return a quotient of whole numbers, rounded down to ten decimals; 0 over 0 is 0."""
    return number_of(numerator * UNIT // denominator) if denominator else Decimal(0)


def _whole(number: Decimal, scale: Decimal) -> int:
    try:
        return int(_EXACT.to_integral_exact(_EXACT.multiply(number, scale)))
    except (Inexact, InvalidOperation, Overflow, ValueError, OverflowError):
        raise ValueError(f"{number} is too fine or no number") from None


def _normal(mantissa: int, places: int) -> Decimal:
    text = str(abs(mantissa)).rjust(places + 1, "0")
    whole, fraction = text[:-places], text[-places:].rstrip("0")
    sign = "-" if mantissa < 0 else ""
    return Decimal(f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}")
