"""Exact numbers against Python's own arithmetic."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow._core import decimals
from regimeflow._core.messages import Tick

mantissas = st.integers(-(2**63) + 1, 2**63 - 1) | st.integers(-(10**6), 10**6)
exps = st.integers(-18, 0)
QUICK = settings(deadline=None, max_examples=300, derandomize=True)


def exact(mantissa: int, exp: int) -> Fraction:
    return Fraction(mantissa, 10**-exp)


@QUICK
@given(mantissas, exps)
def test_a_decimal_goes_in_and_out_digit_for_digit(mantissa, exp) -> None:
    given_decimal = Decimal(f"{mantissa}e{exp}")

    assert (mantissa, exp) == decimals.parse(given_decimal)
    assert (mantissa, exp) == decimals.parse(format(given_decimal, "f"))
    assert given_decimal.as_tuple() == decimals.to_decimal(mantissa, exp).as_tuple()


@QUICK
@given(mantissas, exps)
def test_the_float_is_the_nearest_one(mantissa, exp) -> None:
    assert mantissa / 10**-exp == decimals.to_float(mantissa, exp)  # Python divides ints exactly


@QUICK
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_its_shortest_decimal_or_is_refused(value) -> None:
    shortest = Fraction(Decimal(repr(value)))
    fits = (shortest * 10**18).denominator == 1 and abs(shortest) < 2**63

    try:
        found = decimals.parse(value)
    except ValueError:
        # With the fewest places that show it, the mantissa must be beyond 64 bits.
        places = next((p for p in range(19) if (shortest * 10**p).denominator == 1), None)
        assert not fits or places is None or abs(shortest * 10**places) >= 2**63
    else:
        assert shortest == exact(*found)


@QUICK
@given(st.floats(-1e9, 1e9).map(lambda value: round(value, 8)))
def test_prices_as_floats_go_in_and_out_unchanged(value) -> None:
    assert value == decimals.to_float(*decimals.parse(value))


@QUICK
@given(mantissas, exps, mantissas, exps)
def test_comparing_agrees_with_fractions(a, a_exp, b, b_exp) -> None:
    left, right = exact(a, a_exp), exact(b, b_exp)

    assert (left > right) - (left < right) == decimals.compare(a, a_exp, b, b_exp)


@QUICK
@given(mantissas, exps, exps)
def test_rescaling_keeps_the_value_or_refuses(mantissa, exp, to_exp) -> None:
    wanted = exact(mantissa, exp) * 10**-to_exp
    if wanted.denominator == 1 and abs(wanted) < 2**63:
        assert wanted == decimals.rescale(mantissa, exp, to_exp)
    else:
        with pytest.raises(ValueError, match="expected"):
            decimals.rescale(mantissa, exp, to_exp)


@QUICK
@given(st.integers(-(10**9), 10**9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_equal_numbers_hash_alike_at_any_exponent(number, places, more, other) -> None:
    px = Decimal(number).scaleb(-places)

    made = [
        Tick("BTCUSDT", px.quantize(Decimal(1).scaleb(-places - finer)), 1)
        for finer in (0, more, other)
    ]

    assert 1 == len({hash(tick) for tick in made})
    assert 1 == len(set(made))


@settings(deadline=None, max_examples=500, derandomize=True)
@given(st.text("0123456789.eE+-", max_size=12))
def test_text_is_a_number_exactly_when_decimal_says_so(text) -> None:
    try:
        wanted = Decimal(text)
    except ArithmeticError:
        with pytest.raises(ValueError, match="expected a decimal number"):
            decimals.parse(text)
        return

    _, digits, exponent = wanted.as_tuple()
    zeros = next((n for n, digit in enumerate(reversed(digits)) if digit), None)
    least = (
        0 if zeros is None else int(exponent) + zeros
    )  # the exponent of the last digit that counts
    if least < -18 or wanted.copy_abs() >= 2**63:
        with pytest.raises(ValueError, match=r"64 bits|18 decimal places"):
            decimals.parse(text)
    else:
        assert wanted == decimals.to_decimal(*decimals.parse(text))
