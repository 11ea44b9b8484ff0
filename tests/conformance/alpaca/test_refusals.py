"""Orders that are refused: Alpaca's status, code and words, and nothing done."""

from __future__ import annotations

import pytest
import requests

from tests.support.alpaca_venue import KEY, SECRET

LIMIT = {
    "symbol": "AAPL",
    "side": "buy",
    "type": "limit",
    "qty": "10",
    "time_in_force": "day",
    "limit_price": "200",
}
MARKET = {"symbol": "AAPL", "side": "buy", "type": "market", "qty": "10", "time_in_force": "day"}
SELL = {"side": "sell", "limit_price": "240"}
CRYPTO = {"symbol": "BTC/USD", "time_in_force": "gtc"}
SUB_PENNY = "sub-penny increment does not fulfill minimum pricing criteria"
TAKE, STOP = {"take_profit": {"limit_price": "240"}}, {"stop_loss": {"stop_price": "190"}}


@pytest.fixture
def say(venue):
    session = requests.Session()
    session.headers.update({"APCA-API-KEY-ID": KEY, "APCA-API-SECRET-KEY": SECRET})

    def ask(method, path, **more):
        return session.request(method, f"{venue.http}{path}", timeout=20, **more)

    yield ask
    session.close()


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        (LIMIT | {"symbol": None}, 422, 40010001, "symbol is required"),
        (LIMIT | {"symbol": "NOPE"}, 422, 42210000, 'asset "NOPE" not found'),
        (LIMIT | {"side": None}, 422, 40010001, "side is required"),
        (LIMIT | {"side": "up"}, 422, 40010001, "invalid side"),
        (LIMIT | {"type": "magic"}, 422, 40010001, "invalid order type"),
        (LIMIT | {"time_in_force": "x"}, 422, 40010001, "invalid time_in_force"),
        (LIMIT | {"qty": None}, 422, 40010001, "qty or notional is required"),
        (LIMIT | {"qty": "-1"}, 422, 40010001, "qty must be > 0"),
        (LIMIT | {"qty": "NaN"}, 422, 40010001, "qty must be a number"),
        (LIMIT | {"qty": "1.0000000001"}, 422, 40010001, "qty must be limited to 9 decimal places"),
        (LIMIT | {"limit_price": None}, 422, 40010001, "limit orders require a limit price"),
        (
            MARKET | {"limit_price": "1"},
            422,
            40010001,
            "market orders require no stop or limit price",
        ),
        (
            LIMIT | {"limit_price": "290.123"},
            422,
            42210000,
            f"invalid limit_price 290.123. {SUB_PENNY}",
        ),
        (LIMIT | {"client_order_id": "x" * 129}, 422, 40010001, "client_order_id must be no more"),
        (
            LIMIT | {"qty": "1.5", "time_in_force": "gtc"},
            422,
            42210000,
            "fractional orders must be DAY",
        ),
        (
            MARKET | {"extended_hours": True},
            422,
            42210000,
            "extended hours order must be DAY limit orders",
        ),
        (LIMIT | {"time_in_force": "opg"}, 422, 42210000, "opg orders are not accepted"),
        (LIMIT | {"qty": "10000000"}, 403, 40310000, "insufficient buying power"),
        (
            MARKET | {"side": "sell", "qty": "0.5"},
            422,
            42210000,
            "fractional orders cannot be sold short",
        ),
        (MARKET | CRYPTO | {"side": "sell"}, 403, 40310000, "insufficient balance for BTC"),
        (
            MARKET | CRYPTO | {"qty": "0.0001"},
            403,
            40310000,
            "cost basis must be >= minimal amount of order 10",
        ),
        (MARKET | {"symbol": "BTC/USD"}, 422, 42210000, "invalid crypto time_in_force"),
        (
            MARKET | {"qty": None, "notional": "0.5"},
            403,
            40310000,
            "cost basis must be >= minimal amount of order 1",
        ),
        (LIMIT | {"order_class": "bracket"} | STOP, 422, 40010001, "take_profit.limit_price"),
        (
            LIMIT | {"order_class": "bracket", "stop_loss": {"stop_price": "210"}} | TAKE,
            422,
            42210000,
            "stop_loss.stop_price must be <= base_price - 0.01",
        ),
        (
            LIMIT | SELL | {"order_class": "oco"} | STOP,
            403,
            40310000,
            "oco orders must be exit orders",
        ),
        (
            LIMIT | {"type": "stop", "limit_price": None, "stop_price": "220"},
            422,
            42210000,
            "stop price must be greater than current price",
        ),
        (
            LIMIT | {"type": "trailing_stop", "limit_price": None},
            422,
            40010001,
            "trailing stop orders must specify one of trail_price or trail_percent",
        ),
    ],
)
def test_an_order_is_refused_in_alpacas_words(say, body, status, code, message):
    answer = say("POST", "/v2/orders", json=body)

    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert message in answer.json()["message"]
    assert [] == say("GET", "/v2/orders?status=all").json()


