"""Whatever is sent, the venue answers it in Binance's words, and its books stay in order."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from regimeflow.apps.venues.binance.operations import OPERATIONS
from tests.support.binance_client import Plain, signed, talk
from tests.support.binance_venue import RunningVenue

NAMES = """
side type timeInForce quantity price stopPrice trailingDelta quoteOrderQty icebergQty limit
newClientOrderId origClientOrderId orderId fromId startTime endTime interval newQty strategyType
cancelReplaceMode cancelOrigClientOrderId orderListId newOrderRespType selfTradePreventionMode
aboveType belowType abovePrice belowPrice aboveStopPrice belowStopPrice belowTimeInForce
workingType workingSide workingPrice workingQuantity workingTimeInForce pendingType pendingSide
pendingQuantity pendingPrice pendingTimeInForce permissions computeCommissionRates
""".split()
LIKELY = {
    "Side": ["BUY", "SELL"],
    "Type": ["LIMIT", "MARKET", "LIMIT_MAKER", "STOP_LOSS", "TAKE_PROFIT_LIMIT"],
    "Force": ["GTC", "IOC", "FOK"],
    "Price": ["59000", "60001", "58000.5"],
    "Quantity": ["0.5", "0.001"],
    "Qty": ["0.5", "0.001"],
    "Id": ["mine", "1"],
    "Mode": ["STOP_ON_FAILURE", "ALLOW_FAILURE", "DECREMENT"],
}
ANYTHING = [
    "", "0", "-1", "1e5", "0.000000001", "99999999999999999999", "9223372036854775807", "é",
    "true", "1M", "[", '["BTCUSDT"]', "1700000000000", "NaN", "x" * 40,
]  # fmt: skip


def value(chance: random.Random, name: str) -> str:
    for ending, likely in LIKELY.items():
        if name.lower().endswith(ending.lower()) and chance.random() < 0.7:
            return chance.choice(likely)
    return chance.choice(ANYTHING)


@pytest.mark.parametrize("seed", range(2))
def test_nothing_that_is_sent_makes_the_venue_stumble(binance: RunningVenue, seed) -> None:
    chance = random.Random(seed)
    binance.do(lambda venue: venue._parts.counts.limits.update({"10S": 10**6}))
    binance.do(lambda venue: setattr(venue._parts.weights, "limit", 10**9))

    async def work(client: Plain):
        found = set()
        async with client.wire("/ws-api/v3") as wire:
            for _ in range(250):
                operation = chance.choice(OPERATIONS)
                names = chance.sample(NAMES, chance.randint(0, 8))
                sent = {"symbol": "BTCUSDT", **{name: value(chance, name) for name in names}}
                if chance.random() < 0.5:
                    found.add((await client.signed(*operation.http, **sent)).status)
                else:
                    found.add((await wire.ask(operation.name, **signed(sent)))["status"])
        return found

    assert {200, 400} <= talk(binance, work) <= {200, 400, 409}


@pytest.mark.parametrize("text", ["[" * 30_000, "null", '{"id": NaN, "method": "ping"}'])
def test_no_message_is_too_strange_for_an_answer(binance: RunningVenue, text) -> None:
    async def work(client: Plain):
        async with client.wire("/ws-api/v3") as api, client.wire("/ws") as stream:
            for wire in (api, stream):
                await wire.raw.send_str(text)
            return await api.hear(), await stream.hear()

    api, stream = talk(binance, work)

    assert 400 == api["status"]
    assert {"code", "msg"} <= set(stream)


def test_no_money_is_made_or_lost_by_trading(binance: RunningVenue) -> None:
    chance = random.Random(7)

    async def work(client: Plain):
        for _ in range(60):
            price = str(chance.randint(59_990, 60_010))
            await client.order(chance.choice(["BUY", "SELL"]), price, quantity="0.01")

    talk(binance, work)

    truth = binance.truth()
    held = {asset: Decimal(0) for asset in ("BTC", "USDT")}
    for balances in truth["balances"].values():
        for asset in held:
            held[asset] += Decimal(balances[asset]["free"]) + Decimal(balances[asset]["locked"])
    for fill in truth["fills"]:
        if fill["commission_asset"] in held:
            held[fill["commission_asset"]] += Decimal(fill["commission"])
    assert {"BTC": 1_100, "USDT": 10**9 + 10**6} == held
