"""Numbers and flags as the protocol writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.apps.venues.ib.fields import (
    BadField,
    Reader,
    decimal_of,
    double,
    is_unset,
    number,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [("100", "100"), ("1E+3", "1000"), ("1.500", "1.5"), ("-0", "0"), ("0.00005", "0.00005")],
)
def test_a_number_has_no_exponent_and_no_needless_zeros(value, text):
    assert text == number(Decimal(value))


def test_a_double_has_a_digit_behind_its_point():
    assert ["0.0", "196.52"] == [double(Decimal(0)), double(Decimal("196.520"))]


@pytest.mark.parametrize(
    "text", ["", "1.7976931348623157e+308", "1.7976931348623157E308", "2147483647"]
)
def test_each_generation_of_clients_leaves_numbers_out_in_its_own_way(text):
    assert is_unset(text)
    assert decimal_of(text) is None


@pytest.mark.parametrize("text", ["abc", "nan", "Infinity"])
def test_what_is_no_finite_number_is_refused(text):
    with pytest.raises(BadField, match="number"):
        decimal_of(text)


def test_a_reader_takes_fields_from_the_front():
    reader = Reader(["5", "", "x", "1", "10.0"])

    taken = (reader.integer(), reader.integer(), reader.text(), reader.flag(), reader.decimal())

    assert (5, 0, "x", True, Decimal("10.0")) == taken
    assert 0 == reader.left
    with pytest.raises(BadField, match="ends after 5 fields"):
        reader.text()


def test_text_in_the_place_of_a_whole_number_is_refused():
    with pytest.raises(BadField, match="whole number"):
        Reader(["1.5"]).integer()
