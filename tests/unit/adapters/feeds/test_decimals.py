from __future__ import annotations

import pytest

from regimeflow.adapters.feeds import decimals
from regimeflow.adapters.feeds.decimals import Mantissas, decimals_of, mantissa


@pytest.mark.parametrize(
    ("text", "exp", "number"),
    [
        ("61837.63000000", -2, 6_183_763),
        ("3.78826000", -8, 378_826_000),
        ("0.00000001", -8, 1),
        ("0.00000000", -2, 0),
        ("5", -2, 500),
        ("5.", 0, 5),
        ("5.00", 0, 5),
        ("007.5", -1, 75),
        ("999999999.999999999", -9, 999_999_999_999_999_999),
    ],
)
def test_decimal_text_becomes_its_exact_mantissa(text: str, exp: int, number: int) -> None:
    assert number == mantissa(text, exp)


@pytest.mark.parametrize(
    ("text", "exp"),
    [
        ("61837.631", -2),
        ("0.5", 0),
        ("-1.00", -2),
        ("+1", -2),
        ("1e5", -2),
        ("1_000", -2),
        (" 1", -2),
        ("", -2),
        (".5", -2),
        ("1.2.3", -2),
        ("NaN", -2),
        ("Infinity", -2),
        ("\u0661\u0662", -2),
        ("\u00b2", 0),
        ("10000000000000000", -2),
        ("1" * 5_000, -2),
    ],
)
def test_what_is_no_exact_number_of_that_exponent_is_refused(text: str, exp: int) -> None:
    with pytest.raises(ValueError, match=r"number|finer|large"):
        mantissa(text, exp)


def test_a_memory_of_texts_gives_the_same_and_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decimals, "REMEMBERED", 3)
    memory = Mantissas(-2)

    numbers = [memory[text] for text in ("1.00", "1.00", "2.00", "3.00", "4.00", "1.00")]

    assert [100, 100, 200, 300, 400, 100] == numbers
    assert len(memory) <= 3


def test_trailing_zeros_are_no_decimals() -> None:
    assert [2, 0, 0, 1] == [decimals_of(text) for text in ("1.05000", "5.000", "7", "0.1")]
