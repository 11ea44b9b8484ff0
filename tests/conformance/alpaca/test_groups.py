"""The whole life of linked orders, as alpaca-py's TradingClient sees it, to each of its ends."""

from __future__ import annotations

import pytest
from alpaca.trading.enums import OrderClass
from alpaca.trading.requests import ReplaceOrderRequest, StopLossRequest, TakeProfitRequest

from tests.conformance.alpaca.test_orders import GTC, NESTED, SELL, limit, market
from tests.support.alpaca_clients import trade_updates

TARGET, STOP = TakeProfitRequest(limit_price=240), StopLossRequest(stop_price=220)
HEAD = -1


def an_oco(client, **more):
    """Ten shares, and the two ways out of them."""
    client.submit_order(market())
    exits = {"take_profit": TARGET, "stop_loss": STOP} | more
    return client.submit_order(limit(240, side=SELL, order_class=OrderClass.OCO, **exits))


def a_bracket(client, entry=None):
    exits = {"take_profit": TARGET, "stop_loss": STOP}
    return client.submit_order(
        (entry or limit)(229, tif=GTC, order_class=OrderClass.BRACKET, **exits)
    )


def statuses(client, sent):
    """Of the first order of a group, then of its legs."""
    read = client.get_order_by_id(sent.id, NESTED)
    return [str(each.status.value) for each in (read, *read.legs)]


def rise(venue):
    venue.quote("AAPL", "239.90", "240.10")
    venue.trade("AAPL", "240", "300000", "buy")


def fall(venue, price="220"):
    venue.quote("AAPL", "219.90", "220.10")
    venue.trade("AAPL", price, "1")


def test_an_oco_ends_at_its_target(client, venue):
    with trade_updates(venue) as heard:
        sent = an_oco(client)
        before = statuses(client, sent)
        rise(venue)
        heard.wait_for_event("canceled")

    assert ["new", "held"] == before
    assert ["filled", "canceled"] == statuses(client, sent)
    assert [] == client.get_all_positions()
    assert ["fill", "canceled"] == heard.events[-2:]


def test_an_oco_ends_at_its_stop(client, venue):
    with trade_updates(venue) as heard:
        sent = an_oco(client)
        fall(venue)
        heard.wait_for_event("fill", 2)
        heard.wait_for_event("canceled")

    assert ["canceled", "filled"] == statuses(client, sent)
    assert [] == client.get_all_positions()


def test_an_oco_whose_stop_has_a_limit_rests_at_it(client, venue):
    sent = an_oco(client, stop_loss=StopLossRequest(stop_price=220, limit_price=219.95))
    fall(venue)
    at_stop = statuses(client, sent)
    venue.trade("AAPL", "219.95", "300000", "buy")

    assert ["new", "new"] == at_stop
    assert ["canceled", "filled"] == statuses(client, sent)


@pytest.mark.parametrize("member", [HEAD, 0])
def test_a_cancel_of_either_ends_an_oco_and_frees_its_shares(client, member):
    sent = an_oco(client)
    held = client.get_open_position("AAPL").qty_available
    legs = client.get_order_by_id(sent.id, NESTED).legs
    client.cancel_order_by_id(sent.id if member == HEAD else legs[member].id)

    assert ["canceled", "canceled"] == statuses(client, sent)
    assert ("0", "10") == (held, client.get_open_position("AAPL").qty_available)


def test_either_price_of_an_oco_is_replaced_and_they_still_exclude_each_other(client, venue):
    sent = an_oco(client)
    stop_id = client.get_order_by_id(sent.id, NESTED).legs[0].id
    target = client.replace_order_by_id(sent.id, ReplaceOrderRequest(limit_price=241))
    stop = client.replace_order_by_id(stop_id, ReplaceOrderRequest(stop_price=221))
    rise(venue)
    untouched = client.get_order_by_id(target.id).status
    venue.quote("AAPL", "220.90", "221.10")
    venue.trade("AAPL", "221", "1")

    assert "new" == untouched
    assert ["canceled", "filled"] == [
        client.get_order_by_id(each.id).status for each in (target, stop)
    ]
    assert ["replaced", "replaced"] == [
        client.get_order_by_id(each).status for each in (sent.id, stop_id)
    ]


