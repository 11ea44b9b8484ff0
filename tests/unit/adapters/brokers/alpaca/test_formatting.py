from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.adapters.brokers.alpaca.formatting import Asked, change, new_order, number
from regimeflow.adapters.brokers.alpaca.rules import AssetRules, option_rules, rules_of
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from regimeflow.types.errors import BrokerError, Outcome
from regimeflow.types.records import replace
from regimeflow.types.session import SessionCalendar

SHARE = {
    "symbol": "AAPL", "class": "us_equity", "status": "active", "tradable": True,
    "fractionable": True, "shortable": True,
}  # fmt: skip
PAIR = {
    "symbol": "BTC/USD", "class": "crypto", "status": "active", "tradable": True,
    "min_order_size": "0.0001", "min_trade_increment": "0.0001", "price_increment": "0.5",
}  # fmt: skip

OPTION = {
    "symbol": "AAPL261218C00230000", "underlying_symbol": "AAPL", "status": "active",
    "tradable": True, "multiplier": "100", "size": "100",
}  # fmt: skip


def rules(asset=SHARE, last="230") -> AssetRules:
    return rules_of(asset, None if last is None else Decimal(last), SessionCalendar())


def asked(kind=OrderType.LIMIT, *, quantity="10", limit="229.95", **more) -> Asked:
    chosen = {
        "symbol": "AAPL",
        "side": OrderSide.BUY,
        "type": kind,
        "time_in_force": TimeInForce.DAY,
        "quantity": Decimal(quantity),
        "limit_price": None if limit is None else Decimal(limit),
    }
    return Asked(**(chosen | more))


def why_not(order: Asked, of: AssetRules | None = None) -> str:
    with pytest.raises(BrokerError) as caught:
        new_order(order, of or rules(), "own-1")
    assert Outcome.NOT_SENT is caught.value.outcome
    return str(caught.value)


@pytest.mark.parametrize("text", ["65432.12", "123456.78", "1234567.25", "0.000000001", "100"])
def test_row_13_a_number_is_sent_digit_for_digit(text):
    assert text == number(Decimal(text))


def an_amount(amount="100.25", **more) -> Asked:
    return asked(OrderType.MARKET, quantity="1", limit=None, notional=Decimal(amount), **more)


def test_an_order_for_an_amount_names_no_quantity():
    assert {
        "symbol": "AAPL", "notional": "100.25", "side": "buy", "type": "market",
        "time_in_force": "day", "client_order_id": "own-1",
    } == new_order(an_amount(), rules(), "own-1")  # fmt: skip


def test_what_alpaca_takes_no_amount_for_is_not_sent():
    assert "in cents" in why_not(an_amount("100.255"))
    assert "at least 1.00" in why_not(an_amount("0.99"))
    assert "DAY orders" in why_not(an_amount(time_in_force=TimeInForce.GTC))
    assert "whole shares" in why_not(an_amount(), rules({**SHARE, "fractionable": False}))
    assert "by quantity" in why_not(an_amount(symbol="BTC/USD"), rules(PAIR))
    with pytest.raises(BrokerError, match="changes no order for an amount"):
        change(an_amount(), an_amount("200"), rules(), "r", left_out=Decimal(0))


def test_a_number_has_no_exponent_and_no_zeros_behind():
    assert ("100", "0.5") == (number(Decimal("1E+2")), number(Decimal("0.5000")))


def test_a_limit_order_is_text_throughout_and_carries_our_id():
    assert {
        "symbol": "AAPL", "qty": "10", "side": "buy", "type": "limit", "time_in_force": "day",
        "limit_price": "229.95", "client_order_id": "own-1",
    } == new_order(asked(), rules(), "own-1")  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (OrderType.MARKET, ("market", "day")),
        (OrderType.MARKET_ON_OPEN, ("market", "opg")),
        (OrderType.LIMIT_ON_OPEN, ("limit", "opg")),
        (OrderType.MARKET_ON_CLOSE, ("market", "cls")),
        (OrderType.LIMIT_ON_CLOSE, ("limit", "cls")),
    ],
)
def test_each_type_has_its_own_words(kind, words):
    body = new_order(asked(kind), rules(), "own-1")

    assert words == (body["type"], body["time_in_force"])
    assert ("limit_price" in body) == ("LIMIT" in kind.name)


def test_stops_have_their_price():
    stop = asked(OrderType.STOP_LIMIT, stop_price=Decimal("231.5"))

    body = new_order(stop, rules(), "own-1")

    assert ("stop_limit", "231.5", "229.95") == (
        body["type"], body["stop_price"], body["limit_price"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"trail_amount": Decimal("1.50")}, {"trail_price": "1.5"}),
        ({"trail_percent": Decimal("0.5")}, {"trail_percent": "0.5"}),
    ],
)
def test_a_trailing_stop_has_one_distance(given, sent):
    body = new_order(asked(OrderType.TRAILING_STOP, limit=None, **given), rules(), "own-1")

    assert sent.items() <= body.items()
    assert "stop_price" not in body


def test_extended_hours_are_for_limit_orders_of_shares():
    extended = asked(extended_hours=True)

    assert new_order(extended, rules(), "own-1")["extended_hours"] is True
    assert "only LIMIT" in why_not(replace(extended, type=OrderType.MARKET))
    assert "round the clock" in why_not(
        replace(extended, symbol="BTC/USD", time_in_force=TimeInForce.GTC, limit_price=Decimal(60)),
        rules(PAIR),
    )


