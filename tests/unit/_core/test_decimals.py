"""Exact numbers in and out of the core."""

from __future__ import annotations

from decimal import Decimal, localcontext
from enum import IntEnum

import numpy as np
import pytest

from regimeflow._core import decimals

D = Decimal


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("60000.10", (6000010, -2)),
        (".5", (5, -1)),
        ("5.", (5, 0)),
        ("-0.000", (0, -3)),
        ("+1e3", (1000, 0)),
        ("12.5E-2", (125, -3)),
        ("1.50e1", (150, -1)),
        ("0e-40", (0, -18)),
        ("0e99999999999", (0, 0)),
        ("1.000000000000000000000000", (10**18, -18)),
        ("9223372036854775807", (2**63 - 1, 0)),
        ("-9223372036854775807", (-(2**63) + 1, 0)),
        (12, (12, 0)),
        (-(2**63) + 1, (-(2**63) + 1, 0)),
        (np.int64(7), (7, 0)),
        (IntEnum("Three", {"THREE": 3}).THREE, (3, 0)),
        (0.1, (1, -1)),
        (1e-07, (1, -7)),
        (1e18, (10**18, 0)),
        (0.1 + 0.2, (30000000000000004, -17)),
        (-0.0, (0, 0)),
        (np.float64(2.5), (25, -1)),
        (D("1.10"), (110, -2)),
        (D("1E+3"), (1000, 0)),
        (D("1.0E-17"), (10, -18)),
    ],
)
def test_a_number_is_taken_as_its_digits_say(value, expected) -> None:
    assert expected == decimals.parse(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "expected a decimal number"),
        ("-", "expected a decimal number"),
        (".", "expected a decimal number"),
        ("1.2.3", "expected a decimal number"),
        ("1e", "expected a decimal number"),
        ("1e+", "expected a decimal number"),
        (" 1", "expected a decimal number"),
        ("1_000", "expected a decimal number"),
        ("1,5", "expected a decimal number"),
        ("0x10", "expected a decimal number"),
        ("\N{ARABIC-INDIC DIGIT ONE}", "expected a decimal number"),
        ("\ud800", "expected a decimal number"),
        ("nan", "finite"),
        ("-Infinity", "finite"),
        (float("nan"), "finite"),
        (float("-inf"), "finite"),
        (D("sNaN"), "finite"),
        (D("-Infinity"), "finite"),
        ("9223372036854775808", "64 bits"),
        (2**63, "64 bits"),
        (-(2**63), "64 bits"),
        (1e19, "64 bits"),
        ("1e19", "64 bits"),
        ("1" * 400, "64 bits"),
        ("1e-19", "18 decimal places"),
        (5e-324, "18 decimal places"),
        ("0.1234567890123456789", "18 decimal places"),
        ("123456789012.123456789012", "18 decimal places"),
    ],
)
def test_a_number_that_does_not_fit_is_refused_and_never_rounded(value, words) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        decimals.parse(value)

    assert str(caught.value).startswith("value is ")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("value", [True, False, None, b"1", [1], 1j, np.True_, object()])
def test_what_is_no_number_is_a_type_error_that_names_its_type(value) -> None:
    with pytest.raises(TypeError, match=rf"of type {type(value).__name__}; expected Decimal, str"):
        decimals.parse(value)


def test_a_subclass_of_decimal_cannot_change_its_digits() -> None:
    class Liar(Decimal):
        def __str__(self) -> str:
            return "2"

    assert (1, 0) == decimals.parse(Liar(1))


def test_bytes_of_a_venue_are_parsed_alike() -> None:
    assert (6000010, -2) == decimals.parse_bytes(b"60000.10")
    with pytest.raises(ValueError, match="expected a decimal number"):
        decimals.parse_bytes(b"60000.10 ")
    with pytest.raises(ValueError, match="expected a decimal number"):
        decimals.parse_bytes(b"")


def test_a_decimal_has_its_places_whatever_the_context() -> None:
    with localcontext(prec=3):
        found = decimals.to_decimal(123456789, -4)

    assert "12345.6789" == str(found)
    assert "-0.05" == str(decimals.to_decimal(-5, -2))
    assert "1.00" == str(decimals.to_decimal(100, -2))


def test_rescaling_keeps_the_value_or_refuses() -> None:
    assert 12300 == decimals.rescale(123, -2, -4)
    assert 123 == decimals.rescale(12300, -4, -2)
    with pytest.raises(ValueError, match="places"):
        decimals.rescale(123, -2, -1)
    with pytest.raises(ValueError, match="64 bits"):
        decimals.rescale(10**18, 0, -2)


def test_comparing_goes_by_value() -> None:
    assert 0 == decimals.compare(15, -1, 1500, -3)
    assert -1 == decimals.compare(-(2**63) + 1, 0, 2**63 - 1, -18)
    assert 1 == decimals.compare(2**63 - 1, 0, 2**63 - 1, -18)


def test_wide_mantissas_round_to_the_nearest_float_once() -> None:
    assert float("9007199254740993e-3") == decimals.to_float(9007199254740993, -3)
    assert float("-9.223372036854775807") == decimals.to_float(-(2**63) + 1, -18)
    assert 9.007199254740993e15 == decimals.to_float(2**53 + 1, 0)


@pytest.mark.parametrize("exp", [1, -19, 127])
def test_an_exponent_out_of_range_is_refused(exp) -> None:
    with pytest.raises(ValueError, match="expected -18 to 0"):
        decimals.to_float(1, exp)
