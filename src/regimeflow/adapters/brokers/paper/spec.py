"""An instrument as the paper venue counts it: in integers at the feed's exponents.

Money is an integer too, of ``10 ** MONEY_EXP`` units of the account's currency: no sum or fee is
ever rounded on the way but where a docstring says so.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow.adapters.feeds.feed import Scale
from regimeflow.adapters.feeds.instruments import decimals_of_step
from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import Record

MONEY_EXP: Final = -18
_ABSURD_SHIFT: Final = 100


def to_mantissa(number: Decimal, exp: int) -> int | None:
    """The ``m`` with ``m * 10 ** exp == number``; None when it is finer, absurd or not finite."""
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return None
    whole = int("".join(map(str, digits)))
    shift = exponent - exp
    if whole and abs(shift) > _ABSURD_SHIFT:  # 1E+999999999 would take all memory to write out
        return None
    step: int = 10 ** min(abs(shift), _ABSURD_SHIFT)
    if shift >= 0:
        whole *= step
    else:
        whole, rest = divmod(whole, step)
        if rest:
            return None
    return -whole if sign else whole


def to_decimal(number: int, exp: int, *, least_places: int = 0) -> Decimal:
    """``number * 10 ** exp``, exactly, with no more trailing zeros than ``least_places`` asks."""
    while exp < -least_places and number % 10 == 0:
        number //= 10
        exp += 1
    return Decimal((number < 0, tuple(map(int, str(abs(number)))), exp))


def money(number: Decimal) -> int:
    """An amount as money; what is finer than ``MONEY_EXP`` cannot be meant."""
    found = to_mantissa(number, MONEY_EXP)
    if found is None:
        raise ValueError(f"{number} is no amount of at most {-MONEY_EXP} decimals")
    return found


class Spec(Record, kw_only=True):
    """One instrument in integers.

    ``px_places`` and ``qty_places`` are the decimals that numbers are shown with. ``unit`` turns a
    price mantissa times a quantity mantissa into money, so ``px * qty * unit`` is exact.
    """

    instrument: Instrument
    symbol: str
    px_exp: int
    qty_exp: int
    tick: int
    lot: int
    min_qty: int
    max_qty: int | None
    min_notional: int
    max_notional: int | None
    unit: int
    px_places: int
    qty_places: int

    def notional(self, px: int, qty: int) -> int:
        """Money."""
        return px * qty * self.unit

    def px(self, number: int) -> Decimal:
        """A price mantissa as a number."""
        return to_decimal(number, self.px_exp, least_places=self.px_places)

    def qty(self, number: int) -> Decimal:
        """A quantity mantissa as a number."""
        return to_decimal(number, self.qty_exp, least_places=self.qty_places)


def spec_of(instrument: Instrument, scale: Scale) -> Spec:
    """Count an instrument at a feed's exponents.

    Raises:
        ConfigError: a step is finer than the feed's numbers, or zero; the product is finer than
        money.
    """
    where = f"broker.instruments.{instrument.symbol}"
    faults: list[Fault] = []

    def count(name: str, number: Decimal | None, exp: int, least: int) -> int:
        found = None if number is None else to_mantissa(number, exp)
        if found is None or found < least:
            faults.append(
                Fault(f"{where}.{name}", f"{number} does not fit a feed that counts in 1e{exp}")
            )
            return least
        return found

    unit = to_mantissa(instrument.multiplier, MONEY_EXP - scale.px_exp - scale.qty_exp)
    if unit is None or unit < 1:
        faults.append(
            Fault(
                f"{where}.multiplier",
                f"{instrument.multiplier} makes money finer than 1e{MONEY_EXP}",
            )
        )
    tick, lot = (
        count("tick_size", instrument.tick_size, scale.px_exp, 1),
        count("lot_size", instrument.lot_size, scale.qty_exp, 1),
    )
    min_qty = count("min_qty", instrument.min_qty, scale.qty_exp, 0)
    max_qty = (
        None
        if instrument.max_qty is None
        else count("max_qty", instrument.max_qty, scale.qty_exp, 1)
    )
    low = count("min_notional", instrument.min_notional, MONEY_EXP, 0)
    high = (
        None
        if instrument.max_notional is None
        else count("max_notional", instrument.max_notional, MONEY_EXP, 1)
    )
    if faults:
        raise ConfigError(faults)
    return Spec(
        instrument=instrument,
        symbol=instrument.symbol,
        px_exp=scale.px_exp,
        qty_exp=scale.qty_exp,
        tick=tick,
        lot=lot,
        min_qty=min_qty,
        max_qty=max_qty,
        min_notional=low,
        max_notional=high,
        unit=unit or 1,
        px_places=decimals_of_step(instrument.tick_size),
        qty_places=decimals_of_step(instrument.lot_size),
    )