@pytest.mark.parametrize(
    ("price", "is_good"),
    [("290.12", True), ("290.123", False), ("1.00", True), ("0.9999", True), ("0.99999", False)],
)
def test_a_price_has_two_decimals_from_one_dollar_up_and_four_below(price, is_good):
    order = asked(limit=price)

    if is_good:
        assert new_order(order, rules(), "own-1")["limit_price"] == number(Decimal(price))
    else:
        assert "price increment" in why_not(order)


def test_the_tick_of_a_share_is_that_of_its_price():
    ticks = [rules(last=last).instrument.tick_size for last in ("230", "0.53", None)]

    assert [Decimal("0.01"), Decimal("0.0001"), Decimal("0.01")] == ticks


@pytest.mark.parametrize(
    ("change_", "words"),
    [
        ({"quantity": "0.5", "time_in_force": TimeInForce.GTC}, "DAY orders"),
        ({"quantity": "0.5", "kind": OrderType.MARKET_ON_OPEN}, "whole shares"),
        ({"quantity": "0.0000000001"}, "no multiple"),
        ({"quantity": "0"}, "above 0"),
        ({"kind": OrderType.STOP, "time_in_force": TimeInForce.IOC}, "DAY or GTC"),
        ({"kind": OrderType.STOP}, "stop_price is missing"),
        ({"limit": None}, "limit_price is missing"),
        ({"kind": OrderType.TRAILING_STOP_LIMIT}, "Alpaca has no TRAILING_STOP_LIMIT"),
        ({"time_in_force": TimeInForce.GTD}, "Alpaca has no GTD"),
    ],
)
def test_what_alpaca_does_not_take_is_refused_before_it_leaves(change_, words):
    assert words in why_not(asked(**change_))


def test_pairs_take_less_and_shares_that_are_not_split_are_whole():
    pair = asked(symbol="BTC/USD", quantity="0.5", time_in_force=TimeInForce.GTC, limit="60000.5")

    assert "gtc" == new_order(pair, rules(PAIR), "own-1")["time_in_force"]
    assert "takes no DAY" in why_not(replace(pair, time_in_force=TimeInForce.DAY), rules(PAIR))
    assert "takes no STOP " in why_not(replace(pair, type=OrderType.STOP), rules(PAIR))
    assert "no multiple" in why_not(asked(quantity="0.5"), rules({**SHARE, "fractionable": False}))
    assert "takes no orders" in why_not(asked(), rules({**SHARE, "tradable": False}))


@pytest.mark.parametrize("own_id", ["", "x" * 37, "own-1_r2", "\u00fc"])
def test_an_id_that_cannot_be_ours_is_refused(own_id):
    with pytest.raises(BrokerError, match="client_order_id"):
        new_order(asked(), rules(), own_id)


def test_a_change_tells_the_whole_quantity_and_an_id_of_its_own():
    body = change(asked(), asked(limit="229.90"), rules(), "own-1_r1", left_out=Decimal(3))

    assert {"client_order_id": "own-1_r1", "qty": "7", "limit_price": "229.9"} == body


def test_a_part_of_a_share_keeps_its_quantity():
    half = asked(quantity="0.5")

    body = change(half, replace(half, limit_price=Decimal(229)), rules(), "r", left_out=Decimal(0))

    assert "qty" not in body
    with pytest.raises(BrokerError, match="part of a share"):
        change(half, replace(half, quantity=Decimal(1)), rules(), "r", left_out=Decimal(0))
    with pytest.raises(BrokerError, match="nothing of the order"):
        change(asked(), asked(), rules(), "r", left_out=Decimal(0))


def an_option(**more) -> Asked:
    return asked(**({"symbol": OPTION["symbol"], "quantity": "2", "limit": "5.05"} | more))


def test_an_option_is_ordered_in_whole_contracts_for_the_day():
    of = option_rules(OPTION, SessionCalendar())

    body = new_order(an_option(), of, "own-1")

    assert (OPTION["symbol"], "2", "5.05", "limit", "day") == tuple(
        body[name] for name in ("symbol", "qty", "limit_price", "type", "time_in_force")
    )
    assert (Decimal(100), "option", "AAPL") == (
        of.instrument.multiplier,
        of.instrument.asset_class,
        of.instrument.base_currency,
    )


@pytest.mark.parametrize(
    ("change_", "words"),
    [
        ({"quantity": "1.5"}, "no multiple of 1"),
        ({"limit": "5.005"}, "no multiple of 0.01"),
        ({"limit": "0.005"}, "no multiple of 0.01"),
        ({"kind": OrderType.STOP, "stop_price": Decimal(4)}, "takes no STOP orders"),
        ({"kind": OrderType.MARKET_ON_OPEN, "limit": None}, "takes no MARKET_ON_OPEN orders"),
        ({"time_in_force": TimeInForce.GTC}, "takes no GTC orders; it takes DAY"),
        ({"extended_hours": True}, "has no extended hours"),
        (
            {"kind": OrderType.MARKET, "limit": None, "notional": Decimal(500)},
            "for an amount are for shares",
        ),
    ],
)
def test_what_options_do_not_take_is_refused_before_it_leaves(change_, words):
    assert words in why_not(an_option(**change_), option_rules(OPTION, SessionCalendar()))


def test_a_contract_that_is_over_takes_no_orders():
    over = option_rules({**OPTION, "status": "inactive", "tradable": False}, SessionCalendar())

    assert "its status is inactive" in why_not(an_option(), over)
