"""Every behaviour that breaks naive clients happens when it is asked for."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.support.binance_client import Plain, signed, talk
from tests.support.binance_venue import RunningVenue


def statuses(venue: RunningVenue, account: str = "local") -> list[str]:
    return venue.do(
        lambda it: [order.state.name for order in it.exchange.accounts[account].orders()]
    )


@pytest.mark.parametrize(("carried_out", "alive"), [(True, ["WORKING"]), (False, [])])
def test_an_unknown_outcome_may_have_been_carried_out(
    binance: RunningVenue, carried_out, alive
) -> None:
    binance.fault("unknown_outcome", count=1, carried_out=carried_out)

    answer = talk(binance, Plain.order)

    assert (504, -1007) == (answer.status, answer.form["code"])
    assert alive == statuses(binance)


def test_a_gateway_error_is_no_json_and_the_order_lives(binance: RunningVenue) -> None:
    binance.fault("server_error", count=1, where={"method": "order.place"})

    answer = talk(binance, Plain.order)

    assert 502 == answer.status
    assert answer.text.startswith("<html>")
    assert ["WORKING"] == statuses(binance)


def test_a_lost_answer_leaves_the_order_alive(binance: RunningVenue) -> None:
    binance.fault("answer_lost", count=1)

    with pytest.raises(aiohttp.ClientError):
        talk(binance, Plain.order)

    assert ["WORKING"] == statuses(binance)


def test_a_ban_lasts_and_says_how_long(binance: RunningVenue) -> None:
    binance.fault("banned", count=1, seconds=120)

    async def work(client: Plain):
        return [await client.rest("GET", "/api/v3/ping") for _ in range(2)]

    answers = talk(binance, work)

    assert [418, 418] == [answer.status for answer in answers]
    assert -1003 == answers[0].form["code"]
    assert "120" == answers[0].headers["Retry-After"]


def test_too_many_requests_say_when_to_come_again(binance: RunningVenue) -> None:
    binance.fault("too_many_requests", count=1, retry_after_s=7)

    async def work(client: Plain):
        return [await client.rest("GET", "/api/v3/ping") for _ in range(2)]

    first, second = talk(binance, work)

    assert (429, "7", 200) == (first.status, first.headers["Retry-After"], second.status)


@pytest.mark.parametrize(
    ("lost", "results", "alive"),
    [
        ("new", ("SUCCESS", "FAILURE"), ["CANCELED"]),
        ("cancel", ("FAILURE", "SUCCESS"), ["WORKING", "WORKING"]),
    ],
)
def test_half_of_a_cancel_replace(binance: RunningVenue, lost, results, alive) -> None:
    binance.fault("half_cancel_replace", count=1, lost=lost)

    async def work(client: Plain):
        await client.order(newClientOrderId="old")
        return await client.signed(
            "POST",
            "/api/v3/order/cancelReplace",
            symbol="BTCUSDT",
            side="BUY",
            type="LIMIT",
            timeInForce="GTC",
            quantity="0.5",
            price="59100",
            cancelReplaceMode="ALLOW_FAILURE",
            cancelOrigClientOrderId="old",
        )

    answer = talk(binance, work)

    data = answer.form["data"]
    assert (409, -2021) == (answer.status, answer.form["code"])
    assert results == (data["cancelResult"], data["newOrderResult"])
    assert alive == statuses(binance)


@pytest.mark.parametrize(
    ("fault", "first"), [("answer_late", "event"), ("events_after_answer", "id")]
)
def test_answer_and_event_race_in_both_directions(binance, fault, first) -> None:
    binance.fault(fault, count=1, where={"method": "order.place"})

    async def work(client: Plain):
        async with client.user() as wire:
            order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"}
            await wire.say({"id": 1, "method": "order.place", "params": signed(order)})
            return await wire.hear()

    assert first in talk(binance, work)


def test_an_event_is_lost_and_another_comes_twice(binance: RunningVenue) -> None:
    binance.fault("event_lost", count=1, where={"event": "executionReport"})
    binance.fault("event_duplicated", count=1, where={"event": "executionReport"})

    async def work(client: Plain):
        async with client.user() as wire:
            await client.order(price="60100")
            return [await wire.hear_event("executionReport") for _ in range(2)]

    heard = talk(binance, work)

    assert ["TRADE", "TRADE"] == [event["x"] for event in heard]
    assert heard[0]["I"] == heard[1]["I"]


def test_a_depth_update_is_missing(binance: RunningVenue) -> None:
    async def work(client: Plain):
        async with client.wire("/ws/btcusdt@depth@100ms") as wire:
            heard = []
            for _ in range(3):
                await asyncio.to_thread(binance.trade)
                await asyncio.to_thread(binance.act, "tick")
                if len(heard) == 0:
                    heard.append(await wire.hear())
                    binance.fault("depth_gap", count=1)
            heard.append(await wire.hear())
            return heard

    before, after = talk(binance, work)

    assert after["U"] > before["u"] + 1


def test_a_stream_falls_silent_and_its_socket_stays(binance: RunningVenue) -> None:
    binance.fault("stream_silent", where={"stream": "btcusdt@trade"})

    async def work(client: Plain):
        async with client.wire("/stream?streams=btcusdt@trade/btcusdt@bookTicker") as wire:
            await asyncio.to_thread(binance.trade)
            heard = await wire.hear()
            await wire.say({"method": "LIST_SUBSCRIPTIONS", "id": 1})
            return heard["stream"], await wire.hear()

    stream, listed = talk(binance, work)

    assert "btcusdt@bookTicker" == stream
    assert ["btcusdt@trade", "btcusdt@bookTicker"] == listed["result"]


def test_reads_lag_behind_what_was_done(binance: RunningVenue) -> None:
    async def work(client: Plain):
        await client.order(newClientOrderId="new")
        binance.fault("read_lags", lag_ms=30_000)
        query = {"symbol": "BTCUSDT"}
        one = await client.signed("GET", "/api/v3/order", **query, origClientOrderId="new")
        several = await client.signed("GET", "/api/v3/openOrders", **query)
        account = await client.signed("GET", "/api/v3/account")
        return one.form, several.form, account.form

    one, several, account = talk(binance, work)

    assert -2013 == one["code"]
    assert [] == several
    assert {"0.00000000"} == {balance["locked"] for balance in account["balances"]}


def test_commission_is_paid_in_bnb(binance: RunningVenue) -> None:
    binance.fault("commission_in_bnb", count=1)

    answer = talk(binance, lambda client: client.order(price="60001"))

    assert [("BNB", "0.03750062")] == [
        (fill["commissionAsset"], fill["commission"]) for fill in answer.form["fills"]
    ]


def test_a_revoked_key_opens_nothing(binance: RunningVenue) -> None:
    binance.fault("key_revoked", count=1)

    async def work(client: Plain):
        return [await client.signed("GET", "/api/v3/account") for _ in range(2)]

    assert [(401, -2015)] * 2 == [(each.status, each.form["code"]) for each in talk(binance, work)]


def test_a_clock_that_is_off_refuses_what_is_signed(binance: RunningVenue) -> None:
    binance.fault("clock_skew", ms=-2000)

    answer = talk(binance, Plain.order)

    assert (-1021, "Timestamp for this request was 1000ms ahead of the server's time.") == (
        answer.form["code"],
        answer.form["msg"],
    )


def test_unknown_events_and_fields_are_sent_for_those_who_should_ignore_them(binance) -> None:
    binance.fault("event_unknown", count=1)
    binance.fault("new_field", count=1, where={"event": "executionReport"})

    async def work(client: Plain):
        async with client.user() as wire:
            await client.order()
            return [(await wire.hear())["event"] for _ in range(2)]

    strange, known = talk(binance, work)

    assert "someNewEvent" == strange["e"]
    assert "zz" in known


def test_an_event_is_late_and_those_behind_it_too(binance: RunningVenue) -> None:
    binance.fault("event_late", count=1, delay_ms=50)

    async def work(client: Plain):
        async with client.user() as wire:
            await client.order(price="60100", newClientOrderId="a")
            return [(await wire.hear())["event"].get("x") for _ in range(3)]

    assert ["NEW", None, "TRADE"] == talk(binance, work)


def test_an_overloaded_venue_does_nothing(binance: RunningVenue) -> None:
    binance.fault("overloaded", count=1)

    answer = talk(binance, Plain.order)

    assert (503, -1008) == (answer.status, answer.form["code"])
    assert [] == statuses(binance)


def test_a_firewall_answers_with_a_page(binance: RunningVenue) -> None:
    binance.fault("firewall", count=1)

    answer = talk(binance, lambda client: client.order(newClientOrderId="drop-select"))

    assert (403, True) == (answer.status, "Forbidden" in answer.text)
    assert [] == statuses(binance)


def test_a_window_that_ends_on_the_way_counts_the_order(binance: RunningVenue) -> None:
    binance.keep_off_the_minute()
    binance.fault("window_over_late", count=1)

    async def work(client: Plain):
        refused = await client.order()
        return refused, (await client.signed("GET", "/api/v3/rateLimit/order")).form

    refused, counts = talk(binance, work)

    assert -1021 == refused.form["code"]
    assert [1, 1] == [row["count"] for row in counts]


def test_a_stream_repeats_itself_and_comes_late(binance: RunningVenue) -> None:
    binance.fault("stream_duplicated", count=1)
    binance.fault("stream_late", count=1, delay_ms=20)

    async def work(client: Plain):
        async with client.wire("/ws/btcusdt@trade") as wire:
            await asyncio.to_thread(binance.trade)
            return [await wire.hear() for _ in range(2)]

    first, second = talk(binance, work)

    assert first == second


def test_a_symbol_that_is_halted_takes_cancels_only(binance: RunningVenue) -> None:
    async def work(client: Plain):
        placed = (await client.order()).form
        await asyncio.to_thread(binance.act, "symbol_status", symbol="BTCUSDT", status="HALT")
        info = (await client.rest("GET", "/api/v3/exchangeInfo", symbol="BTCUSDT")).form
        ask = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
        return [
            info["symbols"][0]["status"],
            (await client.order()).form,
            (await client.signed("DELETE", "/api/v3/order", **ask)).form["status"],
        ]

    status, refused, cancelled = talk(binance, work)

    assert ("HALT", "CANCELED") == (status, cancelled)
    assert {"code": -1013, "msg": "Market is closed."} == refused


def test_events_that_wait_for_an_answer_come_even_if_it_is_an_error(binance) -> None:
    binance.fault("events_after_answer", count=1, where={"method": "order.place"})
    binance.fault("unknown_outcome", count=1)

    async def work(client: Plain):
        async with client.user() as wire:
            answer = await client.order()
            return answer.form["code"], await wire.hear_event("executionReport")

    code, event = talk(binance, work)

    assert (-1007, "NEW") == (code, event["x"])
