"""Exact numbers: a mantissa and a power of ten, and the ways in from Python's numbers."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

from regimeflow._core.decimals import parse

Number = Decimal | str | int | float

INT64_MAX: Final = 2**63 - 1

# Below this mantissa a float's last place is so fine that it can only mean one multiple.
_CLEAR_FLOAT: Final = 2**49
_MANY_DIGITS: Final = 10**14
_POWERS: Final = tuple(10**power for power in range(64))

# A Decimal beyond these powers of ten cannot be a price or a quantity, and expanding it to an
# integer would eat the memory of the machine.
_LARGEST_POWER: Final = 30
_SMALLEST_POWER: Final = -60

# How far from a step a float may be and still mean it, in units of its last place: the error of a
# handful of additions and multiplications.
_SNAP_ULPS: Final = 4


class Written(Decimal):
    """A decimal as a file has it, digit for digit; where nothing wants it exact, a float."""

    __slots__ = ()


def dec(mantissa: int, exp: int) -> Decimal:
    """Return ``mantissa * 10**exp`` exactly, whatever the decimal context of the caller."""
    return Decimal(f"{mantissa}E{exp}") if exp else Decimal(mantissa)


def exponent_of(step: Decimal) -> int:
    """Return the power of ten of the last digit of ``step`` that is not zero, at most 0."""
    _, digits, exp = step.as_tuple()
    if not isinstance(exp, int) or not any(digits):
        return 0
    for digit in reversed(digits):
        if digit:
            break
        exp += 1
    return min(exp, 0)


def as_ratio(number: object) -> tuple[int, int]:
    """Return ``number`` as an exact fraction (numerator, denominator above zero).

    A float counts as its shortest text; ``snap`` is for floats that mean a decimal nearby.

    Raises:
        ValueError: not a number, not finite, or beyond any price; the text says what was found.
    """
    if isinstance(number, bool):
        raise ValueError(f"found {number!r}; expected a number")  # noqa: TRY004  # as any fault
    if isinstance(number, int):
        return number, 1
    if isinstance(number, float):
        number = float.__repr__(number)  # NumPy has a repr of its own
    if isinstance(number, str):
        number = _parsed(number)
    if isinstance(number, Decimal):
        if not number.is_finite():
            raise ValueError(f"found {number}; expected a finite number")
        if number and not _SMALLEST_POWER <= number.adjusted() <= _LARGEST_POWER:
            raise ValueError(f"found {number}; that is beyond any price or quantity")
        return number.as_integer_ratio()
    return _index(number), 1


def on_grid(number: Number, step: int, exp: int) -> int | None:
    """Return ``number`` as a mantissa at ``exp`` when it is plainly a multiple of ``step``.

    The quick way for what nearly every order has, above 0; None: have a closer look.
    """
    try:
        mantissa, its_exp = parse(number)
    except (TypeError, ValueError):
        return None
    if its_exp < exp:
        return None
    mantissa *= _POWERS[its_exp - exp]
    most = _CLEAR_FLOAT if isinstance(number, float) else INT64_MAX
    return mantissa if 0 < mantissa <= most and mantissa % step == 0 else None


def few_digits(number: Number, exp: int) -> tuple[int, int] | None:
    """Return ``number / 10**exp`` as a fraction when it has few digits.

    A float with few cannot miss a multiple by mere units of its last place: it says what it means.
    """
    try:
        mantissa, its_exp = parse(number)
    except (TypeError, ValueError):
        return None
    shift = its_exp - exp
    if shift >= 0:
        mantissa *= _POWERS[shift]
    if abs(mantissa) >= _MANY_DIGITS:
        return None
    return mantissa, _POWERS[-shift] if shift < 0 else 1


def snap(number: float, step: int, exp: int) -> int | None:
    """Return the multiple of ``step * 10**exp`` that ``number`` means, as a mantissa at ``exp``.

    None when no multiple is within a few units of the last place of ``number``, or when so many
    are that it could mean any. ``number`` is finite, ``step`` above zero, ``exp`` at most 0.
    """
    scale: int = 10**-exp
    numerator, denominator = number.as_integer_ratio()
    unit = denominator * step
    nearest = (2 * numerator * scale + unit) // (2 * unit) * step
    if nearest * denominator == numerator * scale:
        return nearest
    room = _SNAP_ULPS * math.ulp(number)
    # int / int is correctly rounded, so this is the float that the multiple itself would be.
    if abs(nearest / scale - number) > room or is_too_coarse(number, step, exp):
        return None
    return nearest


def is_too_coarse(number: float, step: int, exp: int) -> bool:
    """Whether more than one multiple of ``step * 10**exp`` is what ``number`` might mean."""
    scale: int = 10**-exp
    return 2 * _SNAP_ULPS * math.ulp(number) * scale >= step


def _parsed(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"found text {shortened(text)}; expected a number") from None


def _index(number: object) -> int:
    """Take what says it is an integer (NumPy's), and nothing else."""
    kind = type(number).__name__
    if "bool" not in kind:
        try:
            return operator.index(number)  # type: ignore[arg-type]
        except TypeError:
            pass
    raise ValueError(f"found a {kind}; expected a number")


def plain(number: Decimal) -> str:
    """Return a number without an exponent, as people write it."""
    return format(number, "f")


def listed(names: Iterable[str], most: int = 12) -> str:
    """Return names for a message, the first few of many."""
    all_names = list(names)
    return ", ".join(all_names[:most]) + (", ..." if len(all_names) > most else "")


def shortened(text: str, limit: int = 40) -> str:
    """Return ``text`` quoted for a message, cut when long."""
    return repr(text if len(text) <= limit else text[: limit - 3] + "...")
