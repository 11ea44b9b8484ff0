"""Decimal text to exact mantissas, fast for the usual shape."""

from __future__ import annotations

from typing import Final

REMEMBERED: Final = 1 << 16  # texts; a market shows the same prices and sizes again and again
MAX_DIGITS: Final = 18  # more could overflow the int64 of a record


def mantissa(text: str, exp: int) -> int:
    """The integer ``m`` with ``m * 10 ** exp`` exactly the number in ``text``; ``exp <= 0``.

    Raises:
        ValueError: no plain decimal number, negative, too long, or finer than ``exp``.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdecimal() and whole):
        raise ValueError(f"{text!r} is no plain decimal number")
    kept, rest = fraction[:-exp] if exp else "", fraction[-exp:]
    if rest.strip("0"):
        raise ValueError(f"{text!r} is finer than {exp} decimals allow")
    number = int(whole + kept.ljust(-exp, "0"))
    if number >= 10**MAX_DIGITS:
        raise ValueError(f"{text!r} is too large for {MAX_DIGITS} digits")
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
