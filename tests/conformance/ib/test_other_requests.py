"""What else ib_async asks of TWS, at each version: profit, rules, values of several accounts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.ib_clients import APPLE, VERSIONS, connected, ib_async, until
from tests.support.ib_tws import RawClient, a_tws
from tests.support.in_loop import in_loop

NS = 10**9
versions = pytest.mark.parametrize("version", VERSIONS)


@versions
@in_loop
async def test_profit_is_told_and_told_again(version):
    async with a_tws() as local, connected(local, version=version) as ib:
        total = ib.reqPnL("DU1")
        trade = ib.placeOrder(APPLE, ib_async.MarketOrder("BUY", 100))
        await until(ib, lambda: trade.orderStatus.status == "Filled")
        (position,) = await ib.reqPositionsAsync()
        one = ib.reqPnLSingle("DU1", "", position.contract.conId)
        await until(ib, lambda: one.position == 100)
        await until(ib, lambda: total.unrealizedPnL == total.unrealizedPnL != 0)

    assert (-1.0, 0.0, 20002.0) == (one.unrealizedPnL, one.realizedPnL, one.value)
    assert (-1.0, 0.0) == (total.unrealizedPnL, total.realizedPnL)


@versions
@in_loop
async def test_rules_exchanges_and_the_oldest_bar_are_told(version):
    async with a_tws() as local, connected(local, version=version) as ib:
        (details,) = await ib.reqContractDetailsAsync(APPLE)
        rule = await ib.reqMarketRuleAsync(int(details.marketRuleIds.split(",")[0]))
        exchanges = await ib.reqMktDepthExchangesAsync()
        oldest = await ib.reqHeadTimeStampAsync(APPLE, "TRADES", useRTH=True, formatDate=1)
        news = await ib.reqNewsProvidersAsync()

    assert [(0.0, 0.01)] == [(step.lowEdge, step.increment) for step in rule]
    assert {"ISLAND", "IDEALPRO"} == {each.exchange for each in exchanges}
    assert 2016 == oldest.year
    assert [] == news


@versions
@in_loop
async def test_bars_may_be_kept_up_to_date(version):
    async with a_tws() as local, connected(local, version=version) as ib:
        bars = await ib.reqHistoricalDataAsync(
            APPLE, "", "600 S", "1 min", "TRADES", useRTH=False, keepUpToDate=True
        )
        before = len(bars)
        local.trade("AAPL", "200.02", "25", side="BUY")
        await local.venue.flush()
        local.clock.now_ns += 10 * NS
        local.venue.time_passed()
        await until(ib, lambda: bars[-1].close == 200.02)
        last = bars[-1]

    assert before in {len(bars), len(bars) - 1}
    assert (200.02, 25.0) == (last.close, last.volume)


@in_loop
async def test_account_values_are_told_again_every_three_minutes():
    async with a_tws("DU1", "DU2") as local:
        client = await RawClient.connect(local)
        client.send(6, 2, 1, "DU2")
        client.send(62, 1, 7, "All", "NetLiquidation")
        client.send(76, 1, 8, "", "", 0)
        client.send(74, 1, 9, "DU1", "")
        first = await client.answers()
        local.venue.time_passed()
        at_once = await client.answers()
        local.clock.now_ns += 181 * NS
        local.venue.time_passed()
        later = await client.answers()
        client.send(6, 2, 0, "DU2")
        client.send(63, 1, 7)
        client.send(77, 1, 8)
        client.send(75, 1, 9)
        await client.answers()
        local.clock.now_ns += 181 * NS
        local.venue.time_passed()
        last = await client.answers()
        await client.close()

    summaries = [fields for fields in later if fields[0] == "63"]
    assert {"54", "64", "74", "72"} <= {fields[0] for fields in first}
    assert ["49"] == [fields[0] for fields in at_once]
    assert [("DU1", "1000000.00"), ("DU2", "1000000.00")] == [
        (fields[3], fields[5]) for fields in summaries
    ]
    assert {"6", "63", "73"} <= {fields[0] for fields in later}
    assert {"DU2"} == {fields[5] for fields in later if fields[0] == "6"}
    assert ["49"] == [fields[0] for fields in last]


@in_loop
async def test_positions_of_the_window_are_told_to_multi_requests_too():
    async with a_tws() as local:
        client = await RawClient.connect(local)
        client.send(74, 1, 9, "", "")
        await client.answers()
        client.place(1, "SELL", 50, orderType="MKT")
        found = await client.answers(71)
        client.send(74, 1, 10, "DU9", "")
        (error,) = await client.answers(4)
        await client.close()

    assert [("9", "DU1", "AAPL", "-50")] == [(f[2], f[3], f[5], f[15]) for f in found]
    assert Decimal(-50) == local.position("AAPL")
    assert ("10", "321") == (error[2], error[3])
