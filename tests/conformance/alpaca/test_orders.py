"""The whole life of orders of each type and class, as alpaca-py's TradingClient sees it."""

from __future__ import annotations

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import OrderClass, OrderSide, OrderStatus, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    GetOrderByIdRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLimitOrderRequest,
    StopLossRequest,
    StopOrderRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)

BUY, SELL = OrderSide.BUY, OrderSide.SELL
DAY, GTC, IOC, FOK = TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK
NESTED = GetOrderByIdRequest(nested=True)


def market(symbol="AAPL", side=BUY, qty=10, tif=DAY, **more):
    return MarketOrderRequest(symbol=symbol, side=side, qty=qty, time_in_force=tif, **more)


def limit(price, symbol="AAPL", side=BUY, qty=10, tif=DAY, **more):
    return LimitOrderRequest(
        symbol=symbol, side=side, qty=qty, time_in_force=tif, limit_price=price, **more
    )


def test_a_market_order_is_pending_new_and_then_filled(client):
    sent = client.submit_order(market(client_order_id="mine"))
    read = client.get_order_by_client_id("mine")

    assert (OrderStatus.PENDING_NEW, "0", None) == (sent.status, sent.filled_qty, sent.filled_at)
    assert (OrderStatus.FILLED, "10", "230.05") == (
        read.status,
        read.filled_qty,
        read.filled_avg_price,
    )
    assert sent.submitted_at == sent.created_at
    assert sent.submitted_at != read.submitted_at


def test_a_limit_order_rests_fills_in_parts_and_ends(client, venue):
    sent = client.submit_order(limit(229, tif=GTC))
    venue.trade("AAPL", "229", "4")
    partly = client.get_order_by_id(sent.id)
    venue.trade("AAPL", "229", "6")
    done = client.get_order_by_id(sent.id)

    assert (OrderStatus.PARTIALLY_FILLED, "4") == (partly.status, partly.filled_qty)
    assert (OrderStatus.FILLED, "10", "229") == (
        done.status,
        done.filled_qty,
        done.filled_avg_price,
    )


def test_a_stop_order_waits_for_its_price(client, venue):
    client.submit_order(market())
    sent = client.submit_order(
        StopOrderRequest(symbol="AAPL", side=SELL, qty=10, time_in_force=GTC, stop_price=225)
    )
    waiting = client.get_order_by_id(sent.id)
    venue.quote("AAPL", "224.90", "225.10")
    venue.trade("AAPL", "225", "1")

    assert OrderStatus.NEW == waiting.status
    assert OrderStatus.FILLED == client.get_order_by_id(sent.id).status


def test_a_stop_limit_order_rests_at_its_limit_once_triggered(client, venue):
    sent = client.submit_order(
        StopLimitOrderRequest(
            symbol="AAPL", side=BUY, qty=5, time_in_force=DAY, stop_price=235, limit_price=234
        )
    )
    venue.quote("AAPL", "235.90", "236.10")
    venue.trade("AAPL", "236", "1", "buy")
    resting = client.get_order_by_id(sent.id)
    venue.trade("AAPL", "234", "200000")

    assert (OrderStatus.NEW, "0") == (resting.status, resting.filled_qty)
    assert OrderStatus.FILLED == client.get_order_by_id(sent.id).status


def test_a_trailing_stop_follows_the_market_up_and_not_down(client, venue):
    client.submit_order(market())
    sent = client.submit_order(
        TrailingStopOrderRequest(symbol="AAPL", side=SELL, qty=10, time_in_force=GTC, trail_price=5)
    )
    venue.quote("AAPL", "239.90", "240.10")
    venue.trade("AAPL", "240", "1", "buy")
    high = client.get_order_by_id(sent.id)
    venue.quote("AAPL", "237.90", "238.10")
    venue.trade("AAPL", "238", "1")
    low = client.get_order_by_id(sent.id)
    venue.quote("AAPL", "234.90", "235.10")
    venue.trade("AAPL", "235", "1")

    assert ("240", "235") == (high.hwm, high.stop_price)
    assert ("240", "235") == (low.hwm, low.stop_price)
    assert OrderStatus.FILLED == client.get_order_by_id(sent.id).status


@pytest.mark.parametrize(("tif", "filled"), [(IOC, "5"), (FOK, "0")])
def test_what_cannot_fill_at_once_is_canceled(client, venue, tif, filled):
    venue.quote("AAPL", "229.95", "230.05", qty="5")

    sent = client.submit_order(limit(231, tif=tif))

    read = client.get_order_by_id(sent.id)
    assert (OrderStatus.CANCELED, filled) == (read.status, read.filled_qty)


