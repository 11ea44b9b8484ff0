"""Fills as TWS tells of them: without a status, without a commission yet, corrected afterwards."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.ib_tws import RawClient, a_resting_order, a_tws, statuses
from tests.support.in_loop import in_loop


def executions(found: list[list[str]]) -> list[tuple[str, str, str]]:
    """Return id, quantity and price of each execDetails."""
    return [(fields[14], fields[19], fields[20]) for fields in found if fields[0] == "11"]


@in_loop
async def test_there_is_no_partially_filled_status():
    async with a_tws() as local:
        client = await a_resting_order(local)
        local.trade("AAPL", "199.00", "40")
        found = await client.answers()
        await client.close()

    assert [("40", "Submitted")] == statuses(found)
    assert ["11", "5", "3", "59"] == [fields[0] for fields in found if fields[0] != "49"]


@in_loop
async def test_a_partial_fill_may_come_without_any_status():
    async with a_tws() as local:
        local.faults.set("fill_without_status")
        client = await a_resting_order(local)
        local.trade("AAPL", "199.00", "40")
        first = await client.answers()
        local.trade("AAPL", "199.00", "60")
        second = await client.answers()
        await client.close()

    assert ([], 1) == (statuses(first), len(executions(first)))
    assert [("100", "Filled")] == statuses(second)


@in_loop
async def test_statuses_repeat():
    async with a_tws() as local:
        client = await a_resting_order(local)
        local.faults.set("repeat_status", times=2)
        local.trade("AAPL", "199.00", "40")
        found = await client.answers()
        await client.close()

    assert [("40", "Submitted")] * 3 == statuses(found)


@pytest.mark.parametrize(("ticks", "corrected"), [(1, "199.01"), (-2, "198.98")])
@in_loop
async def test_a_correction_differs_behind_the_last_dot_only(ticks, corrected):
    async with a_tws() as local:
        client = await a_resting_order(local)
        local.faults.set("correct_execution", ticks=ticks, count=1)
        local.trade("AAPL", "199.00", "100")
        found = await client.answers()
        client.send(7, 3, 9, 0, "", "", "", "", "", "")
        asked = await client.answers(11)
        cash = local.venue.exchange.accounts["DU1"].balances()["USD"].free
        await client.close()

    (first, *_), (second, *_) = executions(found)
    assert ("01.01", "01.02") == (first[-5:], second[-5:])
    assert first[:-2] == second[:-2]
    assert [(second, "100", corrected)] == executions(asked)
    assert Decimal(1_000_000) - 100 * Decimal(corrected) - Decimal("0.995") == cash


@in_loop
async def test_a_commission_may_come_on_request_only():
    async with a_tws() as local:
        local.faults.set("late_commission")
        client = await a_resting_order(local)
        local.trade("AAPL", "199.00", "100")
        found = await client.answers(11, 59)
        client.send(7, 3, 9, 0, "", "", "", "", "", "")
        asked = await client.answers(11, 59, 55)
        await client.close()

    assert ["11"] == [fields[0] for fields in found]
    assert ["11", "59", "55"] == [fields[0] for fields in asked]
    assert asked[0][14] == asked[1][2]


@in_loop
async def test_a_commission_may_come_late():
    async with a_tws() as local:
        local.faults.set("late_commission", seconds=0.01)
        client = await a_resting_order(local)
        local.trade("AAPL", "199.00", "100")
        found = await client.until(lambda fields: fields[0] == "59")
        await client.close()

    assert ["0.995", "USD"] == found[-1][3:5]


@in_loop
async def test_a_closing_fill_tells_its_profit_and_an_opening_one_none():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.place(1, orderType="MKT")
        client.place(2, "SELL", orderType="MKT")
        found = await client.answers(59)
        await client.close()

    opened, closed = (fields[5] for fields in found)
    assert "1.7976931348623157E308" == opened
    assert "-4.0001" == closed  # the spread of 2, and both commissions


@in_loop
async def test_a_price_may_be_revised_later_from_178_on():
    async with a_tws() as local:
        local.faults.set("revise_price_later")
        client = await a_resting_order(local)
        local.trade("AAPL", "199.00", "100")
        (fields,) = await client.answers(11)
        await client.close()

    assert "1" == fields[-1]


@in_loop
async def test_a_commission_may_come_before_its_execution():
    async with a_tws() as local:
        local.faults.set("commission_first")
        client = await a_resting_order(local)
        local.trade("AAPL", "199.00", "100")
        found = await client.answers(11, 59)
        await client.close()

    assert ["59", "11"] == [fields[0] for fields in found]
    assert found[0][2] == found[1][14]


@in_loop
async def test_a_status_may_be_one_that_nobody_knows():
    async with a_tws() as local:
        client = await a_resting_order(local)
        local.faults.set("odd_status", count=1)
        local.trade("AAPL", "199.00", "40")
        found = await client.answers()
        await client.close()

    assert [("40", "Submitted"), ("40", "Unknown")] == statuses(found)


@in_loop
async def test_executions_of_yesterday_are_not_told():
    async with a_tws() as local:
        client = await a_resting_order(local)
        local.trade("AAPL", "199.00", "40")
        await client.answers()
        local.clock.now_ns += 24 * 3600 * 10**9
        local.trade("AAPL", "199.00", "10")
        await client.answers()
        client.send(7, 3, 9, 0, "", "", "", "", "", "")
        found = await client.answers(11)
        client.send(7, 3, 10, 0, "", "", "MSFT", "", "", "")
        others = await client.answers(11)
        client.send(7, 3, 11, 0, "", "noon", "", "", "", "")
        bad = await client.answers(4)
        await client.close()

    assert ["10"] == [fields[19] for fields in found]
    assert ([], "321") == (others, bad[0][3])