def test_a_body_that_is_no_json_is_refused(say):
    answer = say("POST", "/v2/orders", data=b'{"qty": NaN}')

    assert (422, 40010001) == (answer.status_code, answer.json()["code"])


def test_shares_that_an_order_would_sell_are_not_sold_twice(say):
    say("POST", "/v2/orders", json=MARKET)
    resting = say("POST", "/v2/orders", json=LIMIT | SELL).json()

    answer = say("POST", "/v2/orders", json=LIMIT | SELL | {"qty": "4"})

    assert 403 == answer.status_code
    assert {
        "available": "0",
        "code": 40310000,
        "existing_qty": "10",
        "held_for_orders": "10",
        "message": "insufficient qty available for order (requested: 4, available: 0)",
        "related_orders": [resting["id"]],
        "symbol": "AAPL",
    } == answer.json()


def test_nobody_trades_with_himself(say):
    resting = say("POST", "/v2/orders", json=LIMIT).json()

    answer = say("POST", "/v2/orders", json=MARKET | {"side": "sell"})

    assert (403, resting["id"], "opposite side market/stop order exists") == (
        answer.status_code,
        answer.json()["existing_order_id"],
        answer.json()["reject_reason"],
    )


def test_a_suspended_account_takes_no_orders(say):
    say("PATCH", "/v2/account/configurations", json={"suspend_trade": True})

    answer = say("POST", "/v2/orders", json=LIMIT)

    assert (403, "new orders are rejected by user request") == (
        answer.status_code,
        answer.json()["message"],
    )


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({}, 403, "order parameters are not changed"),
        ({"qty": "10", "limit_price": "200"}, 403, "order parameters are not changed"),
        ({"qty": "1.5"}, 422, "qty must be integer"),
        ({"limit_price": "1.001"}, 422, SUB_PENNY),
        ({"stop_price": "1"}, 422, "limit orders require no stop price"),
        ({"qty": "10000000"}, 403, "insufficient buying power"),
        ({"client_order_id": "taken", "qty": "11"}, 422, "client_order_id must be unique"),
    ],
)
def test_a_replace_is_refused_in_alpacas_words(say, change, status, message):
    order = say("POST", "/v2/orders", json=LIMIT | {"client_order_id": "taken"}).json()

    answer = say("PATCH", f"/v2/orders/{order['id']}", json=change)

    assert status == answer.status_code
    assert message in answer.json()["message"]
    assert "new" == say("GET", f"/v2/orders/{order['id']}").json()["status"]


def test_a_group_is_replaced_in_its_prices_only(say):
    group = LIMIT | {"order_class": "bracket"} | TAKE | STOP
    order = say("POST", "/v2/orders", json=group).json()

    answer = say("PATCH", f"/v2/orders/{order['legs'][0]['id']}", json={"qty": "25"})
    prices = say("PATCH", f"/v2/orders/{order['legs'][0]['id']}", json={"limit_price": "250"})

    assert (422, 42210000) == (answer.status_code, answer.json()["code"])
    assert (200, "250", "held") == (
        prices.status_code,
        prices.json()["limit_price"],
        prices.json()["status"],
    )


def test_what_is_filled_is_not_replaced_by_less(say, venue):
    order = say("POST", "/v2/orders", json=LIMIT).json()
    venue.trade("AAPL", "200", "200000")
    done = say("PATCH", f"/v2/orders/{order['id']}", json={"qty": "5"})
    other = say("POST", "/v2/orders", json=LIMIT | {"limit_price": "199"}).json()
    venue.trade("AAPL", "199", "4")
    less = say("PATCH", f"/v2/orders/{other['id']}", json={"qty": "4"})

    assert (422, 422) == (done.status_code, less.status_code)
    assert "filled" in done.json()["message"]
    assert "unable to replace order, qty must be > filled_qty" == less.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        ("GET", "/v2/orders/00000000-0000-4000-8000-000000000000", "order not found"),
        ("DELETE", "/v2/orders/00000000-0000-4000-8000-000000000000", "order not found"),
        ("PATCH", "/v2/orders/00000000-0000-4000-8000-000000000000", "order not found"),
        ("GET", "/v2/orders:by_client_order_id?client_order_id=x", "order not found"),
        ("GET", "/v2/positions/AAPL", "position does not exist"),
        ("DELETE", "/v2/positions/AAPL", "position does not exist"),
        ("GET", "/v2/assets/NOPE", "asset not found for NOPE"),
    ],
)
def test_what_is_not_there_is_404(say, method, path, message):
    answer = say(method, path)

    assert (404, 40410000) == (answer.status_code, answer.json()["code"])
    assert message in answer.json()["message"]


def test_without_good_keys_nothing_is_answered(venue):
    for headers in ({}, {"APCA-API-KEY-ID": KEY, "APCA-API-SECRET-KEY": "wrong"}):
        answer = requests.get(f"{venue.http}/v2/account", headers=headers, timeout=20)

        assert (401, 40110000) == (answer.status_code, answer.json()["code"])
