"""Exact numbers: prices and quantities as whole numbers of 10**-12."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation

DIGITS = 12
# Wide enough for price x quantity x rate of any instrument; losing a digit is an error.
EXACT = Context(prec=80, traps=[Inexact, InvalidOperation])
CUT = Context(prec=80, traps=[InvalidOperation])  # where a rule says that digits go


def units(text: str) -> int:
    """Return a plain decimal ("61837.63000000") as units; ValueError on anything else."""
    whole, _, part = text.partition(".")
    if len(part) > DIGITS or not whole.isdigit() or (part and not part.isdigit()):
        raise ValueError(f"{text!r} is not a plain number of at most {DIGITS} decimals")
    return int(whole + part.ljust(DIGITS, "0"))


def units_of(number: Decimal) -> int:
    """Return an exact number as units."""
    scaled = EXACT.scaleb(number, DIGITS)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{number} has more than {DIGITS} decimals")
    return int(scaled)


def shown(amount: int) -> str:
    """Return units as a person writes them."""
    text = f"{EXACT.scaleb(Decimal(amount), -DIGITS):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
