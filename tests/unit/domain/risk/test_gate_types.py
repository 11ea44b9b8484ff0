"""Orders that wait for a price are held to the limits by the worst price that they may get."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.domain.orders.order import OrderModification, OrderTerms
from regimeflow.types.enums import OrderType
from regimeflow.types.errors import AlreadyExists, RiskDenied
from tests.support.risk import BUY, SELL, a_desk, a_live_order, an_order

MIT, LIT = OrderType.MARKET_IF_TOUCHED, OrderType.LIMIT_IF_TOUCHED
TS, TSL = OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT
ONE_PERCENT = OrderTerms(trail_percent=1)
TEN = OrderTerms(trail_amount=10)


def denied(desk, order) -> RiskDenied:
    with pytest.raises(RiskDenied) as caught:
        desk.gate.check(order)
    return caught.value


# Bid 100.00, ask 100.02. (order of one that just fits below the notional, what it is valued at)
WORTH = [
    (an_order(BUY, kind=MIT, stop=90), "100.02"),
    (an_order(BUY, kind=MIT, stop=110), "110"),
    (an_order(SELL, kind=MIT, stop=110), "110"),
    (an_order(SELL, kind=MIT, stop=90), "100"),
    (an_order(BUY, price=95, kind=LIT, stop=90), "95"),
    (an_order(SELL, price=95, kind=LIT, stop=110), "110"),
    (an_order(BUY, kind=TS, terms=ONE_PERCENT), "101.03"),
    (an_order(BUY, kind=TS, terms=TEN), "110.02"),
    (an_order(BUY, kind=TS, stop=200, terms=TEN), "210"),
    (an_order(SELL, kind=TS, terms=TEN), "100"),
    (an_order(SELL, kind=TS, stop=130, terms=TEN), "130"),
    (an_order(BUY, price=120, kind=TSL, terms=TEN), "120"),
    (an_order(SELL, price=80, kind=TSL, terms=TEN), "100"),
]


@pytest.mark.parametrize(("order", "worth"), WORTH)
def test_an_order_counts_at_the_worst_price_that_it_may_get(order, worth: str) -> None:
    at_limit = a_desk(max_order_notional=worth)
    below = a_desk(max_order_notional=Decimal(worth) - Decimal("0.01"))

    at_limit.gate.check(order)
    refused = denied(below, order)

    assert "max_order_notional" == refused.rule
    assert Decimal(worth) == Decimal(refused.value.split()[0])


@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize("terms", [ONE_PERCENT, TEN])
def test_a_trailing_order_that_nobody_can_value_is_refused(side, terms) -> None:
    desk = a_desk(bid="", max_order_notional=1_000_000)

    refused = denied(desk, an_order(side, kind=TS, terms=terms))

    assert "max_order_notional" == refused.rule
    assert "no quote" in str(refused)


COLLARS = [
    (
        an_order(BUY, price="111", kind=LIT, stop=110),
        an_order(BUY, price="112", kind=LIT, stop=110),
    ),
    (
        an_order(SELL, price="109", kind=LIT, stop=110),
        an_order(SELL, price=108, kind=LIT, stop=110),
    ),
    (
        an_order(BUY, price="111", kind=TSL, terms=TEN),
        an_order(BUY, price=112, kind=TSL, terms=TEN),
    ),
    (
        an_order(SELL, price="90", kind=TSL, terms=TEN),
        an_order(SELL, price=89, kind=TSL, terms=TEN),
    ),
    (
        an_order(SELL, price="119", kind=TSL, stop=120, terms=TEN),
        an_order(SELL, price="100", kind=TSL, stop=120, terms=TEN),
    ),
]


@pytest.mark.parametrize(("fits", "breaks"), COLLARS)
def test_a_limit_is_held_against_the_price_that_releases_it(fits, breaks) -> None:
    desk = a_desk(price_collar_pct=1)

    desk.gate.check(fits)

    assert "price_collar_pct" == denied(desk, breaks).rule


def test_a_limit_that_trails_without_any_price_to_hold_it_against_is_refused() -> None:
    desk = a_desk(bid="", price_collar_pct=1)

    refused = denied(desk, an_order(BUY, price=100, kind=TSL, terms=TEN))

    assert "price_collar_pct" == refused.rule


@pytest.mark.parametrize("kind", [MIT, TS])
def test_an_order_without_a_limit_needs_no_quote_for_the_collar(kind) -> None:
    desk = a_desk(bid="", price_collar_pct=1)

    desk.gate.check(an_order(BUY, kind=kind, stop=90, terms=TEN if kind is TS else None))


def test_other_terms_make_another_order_and_the_same_ones_a_repetition() -> None:
    desk = a_desk(duplicate_window_s=10)
    for terms in (TEN, OrderTerms(trail_amount=11), ONE_PERCENT, OrderTerms(trail_percent="1.1")):
        desk.gate.check(an_order(BUY, kind=TS, terms=terms))

    desk.quote("101.00", "101.02")  # where it would be released has moved, what was asked has not

    with pytest.raises(AlreadyExists):
        desk.gate.check(an_order(BUY, kind=TS, terms=OrderTerms(trail_amount=10)))


def test_a_change_of_a_trailing_order_is_held_to_the_limits_too() -> None:
    desk = a_desk(max_order_notional="220.04")
    order = a_live_order(BUY, "1", type=TS, terms=TEN)
    desk.gate.on_order_update(order)

    desk.gate.check_modification(order, OrderModification(quantity=2))

    with pytest.raises(RiskDenied, match="max_order_notional"):
        desk.gate.check_modification(order, OrderModification(quantity="2.00001"))
