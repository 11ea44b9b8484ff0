"""The REST door: keys, times, filters, limits, orders, in Binance's codes and words."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.support.binance_client import Plain, now_ms, signature, talk
from tests.support.binance_venue import RunningVenue

ORDER = "/api/v3/order"
ACCOUNT = "/api/v3/account"


def code_of(venue: RunningVenue, work) -> tuple[int, int]:
    answer = talk(venue, work)
    return answer.status, answer.form["code"]


def test_a_request_without_a_key_or_with_a_strange_one_is_refused(binance: RunningVenue) -> None:
    async def work(client: Plain):
        query = f"timestamp={now_ms()}"
        whole = f"{query}&signature={signature(query)}"
        return [await client.send("GET", ACCOUNT, whole, key=key) for key in (None, "strange")]

    answers = talk(binance, work)

    assert [(401, -2014), (401, -2015)] == [(each.status, each.form["code"]) for each in answers]


@pytest.mark.parametrize(
    ("query", "status_and_code"),
    [
        ("", (400, -1102)),
        ("timestamp={now}", (400, -1102)),
        ("timestamp={now}&signature=" + "0" * 64, (400, -1022)),
        ("timestamp={now}&signature=xyz", (400, -1100)),
        ("timestamp=1&signature=" + "0" * 64, (400, -1021)),
    ],
)
def test_a_signature_and_a_time_are_demanded(binance, query, status_and_code) -> None:
    text = query.format(now=now_ms())

    assert status_and_code == code_of(binance, lambda client: client.send("GET", ACCOUNT, text))


def test_a_body_is_signed_behind_the_query_with_nothing_between(binance: RunningVenue) -> None:
    query = urlencode({"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"})
    body = f"quantity=1&price=59000&timestamp={now_ms()}"

    async def work(client: Plain):
        whole = f"{body}&signature={signature(query + body)}"
        return await client.send("POST", ORDER, query, body=whole)

    assert 200 == talk(binance, work).status


def test_the_query_wins_over_the_body(binance: RunningVenue) -> None:
    query = "symbol=BTCUSDT"
    body = f"symbol=ETHUSDT&side=BUY&type=MARKET&quantity=1&timestamp={now_ms()}"

    async def work(client: Plain):
        whole = f"{body}&signature={signature(query + body)}"
        return await client.send("POST", ORDER, query, body=whole)

    assert "BTCUSDT" == talk(binance, work).form["symbol"]


@pytest.mark.parametrize(
    ("change", "code", "msg"),
    [
        ({"price": "59000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "0.00001"}, -1013, "Filter failure: NOTIONAL"),
        ({"price": "1000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({"quantity": "0"}, -1013, "Invalid quantity."),
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"type": "FANCY"}, -1116, "Invalid orderType."),
        ({"timeInForce": "GTD"}, -1115, "Invalid timeInForce."),
        ({"symbol": "NOPE"}, -1121, "Invalid symbol."),
        ({"stopPrice": "1"}, -1106, "Parameter 'stopPrice' sent when not required."),
        (
            {"timeInForce": None},
            -1102,
            "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed.",
        ),
        (
            {"colour": "red"},
            -1104,
            "Not all sent parameters were read; read '9' parameter(s) but was sent '10'.",
        ),
        ({"quantity": "99"}, -2010, "Account has insufficient balance for requested action."),
        (
            {"type": "LIMIT_MAKER", "timeInForce": None, "price": "60100"},
            -2010,
            "Order would immediately match and take.",
        ),
        (
            {"type": "STOP_LOSS", "timeInForce": None, "price": None, "stopPrice": "59000"},
            -2010,
            "Stop price would trigger immediately.",
        ),
    ],
)
def test_an_order_is_refused_in_binances_words(binance, change, code, msg) -> None:
    answer = talk(binance, lambda client: client.order(**change))

    assert (400, {"code": code, "msg": msg}) == (answer.status, answer.form)


def test_a_client_id_may_come_again_once_its_order_is_over(binance: RunningVenue) -> None:
    async def work(client: Plain):
        first = await client.order(newClientOrderId="again")
        second = await client.order(newClientOrderId="again")
        await client.signed("DELETE", ORDER, symbol="BTCUSDT", origClientOrderId="again")
        return first, second, await client.order(newClientOrderId="again")

    first, second, third = talk(binance, work)

    assert (200, 200) == (first.status, third.status)
    assert {"code": -2010, "msg": "Duplicate order sent."} == second.form
    assert first.form["orderId"] != third.form["orderId"]


def test_weight_and_order_counts_are_in_the_headers(binance: RunningVenue) -> None:
    binance.keep_off_the_minute()

    async def work(client: Plain):
        return [
            await client.rest("GET", "/api/v3/ping"),
            await client.rest("GET", "/api/v3/exchangeInfo"),
            await client.order(),
            await client.order(quantity="99"),
        ]

    answers = talk(binance, work)

    used = [int(answer.headers["X-MBX-USED-WEIGHT-1M"]) for answer in answers]
    assert [1, 21, 21, 22] == used
    assert "1" == answers[2].headers["X-MBX-ORDER-COUNT-10S"]
    assert "1" == answers[2].headers["X-MBX-ORDER-COUNT-1D"]


def test_more_weight_than_there_is_ends_in_429_and_then_in_a_ban(binance: RunningVenue) -> None:
    binance.keep_off_the_minute()

    async def work(client: Plain):
        found = []
        while 418 not in found:
            answer = await client.rest("GET", "/api/v3/depth", symbol="BTCUSDT", limit=5000)
            found.append(answer.status)
        return found, answer

    found, last = talk(binance, work)

    assert 24 == found.count(200)
    assert 10 == found.count(429)
    assert "120" == last.headers["Retry-After"]


def test_too_many_orders_within_ten_seconds_are_refused(binance: RunningVenue) -> None:
    binance.keep_off_the_minute()
    binance.do(lambda venue: venue._parts.counts.limits.update({"10S": 1}))

    async def work(client: Plain):
        return [await client.order(), await client.order()]

    first, second = talk(binance, work)

    assert 200 == first.status
    assert (429, "Too many new orders; current limit is 1 orders per 10 SECOND.") == (
        second.status,
        second.form["msg"],
    )


def test_what_was_switched_off_is_gone(binance: RunningVenue) -> None:
    async def work(client: Plain):
        return [
            await client.send("POST", "/api/v3/userDataStream", ""),
            await client.send("POST", "/api/v1/userDataStream", ""),
            await client.send("GET", "/api/v1/ping", ""),
        ]

    assert [404, 404, 404] == [answer.status for answer in talk(binance, work)]


def test_times_are_in_microseconds_for_who_asks(binance: RunningVenue) -> None:
    async def work(client: Plain):
        client._session.headers["X-MBX-TIME-UNIT"] = "MICROSECOND"
        good = await client.rest("GET", "/api/v3/time")
        client._session.headers["X-MBX-TIME-UNIT"] = "FORTNIGHT"
        return good.form["serverTime"], (await client.rest("GET", "/api/v3/time")).form["code"]

    micros, code = talk(binance, work)

    assert 16 == len(str(micros))
    assert -1194 == code


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("depth", {}, -1102),
        ("depth", {"symbol": "NOPE"}, -1121),
        ("klines", {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        ("ticker/price", {"symbol": "BTCUSDT", "symbols": '["BTCUSDT"]'}, -1128),
        ("ping", {"a": "1"}, -1101),
        ("aggTrades", {"symbol": "BTCUSDT", "fromId": "1", "startTime": "1"}, -1128),
    ],
)
def test_a_read_that_cannot_be_answered_says_why(binance, path, params, code) -> None:
    answer = talk(binance, lambda client: client.rest("GET", f"/api/v3/{path}", **params))

    assert code == answer.form["code"]


def test_an_order_is_found_by_either_id_and_by_both_only_if_they_agree(binance) -> None:
    async def work(client: Plain):
        one = (await client.order(newClientOrderId="one")).form
        await client.order(newClientOrderId="two")
        ask = {"symbol": "BTCUSDT"}
        return [
            (await client.signed("GET", ORDER, **ask, orderId=one["orderId"])).form,
            (await client.signed("GET", ORDER, **ask, origClientOrderId="one")).form,
            (
                await client.signed(
                    "DELETE", ORDER, **ask, orderId=one["orderId"], origClientOrderId="two"
                )
            ).form,
            (await client.signed("GET", ORDER, **ask)).form,
        ]

    by_id, by_client_id, neither, nothing = talk(binance, work)

    assert by_id == by_client_id
    assert -2039 == neither["code"]
    assert (
        "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
        == (nothing["msg"])
    )


@pytest.mark.parametrize(
    ("restriction", "ok"), [("ONLY_NEW", False), ("ONLY_PARTIALLY_FILLED", True)]
)
def test_a_cancel_may_be_restricted_to_a_status(binance, restriction, ok) -> None:
    async def work(client: Plain):
        placed = (await client.order(price="60000")).form
        binance.order("SELL", "0.2", "60000")
        return await client.signed(
            "DELETE",
            ORDER,
            symbol="BTCUSDT",
            orderId=placed["orderId"],
            cancelRestrictions=restriction,
        )

    answer = talk(binance, work)

    assert ok == (200 == answer.status)
    assert ok or "Order was not canceled due to cancel restrictions." == answer.form["msg"]


def test_an_amendment_without_an_id_gets_one_that_nobody_chose(binance: RunningVenue) -> None:
    async def work(client: Plain):
        placed = (await client.order(newClientOrderId="mine")).form
        path = "/api/v3/order/amend/keepPriority"
        ask = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
        answers = [
            (await client.signed("PUT", path, **ask, newQty=qty)).form
            for qty in ("0.4", "0.4", "0.9")
        ]
        done = await client.signed("GET", "/api/v3/order/amendments", **ask)
        old = await client.signed("GET", ORDER, symbol="BTCUSDT", origClientOrderId="mine")
        return answers, done.form, old.form

    (changed, same, more), done, old = talk(binance, work)

    order = changed["amendedOrder"]
    assert ("mine", 22) == (order["origClientOrderId"], len(order["clientOrderId"]))
    assert -2013 == old["code"]
    assert "The requested action would change no state; rejecting." == same["msg"]
    assert (-2038, "Order amend (quantity increase) is not supported.") == (
        more["code"],
        more["msg"],
    )
    assert [("0.50000000", "0.40000000")] == [(each["origQty"], each["newQty"]) for each in done]


def test_cancelling_all_answers_orders_and_lists_mixed(binance: RunningVenue) -> None:
    async def work(client: Plain):
        await client.order()
        await client.signed(
            "POST",
            "/api/v3/orderList/oto",
            symbol="BTCUSDT",
            workingType="LIMIT",
            workingSide="BUY",
            workingPrice="59000",
            workingQuantity="0.1",
            workingTimeInForce="GTC",
            pendingType="MARKET",
            pendingSide="SELL",
            pendingQuantity="0.1",
        )
        first = await client.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
        return first.form, (
            await client.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
        ).form

    forms, nothing = talk(binance, work)

    assert [False, True] == ["orderReports" in form for form in forms]
    assert -2011 == nothing["code"]


@pytest.mark.parametrize(("mode", "status"), [("STOP_ON_FAILURE", 429), ("ALLOW_FAILURE", 409)])
def test_with_the_order_limit_reached_a_cancel_replace_may_cancel_only(
    binance, mode, status
) -> None:
    async def work(client: Plain):
        await client.order(newClientOrderId="old")
        binance.do(lambda venue: venue._parts.counts.limits.update({"10S": 0}))
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
        ask = {**order, "quantity": "0.5", "price": "59100", "cancelReplaceMode": mode}
        path = "/api/v3/order/cancelReplace"
        return [
            await client.signed("POST", path, **ask, cancelOrigClientOrderId="old", **more)
            for more in ({}, {"orderRateLimitExceededMode": "CANCEL_ONLY"})
        ]

    nothing, half = talk(binance, work)

    assert (429, -1015) == (nothing.status, nothing.form["code"])
    data = half.form["data"]
    assert (status, -2021) == (half.status, half.form["code"])
    assert ("SUCCESS", -1015) == (data["cancelResult"], data["newOrderResponse"]["code"])
