"""ib_async takes the local TWS for the real one, at each version that it speaks."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.ib_clients import APPLE, VERSIONS, a_limit, connected, ib_async, until
from tests.support.ib_tws import a_tws
from tests.support.in_loop import in_loop

versions = pytest.mark.parametrize("version", VERSIONS)


def statuses(trade: ib_async.Trade) -> list[str]:
    return [entry.status for entry in trade.log]


@versions
@in_loop
async def test_it_connects_and_reads_account_contracts_and_market(version):
    async with a_tws() as local, connected(local, version=version) as ib:
        (contract,) = await ib.qualifyContractsAsync(ib_async.Stock("AAPL", "SMART", "USD"))
        ticker = ib.reqMktData(contract)
        await until(ib, lambda: ticker.ask == 200.02)
        local.trade("AAPL", "200.00", "100")
        await until(ib, lambda: ticker.last == 200.0)
        summary = await ib.accountSummaryAsync()
        agreed = ib.client.serverVersion(), ib.managedAccounts()

    assert (version, ["DU1"]) == agreed
    assert (265598, "NASDAQ", "NMS") == (
        contract.conId,
        contract.primaryExchange,
        contract.tradingClass,
    )
    assert (200.0, 500.0, 200.02, 500.0) == (
        ticker.bid,
        ticker.prevBidSize or ticker.bidSize,
        ticker.ask,
        ticker.askSize,
    )
    assert "1000000.00" in {row.value for row in summary if row.tag == "NetLiquidation"}


@versions
@in_loop
async def test_an_order_is_placed_filled_in_parts_modified_and_cancelled(version):
    async with a_tws() as local, connected(local, version=version) as ib:
        trade = ib.placeOrder(APPLE, a_limit("BUY", 100, 199.0, orderRef="ours-1"))
        await until(ib, lambda: trade.orderStatus.status == "Submitted")
        local.trade("AAPL", "199.00", "40")
        await until(ib, lambda: trade.fills and trade.fills[0].commissionReport.execId)
        trade.order.lmtPrice = 198.5
        ib.placeOrder(APPLE, trade.order)
        await until(ib, lambda: trade.orderStatus.status == "Submitted" and trade.log[-1].message)
        ib.cancelOrder(trade.order)
        await until(ib, lambda: "Cancelled" in statuses(trade))
        (fill,) = trade.fills

    assert ("ours-1", 40.0, 199.0, "BOT") == (
        fill.execution.orderRef,
        fill.execution.shares,
        fill.execution.price,
        fill.execution.side,
    )
    assert (40.0, 60.0) == (trade.orderStatus.filled, trade.orderStatus.remaining)
    assert Decimal(40) == local.position("AAPL")


@versions
@in_loop
async def test_executions_orders_and_positions_are_there_after_a_reconnect(version):
    async with a_tws() as local:
        async with connected(local, version=version) as ib:
            resting = ib.placeOrder(APPLE, a_limit("BUY", 10, 190.0, orderRef="resting"))
            crossing = ib.placeOrder(APPLE, ib_async.MarketOrder("BUY", 30, orderRef="crossing"))
            cancelled = ib.placeOrder(APPLE, a_limit("SELL", 10, 250.0, orderRef="cancelled"))
            await until(ib, lambda: crossing.orderStatus.status == "Filled")
            ib.cancelOrder(cancelled.order)
            await until(ib, lambda: "Cancelled" in statuses(cancelled))
            used = resting.order.orderId, crossing.order.orderId, cancelled.order.orderId
        async with connected(local, version=version) as ib:
            fills = ib.fills()  # asked for while connecting
            (open_trade,) = await ib.reqOpenOrdersAsync()
            completed = await ib.reqCompletedOrdersAsync(apiOnly=True)
            (position,) = await ib.reqPositionsAsync()
            next_id = ib.client.getReqId()

    assert [("crossing", 30.0)] == [
        (fill.execution.orderRef, fill.execution.shares) for fill in fills
    ]
    assert fills[0].commissionReport.commission > 0
    assert ("resting", "Submitted") == (
        open_trade.order.orderRef,
        open_trade.orderStatus.status,
    )
    assert {("crossing", "Filled"), ("cancelled", "Cancelled")} == {
        (trade.order.orderRef, trade.orderStatus.status) for trade in completed
    }
    assert ("AAPL", 30.0) == (position.contract.symbol, position.position)
    assert next_id > max(used)


@in_loop
async def test_a_market_order_is_told_in_the_recorded_sequence():
    async with a_tws() as local, connected(local) as ib:
        trade = ib.placeOrder(APPLE, ib_async.MarketOrder("BUY", 100))
        await until(ib, lambda: trade.fills and trade.fills[0].commissionReport.execId)

    assert ["PendingSubmit", "PreSubmitted", "PreSubmitted", "Filled"] == statuses(trade)
    assert (100.0, 200.02) == (trade.orderStatus.filled, trade.orderStatus.avgFillPrice)


@in_loop
async def test_a_bracket_lets_its_exits_go_when_the_entry_fills_and_one_ends_the_other():
    async with a_tws() as local, connected(local) as ib:
        entry, profit, stop = (
            ib.placeOrder(APPLE, order) for order in ib.bracketOrder("BUY", 50, 199, 205, 195)
        )
        await until(ib, lambda: stop.orderStatus.status == "PreSubmitted")
        held = profit.orderStatus.whyHeld, stop.orderStatus.whyHeld
        local.trade("AAPL", "199.00", "50")
        await until(ib, lambda: profit.orderStatus.status == "Submitted")
        entry_status = entry.orderStatus.status
        local.trade("AAPL", "205.00", "50", side="BUY")
        await until(ib, lambda: stop.orderStatus.status == "Cancelled")

    assert ("child", "child") == held
    assert ("Filled", "Filled") == (entry_status, profit.orderStatus.status)
    assert Decimal(0) == local.position("AAPL")


@in_loop
async def test_a_group_shrinks_with_each_fill_and_ends_with_the_last():
    async with a_tws() as local, connected(local) as ib:
        first, second = (
            ib.placeOrder(APPLE, a_limit("BUY", 100, price, ocaGroup="g", ocaType=3))
            for price in (199, 198)
        )
        await until(ib, lambda: second.orderStatus.status == "Submitted")
        local.trade("AAPL", "199.00", "30")
        await until(ib, lambda: second.orderStatus.remaining == 70)
        local.trade("AAPL", "199.00", "70")
        await until(ib, lambda: second.orderStatus.status == "Cancelled")

    assert "Filled" == first.orderStatus.status
    assert Decimal(100) == local.position("AAPL")


@in_loop
async def test_stops_and_trailing_stops_wait_and_fire():
    async with a_tws() as local, connected(local) as ib:
        entry = ib.placeOrder(APPLE, ib_async.MarketOrder("BUY", 30))
        await until(ib, lambda: entry.orderStatus.status == "Filled")
        stop = ib.placeOrder(APPLE, ib_async.StopOrder("SELL", 10, 198.0))
        limited = ib.placeOrder(APPLE, ib_async.StopLimitOrder("SELL", 10, 197.0, 198.0))
        trail = ib.placeOrder(
            APPLE, ib_async.Order(action="SELL", totalQuantity=10, orderType="TRAIL", auxPrice=1.5)
        )
        await until(ib, lambda: trail.orderStatus.status == "PreSubmitted")
        waiting = stop.orderStatus.status, limited.orderStatus.status
        local.trade("AAPL", "199.60", "1")
        local.trade("AAPL", "198.00", "1")
        trades = (stop, limited, trail)
        await until(ib, lambda: all(each.orderStatus.status == "Filled" for each in trades))

    assert ("PreSubmitted", "PreSubmitted") == waiting
    assert Decimal(0) == local.position("AAPL")


@in_loop
async def test_orders_at_the_open_and_the_close_wait_for_it():
    async with a_tws() as local, connected(local) as ib:
        orders = [
            ib_async.Order(action="BUY", totalQuantity=1, orderType="MKT", tif="OPG"),
            ib_async.Order(action="BUY", totalQuantity=1, orderType="LMT", lmtPrice=201, tif="OPG"),
            ib_async.Order(action="BUY", totalQuantity=1, orderType="MOC"),
            ib_async.Order(action="BUY", totalQuantity=1, orderType="LOC", lmtPrice=201),
        ]
        trades = [ib.placeOrder(APPLE, order) for order in orders]
        await until(ib, lambda: trades[-1].orderStatus.status == "PreSubmitted")
        before = [trade.orderStatus.status for trade in trades]
        await local.venue.act("session", {"symbol": "AAPL", "is_open": False})
        await local.venue.act("session", {"symbol": "AAPL", "is_open": True})
        await until(ib, lambda: all(trade.orderStatus.status == "Filled" for trade in trades))

    assert ["PreSubmitted"] * 4 == before


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (ib_async.Order(action="BUY", totalQuantity=1, orderType="MIDPRICE"), 387),
        (ib_async.LimitOrder("BUY", 0, 200.0), 434),
        (ib_async.LimitOrder("BUY", 1, 200.005), 110),
        (ib_async.LimitOrder("BUY", 1.5, 200.0), 10243),
        (ib_async.LimitOrder("BUY", 1, 200.0, tif="AUC"), 321),
        (ib_async.LimitOrder("BUY", 1, 200.0, account="DU9"), 321),
        (ib_async.LimitOrder("BUY", 100_000_000, 200.0), 201),
    ],
)
@in_loop
async def test_what_ib_refuses_gets_its_code(order, code):
    async with a_tws() as local, connected(local) as ib:
        errors: list[int] = []
        ib.errorEvent += lambda _, error_code, *__: errors.append(error_code)
        ib.placeOrder(APPLE, order)
        await until(ib, lambda: errors)

    assert [code] == errors
    assert Decimal(0) == local.position("AAPL")


@versions
@in_loop
async def test_bars_come_from_the_past_and_as_they_end(version):
    async with a_tws() as local, connected(local, version=version) as ib:
        hour = (APPLE, "", "3600 S", "5 mins", "TRADES")
        past = await ib.reqHistoricalDataAsync(*hour, useRTH=False)
        regular = await ib.reqHistoricalDataAsync(*hour, useRTH=True)  # New York has just opened
        days = await ib.reqHistoricalDataAsync(APPLE, "", "5 D", "1 day", "TRADES", useRTH=True)
        bars = ib.reqRealTimeBars(APPLE, 5, "TRADES", useRTH=False)
        await ib.reqCurrentTimeAsync()  # what was asked before is subscribed
        local.trade("AAPL", "200.00", "10")
        local.trade("AAPL", "200.02", "20", side="BUY")
        await local.venue.flush()
        local.clock.now_ns += 10_000_000_000
        local.venue.time_passed()
        await until(ib, lambda: bars)

    assert (12, 6, 5) == (len(past), len(regular), len(days))
    assert all(bar.low <= min(bar.open, bar.close) for bar in past)
    assert (200.0, 200.02, 200.0, 200.02, 30.0) == (
        bars[0].open_,
        bars[0].high,
        bars[0].low,
        bars[0].close,
        bars[0].volume,
    )


@versions
@in_loop
async def test_depth_and_tick_by_tick_follow_the_book(version):
    async with a_tws() as local, connected(local, version=version) as ib:
        (contract,) = await ib.qualifyContractsAsync(APPLE)
        depth = ib.reqMktDepth(contract, numRows=5)
        await until(ib, lambda: depth.domBids and depth.domAsks)
        local.quote("AAPL", "200.01", "70", "200.02", "500")
        await until(ib, lambda: depth.domBids[0].size == 70)
        prices = [row.price for row in depth.domBids]
        ticker = ib.reqTickByTickData(contract, "BidAsk")
        ib.reqTickByTickData(contract, "AllLast")
        await ib.reqCurrentTimeAsync()  # what was asked before is subscribed
        seen: list[object] = []
        ticker.updateEvent += lambda now: seen.extend(now.tickByTicks)
        local.trade("AAPL", "200.01", "20")
        await until(ib, lambda: len(seen) > 1)

    assert [200.01, 200.0] == prices
    assert {(200.01, 20.0)} == {(tick.price, tick.size) for tick in seen if _is_print(tick)}
    assert {(200.01, 50.0)} == {
        (tick.bidPrice, tick.bidSize) for tick in seen if not _is_print(tick)
    }


def _is_print(tick: object) -> bool:
    return isinstance(tick, ib_async.TickByTickAllLast)


@in_loop
async def test_kinds_of_contracts_are_told_apart():
    async with a_tws() as local, connected(local) as ib:
        (pair,) = await ib.qualifyContractsAsync(ib_async.Forex("EURUSD"))
        (coin,) = await ib.qualifyContractsAsync(ib_async.Crypto("BTC", "PAXOS", "USD"))
        futures = await ib.reqContractDetailsAsync(ib_async.Future("ES", exchange="CME"))
        month = futures[0].contract.lastTradeDateOrContractMonth
        (future,) = await ib.qualifyContractsAsync(ib_async.Future("ES", month, "CME"))
        options = await ib.reqContractDetailsAsync(ib_async.Option("AAPL", exchange="SMART"))
        anywhere = await ib.reqContractDetailsAsync(ib_async.Stock("AAPL"))
        nothing = await ib.reqContractDetailsAsync(ib_async.Stock("NOSUCH", "SMART", "USD"))
        (chain,) = await ib.reqSecDefOptParamsAsync("AAPL", "", "STK", 265598)
        found = await ib.reqMatchingSymbolsAsync("AAP")

    assert (12087792, "EUR.USD") == (pair.conId, pair.localSymbol)
    assert 479624278 == coin.conId
    assert (3, 3) == (len(futures), len({each.contract.localSymbol for each in futures}))
    assert ("50", futures[0].contract.conId) == (future.multiplier, future.conId)
    assert {"C", "P"} == {each.contract.right for each in options}
    assert {"USD", "CHF"} == {each.contract.currency for each in anywhere}
    assert [] == nothing
    assert [100.0, 200.0, 300.0] == chain.strikes
    assert "AAPL" in {each.contract.symbol for each in found}


@in_loop
async def test_a_client_id_that_is_taken_is_refused_with_326():
    async with a_tws() as local, connected(local, client_id=3):
        second = ib_async.IB()
        errors: list[int] = []
        second.errorEvent += lambda _, code, *__: errors.append(code)

        with pytest.raises((ConnectionError, TimeoutError)):
            await second.connectAsync("127.0.0.1", local.port, clientId=3, timeout=0.5)

    assert [326] == errors