def test_a_bracket_holds_its_legs_until_the_entry_is_filled(client, venue):
    sent = client.submit_order(
        limit(
            229,
            tif=GTC,
            order_class=OrderClass.BRACKET,
            take_profit=TakeProfitRequest(limit_price=240),
            stop_loss=StopLossRequest(stop_price=220),
        )
    )
    held = client.get_order_by_id(sent.id, NESTED)
    venue.trade("AAPL", "229", "4")
    partly = client.get_order_by_id(sent.id, NESTED)
    venue.trade("AAPL", "229", "6")
    entered = client.get_order_by_id(sent.id, NESTED)
    venue.quote("AAPL", "239.90", "240.10")
    venue.trade("AAPL", "240", "300000", "buy")
    done = client.get_order_by_id(sent.id, NESTED)

    assert ["held", "held"] == [leg.status for leg in held.legs]
    assert ["held", "held"] == [leg.status for leg in partly.legs]
    assert ["new", "held"] == [leg.status for leg in entered.legs]
    assert ["filled", "canceled"] == [leg.status for leg in done.legs]
    assert [] == client.get_all_positions()


def test_a_fill_of_one_exit_takes_its_quantity_from_the_other(client, venue):
    client.submit_order(market())
    sent = client.submit_order(
        limit(
            240,
            side=SELL,
            order_class=OrderClass.OCO,
            take_profit=TakeProfitRequest(limit_price=240),
            stop_loss=StopLossRequest(stop_price=220, limit_price=219),
        )
    )
    venue.quote("AAPL", "239.90", "240.10")
    venue.trade("AAPL", "240", "4", "buy")
    read = client.get_order_by_id(sent.id, NESTED)

    assert ("partially_filled", "4") == (read.status, read.filled_qty)
    assert ["6"] == [leg.qty for leg in read.legs]


def test_one_triggers_another(client, venue):
    sent = client.submit_order(
        market(order_class=OrderClass.OTO, stop_loss=StopLossRequest(stop_price=220))
    )
    entered = client.get_order_by_id(sent.id, NESTED)
    venue.quote("AAPL", "219.90", "220.10")
    venue.trade("AAPL", "220", "1")

    assert ["new"] == [leg.status for leg in entered.legs]
    assert ["filled"] == [leg.status for leg in client.get_order_by_id(sent.id, NESTED).legs]


def test_canceling_a_group_ends_all_of_it(client):
    sent = client.submit_order(
        limit(
            200,
            order_class=OrderClass.BRACKET,
            take_profit=TakeProfitRequest(limit_price=240),
            stop_loss=StopLossRequest(stop_price=190),
        )
    )

    client.cancel_order_by_id(sent.legs[0].id)

    read = client.get_order_by_id(sent.id, NESTED)
    assert {"canceled"} == {read.status, *(leg.status for leg in read.legs)}


def test_money_and_fractions_are_exact(client):
    by_money = client.submit_order(
        MarketOrderRequest(symbol="AAPL", side=BUY, notional=100, time_in_force=DAY)
    )
    by_part = client.submit_order(market(qty=0.123456789))

    money, part = (client.get_order_by_id(one.id) for one in (by_money, by_part))
    assert (OrderStatus.FILLED, None, "100") == (money.status, money.qty, money.notional)
    assert 0.434 < float(money.filled_qty) < 0.435
    assert (OrderStatus.FILLED, "0.123456789") == (part.status, part.filled_qty)


def test_a_replaced_order_has_another_id_and_the_chain_can_be_walked(client, venue):
    old = client.submit_order(limit(229, client_order_id="first"))
    venue.trade("AAPL", "229", "4")

    new = client.replace_order_by_id(old.id, ReplaceOrderRequest(qty=20, limit_price=228))

    read_old, read_new = client.get_order_by_id(old.id), client.get_order_by_id(new.id)
    assert (OrderStatus.REPLACED, new.id) == (read_old.status, read_old.replaced_by)
    assert (OrderStatus.NEW, old.id, "20", "228") == (
        read_new.status,
        read_new.replaces,
        read_new.qty,
        read_new.limit_price,
    )
    assert new.client_order_id not in {"first", ""}
    venue.trade("AAPL", "228", "100")
    done = client.get_order_by_id(new.id)
    assert (OrderStatus.FILLED, "20") == (done.status, done.filled_qty)
    assert "20" == client.get_open_position("AAPL").qty


