"""What the local venue does wrong on purpose, as alpaca-py meets it."""

from __future__ import annotations

import pytest
import requests
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import OrderClass
from alpaca.trading.requests import (
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLossRequest,
    TakeProfitRequest,
)

from tests.support.alpaca_clients import market_data, trade_updates
from tests.support.alpaca_venue import KEY, SECRET, running_venue


def market(qty=10, **more):
    return MarketOrderRequest(symbol="AAPL", side="buy", qty=qty, time_in_force="day", **more)


def limit(price, qty=10, **more):
    return LimitOrderRequest(
        symbol="AAPL", side="buy", qty=qty, time_in_force="day", limit_price=price, **more
    )


def status(client, order):
    return str(client.get_order_by_id(order.id).status.value)


def test_events_come_twice_with_the_same_execution_ids(venue, client):
    venue.fault("duplicate_events")
    with trade_updates(venue) as heard:
        client.submit_order(market())
        heard.wait_for(5)

    assert ["pending_new", "new", "fill", "new", "fill"] == heard.events
    _, new, fill, new_again, fill_again = heard.messages
    assert (new.execution_id, fill.execution_id) == (
        new_again.execution_id,
        fill_again.execution_id,
    )


def test_an_event_is_lost_or_late(venue, client):
    venue.fault("lost_event", where={"event": "new"})
    venue.fault("late_event", seconds=0.01, where={"event": "pending_new"})
    with trade_updates(venue) as heard:
        client.submit_order(market())
        heard.wait_for(2)

    assert ["fill", "pending_new"] == heard.events


def test_the_old_order_fills_although_the_replace_was_accepted(venue, client):
    venue.fault("fill_before_replace")
    with trade_updates(venue) as heard:
        old = client.submit_order(limit(229))
        new = client.replace_order_by_id(old.id, ReplaceOrderRequest(limit_price=228))
        heard.wait_for_event("rejected")

    assert ["pending_new", "new", "fill", "rejected"] == heard.events
    assert ("filled", "rejected") == (status(client, old), status(client, new))


def test_a_replace_happens_although_the_answer_says_no(venue, client):
    venue.fault("replace_error_but_done")
    old = client.submit_order(limit(229))

    with pytest.raises(APIError, match="isn't sent to exchange yet"):
        client.replace_order_by_id(old.id, ReplaceOrderRequest(limit_price=228))

    assert "replaced" == status(client, old)


def test_a_replacement_works_the_whole_quantity_again(venue, client):
    venue.fault("replace_forgets_fills")
    old = client.submit_order(limit(229))
    venue.trade("AAPL", "229", "4")
    new = client.replace_order_by_id(old.id, ReplaceOrderRequest(limit_price=228))
    venue.trade("AAPL", "228", "100")

    read = client.get_order_by_id(new.id)
    assert ("filled", "10", "10") == (read.status, read.qty, read.filled_qty)
    assert "14" == client.get_open_position("AAPL").qty


def test_an_order_is_accepted_and_the_answer_is_500(venue, client):
    venue.fault("error_after_done", where={"method": "POST"})

    with pytest.raises(APIError) as caught:
        client.submit_order(market(client_order_id="mine"))

    assert 500 == caught.value.status_code
    assert "filled" == client.get_order_by_client_id("mine").status


def test_an_order_is_accepted_and_nothing_is_answered(venue, client):
    venue.fault("no_answer", where={"method": "POST"})

    with pytest.raises(requests.ConnectionError):
        client.submit_order(market(client_order_id="mine"))

    assert "filled" == client.get_order_by_client_id("mine").status


def test_an_order_is_not_accepted_when_the_error_came_first(venue, client):
    venue.fault("error_before", where={"method": "POST"})

    with pytest.raises(APIError):
        client.submit_order(market(client_order_id="mine"))
    with pytest.raises(APIError) as caught:
        client.get_order_by_client_id("mine")

    assert (404, 40410000) == (caught.value.status_code, caught.value.code)


def test_a_fill_wins_against_an_accepted_cancel(venue, client):
    venue.fault("fill_before_cancel")
    with trade_updates(venue) as heard:
        sent = client.submit_order(limit(229))
        client.cancel_order_by_id(sent.id)
        heard.wait_for_event("fill")

    with pytest.raises(APIError) as caught:
        client.cancel_order_by_id(sent.id)
    assert (422, 42210000, 'order is already in "filled" state') == (
        caught.value.status_code,
        caught.value.code,
        caught.value.message,
    )


def test_a_cancel_is_rejected_or_never_done(venue, client):
    venue.fault("cancel_rejected")
    sent = client.submit_order(limit(229))
    with trade_updates(venue) as heard:
        client.cancel_order_by_id(sent.id)
        heard.wait_for_event("order_cancel_rejected")
        venue.fault("stuck_cancel")
        client.cancel_order_by_id(sent.id)
        heard.wait_for_event("pending_cancel")

    assert "pending_cancel" == status(client, sent)


def test_a_cancel_of_what_is_over_is_accepted_and_means_nothing(venue, client):
    sent = client.submit_order(market())
    venue.fault("cancel_means_nothing")

    client.cancel_order_by_id(sent.id)

    assert "filled" == status(client, sent)


def test_an_event_that_nobody_knows_is_told(venue, client):
    with trade_updates(venue) as heard:
        heard.stream._raw_data = True
        sent = client.submit_order(limit(229))
        venue.act("tell", order_id=str(sent.id), event="trade_bust", status="suspended")
        heard.wait_for(3)

    told = heard.messages[-1]["data"]
    assert ("trade_bust", "suspended") == (told["event"], told["order"]["status"])
    assert "new" == status(client, sent)


