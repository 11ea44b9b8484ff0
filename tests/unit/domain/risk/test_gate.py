"""The pre-trade gate: each limit reached, and one step beyond it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from regimeflow.types.enums import LiveOrderStatus
from regimeflow.types.errors import AlreadyExists, InvalidArgument, RiskDenied
from tests.support.risk import (
    BTC,
    BUY,
    SELL,
    STOP,
    STOP_LIMIT,
    Desk,
    a_desk,
    a_live_order,
    an_instrument,
    an_order,
)


def denied(desk: Desk, order, **how) -> RiskDenied:
    with pytest.raises(RiskDenied) as caught:
        desk.gate.check(order, **how)
    return caught.value


# (limits, position, the order that just fits, the order that does not, rule, limit, value)
EDGES = [
    ({"max_order_qty": 2}, "0", an_order(BUY, "2"), an_order(BUY, "2.00001"),
     ("max_order_qty", "2 BTC", "2.00001 BTC")),
    ({"max_order_notional": 100}, "0", an_order(BUY, "1", "100"), an_order(BUY, "1", "100.01"),
     ("max_order_notional", "100 USDT", "100.01 USDT")),
    ({"max_order_notional": "100.02"}, "0", an_order(BUY, "1"), an_order(BUY, "1.00001"),
     ("max_order_notional", "100.02 USDT", "100.0210002 USDT")),
    ({"max_order_notional": "100"}, "0", an_order(SELL, "1"), an_order(SELL, "1.00001"),
     ("max_order_notional", "100 USDT", "100.001 USDT")),
    ({"max_order_notional": 100}, "0", an_order(SELL, "1", "1"), an_order(SELL, "1.00001", "1"),
     ("max_order_notional", "100 USDT", "100.001 USDT")),
    ({"max_position_qty": 5}, "4", an_order(BUY, "1"), an_order(BUY, "1.00001"),
     ("max_position_qty", "5 BTC", "5.00001 BTC")),
    ({"max_position_qty": 100}, "80", an_order(SELL, "180"), an_order(SELL, "180.00001"),
     ("max_position_qty", "100 BTC", "-100.00001 BTC")),
    ({"price_collar_pct": 1}, "0", an_order(BUY, "1", "101.02"), an_order(BUY, "1", "101.03"),
     ("price_collar_pct", "1 %", "+1.0098 % (101.03 USDT against 100.02 USDT)")),
    ({"price_collar_pct": 1}, "0", an_order(BUY, "1", "99"), an_order(BUY, "1", "98.99"),
     ("price_collar_pct", "1 %", "-1.01 % (98.99 USDT against 100 USDT)")),
    ({"price_collar_pct": 1}, "0", an_order(SELL, "1", "99"), an_order(SELL, "1", "98.99"),
     ("price_collar_pct", "1 %", "-1.01 % (98.99 USDT against 100 USDT)")),
    ({"price_collar_pct": 1}, "5", an_order(SELL, "1", "99"), an_order(SELL, "1", "98.99"),
     ("price_collar_pct", "1 %", "-1.01 % (98.99 USDT against 100 USDT)")),
]  # fmt: skip


@pytest.mark.parametrize(("limits", "held", "fits", "breaks", "refused_by"), EDGES)
def test_an_order_at_a_limit_passes_and_one_step_beyond_is_refused(
    limits, held, fits, breaks, refused_by
) -> None:
    desk = a_desk(**limits)
    desk.hold(held)

    refusal = denied(desk, breaks)
    desk.gate.check(fits)

    assert refused_by == (refusal.rule, refusal.limit, refusal.value)
    assert all(part in str(refusal) for part in refused_by)


def test_without_limits_everything_passes() -> None:
    desk = a_desk(bid="")

    desk.gate.check(an_order(BUY, "90000000"))
    desk.gate.check(an_order(SELL, "90000000", "0.01"))


def test_a_market_order_is_valued_at_the_quote_that_it_meets() -> None:
    """Row 38: a market order of any size passed the notional limit."""
    desk = a_desk(max_order_notional=50_000)

    refusal = denied(desk, an_order(BUY, "100000"))

    assert ("max_order_notional", "10002000 USDT") == (refusal.rule, refusal.value)


@pytest.mark.parametrize(
    ("limits", "rule"),
    [
        ({"max_order_notional": 50_000}, "max_order_notional"),
        ({"price_collar_pct": 5}, "price_collar_pct"),
    ],
)
def test_a_market_order_that_cannot_be_valued_is_refused(limits, rule) -> None:
    desk = a_desk(bid="", **limits)

    refusal = denied(desk, an_order(BUY, "1"))

    assert (rule, f"no quote of {BTC}") == (refusal.rule, refusal.value)


def test_a_limit_written_as_an_integer_holds() -> None:
    """Row 37: ``max_notional: 50000`` was no double, and was ignored."""
    desk = a_desk(max_order_notional=50_000)

    assert "50000 USDT" == denied(desk, an_order(BUY, "900", "100")).limit


def test_a_sale_out_of_a_long_position_is_no_larger_position() -> None:
    """Row 39: selling 80 of long 80 was refused under a limit of 100."""
    desk = a_desk(max_position_qty=100)
    desk.hold("80")

    desk.gate.check(an_order(SELL, "80"))
    desk.gate.check(an_order(SELL, "180"))

    assert "max_position_qty" == denied(desk, an_order(BUY, "21")).rule


def test_a_sale_out_of_a_short_position_is_a_larger_position() -> None:
    """Row 39: selling 150 at -100 passed a limit of 100."""
    desk = a_desk(max_position_qty=100)
    desk.hold("-100")

    refusal = denied(desk, an_order(SELL, "150"))

    assert ("max_position_qty", "-250 BTC") == (refusal.rule, refusal.value)


def test_open_orders_count_as_filled_on_their_own_side_only() -> None:
    desk = a_desk(max_position_qty=10)
    desk.gate.on_submitted(a_live_order(BUY, "6", "99", order_id=1))
    desk.gate.on_submitted(a_live_order(SELL, "9", "101", order_id=2))

    refusal = denied(desk, an_order(BUY, "5"))
    desk.gate.check(an_order(BUY, "4"))

    assert "11 BTC" == refusal.value


def test_an_order_in_doubt_counts_at_its_worst_whatever_its_status() -> None:
    desk = a_desk(max_position_qty=10)
    doubtful = a_live_order(BUY, "6", "99", in_doubt=True, status=LiveOrderStatus.CANCELLED)
    desk.gate.on_order_update(doubtful)

    assert "11 BTC" == denied(desk, an_order(BUY, "5")).value

    desk.gate.on_order_update(replace(doubtful, in_doubt=False))
    desk.gate.check(an_order(BUY, "5"))


def test_a_symbol_outside_the_session_is_refused() -> None:
    desk = a_desk()

    refusal = denied(desk, an_order(BUY, "1", symbol="ETHUSDT"))

    assert ("symbol_allowed", "BTCUSDT", "ETHUSDT") == (
        refusal.rule,
        refusal.limit,
        refusal.value,
    )


def test_a_number_with_more_digits_than_the_instrument_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        a_desk().gate.check(an_order(BUY, "0.000001"))


def test_limits_by_symbol_hold_for_their_symbol() -> None:
    eth = an_instrument("ETHUSDT", base_currency="ETH")
    desk = a_desk(an_instrument(), eth, max_order_qty={BTC: Decimal(1), "*": Decimal(10)})

    desk.gate.check(an_order(BUY, "10", symbol="ETHUSDT"))

    assert "1 BTC" == denied(desk, an_order(BUY, "10")).limit
    assert "10 ETH" == denied(desk, an_order(BUY, "11", symbol="ETHUSDT")).limit


def test_a_multiplier_counts_in_the_notional() -> None:
    desk = a_desk(an_instrument(multiplier=Decimal(50)), max_order_notional=5000)

    desk.gate.check(an_order(BUY, "1", "100"))

    assert "5000.5 USDT" == denied(desk, an_order(BUY, "1", "100.01")).value


# ---- rates


def test_no_second_sees_more_orders_than_the_limit() -> None:
    desk = a_desk(max_orders_per_second=3)
    for price in ("99.00", "99.01", "99.02"):
        desk.gate.check(an_order(BUY, "1", price))
        desk.time.pass_s(0.3)

    refusal = denied(desk, an_order(BUY, "1"))
    desk.time.pass_s(0.1)
    desk.gate.check(an_order(BUY, "1"))

    assert ("max_orders_per_second", "3 orders in 1 s") == (refusal.rule, refusal.limit)
    assert "max_orders_per_second" == denied(desk, an_order(BUY, "1")).rule


def test_no_minute_sees_more_orders_than_the_limit() -> None:
    desk = a_desk(max_orders_per_minute=2)
    desk.gate.check(an_order(BUY, "1"))
    desk.time.pass_s(59)
    desk.gate.check(an_order(BUY, "1"))

    refusal = denied(desk, an_order(BUY, "1"))
    desk.time.pass_s(1)
    desk.gate.check(an_order(BUY, "1"))

    assert ("max_orders_per_minute", "2 orders in 60 s") == (refusal.rule, refusal.limit)


def test_a_refused_order_uses_up_no_rate() -> None:
    desk = a_desk(max_orders_per_second=1, max_order_qty=1)

    for _ in range(5):
        denied(desk, an_order(BUY, "2"))

    desk.gate.check(an_order(BUY, "1"))


# ---- repetition


def test_orders_that_differ_in_the_last_digit_are_not_the_same() -> None:
    """Row 28: a key of six digits refused 1234568 at 65432.14 after 1234567 at 65432.12."""
    desk = a_desk(duplicate_window_s=10)

    desk.gate.check(an_order(BUY, "1234567", "65432.12"))
    desk.gate.check(an_order(BUY, "1234568", "65432.14"))
    desk.gate.check(an_order(BUY, "1234567", "65432.14"))
    desk.gate.check(an_order(BUY, "1234567.00001", "65432.12"))


def test_the_same_order_inside_the_window_exists_already() -> None:
    desk = a_desk(duplicate_window_s=2)
    desk.gate.check(an_order(BUY, "1", "99"))
    desk.time.pass_s(1.9)

    with pytest.raises(AlreadyExists, match=r"duplicate_window_s: BUY 1 BTC at 99 USDT.*2 s"):
        desk.gate.check(an_order(BUY, "1", "99"))

    desk.time.pass_s(0.1)
    desk.gate.check(an_order(BUY, "1", "99"))


def test_a_window_full_of_orders_forgets_none_of_them() -> None:
    desk = a_desk(duplicate_window_s=10)
    quantities = [str(number) for number in range(1, 2000)]
    for quantity in quantities:
        desk.gate.check(an_order(BUY, quantity, "1.00"))

    for quantity in quantities:
        with pytest.raises(AlreadyExists):
            desk.gate.check(an_order(BUY, quantity, "1.00"))

    desk.time.pass_s(10)
    for quantity in quantities:
        desk.gate.check(an_order(BUY, quantity, "1.00"))


def test_an_exit_may_be_repeated_once_nothing_of_it_is_open() -> None:
    desk = a_desk(duplicate_window_s=10)
    desk.hold("10")
    first = a_live_order(SELL, "5")
    desk.gate.check(first)
    desk.gate.on_submitted(first)

    with pytest.raises(AlreadyExists):
        desk.gate.check(an_order(SELL, "5"))
    desk.gate.on_order_update(replace(first, status=LiveOrderStatus.REJECTED))

    desk.gate.check(an_order(SELL, "5"))


# ---- stops


def test_a_stop_purchase_is_valued_at_its_stop_or_the_ask() -> None:
    desk = a_desk(max_order_notional=110)

    desk.gate.check(an_order(BUY, "1", kind=STOP, stop="110"))

    assert "110.01 USDT" == denied(desk, an_order(BUY, "1", kind=STOP, stop="110.01")).value
    assert "200.04 USDT" == denied(desk, an_order(BUY, "2", kind=STOP, stop="1")).value


def test_a_stop_limit_is_held_to_the_market_that_it_will_meet() -> None:
    desk = a_desk(price_collar_pct=1)

    desk.gate.check(an_order(BUY, "1", "121", kind=STOP_LIMIT, stop="120"))

    refusal = denied(desk, an_order(BUY, "1", "122", kind=STOP_LIMIT, stop="120"))
    assert "+1.66667 % (122 USDT against 120 USDT)" == refusal.value