def test_an_oto_holds_its_target_until_the_entry_has_filled(client, venue):
    sent = client.submit_order(limit(229, order_class=OrderClass.OTO, take_profit=TARGET))
    before = statuses(client, sent)
    venue.trade("AAPL", "229", "10")
    entered = statuses(client, sent)
    leg = client.get_order_by_id(sent.id, NESTED).legs[0]
    new = client.replace_order_by_id(leg.id, ReplaceOrderRequest(limit_price=239.5))
    venue.quote("AAPL", "239.40", "239.60")
    venue.trade("AAPL", "239.5", "300000", "buy")

    assert ["new", "held"] == before
    assert ["filled", "new"] == entered
    assert "filled" == client.get_order_by_id(new.id).status
    assert [] == client.get_all_positions()


def test_the_cancel_of_an_entry_ends_what_it_would_have_triggered(client):
    sent = client.submit_order(limit(229, order_class=OrderClass.OTO, stop_loss=STOP))
    client.cancel_order_by_id(sent.id)

    assert ["canceled", "canceled"] == statuses(client, sent)


def test_a_bracket_ends_at_its_stop(client, venue):
    sent = a_bracket(client)
    venue.trade("AAPL", "229", "10")
    fall(venue)

    assert ["filled", "canceled", "filled"] == statuses(client, sent)
    assert [] == client.get_all_positions()


def test_a_bracket_of_a_short_sale_buys_back(client, venue):
    sent = client.submit_order(
        market(
            side=SELL,
            order_class=OrderClass.BRACKET,
            take_profit=TakeProfitRequest(limit_price=220),
            stop_loss=StopLossRequest(stop_price=240),
        )
    )
    read = client.get_order_by_id(sent.id, NESTED)
    venue.quote("AAPL", "219.90", "220.10")
    venue.trade("AAPL", "220", "300000")

    assert ["buy", "buy"] == [each.side for each in read.legs]
    assert ["filled", "filled", "canceled"] == statuses(client, sent)
    assert [] == client.get_all_positions()


def test_an_entry_that_fills_before_its_cancel_has_its_exits_work(client, venue):
    venue.fault("fill_before_cancel")
    sent = a_bracket(client)
    client.cancel_order_by_id(sent.id)

    assert ["filled", "new", "held"] == statuses(client, sent)
    assert "10" == client.get_open_position("AAPL").qty


def test_a_target_that_fills_before_its_cancel_ends_the_stop(client, venue):
    sent = a_bracket(client)
    venue.trade("AAPL", "229", "10")
    venue.fault("fill_before_cancel")
    with trade_updates(venue) as heard:
        client.cancel_order_by_id(sent.legs[0].id)
        heard.wait_for_event("canceled")

    assert ["filled", "filled", "canceled"] == statuses(client, sent)
    assert [] == client.get_all_positions()


def test_a_target_that_fills_before_its_replacement_ends_the_stop_and_the_replacement(
    client, venue
):
    sent = a_bracket(client)
    venue.trade("AAPL", "229", "10")
    venue.fault("fill_before_replace")
    new = client.replace_order_by_id(sent.legs[0].id, ReplaceOrderRequest(limit_price=241))

    assert "rejected" == client.get_order_by_id(new.id).status
    assert ["filled", "filled", "canceled"] == statuses(client, sent)[:3]


def test_all_cancels_end_groups_once(client):
    sent = [a_bracket(client), client.submit_order(limit(228))]

    answers = client.cancel_orders()

    assert 2 <= len(answers) <= 4
    assert {200} == {each.status for each in answers}
    assert ["canceled"] * 3 == statuses(client, sent[0])
