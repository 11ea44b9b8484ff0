"""Numbers and times as Binance writes them: eight decimals, milliseconds or microseconds."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Context, Decimal, Inexact, InvalidOperation

from regimeflow.apps.venues.binance import refusals

EIGHT = Decimal("0.00000001")
ZERO = Decimal(0)
MILLISECOND = 1_000_000
MICROSECOND = 1_000
LARGEST_INTEGER = 2**63 - 1

DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
INTEGER = re.compile(r"[0-9]{1,20}")
EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])
DOWN = Context(prec=60, rounding=ROUND_DOWN)


def eight(number: Decimal | int) -> str:
    """Return a number with its eight decimals; what has more is cut, as Binance cuts."""
    return f"{Decimal(number).quantize(EIGHT, context=DOWN):f}"


def decimal_of(name: str, text: str) -> Decimal:
    """Read a decimal parameter.

    Raises:
        Refusal: -1100 for what is no plain decimal, -1111 for more than eight decimals.
    """
    if not DECIMAL.fullmatch(text):
        raise refusals.illegal(name, refusals.DECIMAL_RANGE)
    number = Decimal(text)
    if number != number.quantize(EIGHT, context=DOWN):
        raise refusals.too_precise(name)
    return number


def integer_of(name: str, text: str) -> int:
    """Read an integer parameter.

    Raises:
        Refusal: -1100 for what is no number, -1108 for one beyond 64 bits.
    """
    if not INTEGER.fullmatch(text):
        raise refusals.illegal(name, refusals.INTEGER_RANGE)
    number = int(text)
    if number > LARGEST_INTEGER:
        raise refusals.overflowed(name)
    return number
