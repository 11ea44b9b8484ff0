"""What else may be asked of an order: refused with every fault, exact, and the same read back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import pytest

from regimeflow.domain.orders.order import Order, OrderTerms
from regimeflow.domain.orders.order_terms import shown_quantity, terms_of, terms_text
from regimeflow.domain.orders.order_validation import ExactOrder, exact_modification, exact_order
from regimeflow.live import LiveOrder, OrderModification, OrderSide, OrderType, TimeInForce
from regimeflow.ports.broker import Capabilities
from regimeflow.types.enums import LiveOrderStatus
from regimeflow.types.errors import InvalidArgument
from regimeflow.types.records import replace
from tests.support.orders import BTC

EVERY = frozenset({"post_only", "display_qty", "trail_amount", "trail_percent", "extended_hours"})
T = OrderType
PRICES = {
    T.LIMIT: {"limit_price": 100},
    T.STOP_LIMIT: {"limit_price": 100, "stop_price": 99},
    T.MARKET_IF_TOUCHED: {"stop_price": 99},
    T.LIMIT_IF_TOUCHED: {"limit_price": 100, "stop_price": 99},
    T.TRAILING_STOP_LIMIT: {"limit_price": 100},
}


def checked(
    kind: OrderType = T.LIMIT,
    *,
    taken: frozenset[str] = EVERY,
    time_in_force: TimeInForce = TimeInForce.GTC,
    instrument: object = BTC,
    prices: dict[str, object] | None = None,
    **terms: object,
) -> ExactOrder:
    order = Order(
        "BTCUSDT",
        OrderSide.BUY,
        kind,
        "0.01",
        time_in_force=time_in_force,
        terms=OrderTerms(**terms) if terms else None,
        **(PRICES.get(kind, {}) if prices is None else prices),
    )
    abilities = Capabilities(
        venue="any",
        order_types=frozenset(T),
        times_in_force=frozenset(TimeInForce),
        terms=taken,
    )
    return exact_order(order, instrument, abilities)


def faults(*args: object, **how: object) -> dict[str, str]:
    with pytest.raises(InvalidArgument) as caught:
        checked(*args, **how)
    return {fault.path: fault.text for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("kind", "terms", "path", "words"),
    [
        (T.MARKET, {"post_only": True}, "terms.post_only", "MARKET"),
        (T.STOP_LIMIT, {"post_only": True}, "terms.post_only", "STOP_LIMIT"),
        (T.LIMIT, {"post_only": 1}, "terms.post_only", "True or False"),
        (T.LIMIT, {"extended_hours": "yes"}, "terms.extended_hours", "True or False"),
        (T.LIMIT, {"display_qty": "0.02"}, "terms.display_qty", "at most the quantity, 0.01"),
        (T.LIMIT, {"display_qty": "0.000001"}, "terms.display_qty", "lot size"),
        (T.LIMIT, {"display_qty": 0}, "terms.display_qty", "above 0"),
        (T.LIMIT, {"display_qty": "many"}, "terms.display_qty", "many"),
        (T.MARKET, {"display_qty": "0.01"}, "terms.display_qty", "MARKET"),
        (T.LIMIT, {"trail_amount": 1}, "terms.trail_amount", "LIMIT order has none"),
        (T.TRAILING_STOP, {}, "terms.trail_amount", "needs trail_amount or trail_percent"),
        (T.TRAILING_STOP_LIMIT, {}, "terms.trail_amount", "needs"),
        (T.TRAILING_STOP, {"trail_amount": 1, "trail_percent": 1}, "terms.trail_percent", "one"),
        (T.TRAILING_STOP, {"trail_amount": "0.001"}, "terms.trail_amount", "tick size"),
        (T.TRAILING_STOP, {"trail_amount": -1}, "terms.trail_amount", "above 0"),
        (T.TRAILING_STOP, {"trail_percent": 100}, "terms.trail_percent", "less than 100"),
        (T.TRAILING_STOP, {"trail_percent": 0}, "terms.trail_percent", "above 0"),
        (T.TRAILING_STOP, {"trail_percent": float("nan")}, "terms.trail_percent", "nan"),
    ],
)
def test_terms_that_cannot_be_are_refused_by_name(
    kind: OrderType, terms: dict[str, object], path: str, words: str
) -> None:
    found = faults(kind, **terms)

    assert [path] == list(found)
    assert words in found[path]


def test_an_order_that_must_rest_is_refused_where_it_never_rests() -> None:
    for time in (TimeInForce.IOC, TimeInForce.FOK):
        assert ["terms.post_only"] == list(faults(post_only=True, time_in_force=time))


def test_every_fault_of_the_terms_is_told_at_once() -> None:
    found = faults(
        T.MARKET,
        time_in_force=TimeInForce.IOC,
        taken=frozenset({"display_qty"}),
        display_qty="0.02",
        trail_percent=1,
        extended_hours=True,
    )

    paths = ("display_qty", "trail_percent", "extended_hours")
    assert {f"terms.{name}" for name in paths} == set(found)


def test_what_the_venue_does_not_name_is_refused_before_it_is_sent() -> None:
    assert {"terms.post_only": "the venue does not take it; it takes no terms"} == faults(
        post_only=True, taken=frozenset()
    )
    assert (
        "display_qty, post_only"
        in faults(extended_hours=True, taken=frozenset({"post_only", "display_qty"}))[
            "terms.extended_hours"
        ]
    )


def test_terms_that_are_none_are_refused_as_such() -> None:
    order = Order("BTCUSDT", OrderSide.BUY, T.LIMIT, 1, 100, terms=cast("Any", "post only"))

    with pytest.raises(InvalidArgument, match="found str; expected OrderTerms"):
        exact_order(order, BTC)


def test_a_trailing_order_may_begin_with_a_stop_price_and_needs_none() -> None:
    for prices in ({}, {"stop_price": 99}):
        exact = checked(T.TRAILING_STOP, prices=prices, trail_percent="0.5")
        assert (None if not prices else 9900) == exact.stop_px
        assert Decimal("0.5") == exact.terms.trail_percent
    assert ["limit_price"] == list(faults(T.TRAILING_STOP_LIMIT, prices={}, trail_percent=1))


@pytest.mark.parametrize("kind", [T.MARKET_IF_TOUCHED, T.LIMIT_IF_TOUCHED])
def test_an_order_that_waits_to_be_touched_needs_its_price(kind: OrderType) -> None:
    missing = faults(kind, prices={**PRICES[kind], "stop_price": None})

    assert ["stop_price"] == list(missing)
    assert 9900 == checked(kind).stop_px


def test_numbers_become_exact_and_plain_terms_are_none() -> None:
    exact = checked(T.LIMIT, display_qty=0.005, post_only=True).terms

    assert OrderTerms(post_only=True, display_qty=Decimal("0.00500")) == exact
    assert isinstance(exact.display_qty, Decimal)
    assert checked(T.LIMIT, post_only=False).terms is None
    free = checked(T.TRAILING_STOP, instrument=None, trail_amount="0.0001").terms
    assert Decimal("0.0001") == free.trail_amount


@pytest.mark.parametrize(
    "terms",
    [
        None,
        OrderTerms(post_only=True),
        OrderTerms(extended_hours=True, display_qty=Decimal("0.005")),
        OrderTerms(trail_amount=Decimal("12.50")),
        OrderTerms(trail_percent=Decimal("0.5")),
    ],
)
def test_terms_are_the_same_read_back_from_their_text(terms: OrderTerms | None) -> None:
    assert terms == terms_of(terms_text(terms))


def test_terms_of_a_newer_version_are_read_as_far_as_they_are_known() -> None:
    assert OrderTerms(post_only=True) == terms_of("post_only=true reduce_only=true")
    assert terms_of("reduce_only=true") is None


def test_a_part_of_an_order_shows_no_more_than_there_is_of_it() -> None:
    terms = OrderTerms(display_qty="0.5", extended_hours=True)

    assert Decimal("0.2") == shown_quantity(terms, Decimal("0.2")).display_qty
    assert Decimal("0.5") == shown_quantity(terms, Decimal(2)).display_qty
    assert shown_quantity(terms, Decimal(2)).extended_hours
    assert shown_quantity(None, Decimal(2)) is None


def test_a_trailing_order_can_be_made_larger_without_a_stop_price() -> None:
    order = LiveOrder(
        order_id=1,
        client_order_id="C1",
        broker_order_id="V1",
        symbol="BTCUSDT",
        side=OrderSide.SELL,
        type=T.TRAILING_STOP,
        quantity=Decimal(1),
        limit_price=None,
        stop_price=None,
        time_in_force=TimeInForce.GTC,
        expire_time_ns=None,
        status=LiveOrderStatus.NEW,
        cum_qty=Decimal(0),
        leaves_qty=Decimal(1),
        avg_px=None,
        in_doubt=False,
        strategy="",
        created_at_ns=0,
        updated_at_ns=0,
        terms=OrderTerms(trail_percent=1),
    )

    exact = exact_modification(OrderModification(quantity=2), order, BTC)

    assert (200_000, None) == (exact.qty, exact.stop_px)
    assert (
        exact_modification(
            OrderModification(stop_price=99), replace(order, stop_price=Decimal(98)), BTC
        ).stop_px
        == 9900
    )
