"""The parameters of a new order, type by type."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.apps.venues.binance.parameters import Parameters
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.tickets import Ids, Leg, read_order, response_of
from regimeflow.apps.venues.exchange.kinds import Kind, Stp, Tif

BASE = {"side": "BUY", "quantity": "1"}
WHOLE = {
    "LIMIT": {"timeInForce": "GTC", "price": "10"},
    "MARKET": {},
    "LIMIT_MAKER": {"price": "10"},
    "STOP_LOSS": {"stopPrice": "11"},
    "STOP_LOSS_LIMIT": {"timeInForce": "GTC", "price": "10", "stopPrice": "11"},
    "TAKE_PROFIT": {"trailingDelta": "50"},
    "TAKE_PROFIT_LIMIT": {"timeInForce": "GTC", "price": "10", "stopPrice": "9"},
}


def read(**sent: str):
    return read_order(Parameters(sent), Ids(1), "BTCUSDT")


def refusal(**sent: str) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        read(**sent)
    return caught.value.code, caught.value.msg


@pytest.mark.parametrize("kind", WHOLE)
def test_every_type_is_read_with_what_it_needs(kind) -> None:
    order = read(**BASE, type=kind, **WHOLE[kind])

    assert (Decimal(1), Stp.EXPIRE_MAKER, 22) == (
        order.quantity,
        order.stp,
        len(order.client_order_id),
    )


@pytest.mark.parametrize(
    ("kind", "missing"), [(kind, name) for kind, more in WHOLE.items() for name in more]
)
def test_what_a_type_needs_is_demanded(kind, missing) -> None:
    more = {name: value for name, value in WHOLE[kind].items() if name != missing}

    assert -1102 == refusal(**BASE, type=kind, **more)[0]


@pytest.mark.parametrize(
    ("kind", "extra"),
    [
        ("LIMIT", {"stopPrice": "1"}),
        ("LIMIT", {"quoteOrderQty": "1"}),
        ("MARKET", {"price": "1"}),
        ("MARKET", {"timeInForce": "IOC"}),
        ("LIMIT_MAKER", {"timeInForce": "GTC"}),
        ("STOP_LOSS", {"price": "1"}),
        ("TAKE_PROFIT", {"icebergQty": "1"}),
    ],
)
def test_what_a_type_has_no_use_for_is_refused(kind, extra) -> None:
    name = next(iter(extra))

    expected = (-1106, f"Parameter '{name}' sent when not required.")
    assert expected == refusal(**BASE, type=kind, **WHOLE[kind], **extra)


def test_a_market_order_has_a_quantity_or_an_amount() -> None:
    amount = read(side="BUY", type="MARKET", quoteOrderQty="100")

    assert (None, Decimal(100)) == (amount.quantity, amount.quote_quantity)
    assert -1102 == refusal(side="BUY", type="MARKET")[0]
    assert -1128 == refusal(**BASE, type="MARKET", quoteOrderQty="100")[0]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"icebergQty": "0.1", "timeInForce": "IOC", "price": "1"}, -1014),
        ({"icebergQty": "2", "timeInForce": "GTC", "price": "1"}, -2010),
        ({"timeInForce": "GTC", "price": "1", "strategyType": "999"}, -1134),
        ({"timeInForce": "GTC", "price": "1", "pegPriceType": "PRIMARY_PEG"}, -2010),
        ({"timeInForce": "GTC", "price": "1", "selfTradePreventionMode": "NONE"}, -1013),
        ({"timeInForce": "GTC", "price": "1", "selfTradePreventionMode": "SOME"}, -1130),
        ({"timeInForce": "GTC", "price": "0"}, -1013),
    ],
)
def test_what_does_not_go_together_is_refused(sent, code) -> None:
    assert code == refusal(**BASE, type="LIMIT", **sent)[0]


def test_a_leg_of_a_list_is_read_behind_its_prefix() -> None:
    parameters = Parameters(
        {
            "pendingAboveType": "STOP_LOSS_LIMIT",
            "pendingAbovePrice": "10",
            "pendingAboveStopPrice": "9",
            "pendingAboveTimeInForce": "FOK",
            "pendingAboveClientOrderId": "leg",
            "pendingAboveStrategyId": "5",
        }
    )

    order = read_order(
        parameters,
        Ids(1),
        "BTCUSDT",
        leg=Leg("pendingAbove", read(**BASE, type="MARKET").side, Decimal(3)),
        mode="DECREMENT",
    )

    assert (Kind.STOP_LIMIT, Decimal(3), Tif.FOK, "leg", Stp.DECREMENT, 5) == (
        order.kind,
        order.quantity,
        order.tif,
        order.client_order_id,
        order.stp,
        order.tags["strategyId"],
    )
    parameters.finish()


def test_market_and_limit_orders_are_answered_in_full_and_others_in_short() -> None:
    found = {kind: response_of(Parameters({}), kind) for kind in Kind}

    assert {Kind.MARKET, Kind.LIMIT} == {kind for kind, word in found.items() if word == "FULL"}
    assert "RESULT" == response_of(Parameters({"newOrderRespType": "RESULT"}), Kind.STOP)


def test_ids_are_the_same_for_one_seed() -> None:
    one, other = Ids(3), Ids(3)

    assert [one.new(), one.new()] == [other.new(), other.new()]
