"""The WebSocket API: sessions, requests by id, subscriptions to user data."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from regimeflow.apps.venues.server.venue import AccountEntry
from tests.support.binance_client import Plain, now_ms, signed, talk
from tests.support.binance_venue import RunningVenue, accounts
from tests.support.shapes import differences

PRIVATE = ed25519.Ed25519PrivateKey.generate()
PUBLIC = (
    PRIVATE.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


@pytest.fixture
def keyed() -> Iterator[RunningVenue]:
    """A venue where one account has a key of Ed25519."""
    balances = accounts()[0].balances
    entry = AccountEntry(name="edward", key="ed-key", public_key=PUBLIC, balances=balances)
    with RunningVenue([*accounts(), entry]) as venue:
        venue.quote()
        yield venue


# As Binance's documentation shows it.
LOGON = {
    "apiKey": "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
    "authorizedSince": 1649729878532,
    "connectedSince": 1649729873021,
    "returnRateLimits": False,
    "serverTime": 1649729878630,
    "userDataStream": False,
}


def with_ed25519(params: dict[str, object]) -> dict[str, object]:
    whole = {**params, "apiKey": "ed-key", "timestamp": now_ms()}
    text = "&".join(f"{name}={whole[name]}" for name in sorted(whole))
    return {**whole, "signature": base64.b64encode(PRIVATE.sign(text.encode())).decode()}


def over(venue: RunningVenue, work, path: str = "/ws-api/v3"):
    async def run(client: Plain):
        async with client.wire(path) as wire:
            return await work(wire)

    return talk(venue, run)


def test_a_session_is_logged_on_with_ed25519_and_then_needs_no_signature(keyed) -> None:
    async def work(wire):
        logon = await wire.ask("session.logon", **with_ed25519({}))
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"}
        placed = await wire.ask("order.place", **order, timestamp=now_ms())
        subscribed = await wire.ask("userDataStream.subscribe")
        listed = await wire.ask("session.subscriptions")
        out = await wire.ask("session.logout")
        refused = await wire.ask("account.status", timestamp=now_ms())
        return logon, placed, subscribed, listed, out, refused

    logon, placed, subscribed, listed, out, refused = over(keyed, work)

    assert [] == list(differences(LOGON, logon["result"]))
    assert "FILLED" == placed["result"]["status"]
    assert {"subscriptionId": 0} == subscribed["result"]
    assert [{"subscriptionId": 0}] == listed["result"]
    assert (None, True) == (out["result"]["apiKey"], out["result"]["userDataStream"])
    assert (401, -2014) == (refused["status"], refused["error"]["code"])


def test_no_other_key_may_log_on(binance: RunningVenue) -> None:
    answer = over(binance, lambda wire: wire.ask_signed("session.logon"))

    assert (-4056, "HMAC_SHA256 API key is not supported.") == (
        answer["error"]["code"],
        answer["error"]["msg"],
    )


def test_a_revoked_key_is_told_to_its_session_without_being_asked(keyed: RunningVenue) -> None:
    async def work(wire):
        await wire.ask("session.logon", **with_ed25519({}))
        keyed.act("revoke_key", key="ed-key")
        return await wire.hear()

    expected = {
        "id": None,
        "status": 401,
        "error": {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."},
    }
    assert expected == over(keyed, work)


def test_an_account_is_subscribed_once_per_connection_and_left_with_a_last_event(binance) -> None:
    async def work(wire):
        method = "userDataStream.subscribe.signature"
        first = await wire.ask_signed(method)
        second = await wire.ask_signed(method)
        await wire.say({"id": 9, "method": "userDataStream.unsubscribe", "params": {}})
        last, left = await wire.hear(), await wire.hear()
        third = await wire.ask_signed(method)
        return first, second, last, left, third

    first, second, last, left, third = over(binance, work)

    assert {"subscriptionId": 0} == first["result"]
    assert -2035 == second["error"]["code"]
    assert "eventStreamTerminated" == last["event"]["e"]
    assert (200, {}) == (left["status"], left["result"])
    assert {"subscriptionId": 1} == third["result"]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ("not json", -1135),
        ({"id": 1}, -1102),
        ({"id": 1, "method": "userDataStream.start"}, -1020),
        ({"id": 1, "method": "make.coffee"}, -1000),
        ({"id": "x" * 37, "method": "ping"}, -1100),
        ({"id": 1, "method": "ping", "params": {"a": 1}}, -1101),
        ({"id": 1, "method": "userDataStream.subscribe"}, -1002),
        ({"id": 1, "method": "userDataStream.unsubscribe"}, -2036),
        ({"id": 1, "method": "depth", "params": {"symbol": "NOPE"}}, -1121),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(binance, form, code) -> None:
    async def work(wire):
        await wire.say(form)
        return await wire.hear()

    answer = over(binance, work)

    assert code == answer["error"]["code"]
    assert {"id", "status", "error", "rateLimits"} == set(answer)


@pytest.mark.parametrize("identity", [7, "seven", None, -(2**62)])
def test_an_answer_has_the_id_of_its_request(binance: RunningVenue, identity) -> None:
    async def work(wire):
        await wire.say({"id": identity, "method": "time"})
        return await wire.hear()

    assert identity == over(binance, work)["id"]


def test_who_does_not_want_the_limits_gets_none(binance: RunningVenue) -> None:
    async def work(wire):
        return await wire.ask("ping"), await wire.ask("ping", returnRateLimits=True)

    bare, full = over(binance, work, "/ws-api/v3?returnRateLimits=false")

    assert ["id", "status", "result"] == list(bare)
    assert "rateLimits" in full


def test_numbers_are_signed_as_they_are_written(binance: RunningVenue) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}

    async def work(wire):
        params = signed({**order, "quantity": 0.5, "price": 59000})
        return await wire.ask("order.place", **params)

    assert 200 == over(binance, work)["status"]


def test_orders_are_placed_amended_replaced_and_cancelled_over_one_connection(binance) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}

    async def work(wire):
        mine = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
        placed = await wire.ask_signed(
            "order.place", **order, quantity="0.5", price="59000", newClientOrderId="mine"
        )
        amended = await wire.ask_signed(
            "order.amend.keepPriority", **mine, newQty="0.4", newClientOrderId="mine"
        )
        replaced = await wire.ask_signed(
            "order.cancelReplace",
            **order,
            quantity="0.3",
            price="59100",
            cancelReplaceMode="STOP_ON_FAILURE",
            cancelOrigClientOrderId="mine",
        )
        failed = await wire.ask_signed(
            "order.cancelReplace",
            **order,
            quantity="0.3",
            price="59100",
            cancelReplaceMode="STOP_ON_FAILURE",
            cancelOrigClientOrderId="mine",
        )
        cancelled = await wire.ask_signed("openOrders.cancelAll", symbol="BTCUSDT")
        return placed, amended, replaced, failed, cancelled

    placed, amended, replaced, failed, cancelled = over(binance, work)

    assert ["ORDERS", "ORDERS", "REQUEST_WEIGHT"] == [
        row["rateLimitType"] for row in placed["rateLimits"]
    ]
    assert "0.40000000" == amended["result"]["amendedOrder"]["qty"]
    assert "SUCCESS" == replaced["result"]["newOrderResult"]
    assert (400, -2022) == (failed["status"], failed["error"]["code"])
    assert "NOT_ATTEMPTED" == failed["error"]["data"]["newOrderResult"]
    assert ["CANCELED"] == [each["status"] for each in cancelled["result"]]
