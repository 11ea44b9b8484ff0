"""The grid of an instrument against exact fractions, for any step and number."""

from __future__ import annotations

import contextlib
import math
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from regimeflow.types.errors import InvalidArgument
from regimeflow.types.fixed import exponent_of
from regimeflow.types.instrument import Instrument

STEPS = st.builds(
    lambda digits, power: Decimal(digits).scaleb(power), st.integers(1, 999), st.integers(-9, 2)
)
DECIMALS = st.decimals(
    min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=None
)


def on(step: Decimal) -> Instrument:
    return Instrument(symbol="X", tick_size=step, lot_size=step, allows_negative_px=True)


def value(mantissa: int, made: Instrument) -> Fraction:
    return Fraction(mantissa) * Fraction(10) ** made.px_exp


@given(step=STEPS)
def test_a_step_is_a_whole_number_of_its_last_digit(step):
    exp = exponent_of(step)
    whole = Fraction(step) / Fraction(10) ** exp

    assert exp <= 0
    assert 1 == whole.denominator
    assert exp == 0 or whole.numerator % 10 != 0


@given(step=STEPS, number=DECIMALS)
def test_an_exact_number_is_taken_as_it_is_or_refused(step, number):
    made = on(step)
    fits = (Fraction(number) / Fraction(step)).denominator == 1

    try:
        mantissa = made.px_mantissa(number)
    except InvalidArgument:
        assert not fits
    else:
        assert fits
        assert Fraction(number) == value(mantissa, made)
        assert mantissa == made.px_mantissa(str(number))


@given(step=STEPS, count=st.integers(1, 10**6), ulps=st.integers(-3, 3))
def test_a_float_near_a_multiple_is_that_multiple(step, count, ulps):
    made = on(step)
    exact = Fraction(step) * count
    near = float(exact)
    assume(exact < 10**9)
    for _ in range(abs(ulps)):
        near = math.nextafter(near, math.inf if ulps > 0 else -math.inf)

    mantissa = made.qty_mantissa(near)

    assert exact == value(mantissa, made)


@given(
    step=STEPS,
    number=st.floats(min_value=-1e12, max_value=1e12, allow_nan=False, allow_infinity=False),
)
def test_a_float_is_never_moved_by_more_than_a_few_units_of_its_last_place(step, number):
    made = on(step)

    try:
        mantissa = made.px_mantissa(number)
    except InvalidArgument:
        return

    assert abs(value(mantissa, made) - Fraction(number)) <= 5 * Fraction(math.ulp(number))
    assert (value(mantissa, made) / Fraction(step)).denominator == 1


@given(step=STEPS, number=DECIMALS, rounding=st.sampled_from(["nearest", "down", "up"]))
def test_rounding_on_purpose_lands_on_the_grid_on_the_right_side(step, number, rounding):
    rounded = Fraction(on(step).round_px(number, rounding))
    exact = Fraction(number)

    assert (rounded / Fraction(step)).denominator == 1
    assert abs(rounded - exact) < Fraction(step)
    if rounding == "down":
        assert rounded <= exact
    elif rounding == "up":
        assert rounded >= exact
    else:
        assert 2 * abs(rounded - exact) <= Fraction(step)


@given(
    number=st.one_of(
        st.none(), st.text(), st.binary(), st.booleans(), st.floats(), st.lists(st.integers())
    )
)
def test_junk_is_refused_and_nothing_else_is_raised(number):
    made = on(Decimal("0.01"))

    for call in (made.px_mantissa, made.qty_mantissa, made.round_px, made.round_qty):
        with contextlib.suppress(InvalidArgument):
            call(number)
