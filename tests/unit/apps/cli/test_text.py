from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.apps.cli.text import amount, duration, short_time, signed, utc


def test_a_time_is_utc_to_the_millisecond() -> None:
    assert "2024-08-08T12:00:00.007Z" == utc(1_723_118_400_007_999_999)


def test_no_time_is_a_dash() -> None:
    assert "-" == utc(0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234567.8900", "1,234,567.89"),
        ("100", "100"),
        ("-0.50", "-0.5"),
        ("1E+3", "1,000"),
        ("0.123456785", "0.12345678"),
    ],
)
def test_an_amount_has_thousands_apart_and_no_idle_zeros(value: str, text: str) -> None:
    assert text == amount(Decimal(value))


@pytest.mark.parametrize(("value", "text"), [("2.5", "+2.5"), ("-2.5", "-2.5"), ("0.00", "0")])
def test_a_result_shows_its_sign(value: str, text: str) -> None:
    assert text == signed(Decimal(value))


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.234, "1.23 s"), (61, "0:01:01"), (86_399.6, "24:00:00")]
)
def test_a_span_is_short(seconds: float, text: str) -> None:
    assert text == duration(seconds)


@pytest.mark.parametrize(
    ("ns", "text"),
    [(0, "0 ns"), (999, "999 ns"), (2_100, "2.1 us"), (1_300_000, "1.3 ms"), (2 * 10**9, "2.0 s")],
)
def test_a_latency_has_the_unit_that_suits_it(ns: int, text: str) -> None:
    assert text == short_time(ns)
