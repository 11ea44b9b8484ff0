"""Orders as they leave: exact digits, Binance's words, and what is refused before it leaves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.adapters.brokers.binance import formatting
from regimeflow.adapters.brokers.binance.formatting import Terms
from regimeflow.live import (
    BrokerError,
    OrderSide,
    OrderTerms,
    OrderType,
    Outcome,
    TimeInForce,
)
from tests.support.binance import BTC_RULES, rules

POST_ONLY = OrderTerms(post_only=True)
SHOWN = OrderTerms(display_qty=Decimal("0.05"))
TRAIL = OrderTerms(trail_percent=Decimal("0.5"))


def terms(**given) -> Terms:
    values = {
        "symbol": "BTCUSDT",
        "side": OrderSide.BUY,
        "type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC,
        "quantity": Decimal("0.5"),
        "limit_price": Decimal("65432.12"),
        "stop_price": None,
    }
    return Terms(**{**values, **given})


def sent(**given) -> dict[str, object]:
    return formatting.new_order(terms(**given), given.pop("by", BTC_RULES), "id-1")


@pytest.mark.parametrize(
    ("price", "text"),
    [
        ("65432.12", "65432.12"),
        ("123456.78", "123456.78"),
        ("6.5E+4", "65000"),
        ("65432.10000000", "65432.1"),
        ("0.01", "0.01"),
    ],
)
def test_row_13_a_price_is_sent_digit_for_digit(price, text):
    params = sent(limit_price=Decimal(price), quantity=Decimal(9000))

    assert text == params["price"]


@pytest.mark.parametrize(
    ("quantity", "text"),
    [("1234567.25", "1234567.25"), ("1E+6", "1000000"), ("0.00001", "0.00001"), ("7", "7")],
)
def test_row_13_a_quantity_is_sent_digit_for_digit(quantity, text):
    params = formatting.new_order(
        terms(quantity=Decimal(quantity), limit_price=Decimal(1_000_000)),
        rules(lot_size="0.00001", max_qty="10000000"),
        "id-1",
    )

    assert text == params["quantity"]


@pytest.mark.parametrize(
    ("type_", "given", "word", "keys"),
    [
        (OrderType.LIMIT, {}, "LIMIT", {"price", "timeInForce"}),
        (OrderType.MARKET, {"limit_price": None}, "MARKET", set()),
        (OrderType.LIMIT, {"more": POST_ONLY}, "LIMIT_MAKER", {"price"}),
        (OrderType.LIMIT, {"more": SHOWN}, "LIMIT", {"price", "timeInForce", "icebergQty"}),
        (
            OrderType.MARKET_IF_TOUCHED,
            {"limit_price": None, "stop_price": Decimal(60000)},
            "TAKE_PROFIT",
            {"stopPrice"},
        ),
        (
            OrderType.LIMIT_IF_TOUCHED,
            {"stop_price": Decimal(60000)},
            "TAKE_PROFIT_LIMIT",
            {"stopPrice", "price", "timeInForce"},
        ),
        (
            OrderType.TRAILING_STOP,
            {"limit_price": None, "more": TRAIL},
            "STOP_LOSS",
            {"trailingDelta"},
        ),
        (
            OrderType.TRAILING_STOP_LIMIT,
            {"stop_price": Decimal(60000), "more": TRAIL},
            "STOP_LOSS_LIMIT",
            {"trailingDelta", "stopPrice", "price", "timeInForce"},
        ),
        (
            OrderType.STOP,
            {"limit_price": None, "stop_price": Decimal(60000)},
            "STOP_LOSS",
            {"stopPrice"},
        ),
        (
            OrderType.STOP_LIMIT,
            {"stop_price": Decimal(60000)},
            "STOP_LOSS_LIMIT",
            {"stopPrice", "price", "timeInForce"},
        ),
    ],
)
def test_row_14_each_type_has_its_own_word_and_its_own_parameters(type_, given, word, keys):
    params = sent(type=type_, **given)

    assert word == params["type"]
    own = {"price", "stopPrice", "timeInForce", "trailingDelta", "icebergQty"}
    assert keys == set(params) & own


@pytest.mark.parametrize(
    ("percent", "side", "bips"),
    [("0.1", "BUY", 10), ("20", "BUY", 2000), ("0.2", "SELL", 20), ("10", "SELL", 1000)],
)
def test_a_trail_is_told_in_hundredths_of_a_per_cent(percent, side, bips):
    more = OrderTerms(trail_percent=Decimal(percent))
    params = sent(type=OrderType.TRAILING_STOP, side=OrderSide[side], limit_price=None, more=more)

    assert bips == params["trailingDelta"]


def trailing(**given):
    more = OrderTerms(**given)
    return {"type": OrderType.TRAILING_STOP, "limit_price": None, "more": more}


def showing(quantity, **given):
    return {"more": OrderTerms(display_qty=Decimal(quantity)), **given}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"type": OrderType.TRAILING_STOP, "limit_price": None}, "give trail_percent"),
        (trailing(trail_amount=5), "give trail_percent"),
        (trailing(trail_percent=Decimal("0.125")), "no multiple of 0.01"),
        (trailing(trail_percent=Decimal("0.09")), "from 0.1 to 20 .TRAILING_DELTA"),
        (trailing(trail_percent=Decimal("20.01")), "TRAILING_DELTA"),
        ({**trailing(trail_percent=Decimal("0.1")), "side": OrderSide.SELL}, "from 0.2 to 10"),
        ({"more": OrderTerms(extended_hours=True)}, "no hours"),
        (showing("0.04999"), "more than 10 parts .ICEBERG_PARTS"),
        (showing("0.000001"), "LOT_SIZE"),
        (showing("0.6"), "more than 0.5"),
        (showing("0.05", time_in_force=TimeInForce.IOC), "GTC"),
        (showing("0.05", type=OrderType.MARKET, limit_price=None), "GTC"),
        ({"more": POST_ONLY, "time_in_force": TimeInForce.FOK}, "no time in force"),
    ],
)
def test_terms_that_binance_would_not_take_are_refused_before_they_leave(given, why):
    with pytest.raises(BrokerError, match=why) as caught:
        sent(**given)

    assert Outcome.NOT_SENT is caught.value.outcome


@pytest.mark.parametrize(
    ("given", "allowed", "why"),
    [
        (trailing(trail_percent=1), {"allows_trailing": False}, "no trailing orders"),
        (showing("0.05"), {"allows_iceberg": False}, "no icebergs"),
        ({"more": POST_ONLY}, {"order_types": ["LIMIT"]}, "takes no LIMIT_MAKER"),
    ],
)
def test_terms_that_a_symbol_does_not_take_are_refused_before_they_leave(given, allowed, why):
    with pytest.raises(BrokerError, match=why):
        formatting.new_order(terms(**given), rules(**allowed), "id-1")


@pytest.mark.parametrize("time", [TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK])
def test_times_in_force_have_binances_words(time):
    assert time.name == sent(time_in_force=time)["timeInForce"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"type": OrderType.MARKET_ON_CLOSE, "limit_price": None}, "MARKET_ON_CLOSE"),
        ({"time_in_force": TimeInForce.DAY}, "DAY"),
        ({"time_in_force": TimeInForce.GTD}, "GTD"),
        ({"type": OrderType.MARKET, "time_in_force": TimeInForce.FOK}, "time in force"),
        ({"limit_price": Decimal(1_000_001)}, "PRICE_FILTER"),
        ({"limit_price": Decimal("65432.123")}, "PRICE_FILTER"),
        ({"quantity": Decimal("0.000001")}, "LOT_SIZE"),
        ({"quantity": Decimal(9001)}, "above the most"),
        ({"quantity": Decimal("0.00001")}, "NOTIONAL"),
        ({"limit_price": None}, "limit_price is missing"),
        ({"type": OrderType.STOP, "limit_price": None}, "stop_price is missing"),
    ],
)
def test_what_binance_would_not_take_is_refused_before_it_leaves(given, why):
    with pytest.raises(BrokerError, match=why) as caught:
        sent(**given)

    assert Outcome.NOT_SENT is caught.value.outcome


def test_a_type_that_the_symbol_does_not_take_is_refused_and_not_sent_as_another():
    with pytest.raises(BrokerError, match="takes no STOP_LOSS orders"):
        formatting.new_order(
            terms(type=OrderType.STOP, limit_price=None, stop_price=Decimal(60000)),
            rules(order_types=["LIMIT", "MARKET"]),
            "id-1",
        )


@pytest.mark.parametrize("status", ["HALT", "BREAK", "END_OF_DAY", "CANCEL_ONLY"])
def test_a_symbol_that_is_halted_takes_no_orders(status):
    with pytest.raises(BrokerError, match=status):
        formatting.new_order(terms(), rules(status=status), "id-1")


@pytest.mark.parametrize("name", ["", "has space", "x" * 37, "ä", "semi;colon"])
def test_an_id_that_binance_would_refuse_is_refused_here(name):
    with pytest.raises(BrokerError, match="client_order_id"):
        formatting.new_order(terms(), BTC_RULES, name)


def test_an_id_that_reads_as_a_leg_of_another_order_is_refused():
    with pytest.raises(BrokerError, match="replaced"):
        formatting.check_own_id("mine_r1")


def test_an_amendment_always_names_the_old_client_id():
    params = formatting.amendment("BTCUSDT", "77", Decimal("0.50000"), "id-1")

    assert {
        "symbol": "BTCUSDT",
        "orderId": 77,
        "newQty": "0.5",
        "newClientOrderId": "id-1",
    } == params


def test_a_replacement_cancels_the_leg_and_places_the_next():
    params = formatting.replacement(
        terms(), BTC_RULES, broker_order_id="77", client_order_id="id-1", leg=1, only_new=True
    )

    assert "STOP_ON_FAILURE" == params["cancelReplaceMode"]
    assert 77 == params["cancelOrderId"]
    assert "id-1_r1" == params["newClientOrderId"]
    assert "ONLY_NEW" == params["cancelRestrictions"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"limit_price": Decimal(99)}, "limit_price 99 is below the least of 100"),
        ({"limit_price": Decimal(201)}, "limit_price 201 is above the most of 200"),
        (
            {"type": OrderType.STOP, "limit_price": None, "stop_price": Decimal(201)},
            "stop_price 201",
        ),
    ],
)
def test_a_price_outside_the_filter_is_not_sent(given, said):
    narrow = rules(min_price="100", max_price="200")

    with pytest.raises(BrokerError, match=said) as caught:
        formatting.new_order(terms(**given), narrow, "id-1")

    assert Outcome.NOT_SENT is caught.value.outcome


def test_a_bound_of_a_price_that_is_switched_off_binds_nothing():
    params = formatting.new_order(
        terms(limit_price=Decimal(5_000_000), quantity=Decimal(1)),
        rules(min_price="0.00000000", max_price="0.00000000"),
        "id-1",
    )

    assert "5000000" == params["price"]
