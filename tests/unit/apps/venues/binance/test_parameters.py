"""Parameters and the words that refuse them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.apps.venues.binance.parameters import Parameters
from regimeflow.apps.venues.binance.refusals import Refusal


def refusal(act) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code, caught.value.msg


@pytest.mark.parametrize(
    ("sent", "read", "code", "msg"),
    [
        (
            {},
            lambda p: p.symbol(),
            -1102,
            "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
        ),
        ({"symbol": ""}, lambda p: p.symbol(), -1105, "Parameter 'symbol' was empty."),
        (
            {"symbol": "btcusdt"},
            lambda p: p.symbol(),
            -1100,
            (
                "Illegal characters found in parameter 'symbol'; "
                r"legal range is '^[\w\-._&&[^a-z]]{1,50}$'."
            ),
        ),
        (
            {"price": "1e5"},
            lambda p: p.decimal("price"),
            -1100,
            (
                "Illegal characters found in parameter 'price'; "
                r"legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'."
            ),
        ),
        (
            {"quantity": "0.123456789"},
            lambda p: p.decimal("quantity"),
            -1111,
            "Parameter 'quantity' has too much precision.",
        ),
        (
            {"orderId": "9223372036854775808"},
            lambda p: p.integer("orderId"),
            -1108,
            "Parameter 'orderId' overflowed.",
        ),
        (
            {"price": "1"},
            lambda p: p.forbid("price"),
            -1106,
            "Parameter 'price' sent when not required.",
        ),
        (
            {"newClientOrderId": "a b"},
            lambda p: p.client_id("newClientOrderId"),
            -1100,
            (
                "Illegal characters found in parameter 'newClientOrderId'; "
                "legal range is '^[a-zA-Z0-9-_]{1,36}$'."
            ),
        ),
        (
            {"limit": "0"},
            lambda p: p.limit(1, 2),
            -1130,
            "Data sent for parameter 'limit' is not valid.",
        ),
    ],
)
def test_what_is_wrong_with_a_parameter_is_said_in_binances_words(sent, read, code, msg):
    parameters = Parameters(sent)

    assert (code, msg) == refusal(lambda: read(parameters))


def test_a_parameter_that_nobody_reads_is_refused_with_both_counts():
    parameters = Parameters({"symbol": "BTCUSDT", "colour": "red", "timestamp": "1"})
    parameters.symbol()

    expected = "Not all sent parameters were read; read '2' parameter(s) but was sent '3'."
    assert (-1104, expected) == refusal(parameters.finish)


def test_a_method_without_parameters_says_how_many_it_expected():
    expected = "Too many parameters; expected '0' and received '1'."

    assert (-1101, expected) == refusal(Parameters({"colour": "red"}).finish)


def test_what_is_well_formed_is_read_exactly():
    parameters = Parameters(
        {"price": "0.10000000", "symbols": '["BTCUSDT","ETHUSDT"]', "flag": "TRUE", "limit": "9999"}
    )

    assert Decimal("0.1") == parameters.decimal("price")
    assert ["BTCUSDT", "ETHUSDT"] == parameters.symbols()
    assert parameters.flag("flag", default=False)
    assert 1000 == parameters.limit(500, 1000)
    parameters.finish()
