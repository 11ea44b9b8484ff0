"""The user data stream: what each happening of an order says."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

from tests.support.binance_client import Plain, talk
from tests.support.binance_venue import RunningVenue

OCO = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "quantity": "0.5",
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "60010",
    "belowType": "STOP_LOSS_LIMIT",
    "belowStopPrice": "59900",
    "belowPrice": "59800",
    "belowTimeInForce": "GTC",
}


def said(venue: RunningVenue, work, count: int) -> list[dict[str, object]]:
    """The first events after subscribing."""

    async def run(client: Plain):
        async with client.user() as wire:
            await work(client)
            return [(await wire.hear())["event"] for _ in range(count)]

    return talk(venue, run)


def reports(events) -> list[tuple[object, ...]]:
    return [(e["x"], e["X"], e["w"], e["z"]) for e in events if e["e"] == "executionReport"]


def test_what_is_left_of_an_ioc_order_expires(binance: RunningVenue) -> None:
    events = said(
        binance, lambda client: client.order(price="60001", quantity="1.5", timeInForce="IOC"), 6
    )

    expired = [event for event in events if event.get("x") == "EXPIRED"]
    assert [("EXPIRED", "UNFILLED_IOC_QUANTITY_EXPIRED", "0.99900000")] == [
        (event["X"], event["eR"], event["z"]) for event in expired
    ]


def test_a_stop_is_told_as_held_then_as_working(binance: RunningVenue) -> None:
    async def work(client: Plain) -> None:
        await client.order(
            type="STOP_LOSS_LIMIT", price="60010", stopPrice="60002", newClientOrderId="s"
        )
        await asyncio.to_thread(binance.order, "BUY", "1.5")

    events = said(binance, work, 6)

    found = reports(events)
    assert [("NEW", "NEW", False), ("NEW", "NEW", True)] == [each[:3] for each in found[:2]]
    assert ("TRADE", "PARTIALLY_FILLED") == found[2][:2] or "FILLED" == found[2][1]


def test_a_cancel_has_its_own_id_in_c_and_the_orders_in_capital_c(binance: RunningVenue) -> None:
    async def work(client: Plain) -> None:
        await client.order(newClientOrderId="mine")
        await client.signed(
            "DELETE",
            "/api/v3/order",
            symbol="BTCUSDT",
            origClientOrderId="mine",
            newClientOrderId="killer",
        )

    events = said(binance, work, 4)

    gone = next(event for event in events if event.get("x") == "CANCELED")
    assert ("killer", "mine") == (gone["c"], gone["C"])


def test_an_amendment_is_told_as_replaced_with_the_state_unchanged(binance: RunningVenue) -> None:
    async def work(client: Plain) -> None:
        await client.order(newClientOrderId="mine")
        await client.signed(
            "PUT",
            "/api/v3/order/amend/keepPriority",
            symbol="BTCUSDT",
            origClientOrderId="mine",
            newQty="0.25",
            newClientOrderId="other",
        )

    events = said(binance, work, 4)

    changed = next(event for event in events if event.get("x") == "REPLACED")
    assert ("NEW", "0.25000000", "other", "mine") == (
        changed["X"],
        changed["q"],
        changed["c"],
        changed["C"],
    )


def test_a_trade_names_its_commission_and_the_balances_follow(binance: RunningVenue) -> None:
    events = said(
        binance, lambda client: client.order(type="MARKET", price=None, timeInForce=None), 3
    )

    trade = next(event for event in events if event.get("x") == "TRADE")
    position = events[-1]
    assert ("0.00050000", "BTC", False) == (trade["n"], trade["N"], trade["m"])
    assert ("60001.00000000", "30000.50000000") == (trade["L"], trade["Y"])
    assert "outboundAccountPosition" == position["e"]
    assert {"BTC": "100.49950000", "USDT": "969999.50000000"} == {
        each["a"]: each["f"] for each in position["B"]
    }


def test_one_leg_of_a_pair_ends_the_other(binance: RunningVenue) -> None:
    async def work(client: Plain) -> None:
        await client.signed("POST", "/api/v3/orderList/oco", **OCO)
        await asyncio.to_thread(binance.order, "BUY", "9")

    async def run(client: Plain):
        async with client.user() as wire:
            await work(client)
            events = []
            while not events or events[-1].get("l") != "ALL_DONE":
                events.append((await wire.hear())["event"])
            return events

    events = talk(binance, run)

    lists = [event["l"] for event in events if event["e"] == "listStatus"]
    ends = {(e["x"], e["X"], e.get("eR")) for e in events if e.get("X") in {"FILLED", "EXPIRED"}}
    assert ("EXEC_STARTED", "ALL_DONE") == (lists[0], lists[-1])
    assert {("TRADE", "FILLED", None), ("EXPIRED", "EXPIRED", "OCO_TRIGGER")} == ends


def test_an_order_that_meets_its_own_account_is_prevented(binance: RunningVenue) -> None:
    async def work(client: Plain) -> None:
        await client.order(side="SELL", price="60000.5", newClientOrderId="resting")
        await client.order(
            price="60000.5", selfTradePreventionMode="EXPIRE_TAKER", newClientOrderId="taking"
        )

    async def run(client: Plain):
        async with client.user() as wire:
            await work(client)
            return await wire.hear_event("executionReport", x="TRADE_PREVENTION")

    event = talk(binance, run)

    assert ("EXPIRED_IN_MATCH", "taking", "EXPIRE_TAKER") == (event["X"], event["c"], event["V"])
    assert {"v", "A", "B", "u", "U", "Cs", "pl", "pL", "pY"} <= set(event)


def test_a_deposit_is_told_before_the_balance(binance: RunningVenue) -> None:
    async def work(client: Plain) -> None:
        binance.do(lambda it: it.exchange.transfer("local", "USDT", Decimal(5), time.time_ns()))

    deposit, position = said(binance, work, 2)

    assert ("balanceUpdate", "USDT", "5.00000000") == (deposit["e"], deposit["a"], deposit["d"])
    assert "outboundAccountPosition" == position["e"]


def test_a_strategy_and_a_trailing_distance_are_told(binance: RunningVenue) -> None:
    order = {
        "side": "SELL",
        "type": "STOP_LOSS",
        "price": None,
        "timeInForce": None,
        "trailingDelta": "100",
        "strategyId": "7",
        "strategyType": "1000001",
    }

    events = said(binance, lambda client: client.order(**order), 1)

    assert (100, 7, 1000001) == (events[0]["d"], events[0]["j"], events[0]["J"])


def test_execution_ids_rise_and_quantities_add_up(binance: RunningVenue) -> None:
    events = said(binance, lambda client: client.order(price="60003", quantity="2.5"), 6)

    found = [event for event in events if event["e"] == "executionReport"]
    ids = [event["I"] for event in found]
    assert sorted(set(ids)) == ids
    filled = Decimal(0)
    for event in found:
        filled += Decimal(event["l"])
        assert filled == Decimal(event["z"])


def test_a_leg_that_is_amended_updates_its_list(binance: RunningVenue) -> None:
    async def run(client: Plain):
        async with client.user() as wire:
            pair = (await client.signed("POST", "/api/v3/orderList/oco", **OCO)).form
            await client.signed(
                "PUT",
                "/api/v3/order/amend/keepPriority",
                symbol="BTCUSDT",
                orderId=pair["orders"][0]["orderId"],
                newQty="0.4",
                newClientOrderId="leg",
            )
            return await wire.hear_event("listStatus", l="UPDATED")

    event = talk(binance, run)

    assert ("EXECUTING", "leg") == (event["L"], event["O"][0]["c"])


def test_legs_wait_as_pending_and_begin_when_their_order_is_filled(binance: RunningVenue) -> None:
    async def run(client: Plain):
        async with client.user() as wire:
            await client.signed(
                "POST",
                "/api/v3/orderList/oto",
                symbol="BTCUSDT",
                workingType="LIMIT",
                workingSide="BUY",
                workingPrice="60000",
                workingQuantity="0.1",
                workingTimeInForce="GTC",
                pendingType="LIMIT",
                pendingSide="SELL",
                pendingQuantity="0.1",
                pendingPrice="61000",
                pendingTimeInForce="GTC",
            )
            waits = await wire.hear_event("executionReport", S="SELL")
            await asyncio.to_thread(binance.order, "SELL", "0.1", "60000")
            return waits, await wire.hear_event("executionReport", S="SELL")

    waits, begins = talk(binance, run)

    assert ("NEW", "PENDING_NEW", False) == (waits["x"], waits["X"], waits["w"])
    assert ("NEW", "NEW", True) == (begins["x"], begins["X"], begins["w"])
    assert waits["i"] == begins["i"]


def test_a_market_order_that_nobody_serves_expires(binance: RunningVenue) -> None:
    binance.order("BUY", "5.5")  # nothing is offered any more

    order = {"type": "MARKET", "price": None, "timeInForce": None}
    answer = talk(binance, lambda client: client.order(**order))

    assert (200, "EXPIRED", "INSUFFICIENT_LIQUIDITY") == (
        answer.status,
        answer.form["status"],
        answer.form["expiryReason"],
    )