def test_a_leg_of_a_bracket_is_replaced_and_still_excludes_the_other(client, venue):
    sent = client.submit_order(
        market(
            tif=GTC,
            order_class=OrderClass.BRACKET,
            take_profit=TakeProfitRequest(limit_price=240),
            stop_loss=StopLossRequest(stop_price=220),
        )
    )
    new = client.replace_order_by_id(sent.legs[1].id, ReplaceOrderRequest(stop_price=225))
    venue.quote("AAPL", "224.90", "225.10")
    venue.trade("AAPL", "225", "1")

    read = client.get_order_by_id(sent.id, NESTED)
    assert {new.id: "filled", sent.legs[0].id: "canceled"} == {
        leg.id: leg.status for leg in read.legs
    }


def test_crypto_pays_its_fee_out_of_what_is_received(client):
    sent = client.submit_order(market(symbol="BTC/USD", qty=1, tif=GTC))

    assert "1" == client.get_order_by_id(sent.id).filled_qty
    assert "0.9975" == client.get_open_position("BTCUSD").qty
    assert ["CFEE", "FILL"] == [one["activity_type"] for one in client.get("/account/activities")]


def test_orders_are_listed_by_every_filter_and_paged(client):
    sent = [client.submit_order(limit(200 + number, qty=1)) for number in range(5)]
    client.submit_order(limit(400, symbol="MSFT", qty=1))
    client.cancel_order_by_id(sent[0].id)
    ids = [order.id for order in sent]

    def listed(**query):
        return [order.id for order in client.get_orders(GetOrdersRequest(**query))]

    assert ids[1:] == listed(symbols=["AAPL"], direction="asc")
    assert [ids[4], ids[3]] == listed(symbols=["AAPL"], limit=2)
    assert [ids[0]] == listed(status=QueryOrderStatus.CLOSED)
    assert 6 == len(listed(status=QueryOrderStatus.ALL, side=BUY))
    assert [] == listed(status=QueryOrderStatus.ALL, side=SELL)
    assert [] == listed(status=QueryOrderStatus.ALL, until=sent[0].submitted_at)
    page = {"status": "all", "symbols": "AAPL", "limit": 2, "direction": "asc"}
    assert [str(one) for one in ids[2:4]] == [
        order["id"] for order in client.get("/orders", {**page, "after_order_id": str(ids[1])})
    ]


def test_every_open_order_is_canceled_with_an_answer_of_its_own(client):
    sent = [client.submit_order(limit(200 + number, qty=1)) for number in range(3)]

    answers = client.cancel_orders()

    assert {order.id: 200 for order in sent} == {one.id: one.status for one in answers}
    assert [] == client.get_orders()


def test_a_client_id_is_taken_for_ever(client):
    sent = client.submit_order(market(client_order_id="once"))

    with pytest.raises(APIError) as caught:
        client.submit_order(market(client_order_id="once"))

    assert (422, 40010001, "client_order_id must be unique") == (
        caught.value.status_code,
        caught.value.code,
        caught.value.message,
    )
    assert sent.id == client.get_order_by_client_id("once").id


def test_a_trailing_percentage_is_replaced(client):
    client.submit_order(market())
    old = client.submit_order(
        TrailingStopOrderRequest(
            symbol="AAPL", side=SELL, qty=10, time_in_force=GTC, trail_percent=10
        )
    )

    new = client.replace_order_by_id(old.id, ReplaceOrderRequest(trail=5))

    read = client.get_order_by_id(new.id)
    assert ("new", "5", old.id) == (read.status, read.trail_percent, read.replaces)
    assert "218.5475" == read.stop_price
    assert "replaced" == client.get_order_by_id(old.id).status


def test_a_replaced_entry_keeps_its_legs_and_the_old_one_has_none(client, venue):
    old = client.submit_order(
        TrailingStopOrderRequest(
            symbol="AAPL",
            side=BUY,
            qty=7,
            time_in_force=GTC,
            trail_percent=5,
            order_class=OrderClass.OTO,
            take_profit=TakeProfitRequest(limit_price=300),
        )
    )
    new = client.replace_order_by_id(old.id, ReplaceOrderRequest(trail=6))
    venue.act("session", session="closed")
    venue.act("session", session="open")

    read_old, read_new = (client.get_order_by_id(one.id, NESTED) for one in (old, new))
    assert (None, OrderStatus.NEW) == (read_old.legs, read_new.status)
    assert [leg.id for leg in new.legs] == [leg.id for leg in read_new.legs]
    assert ["held"] == [leg.status for leg in read_new.legs]
