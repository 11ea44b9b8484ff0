"""ExecutionReport."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow._core.messages import ExecutionReport
from regimeflow.types.enums import ExecType, LiveOrderStatus
from tests.support.messages import a_report

D = Decimal
NUMBERS = (
    *("order_qty", "cum_qty", "leaves_qty", "last_qty"),
    *("last_px", "limit_px", "stop_px", "avg_px", "commission"),
)
TEXTS = {
    "client_order_id": 40,
    "broker_order_id": 56,
    "exec_id": 64,
    "exec_ref_id": 64,
    "commission_currency": 16,
    "text": 1024,
}


def test_what_was_not_given_is_none_or_empty() -> None:
    report = a_report()

    assert [None] * 18 == [getattr(report, name) for name in NUMBERS] + [
        getattr(report, f"{name}_dec") for name in NUMBERS
    ]
    assert [""] * 6 == [getattr(report, name) for name in TEXTS]
    assert (0, 0, 0) == (report.order_id, report.side, report.liquidity)


@pytest.mark.parametrize("name", NUMBERS)
def test_each_number_is_kept_exactly_and_apart(name) -> None:
    report = a_report(**{name: "123456789.12345678"})

    assert D("123456789.12345678") == getattr(report, f"{name}_dec")
    assert 123456789.12345678 == getattr(report, name)
    assert 12345678912345678 == getattr(report, f"{name}_raw")
    assert [name] == [other for other in NUMBERS if getattr(report, other) is not None]
    assert report != a_report()


def test_zero_is_given_and_is_not_none() -> None:
    report = a_report(cum_qty=0, commission=0)

    assert (0.0, D(0)) == (report.cum_qty, report.commission_dec)
    assert report != a_report()


def test_an_average_and_a_commission_have_exponents_of_their_own() -> None:
    report = a_report(
        last_px="9" * 15 + ".1", avg_px="0.123456789012345678", commission="-0.000000000001"
    )

    assert (-1, -18, -12) == (report.px_exp, report.avg_px_exp, report.commission_exp)
    assert D("-0.000000000001") == report.commission_dec


@pytest.mark.parametrize(("name", "bound"), TEXTS.items())
def test_a_text_of_exactly_its_bound_fits_and_no_byte_more(name, bound) -> None:
    longest = "ä" * (bound // 2)

    assert longest == getattr(a_report(**{name: longest}), name)
    with pytest.raises(
        ValueError, match=rf"{name} has {bound + 1} bytes .*; expected at most {bound}"
    ):
        a_report(**{name: longest + "x"})


@pytest.mark.parametrize("name", TEXTS)
def test_texts_of_any_letters_come_back_and_count_in_equality(name) -> None:
    report = a_report(**{name: 'a\x00"\nß€'})

    assert 'a\x00"\nß€' == getattr(report, name)
    assert report == a_report(**{name: 'a\x00"\nß€'})
    assert report != a_report(**{name: 'a\x00"\nß'})


@pytest.mark.parametrize(
    "change", [{"order_id": 1}, {"side": 1}, {"ord_status": 9}, {"symbol": ""}]
)
def test_a_difference_in_any_field_makes_reports_unequal(change) -> None:
    assert a_report() != a_report(**change)


def test_only_what_a_report_cannot_do_without_must_be_given() -> None:
    with pytest.raises(TypeError, match=r"symbol|exec_type|ord_status"):
        ExecutionReport()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        ExecutionReport("BTCUSDT", ExecType.NEW, LiveOrderStatus.NEW)  # type: ignore[misc]


def test_the_venues_order_may_be_told_without_a_symbol() -> None:
    assert ("", 0) == (a_report(symbol="").symbol, a_report(symbol="").symbol_id)


def test_the_repr_shows_what_was_given() -> None:
    report = a_report(exec_type=ExecType.TRADE, last_px="1.50", text="ok")

    assert (
        "ExecutionReport(symbol='BTCUSDT', exec_type=ExecType.TRADE, "
        "ord_status=LiveOrderStatus.NEW, last_px='1.50', text='ok')"
    ) == repr(report)
