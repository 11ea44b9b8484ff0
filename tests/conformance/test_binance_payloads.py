"""What the venue says has the keys, types and number formats of recorded messages."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from regimeflow.apps.venues.server.venue import AccountEntry
from tests.conformance.test_binance_ws_api import PUBLIC, with_ed25519
from tests.support.binance_client import Plain, talk
from tests.support.binance_differences import DIFFERENCES
from tests.support.binance_venue import RunningVenue, accounts
from tests.support.payloads import SHARED, needs_payloads
from tests.support.shapes import differences

FOLDER = SHARED / "payloads" / "binance"
pytestmark = [
    pytest.mark.shared,
    needs_payloads("binance"),
]
Ask = Callable[[Plain], Awaitable[Any]]


def recorded(name: str) -> Any:
    text = (FOLDER / name).read_text()
    if name.endswith(".txt"):  # a test of another client: what it expects stands behind "="
        text = text.partition("\n=")[2].replace('"|1|"', '"1"')
    return json.loads(text)


async def account(client: Plain) -> Any:
    async with client.wire("/ws-api/v3") as wire:
        return await wire.ask_signed("account.status")


async def moved(client: Plain) -> Any:
    async with client.user() as wire:
        await client.order()
        heard = await wire.hear()
        while heard["event"]["e"] != "outboundAccountPosition":
            heard = await wire.hear()
        return heard


def stream(name: str, path: str = "/stream?streams=") -> Ask:
    async def ask(client: Plain) -> Any:
        async with client.wire(f"{path}{name}") as wire:
            client.venue.trade()
            client.venue.trade("ETHUSDT")
            return await wire.hear()

    return ask


def read(path: str, **params: object) -> Ask:
    async def ask(client: Plain) -> Any:
        return (await client.rest("GET", f"/api/v3/{path}", **params)).form

    return ask


def call(method: str, *, places: bool = False, **params: object) -> Ask:
    async def ask(client: Plain) -> Any:
        if places:
            await client.order(newClientOrderId="mine")
            await client.order(price="60100", newClientOrderId="taken")
        async with client.wire("/ws-api/v3") as wire:
            return await wire.ask_signed(method, **params)

    return ask


def own(path: str, **params: object) -> Ask:
    async def ask(client: Plain) -> Any:
        await client.order(newClientOrderId="mine")
        await client.order(price="60100", newClientOrderId="taken")
        return (await client.signed("GET", f"/api/v3/{path}", **params)).form

    return ask


async def terminated(client: Plain) -> Any:
    async with client.user() as wire:
        await wire.say({"id": 1, "method": "userDataStream.unsubscribe"})
        return await wire.hear()


def replaced(mode: str) -> Ask:
    async def ask(client: Plain) -> Any:
        answer = await client.signed(
            "POST",
            "/api/v3/order/cancelReplace",
            symbol="BTCUSDT",
            side="BUY",
            type="LIMIT",
            timeInForce="GTC",
            quantity="0.5",
            price="59000",
            cancelReplaceMode=mode,
            cancelOrderId="9",
            newOrderRespType="ACK",
        )
        return answer.form

    return ask


async def limited(client: Plain) -> Any:
    client.venue.fault("too_many_orders", count=1)
    return (await client.order()).form


async def banned(client: Plain) -> Any:
    client.venue.fault("banned", count=1)
    async with client.wire("/ws-api/v3") as wire:
        return await wire.ask("ping")


def report(kind: str, order: dict[str, object], **fields: object) -> Ask:
    async def ask(client: Plain) -> Any:
        async with client.user() as wire:
            placed = (await client.order(**order)).form
            if kind == "CANCELED":
                await client.signed(
                    "DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=placed["orderId"]
                )
            return await wire.hear_event("executionReport", x=kind, **fields)

    return ask


async def rejected(client: Plain) -> Any:
    await client.order(newClientOrderId="mine")
    client.venue.fault("half_cancel_replace", count=1)
    async with client.user() as wire:
        await client.signed(
            "POST",
            "/api/v3/order/cancelReplace",
            symbol="BTCUSDT",
            side="BUY",
            type="LIMIT",
            timeInForce="GTC",
            quantity="0.5",
            price="59000",
            cancelReplaceMode="STOP_ON_FAILURE",
            cancelOrigClientOrderId="mine",
        )
        return await wire.hear_event("executionReport", x="REJECTED")


async def paired(client: Plain) -> Any:
    async with client.user() as wire:
        await client.signed(
            "POST",
            "/api/v3/orderList/oco",
            symbol="BTCUSDT",
            side="SELL",
            quantity="0.5",
            aboveType="LIMIT_MAKER",
            abovePrice="61000",
            belowType="STOP_LOSS",
            belowStopPrice="59000",
        )
        heard = await wire.hear()
        while heard["event"]["e"] != "listStatus":
            heard = await wire.hear()
        return heard


STOP = {
    "type": "STOP_LOSS_LIMIT",
    "price": "60600",
    "stopPrice": "60500",
}
CASES: dict[str, tuple[Ask, Callable[[Any], Any]]] = {}


def case(name: str, ask: Ask, of: Callable[[Any], Any] = lambda x: x) -> None:
    CASES[name] = (ask, of)


BOOK = "btcusdt@depth@100ms"
case("account/jk_ws_Account_GetAccountInfo.txt", account)
case("account/nt_account_position_wrapped.json", moved)
case("bars/cmp_btcusdt_kline_1m.json", stream("btcusdt@kline_1m"))
case("bars/rest_market_klines.json", read("klines", symbol="BTCUSDT", interval="1m"))
case("control/doc_eventStreamTerminated.json", terminated)
case(
    "control/wsapi_subscribe_signature.json",
    call("userDataStream.subscribe.signature"),
    lambda x: x[1],
)
case("depth/btcusdt_rest_snapshot_top50.json", read("depth", symbol="BTCUSDT"))
case("depth/rest_market_depth.json", read("depth", symbol="BTCUSDT"))
case("depth/cmp_btcusdt_depth_100ms.json", stream(BOOK))
case("depth/cmp_ethusdt_depth20.json", stream("ethusdt@depth20"))
case("depth/jk_sub_ExchangeData_PartialBook.txt", stream("btcusdt@depth5@100ms"))
case("errors/cancelReplace_-2021_cancel_failed_new_ok.json", replaced("ALLOW_FAILURE"))
case("errors/cancelReplace_-2022_stop_on_failure.json", replaced("STOP_ON_FAILURE"))
case("errors/order_-1015_too_many_orders.json", limited)
case("errors/wsapi_418_ban.json", banned)
case("fills/nt_account_trades_response.json", own("myTrades", symbol="BTCUSDT"))
case("fills/wsapi_myTrades.json", call("myTrades", places=True, symbol="BTCUSDT"), lambda x: x[1])
case("instruments/doc_exchangeInfo.json", read("exchangeInfo"))
case("instruments/rest_market_exchange_info_2symbols.json", read("exchangeInfo"))
case(
    "open_orders/wsapi_openOrders_status.json",
    call("openOrders.status", places=True, symbol="BTCUSDT"),
    lambda x: x[1],
)
case("open_orders/xchange_open-orders.json", own("openOrders", symbol="BTCUSDT"))
case(
    "order_responses/jk_ws_Trading_PlaceOrder.txt",
    call("order.place", symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.5"),
)
case(
    "order_responses/jk_ws_Trading_AmendOrder.txt",
    call(
        "order.amend.keepPriority",
        places=True,
        symbol="BTCUSDT",
        origClientOrderId="mine",
        newQty="0.25",
    ),
)
case(
    "order_responses/wsapi_order_cancel.json",
    call("order.cancel", places=True, symbol="BTCUSDT", origClientOrderId="mine"),
    lambda x: x[1],
)
UPDATES = "order_updates/"
case(
    f"{UPDATES}WebSocketGlobalSpotLimitSubmittedFilled.json",
    report("NEW", {}),
    lambda x: x[0]["event"],
)
case(
    f"{UPDATES}WebSocketGlobalSpotStopLimitSubmittedTriggerFilled.json",
    report("NEW", STOP),
    lambda x: x[0]["event"],
)
case(f"{UPDATES}jk_sub_Account_OcoOrder.txt", paired)
case(
    f"{UPDATES}nt_execution_report_expired.json",
    report("EXPIRED", {"timeInForce": "IOC"}),
)
case(
    f"{UPDATES}ws_execution_report_binance_us.json",
    report("TRADE", {"price": "60100"}),
    lambda x: x["data"],
)
case(f"{UPDATES}ws_execution_report_canceled.json", report("CANCELED", {}), lambda x: x["data"])
case(
    f"{UPDATES}ws_execution_report_empty_client_id.json",
    report("TRADE", {"price": "60100"}),
    lambda x: x["data"],
)
case(
    f"{UPDATES}ws_execution_report_trade_l_zero_partial.json",
    report("TRADE", {"price": "60100"}),
    lambda x: x["data"],
)
case("quotes/btcusdt_bookTicker.json", stream("btcusdt@bookTicker"))
case("quotes/cmp_ethusdt_bookTicker.json", stream("ethusdt@bookTicker"))
case("quotes/cmp_ethusdt_ticker.json", stream("ethusdt@ticker"))
case("rejects/ws_execution_report_rejected.json", rejected, lambda x: x["data"])
case("trades/btcusdt_trade.json", stream("btcusdt@trade"))
case("trades/cmp_btcusdt_aggTrade.json", stream("btcusdt@aggTrade"))
case("trades/rest_market_agg_trades.json", read("aggTrades", symbol="BTCUSDT"))
case("trades/ws_agg_trade.json", stream("ethusdt@aggTrade"))
case("trades/xchange_testTradeEvent.json", stream("btcusdt@trade", "/ws/"))


@pytest.mark.parametrize("name", CASES)
def test_a_message_has_the_shape_of_the_recorded_one(name: str, binance: RunningVenue) -> None:
    ask, of = CASES[name]
    _, known = DIFFERENCES.get(name, ("", ()))

    ours = talk(binance, ask)

    assert sorted(known) == sorted(differences(of(recorded(name)), ours))


def test_every_difference_that_is_excused_has_a_case() -> None:
    assert set() == set(DIFFERENCES) - set(CASES)


def test_a_recorded_minute_of_streams_has_our_shapes(binance: RunningVenue) -> None:
    folder = FOLDER / "depth"
    lines = (folder / "btcusdt_20240808_first60s.jsonl").read_text().splitlines()
    theirs: dict[str, list[Any]] = {}
    for line in lines:
        message = json.loads(line)["msg"]
        if "stream" in message:
            theirs.setdefault(message["stream"], []).append(message)

    ours = {name: talk(binance, stream(name)) for name in theirs}

    found = {
        (name, difference)
        for name, messages in theirs.items()
        for message in messages
        for difference in differences(message, ours[name])
    }
    assert set() == found
    assert {"btcusdt@depth@100ms", "btcusdt@trade"} <= set(theirs)


def test_a_logon_has_the_shape_of_the_recorded_one() -> None:
    entry = AccountEntry(
        name="edward", key="ed-key", public_key=PUBLIC, balances=accounts()[0].balances
    )

    async def log_on(client: Plain) -> Any:
        async with client.wire("/ws-api/v3") as wire:
            return await wire.ask("session.logon", **with_ed25519({}))

    with RunningVenue([*accounts(), entry]) as venue:
        ours = talk(venue, log_on)

    theirs = recorded("control/wsapi_session_logon.json")[1]
    assert [] == list(differences(theirs["result"], ours["result"]))
    assert theirs["status"] == ours["status"]


def test_trades_as_they_were_recorded_are_told_as_they_were_recorded() -> None:
    theirs = recorded("trades/rest_market_agg_trades.json")
    with RunningVenue() as venue:
        for row in theirs:
            maker, taker = ("BUY", "SELL") if row["m"] else ("SELL", "BUY")
            venue.order(maker, row["q"], row["p"])
            venue.order(taker, row["q"])

        ours = talk(venue, read("aggTrades", symbol="BTCUSDT"))

    def told(rows: list[Any]) -> list[tuple[object, ...]]:
        first = rows[0]
        return [
            (
                *(row[key] for key in ("p", "q", "m", "M")),
                *(row[key] - first[key] for key in ("a", "f", "l")),
            )
            for row in rows
        ]

    assert told(theirs) == told(ours)
