"""What may be ordered, and in which steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from math import isfinite
from typing import ClassVar, Final, Literal

from regimeflow.types.errors import Fault, InvalidArgument
from regimeflow.types.fixed import (
    INT64_MAX,
    Number,
    as_ratio,
    dec,
    exponent_of,
    few_digits,
    is_too_coarse,
    on_grid,
    plain,
    snap,
)
from regimeflow.types.records import hidden
from regimeflow.types.session import SessionCalendar
from regimeflow.types.settings import Settings, required, setting, table

AssetClass = Literal["crypto", "equity", "future", "option", "fx", "index"]
Rounding = Literal["nearest", "down", "up"]
_ROUNDINGS: Final[frozenset[str]] = frozenset({"nearest", "down", "up"})

MAX_SYMBOL_BYTES: Final = 31  # what a record has room for


def symbol_fault(symbol: str) -> str | None:
    """Return what was expected of a symbol that cannot be one; None when it can."""
    if not 1 <= len(symbol.encode("utf-8", "surrogatepass")) <= MAX_SYMBOL_BYTES:
        return f"a symbol of 1 to {MAX_SYMBOL_BYTES} bytes"
    if not symbol.isprintable() or any(letter.isspace() for letter in symbol):
        return "a symbol of printable characters without blanks"
    return None


class Instrument(Settings):
    """One tradable thing at one venue.

    ``tick_size`` and ``lot_size`` are the steps of price and quantity; None for a maximum means
    none. ``multiplier`` turns price times quantity into money of ``quote_currency``. Prices and
    quantities travel as whole numbers (mantissas) of ``10**px_exp`` and ``10**qty_exp``; both
    exponents are at most 0.

    Raises:
        InvalidArgument: lists every field that is wrong.
    """

    RAISES: ClassVar[type[InvalidArgument]] = InvalidArgument

    symbol: str = required(str, "As the venue spells it.", check=symbol_fault)
    asset_class: AssetClass = setting("crypto", "What kind of thing it is.")
    base_currency: str = setting("", "What is bought.", may_be_empty=True)
    quote_currency: str = setting("", "What it is paid with.", may_be_empty=True)
    tick_size: Decimal = required(Decimal, "Step of the price.", above=0)
    lot_size: Decimal = required(Decimal, "Step of the quantity.", above=0)
    min_qty: Decimal = setting(Decimal(0), "Smallest quantity of an order.", at_least=0)
    max_qty: Decimal | None = setting(None, "Largest quantity of an order.", above=0)
    min_notional: Decimal = setting(Decimal(0), "Smallest price times quantity.", at_least=0)
    max_notional: Decimal | None = setting(None, "Largest price times quantity.", above=0)
    multiplier: Decimal = setting(Decimal(1), "Money per price times quantity.", above=0)
    allows_negative_px: bool = setting(
        False, "Whether a price may be zero or below (some futures, spreads)."
    )
    session: SessionCalendar = table(SessionCalendar, "When it trades.")

    px_exp: int = hidden(int)
    qty_exp: int = hidden(int)
    _tick: int = hidden(int)
    _lot: int = hidden(int)

    def settle(self) -> None:
        """Keep each step as a whole number and its power of ten."""
        for step, exp_name, mantissa_name in (
            (self.tick_size, "px_exp", "_tick"),
            (self.lot_size, "qty_exp", "_lot"),
        ):
            exp = exponent_of(step)
            numerator, denominator = step.as_integer_ratio()
            object.__setattr__(self, exp_name, exp)
            object.__setattr__(self, mantissa_name, numerator * 10**-exp // denominator)

    def faults_together(self) -> Iterator[Fault]:
        """A maximum below its minimum lets nothing pass."""
        for low, high in (("min_qty", "max_qty"), ("min_notional", "max_notional")):
            least, most = getattr(self, low), getattr(self, high)
            if most is not None and most < least:
                yield Fault(high, f"found {most}; expected at least {low}, which is {least}")

    def px_mantissa(self, price: Number, *, path: str = "price") -> int:
        """Return a price as a whole number of ``10**px_exp``.

        Args:
            price: ``Decimal``, ``str`` and ``int`` are taken exactly; a ``float`` is snapped to
                the tick that it means.
            path: What to call it in a fault.

        Raises:
            InvalidArgument: not a number, not finite, off the tick, or not above zero where
                prices must be.
        """
        mantissa = on_grid(price, self._tick, self.px_exp)
        if mantissa is not None:
            return mantissa
        mantissa = self._mantissa(price, self._tick, self.px_exp, "tick size", path)
        if mantissa <= 0 and not self.allows_negative_px:
            raise InvalidArgument(
                [
                    Fault(
                        path, f"found {plain(dec(mantissa, self.px_exp))}; expected a price above 0"
                    )
                ]
            )
        return mantissa

    def qty_mantissa(self, quantity: Number, *, path: str = "quantity") -> int:
        """Return a quantity above 0 as a whole number of ``10**qty_exp``; see ``px_mantissa``."""
        mantissa = on_grid(quantity, self._lot, self.qty_exp)
        if mantissa is not None:
            return mantissa
        mantissa = self._mantissa(quantity, self._lot, self.qty_exp, "lot size", path)
        if mantissa <= 0:
            raise InvalidArgument(
                [
                    Fault(
                        path,
                        f"found {plain(dec(mantissa, self.qty_exp))}; expected a quantity above 0",
                    )
                ]
            )
        return mantissa

    def px_dec(self, mantissa: int) -> Decimal:
        """Return the price that a mantissa stands for."""
        return dec(mantissa, self.px_exp)

    def qty_dec(self, mantissa: int) -> Decimal:
        """Return the quantity that a mantissa stands for."""
        return dec(mantissa, self.qty_exp)

    def round_px(self, price: Number, rounding: Rounding = "nearest") -> Decimal:
        """Return the nearest price on the tick grid, or the next one down or up.

        A price halfway between two ticks goes away from zero. A float that means a tick, but for
        its last places, is that tick whatever the direction.

        Raises:
            InvalidArgument: not a finite number.
        """
        return dec(_rounded(price, self._tick, self.px_exp, rounding, "price"), self.px_exp)

    def round_qty(self, quantity: Number, rounding: Rounding = "down") -> Decimal:
        """Return the quantity on the lot grid, by default not more than asked; see ``round_px``."""
        return dec(_rounded(quantity, self._lot, self.qty_exp, rounding, "quantity"), self.qty_exp)

    def order_faults(self, qty: int, px: int | None = None) -> Iterable[Fault]:
        """Return what the venue's minimum and maximum have against an order.

        Args:
            qty: Mantissa at ``qty_exp``.
            px: Mantissa at ``px_exp``; None leaves the notional unchecked.
        """
        quantity = dec(qty, self.qty_exp)
        yield from _outside("quantity", quantity, self.min_qty, self.max_qty, self.symbol)
        if px is not None:
            multiplier = self.multiplier.as_integer_ratio()
            scale = 10 ** -(self.px_exp + self.qty_exp)
            notional = (abs(px) * qty * multiplier[0], scale * multiplier[1])
            yield from _notional_faults(notional, self.min_notional, self.max_notional, self.symbol)

    def _mantissa(self, number: Number, step: int, exp: int, what: str, path: str) -> int:
        try:
            if isinstance(number, float) and isfinite(number):
                mantissa: int | None = snap(number, step, exp)
            else:
                numerator, denominator = as_ratio(number)
                mantissa, rest = divmod(numerator * 10**-exp, denominator)
                if rest or mantissa % step:
                    mantissa = None
        except ValueError as refused:
            raise InvalidArgument([Fault(path, str(refused))]) from None
        if mantissa is None:
            raise InvalidArgument([Fault(path, self._off_step(number, step, exp, what))])
        if abs(mantissa) > INT64_MAX:
            raise InvalidArgument(
                [
                    Fault(
                        path,
                        f"found {number}; that is beyond 64 bits at the {what} of {self.symbol}",
                    )
                ]
            )
        return mantissa

    def _off_step(self, number: Number, step: int, exp: int, what: str) -> str:
        below = plain(dec(_rounded(number, step, exp, "down", what), exp))
        above = plain(dec(_rounded(number, step, exp, "up", what), exp))
        advice = f"the nearest are {below} and {above}"
        if isinstance(number, float) and is_too_coarse(number, step, exp):
            advice = "and a float of this size is too coarse for it: give Decimal or text"
        wanted = f"a multiple of the {what} {plain(dec(step, exp))} of {self.symbol}"
        return f"found {number}; expected {wanted}, {advice}"


def _rounded(number: Number, step: int, exp: int, rounding: Rounding, path: str) -> int:
    if rounding not in _ROUNDINGS:
        text = f'found {rounding!r}; expected "nearest", "down" or "up"'
        raise InvalidArgument([Fault("rounding", text)])
    try:
        numerator, denominator = _in_steps(number, step, exp)
    except ValueError as refused:
        raise InvalidArgument([Fault(path, str(refused))]) from None
    if rounding == "down":
        return numerator // denominator * step
    if rounding == "up":
        return -(-numerator // denominator) * step
    steps = (2 * abs(numerator) + denominator) // (2 * denominator)
    return (steps if numerator >= 0 else -steps) * step


def _in_steps(number: Number, step: int, exp: int) -> tuple[int, int]:
    """Return a number as a fraction of steps; a float that means a whole step is one."""
    quick = few_digits(number, exp)
    if quick is not None:
        return quick[0], quick[1] * step
    if isinstance(number, float) and isfinite(number):
        snapped = snap(number, step, exp)
        if snapped is not None:
            return snapped, step
    numerator, denominator = as_ratio(number)
    return numerator * 10**-exp, denominator * step


def _outside(
    path: str, value: Decimal, least: Decimal, most: Decimal | None, symbol: str
) -> Iterator[Fault]:
    if value < least:
        yield Fault(path, f"found {value}; expected at least {least}, the minimum of {symbol}")
    if most is not None and value > most:
        yield Fault(path, f"found {value}; expected at most {most}, the maximum of {symbol}")


def _notional_faults(
    notional: tuple[int, int], least: Decimal, most: Decimal | None, symbol: str
) -> Iterator[Fault]:
    value, scale = notional
    low, low_scale = least.as_integer_ratio()
    if value * low_scale < low * scale:
        yield Fault(
            "notional",
            f"found {_shown(notional)}; expected at least {least}, the minimum of {symbol}",
        )
    if most is not None:
        high, high_scale = most.as_integer_ratio()
        if value * high_scale > high * scale:
            yield Fault(
                "notional",
                f"found {_shown(notional)}; expected at most {most}, the maximum of {symbol}",
            )


def _shown(ratio: tuple[int, int]) -> Decimal:
    return Decimal(ratio[0]) / Decimal(ratio[1])
