"""Lines that break: between TWS and IB, between client and TWS, in the middle of things."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.ib_clients import APPLE, a_limit, connected, until
from tests.support.ib_tws import RawClient, a_tws, statuses
from tests.support.in_loop import in_loop

EVERYTHING = (7, 3, 9, 0, "", "", "", "", "", "")


def codes(found: list[list[str]]) -> list[str]:
    return [fields[3] for fields in found if fields[0] == "4"]


@pytest.mark.parametrize("code", [1101, 1102])
@in_loop
async def test_fills_during_an_outage_are_told_on_request_only(code):
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(1)
        await client.answers()
        await local.venue.act("outage", {})
        local.trade("AAPL", "199.00", "40")
        during = await client.answers()
        await local.venue.act("restore", {"code": code})
        after = await client.answers()
        local.trade("AAPL", "199.00", "60")
        later = await client.answers(11, 3)
        client.send(*EVERYTHING)
        asked = await client.answers(11)
        await client.close()

    assert (["1100"], [str(code)]) == (codes(during), codes(after))
    assert [] == [fields for fields in during + after if fields[0] in {"3", "5", "11", "59"}]
    assert [("100", "Filled")] == statuses(later)
    assert ["40", "60"] == [fields[19] for fields in asked]


@pytest.mark.parametrize(("code", "is_kept"), [(1101, False), (1102, True)])
@in_loop
async def test_market_data_is_lost_with_1101_and_kept_with_1102(code, is_kept):
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.send(1, 11, 8, 265598, *[""] * 6, "SMART", "", "", "", "", 0, "", 0, 0, "")
        await client.answers()
        await local.venue.act("outage", {})
        local.quote("AAPL", "199.50", "100", "200.02", "500")
        during = await client.answers(1, 2)
        await local.venue.act("restore", {"code": code})
        local.quote("AAPL", "199.60", "100", "200.02", "500")
        after = await client.answers(1, 2)
        await client.close()

    assert [] == during
    assert is_kept == bool(after)


@pytest.mark.parametrize("keeps_orders", [True, False])
@in_loop
async def test_an_order_sent_during_an_outage_leaves_later_or_never(keeps_orders):
    async with a_tws() as local:
        client = await RawClient.connect(local)
        await local.venue.act("outage", {"keeps_orders": keeps_orders})
        client.place(1)
        during = await client.answers(3, 5)
        await local.venue.act("restore", {})
        after = await client.answers()
        await client.close()

    assert [] == during
    told = [("error", "1101")] + [("0", "PreSubmitted"), ("0", "Submitted")] * keeps_orders
    assert told == statuses(after)
    assert keeps_orders == bool(local.venue.exchange.accounts["DU1"].orders())


@in_loop
async def test_an_outage_may_begin_with_an_order_and_end_by_itself():
    async with a_tws() as local:
        local.faults.set("outage", count=1, seconds=0.02, code=1102, where={"at": "place"})
        client = await RawClient.connect(local)
        client.place(1)
        found = await client.until(lambda fields: fields[:3] == ["3", "1", "Submitted"])
        await client.close()

    assert ["1100", "1102"] == codes(found)


@pytest.mark.parametrize(("after_effect", "is_there"), [(True, True), (False, False)])
@in_loop
async def test_a_socket_that_closes_in_an_order_leaves_its_outcome_unknown(after_effect, is_there):
    async with a_tws() as local:
        local.faults.set("disconnect", count=1, after_effect=after_effect, where={"at": "place"})
        client = await RawClient.connect(local)
        client.place(1, orderRef="mine")
        ended = await client.ended()
        await client.close()
        again = await RawClient.connect(local)
        again.send(5, 1)
        found = await again.answers(5)
        await again.close()

    assert ended
    assert ["mine"] * is_there == [fields[23] for fields in found]


@pytest.mark.parametrize(("after_effect", "price"), [(True, 198.5), (False, 199.0)])
@in_loop
async def test_a_restart_in_the_middle_of_a_replace_is_found_out_by_asking(after_effect, price):
    async with a_tws() as local:
        async with connected(local) as ib:
            trade = ib.placeOrder(APPLE, a_limit("BUY", 100, 199.0, orderRef="mine"))
            await until(ib, lambda: trade.orderStatus.status == "Submitted")
            local.faults.set("restart", count=1, after_effect=after_effect, where={"at": "modify"})
            trade.order.lmtPrice = 198.5
            gone = ib.disconnectedEvent
            ib.placeOrder(APPLE, trade.order)
            await gone
        local.trade("AAPL", f"{price:.2f}", "30")
        async with connected(local) as ib:
            (found,) = ib.openTrades()
            fills = [(fill.execution.orderRef, fill.execution.shares) for fill in ib.fills()]
            seen = found.order.orderRef, found.order.lmtPrice, found.orderStatus.filled

    assert ("mine", price, 30.0) == seen
    assert [("mine", 30.0)] == fills


@in_loop
async def test_a_fill_may_close_the_socket_that_should_have_told_it():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(1)
        await client.answers()
        local.faults.set("disconnect", count=1, where={"at": "fill"})
        local.trade("AAPL", "199.00", "100")
        ended = await client.ended()
        await client.close()
        again = await RawClient.connect(local)
        again.send(*EVERYTHING)
        found = await again.answers(11, 59)
        await again.close()

    assert ended
    assert ["11", "59"] == [fields[0] for fields in found]


@in_loop
async def test_what_was_not_transmitted_is_gone_after_a_restart():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(1, transmit="0")
        await client.answers()
        await local.venue.act("restart", {})
        await client.ended()
        await client.close()
        again = await RawClient.connect(local)
        again.send(16, 1)
        again.send(99, 0)
        found = await again.answers(5, 101)
        await again.close()

    assert [] == found


@in_loop
async def test_books_agree_with_the_exchange_after_all_kinds_of_trouble():
    async with a_tws() as local:
        local.faults.set("fill_without_status", probability=0.5)
        local.faults.set("late_commission", probability=0.5)
        local.faults.set("correct_execution", probability=0.3)
        client = await RawClient.connect(local)
        for number in range(1, 11):
            client.place(number, "BUY" if number % 3 else "SELL", lmtPrice="200.01")
            await client.answers()
            local.trade("AAPL", "200.01", "37", side="SELL" if number % 3 else "BUY")
        client.send(*EVERYTHING)
        asked = await client.answers(11, 59)
        await client.close()

    told = {fields[14]: fields for fields in asked if fields[0] == "11"}
    costs = {fields[2]: Decimal(fields[3]) for fields in asked if fields[0] == "59"}
    signed = [
        (1 if fields[18] == "BOT" else -1, Decimal(fields[19]), Decimal(fields[20]))
        for fields in told.values()
    ]
    cash = Decimal(1_000_000) - sum(sign * qty * price for sign, qty, price in signed)
    assert set(told) == set(costs)
    assert local.position("AAPL") == sum(sign * qty for sign, qty, _ in signed)
    usd = local.venue.exchange.accounts["DU1"].balances()["USD"]
    assert usd.free + usd.locked == cash - sum(costs.values())


@in_loop
async def test_cancels_of_an_outage_are_answered_when_it_ends():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(1)
        await client.answers()
        await local.venue.act("outage", {})
        for _ in range(2):
            client.send(4, 1, 1, "")
        during = await client.answers(3, 4)
        await local.venue.act("restore", {"code": 1102})
        after = await client.answers()
        await client.close()

    assert ["1100"] == codes(during)
    assert sorted(["1102", "202", "10148"]) == sorted(codes(after))
    assert 1 == sum(status == "Cancelled" for _, status in statuses(after))
