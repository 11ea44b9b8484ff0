"""What this venue answers at all: every method that reads, order lists, every kind of stream."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from regimeflow.apps.venues.binance.operations import DATA, FREE, OPERATIONS
from tests.support.binance_client import Plain, Wire, talk
from tests.support.binance_venue import RunningVenue

SYMBOL = {"symbol": "BTCUSDT"}
MINE = {**SYMBOL, "origClientOrderId": "mine"}
PUBLIC: dict[str, dict[str, object]] = {
    "ping": {},
    "time": {},
    "exchangeInfo": {"symbols": ["BTCUSDT", "ETHUSDT"]},
    "depth": SYMBOL,
    "trades.recent": SYMBOL,
    "trades.historical": {**SYMBOL, "fromId": 1},
    "trades.aggregate": SYMBOL,
    "klines": {**SYMBOL, "interval": "1h"},
    "uiKlines": {**SYMBOL, "interval": "1h"},
    "avgPrice": SYMBOL,
    "ticker.24hr": SYMBOL,
    "ticker.price": {},
    "ticker.book": SYMBOL,
}
PRIVATE: dict[str, dict[str, object]] = {
    "account.status": {},
    "account.commission": SYMBOL,
    "account.rateLimits.orders": {},
    "order.status": MINE,
    "openOrders.status": {},
    "allOrders": SYMBOL,
    "myTrades": SYMBOL,
    "order.amendments": {**SYMBOL, "orderId": 0},
    "myFilters": SYMBOL,
    "myPreventedMatches": {**SYMBOL, "orderId": 0},
    "orderList.status": {"origClientOrderId": "pair"},
    "openOrderLists.status": {},
    "allOrderLists": {},
}
OF_A_SESSION = ("session.status", "session.subscriptions")
SELL = {"workingType": "LIMIT", "workingSide": "SELL", "workingPrice": "61000"}
WORKING = {**SELL, "workingQuantity": "0.1", "workingTimeInForce": "GTC"}
PENDING = {"pendingSide": "BUY", "pendingQuantity": "0.1"}
LISTS: dict[str, tuple[dict[str, object], list[tuple[str, str]]]] = {
    "oco": (
        {
            "side": "SELL",
            "quantity": "0.1",
            "aboveType": "LIMIT_MAKER",
            "abovePrice": "61000",
            "belowType": "STOP_LOSS",
            "belowStopPrice": "59000",
        },
        [("STOP_LOSS", "NEW"), ("LIMIT_MAKER", "NEW")],
    ),
    "oto": (
        {
            **WORKING,
            **PENDING,
            "pendingType": "LIMIT",
            "pendingPrice": "59000",
            "pendingTimeInForce": "GTC",
        },
        [("LIMIT", "NEW"), ("LIMIT", "PENDING_NEW")],
    ),
    "otoco": (
        {
            **WORKING,
            **PENDING,
            "pendingAboveType": "STOP_LOSS",
            "pendingAboveStopPrice": "62000",
            "pendingBelowType": "LIMIT_MAKER",
            "pendingBelowPrice": "59000",
        },
        [("LIMIT", "NEW"), ("LIMIT_MAKER", "PENDING_NEW"), ("STOP_LOSS", "PENDING_NEW")],
    ),
}


def over(venue: RunningVenue, work: Any) -> Any:
    async def run(client: Plain) -> Any:
        async with client.wire("/ws-api/v3") as wire:
            return await work(wire)

    return talk(venue, run)


def test_every_method_that_only_reads_answers(binance: RunningVenue) -> None:
    async def work(wire: Wire) -> dict[str, int]:
        order = {**SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
        placed = await wire.ask_signed(
            "order.place", **order, quantity="0.5", price="59000", newClientOrderId="mine"
        )
        pair = {**LISTS["oco"][0], "listClientOrderId": "pair"}
        assert 200 == (await wire.ask_signed("orderList.place.oco", **SYMBOL, **pair))["status"]
        answers = {name: await wire.ask(name, **params) for name, params in PUBLIC.items()}
        for name, params in PRIVATE.items():
            ours = {"orderId": placed["result"]["orderId"]} if "orderId" in params else {}
            answers[name] = await wire.ask_signed(name, **params | ours)
        for name in OF_A_SESSION:
            answers[name] = await wire.ask(name)
        return {name: answer["status"] for name, answer in answers.items()}

    answered = over(binance, work)

    assert dict.fromkeys([*PUBLIC, *PRIVATE, *OF_A_SESSION], 200) == answered
    reading = {each.name for each in OPERATIONS if each.security in (FREE, DATA)}
    assert set() == reading - set(answered)


def test_a_session_says_who_it_is_before_anybody_has_logged_on(binance: RunningVenue) -> None:
    state = over(binance, lambda wire: wire.ask("session.status"))["result"]

    assert (None, None, False) == (
        state["apiKey"],
        state["authorizedSince"],
        state["userDataStream"],
    )
    assert state["connectedSince"] <= state["serverTime"]


def test_trades_of_the_past_are_those_from_an_id_on(binance: RunningVenue) -> None:
    for _ in range(4):
        binance.trade()

    async def work(client: Plain) -> Any:
        recent = (await client.rest("GET", "/api/v3/trades", **SYMBOL)).form
        second = recent[1]["id"]
        path = "/api/v3/historicalTrades"
        past = (await client.rest("GET", path, **SYMBOL, fromId=second, limit=2)).form
        return recent, past

    recent, past = talk(binance, work)

    assert recent[1:3] == past


def test_a_trade_with_oneself_that_was_prevented_is_told(binance: RunningVenue) -> None:
    async def work(client: Plain) -> Any:
        maker = (await client.order(price="60000.5", quantity="0.3")).form
        taker = {"side": "SELL", "price": "60000.5", "selfTradePreventionMode": "EXPIRE_TAKER"}
        refused = (await client.order(**taker, quantity="0.1")).form
        path = "/api/v3/myPreventedMatches"
        ask = {**SYMBOL, "orderId": refused["orderId"]}
        return maker, refused, (await client.signed("GET", path, **ask)).form

    maker, taker, (match,) = talk(binance, work)

    assert "EXPIRED_IN_MATCH" == taker["status"]
    assert maker["orderId"] == match["makerOrderId"]
    assert ("60000.50000000", "EXPIRE_TAKER") == (match["price"], match["selfTradePreventionMode"])


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_is_placed_and_cancelled_over_the_websocket_api(binance, kind) -> None:
    params, legs = LISTS[kind]

    async def work(wire: Wire) -> Any:
        name = f"orderList.place.{kind}"
        placed = await wire.ask_signed(name, **SYMBOL, **params, listClientOrderId="list")
        ended = await wire.ask_signed("orderList.cancel", **SYMBOL, listClientOrderId="list")
        left = await wire.ask_signed("openOrders.status", **SYMBOL)
        return placed, ended, left

    placed, ended, left = over(binance, work)

    reports = placed["result"]["orderReports"]
    assert sorted(legs) == sorted((each["type"], each["status"]) for each in reports)
    assert ("list", "EXECUTING") == (
        placed["result"]["listClientOrderId"],
        placed["result"]["listOrderStatus"],
    )
    assert "ALL_DONE" == ended["result"]["listOrderStatus"]
    assert {"CANCELED"} == {each["status"] for each in ended["result"]["orderReports"]}
    assert [] == left["result"]


def test_symbols_are_shown_by_their_status_and_without_permissions_for_who_wants_none(binance):
    binance.act("symbol_status", symbol="ETHUSDT", status="HALT")

    async def work(client: Plain) -> Any:
        async def ask(path: str, **params: object) -> Any:
            return (await client.rest("GET", f"/api/v3/{path}", **params)).form

        return (
            [e["symbol"] for e in (await ask("exchangeInfo", symbolStatus="HALT"))["symbols"]],
            [e["permissionSets"] for e in (await ask("exchangeInfo"))["symbols"]],
            [
                each["permissionSets"]
                for each in (await ask("exchangeInfo", showPermissionSets="false"))["symbols"]
            ],
            [each["symbol"] for each in await ask("ticker/price", symbolStatus="TRADING")],
            (await ask("ticker/price", symbol="ETHUSDT", symbolStatus="HALT"))["symbol"],
            (await ask("ticker/price", symbol="ETHUSDT", symbolStatus="TRADING"))["code"],
            (await ask("depth", symbol="ETHUSDT", symbolStatus="TRADING"))["code"],
        )

    found = talk(binance, work)

    shown, hidden = [[["SPOT"]], [["SPOT"]]], [[], []]
    assert (["ETHUSDT"], shown, hidden, ["BTCUSDT"], "ETHUSDT", -1220, -1220) == found


TRADED = {"c": "60001.00000000", "o": "60001.00000000", "h": "60001.00000000"}
STREAMS: dict[str, tuple[str, dict[str, object]]] = {
    "trade": ("e E s t p q T m M", {"e": "trade", "p": "60001.00000000", "q": "0.00100000"}),
    "aggTrade": ("e E s a p q f l T m M", {"e": "aggTrade", "p": "60001.00000000", "m": False}),
    "bookTicker": ("u s b B a A", {"b": "59999.00000000", "a": "60001.00000000"}),
    "depth": ("e E s U u b a", {"e": "depthUpdate"}),
    "depth5": ("lastUpdateId bids asks", {}),
    "depth10": ("lastUpdateId bids asks", {}),
    "depth20": ("lastUpdateId bids asks", {}),
    "kline_1m": ("e E s k", {"e": "kline"}),
    "miniTicker": ("e E s c o h l v q", {"e": "24hrMiniTicker", **TRADED}),
    "ticker": (
        "e E s p P w x c Q b B a A o h l v q O C F L n",
        {"e": "24hrTicker", "p": "0.00000000", "w": "60001.00000000", **TRADED, "n": 2},
    ),
    "avgPrice": ("e E s i w T", {"e": "avgPrice", "i": "5m", "w": "60001.00000000"}),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_says_what_was_traded_under_binances_names(binance, name) -> None:
    keys, values = STREAMS[name]

    async def work(client: Plain) -> Any:
        async with client.wire(f"/ws/btcusdt@{name}") as wire:
            await asyncio.to_thread(binance.trade)
            for _ in range(20):
                await asyncio.to_thread(binance.act, "tick")
            return await wire.hear()

    heard = talk(binance, work)

    assert keys.split() == list(heard)
    assert values == {key: heard[key] for key in values}
    assert heard.get("s", "BTCUSDT") == "BTCUSDT"


@pytest.mark.parametrize("levels", [5, 10, 20])
def test_a_partial_book_has_the_levels_of_its_name_best_first(binance, levels) -> None:
    for step in range(6, 30):
        binance.order("BUY", "1", str(60_000 - step))
        binance.order("SELL", "1", str(60_000 + step))

    async def work(client: Plain) -> Any:
        async with client.wire(f"/ws/btcusdt@depth{levels}@100ms") as wire:
            await asyncio.to_thread(binance.trade)
            for _ in range(2):
                await asyncio.to_thread(binance.act, "tick")
            return await wire.hear()

    heard = talk(binance, work)

    bids = [Decimal(price) for price, _ in heard["bids"]]
    asks = [Decimal(price) for price, _ in heard["asks"]]
    assert [Decimal(60_000 - step) for step in range(1, levels + 1)] == bids
    assert [Decimal(60_000 + step) for step in range(1, levels + 1)] == asks
