"""Quote and Tick."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow._core import symbols
from regimeflow._core.messages import Quote, Tick
from regimeflow.types.enums import OrderSide

D = Decimal


def a_quote(**changes: object) -> Quote:
    fields = {"symbol": "BTCUSDT", "bid_px": "60000.10", "bid_qty": 1.5, "ask_px": 60001}
    return Quote(**{**fields, "ask_qty": D("2.00"), **changes})  # type: ignore[arg-type]


def test_a_number_reads_as_float_as_decimal_and_as_an_integer() -> None:
    quote = a_quote()

    assert (60000.1, 1.5, 60001.0, 2.0) == (
        quote.bid_px,
        quote.bid_qty,
        quote.ask_px,
        quote.ask_qty,
    )
    assert ["60000.10", "1.50", "60001.00", "2.00"] == [
        str(number)
        for number in (quote.bid_px_dec, quote.bid_qty_dec, quote.ask_px_dec, quote.ask_qty_dec)
    ]
    assert (6000010, 150, 6000100, 200, -2, -2) == (
        quote.bid_px_raw,
        quote.bid_qty_raw,
        quote.ask_px_raw,
        quote.ask_qty_raw,
        quote.px_exp,
        quote.qty_exp,
    )
    assert 60000.55 == quote.mid_px


def test_the_other_fields_are_what_was_given() -> None:
    quote = a_quote(ts_event_ns=-1, ts_recv_ns=2**62, update_id=-(2**63))

    assert (-1, 2**62, -(2**63)) == (quote.ts_event_ns, quote.ts_recv_ns, quote.update_id)
    assert ("BTCUSDT", symbols.intern("BTCUSDT")) == (quote.symbol, quote.symbol_id)
    assert 0 == quote.seq
    assert quote.symbol is a_quote().symbol


def test_equality_goes_by_value_whatever_the_form_of_the_numbers() -> None:
    same = [
        a_quote(),
        a_quote(bid_px=60000.1, ask_px=60001.0),
        a_quote(bid_px="60000.1000", bid_qty="1.50000", ask_qty=2),
        Quote.from_raw("BTCUSDT", 60000100, 15, 60001000, 20, px_exp=-3, qty_exp=-1),
    ]

    assert 1 == len(set(same))
    assert {same[0]: "found"}[same[-1]] == "found"


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": "ETHUSDT"},
        {"bid_px": "60000.11"},
        {"bid_qty": 1.6},
        {"ask_px": 60002},
        {"ask_qty": 3},
        {"ts_event_ns": 1},
        {"ts_recv_ns": 1},
        {"update_id": 1},
    ],
)
def test_a_difference_in_any_field_makes_quotes_unequal(change) -> None:
    assert a_quote() != a_quote(**change)


def test_negative_prices_are_prices() -> None:
    quote = a_quote(bid_px="-37.63", ask_px="-0.01")

    assert (-37.63, D("-0.01")) == (quote.bid_px, quote.ask_px_dec)


def test_numbers_that_share_no_exponent_lose_their_zeros_first() -> None:
    quote = a_quote(bid_px=10**17, ask_px="0.500")

    assert (D(10**17), D("0.5"), -1) == (quote.bid_px_dec, quote.ask_px_dec, quote.px_exp)


def test_a_tick_has_the_side_of_its_aggressor() -> None:
    tick = Tick("BTCUSDT", "60000.1", "0.00100", side=OrderSide.SELL, trade_id=9, ts_event_ns=5)

    assert (60000.1, D("60000.1"), 600001) == (tick.last_px, tick.last_px_dec, tick.last_px_raw)
    assert (0.001, D("0.00100"), 100) == (tick.last_qty, tick.last_qty_dec, tick.last_qty_raw)
    assert (OrderSide.SELL, 9, 5, 0) == (
        tick.side,
        tick.trade_id,
        tick.ts_event_ns,
        tick.ts_recv_ns,
    )
    assert (-1, -5) == (tick.px_exp, tick.qty_exp)


def test_a_tick_from_integers_is_the_tick_from_text() -> None:
    made = Tick.from_raw("BTCUSDT", 600001, 100, px_exp=-1, qty_exp=-5, side=2, trade_id=9)

    assert Tick("BTCUSDT", "60000.1", "0.001", side=2, trade_id=9) == made


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"px_exp": 1}, "px_exp is 1; expected -18 to 0"),
        ({"qty_exp": -19}, "qty_exp is -19; expected -18 to 0"),
        ({"last_px_raw": -(2**63)}, "last_px_raw is -9223372036854775808, which stands for"),
        ({"last_qty_raw": 2**63}, "last_qty_raw is 9223372036854775808; expected an int of 64"),
    ],
)
def test_integers_that_are_no_number_are_refused(changes, words) -> None:
    fields = {"symbol": "BTCUSDT", "last_px_raw": 1, "last_qty_raw": 1, "px_exp": 0, "qty_exp": 0}

    with pytest.raises(ValueError, match=words):
        Tick.from_raw(**{**fields, **changes})
