"""Bar."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow._core.messages import Bar

D = Decimal


def a_bar(**changes: object) -> Bar:
    prices = {"open_px": 1, "high_px": "2.50", "low_px": "0.5", "close_px": 2, "volume": "10.5"}
    fields = {"symbol": "BTCUSDT", "interval_ns": 60_000_000_000, **prices}
    return Bar(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_bar_has_prices_volume_and_an_interval() -> None:
    bar = a_bar(vwap_px="1.125", trade_count=12, ts_event_ns=99)

    assert (1.0, 2.5, 0.5, 2.0, 1.125, 10.5) == (
        bar.open_px,
        bar.high_px,
        bar.low_px,
        bar.close_px,
        bar.vwap_px,
        bar.volume,
    )
    assert ("1.000", "2.500", "0.500", "2.000", "1.125", "10.5") == tuple(
        str(number)
        for number in (
            bar.open_px_dec,
            bar.high_px_dec,
            bar.low_px_dec,
            bar.close_px_dec,
            bar.vwap_px_dec,
            bar.volume_dec,
        )
    )
    assert (1000, 2500, 500, 2000, 1125, 105) == (
        bar.open_px_raw,
        bar.high_px_raw,
        bar.low_px_raw,
        bar.close_px_raw,
        bar.vwap_px_raw,
        bar.volume_raw,
    )
    assert (60_000_000_000, 12, 99, -3, -1) == (
        bar.interval_ns,
        bar.trade_count,
        bar.ts_event_ns,
        bar.px_exp,
        bar.qty_exp,
    )


def test_an_average_that_was_not_given_is_none() -> None:
    bar = a_bar()

    assert (None, None) == (bar.vwap_px, bar.vwap_px_dec)
    assert bar != a_bar(vwap_px=0)


@pytest.mark.parametrize("interval_ns", [0, -1])
def test_an_interval_is_longer_than_nothing(interval_ns) -> None:
    with pytest.raises(ValueError, match=f"interval_ns is {interval_ns}; expected more than 0"):
        a_bar(interval_ns=interval_ns)


def test_an_interval_must_be_given() -> None:
    with pytest.raises(TypeError, match="interval_ns"):
        Bar("BTCUSDT", 1, 1, 1, 1, 1)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "change",
    [
        *({name: 9} for name in ("open_px", "high_px", "low_px", "close_px", "volume", "vwap_px")),
        *({name: 9} for name in ("interval_ns", "trade_count", "ts_event_ns")),
        {"symbol": "ETHUSDT"},
    ],
)
def test_a_difference_in_any_field_makes_bars_unequal(change) -> None:
    assert a_bar() != a_bar(**change)
