"""Decimal text to exact mantissas, fast for the usual shape."""

from __future__ import annotations

from typing import Final

REMEMBERED: Final = 1 << 16  # texts; a market shows the same prices and sizes again and again
TOO_LARGE: Final = 10**18  # any number below fits the int64 of a record
LONGEST_TEXT: Final = 40  # digits; no venue writes more


def mantissa(text: str, exp: int) -> int:
    """The integer ``m`` with ``m * 10 ** exp`` exactly the number in ``text``; ``exp <= 0``.

    Raises:
        ValueError: no plain decimal number, negative, too long, or finer than ``exp``.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if not (whole and digits.isdecimal() and digits.isascii()):
        raise ValueError(f"{text[:40]!r} is no plain decimal number")
    if len(digits) > LONGEST_TEXT:
        raise ValueError(f"{text[:40]!r}... is too long for a number")
    number, finer_by = int(digits), len(fraction) + exp
    if finer_by > 0:
        step: int = 10**finer_by
        number, rest = divmod(number, step)
        if rest:
            raise ValueError(f"{text!r} is finer than {-exp} decimals")
    else:
        number *= 10 ** abs(finer_by)
    if number >= TOO_LARGE:
        raise ValueError(f"{text!r} is too large for a record")
    return number


def decimals_of(text: str) -> int:
    """How many decimals the number in ``text`` needs."""
    _, _, fraction = text.partition(".")
    return len(fraction.rstrip("0"))


class Mantissas(dict[str, int]):
    """``mantissa`` with a memory, asked as ``mantissas[text]``: a known text costs one lookup."""

    def __init__(self, exp: int) -> None:
        super().__init__()
        self._exp: Final = exp

    def __missing__(self, text: str) -> int:
        if len(self) >= REMEMBERED:
            self.clear()
        number = self[text] = mantissa(text, self._exp)
        return number