def test_a_group_loses_a_member_in_silence(venue, client):
    venue.fault("silent_leg_cancel")
    with trade_updates(venue) as heard:
        sent = client.submit_order(
            market(
                order_class=OrderClass.BRACKET,
                take_profit=TakeProfitRequest(limit_price=240),
                stop_loss=StopLossRequest(stop_price=220),
            )
        )
        venue.quote("AAPL", "239.90", "240.10")
        venue.trade("AAPL", "240", "300000", "buy")
        heard.wait_for_event("fill", 2)
        venue.flush()

    assert "canceled" not in heard.events
    assert "canceled" == status(client, sent.legs[1])


def test_an_accepted_order_is_rejected_later(venue, client):
    venue.fault("reject_after_acceptance")
    with trade_updates(venue) as heard:
        sent = client.submit_order(market())
        heard.wait_for_event("rejected")

    read = client.get_order_by_id(sent.id)
    assert ("pending_new", "rejected") == (sent.status, read.status)
    assert read.failed_at is not None


def test_an_order_stays_pending_new_and_takes_no_replace(venue, client):
    venue.fault("stuck_pending_new")
    sent = client.submit_order(limit(229))

    with pytest.raises(APIError, match="isn't sent to exchange yet"):
        client.replace_order_by_id(sent.id, ReplaceOrderRequest(limit_price=228))
    before = status(client, sent)
    venue.act("release")

    assert ("pending_new", "new") == (before, status(client, sent))


def test_reads_are_stale_or_miss_what_is_there(venue, client):
    sent = client.submit_order(limit(229, client_order_id="mine"))
    before = client.get_order_by_id(sent.id)
    venue.trade("AAPL", "229", "10")
    venue.fault("stale_reads")
    stale = client.get_order_by_id(sent.id)
    venue.fault("missing_at_first")

    with pytest.raises(APIError) as caught:
        client.get_order_by_client_id("mine")

    assert 404 == caught.value.status_code
    assert (before.status, "filled") == (stale.status, status(client, sent))


def test_a_stream_goes_silent_or_is_cut(venue, client):
    venue.fault("silent_stream", count=2)
    with trade_updates(venue) as heard:
        client.submit_order(market())
        heard.wait_for_event("fill")

    assert ["fill"] == heard.events
    venue.fault("disconnect")
    with trade_updates(venue) as cut:
        client.submit_order(market())
        venue.flush()

    assert [] == cut.messages


def test_an_event_has_no_id_and_mixes_offsets(venue, client):
    venue.fault("no_event_id", count=None)
    venue.fault("mixed_offsets", count=None)
    with trade_updates(venue) as heard:
        heard.stream._raw_data = True
        client.submit_order(market())
        heard.wait_for(3)

    data = heard.messages[-1]["data"]
    assert "event_id" not in data
    assert data["order"]["created_at"].endswith("Z")
    assert data["order"]["filled_at"][-6:] in {"-05:00", "-04:00"}


def test_a_slow_client_of_market_data_is_told_so(venue):
    venue.fault("slow_client")

    def subscribe(stream, hear):
        stream.subscribe_trades(hear, "AAPL")

    with market_data(venue, subscribe) as heard:
        venue.trade("AAPL", "230", "5")
        venue.flush()

    assert [] == heard.messages


def test_removed_fields_come_back(venue, client):
    without = client.get("/account")
    venue.fault("pdt_fields", count=None)

    assert {"daytrade_count", "daytrading_buying_power", "pattern_day_trader"} == client.get(
        "/account"
    ).keys() - without.keys()
    assert {"dtbp_check", "pdt_check"} <= client.get("/account/configurations").keys()


def test_sip_data_needs_a_subscription_when_told_so(venue):
    headers = {"APCA-API-KEY-ID": KEY, "APCA-API-SECRET-KEY": SECRET}
    venue.fault("insufficient_subscription")

    answers = [
        requests.get(
            f"{venue.http}/v2/stocks/quotes/latest",
            params={"symbols": "AAPL", "feed": feed},
            headers=headers,
            timeout=20,
        )
        for feed in ("iex", "sip", "sip")
    ]

    assert [200, 403, 200] == [answer.status_code for answer in answers]


def test_a_budget_is_spent_before_it_is(venue):
    headers = {"APCA-API-KEY-ID": KEY, "APCA-API-SECRET-KEY": SECRET}
    venue.fault("too_many_requests", where={"kind": "trading"})

    answers = [requests.get(f"{venue.http}/v2/clock", headers=headers, timeout=20) for _ in "12"]

    assert [429, 200] == [answer.status_code for answer in answers]
    assert "0" == answers[0].headers["X-RateLimit-Remaining"]


def test_a_budget_of_requests_is_kept_and_told():
    with running_venue(requests_per_minute=2) as venue:
        session = requests.Session()
        session.headers.update({"APCA-API-KEY-ID": KEY, "APCA-API-SECRET-KEY": SECRET})
        venue.clock.offset_ns -= venue.clock() % (60 * 10**9)

        answers = [session.get(f"{venue.http}/v2/clock") for _ in range(3)]
        session.close()

    assert [200, 200, 429] == [answer.status_code for answer in answers]
    assert ["1", "0", "0"] == [answer.headers["X-RateLimit-Remaining"] for answer in answers]
    assert {"2"} == {answer.headers["X-RateLimit-Limit"] for answer in answers}
    assert 1 == len({int(answer.headers["X-RateLimit-Reset"]) % 60 for answer in answers})
    assert {"code": 42910000, "message": "rate limit exceeded"} == answers[2].json()
