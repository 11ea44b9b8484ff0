"""Account, positions, activities, assets, the clock, sessions and corporate actions."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from alpaca.common.exceptions import APIError
from alpaca.data.historical import CryptoHistoricalDataClient, StockHistoricalDataClient
from alpaca.data.requests import (
    CryptoLatestOrderbookRequest,
    CryptoSnapshotRequest,
    StockBarsRequest,
    StockLatestBarRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockQuotesRequest,
    StockSnapshotRequest,
    StockTradesRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrderByIdRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    StopLossRequest,
    TakeProfitRequest,
)

from regimeflow.apps.venues.alpaca.times import at_new_york
from tests.support.alpaca_clients import trade_updates
from tests.support.alpaca_venue import KEY, SECRET


def market(symbol="AAPL", side="buy", qty=10, tif="day", **more):
    return MarketOrderRequest(symbol=symbol, side=side, qty=qty, time_in_force=tif, **more)


def limit(price, tif="day", qty=10, side="buy", **more):
    return LimitOrderRequest(
        symbol="AAPL", side=side, qty=qty, time_in_force=tif, limit_price=price, **more
    )


def test_an_account_begins_with_a_million_and_is_worth_what_it_holds(client, venue):
    begun = client.get_account()
    client.submit_order(market())
    venue.trade("AAPL", "240", "1", "buy")
    now = client.get_account()

    assert ("1000000", "1000000", "2000000") == (begun.cash, begun.equity, begun.buying_power)
    assert ("997699.5", "1000099.5", "2400") == (now.cash, now.equity, now.long_market_value)
    assert "1200" == now.initial_margin
    assert "1997799" == now.buying_power


def test_open_orders_hold_buying_power(client):
    client.submit_order(limit(200, qty=100))

    assert "1980000" == client.get_account().buying_power


def test_a_configuration_is_changed_through_alpaca_py(client):
    settings = client.get_account_configurations()
    settings.no_shorting = True
    changed = client.set_account_configurations(settings)

    with pytest.raises(APIError, match="account is not allowed to short"):
        client.submit_order(market(side="sell"))
    assert (True, None) == (changed.no_shorting, changed.pdt_check)


def test_a_position_is_signed_averaged_and_closed_in_parts(client, venue):
    client.submit_order(market())
    venue.quote("AAPL", "239.95", "240.05")
    client.submit_order(market())
    client.submit_order(limit(250, side="sell", qty=5))
    both = client.get_open_position("AAPL")
    part = client.close_position("AAPL", ClosePositionRequest(percentage="25"))
    left = client.get_open_position("AAPL")

    assert ("20", "15", "235.05", "4701", "long") == (
        both.qty,
        both.qty_available,
        both.avg_entry_price,
        both.cost_basis,
        both.side,
    )
    assert ("5", "sell") == (part.qty, part.side)
    assert ("15", "10", "235.05") == (left.qty, left.qty_available, left.avg_entry_price)


def test_a_short_position_is_below_zero_and_is_bought_back(client):
    client.submit_order(market(side="sell"))
    short = client.get_open_position("AAPL")
    activity = client.get("/account/activities/FILL")[0]
    client.close_position("AAPL")

    assert ("-10", "short", "-2299.5") == (short.qty, short.side, short.cost_basis)
    assert "sell_short" == activity["side"]
    assert [] == client.get_all_positions()


def test_every_position_is_closed_with_an_answer_of_its_own(client):
    client.submit_order(market())
    client.submit_order(market(symbol="MSFT"))
    client.submit_order(limit(240, side="sell"))

    answers = {one.symbol: one for one in client.close_all_positions(cancel_orders=False)}
    assert {"AAPL": 403, "MSFT": 200} == {name: one.status for name, one in answers.items()}
    assert "insufficient qty" in answers["AAPL"].body.message
    again = client.close_all_positions(cancel_orders=True)
    assert [("AAPL", 200)] == [(one.symbol, one.status) for one in again]
    assert [] == client.get_all_positions()


def test_fills_are_paged_and_found_by_order(client, venue):
    sent = client.submit_order(limit(229))
    for _ in range(5):
        venue.trade("AAPL", "229", "2")
    client.submit_order(market(symbol="MSFT"))

    def fills(**query):
        return client.get("/account/activities/FILL", query)

    pages, token = [], None
    while page := fills(direction="asc", page_size=2, order_id=str(sent.id), page_token=token):
        pages.append(page)
        token = page[-1]["id"]
    flat = [one for page in pages for one in page]
    assert [2, 2, 1] == [len(page) for page in pages]
    assert ["2", "4", "6", "8", "10"] == [one["cum_qty"] for one in flat]
    assert ["partial_fill"] * 4 + ["fill"] == [one["type"] for one in flat]
    assert {"client_order_id", "execution_id"}.isdisjoint(flat[0])
    assert re.fullmatch(r"\d{17}::[0-9a-f-]{36}", flat[0]["id"])
    assert 6 == len(fills())
    assert [] == fills(until=flat[0]["transaction_time"])


def test_assets_are_listed_and_found_with_and_without_the_slash(client):
    assert ["BTC/USD"] == [
        one.symbol for one in client.get_all_assets(GetAssetsRequest(asset_class="crypto"))
    ]
    assert client.get_asset("BTC/USD").id == client.get_asset("BTCUSD").id
    assert client.get_asset("AAPL").shortable


def test_the_market_is_open_unless_told_otherwise(client, venue):
    always = client.get_clock()
    venue.act("session", session="closed")
    closed = client.get_clock()

    assert (True, False) == (always.is_open, closed.is_open)
    assert always.timestamp < always.next_close
    days = client.get_calendar(GetCalendarRequest(start=date(2026, 11, 25), end=date(2026, 11, 30)))
    assert [(25, 16), (27, 13), (30, 16)] == [(one.date.day, one.close.hour) for one in days]


def test_orders_wait_for_the_session_in_which_they_may_work(client, venue):
    venue.act("session", session="closed")
    regular, early = (
        client.submit_order(market()),
        client.submit_order(limit(231, extended_hours=True)),
    )
    with pytest.raises(APIError, match="isn't sent to exchange yet"):
        client.patch(f"/orders/{regular.id}", {"qty": "11"})
    venue.act("session", session="pre")
    before_open = [client.get_order_by_id(one.id).status for one in (regular, early)]
    venue.act("session", session="open")

    assert ["accepted", "accepted"] == [regular.status, early.status]
    assert ["accepted", "filled"] == before_open
    assert "filled" == client.get_order_by_id(regular.id).status


def test_the_close_ends_day_orders_and_keeps_the_others_for_tomorrow(client, venue):
    day, gtc = client.submit_order(limit(229)), client.submit_order(limit(228, tif="gtc"))
    with trade_updates(venue) as heard:
        venue.act("session", session="after")
        heard.wait_for_event("expired")
        venue.trade("AAPL", "228", "500000")
        venue.quote("AAPL")
        overnight = client.get_order_by_id(gtc.id).status
        venue.act("session", session="open")
        venue.trade("AAPL", "228", "10")
        heard.wait_for_event("fill")

    assert ("expired", "new") == (client.get_order_by_id(day.id).status, overnight)
    assert ["expired", "fill"] == heard.events
    assert "filled" == client.get_order_by_id(gtc.id).status


def test_a_bracket_sleeps_over_the_night_and_goes_on(client, venue):
    sent = client.submit_order(
        market(
            tif="gtc",
            order_class="bracket",
            take_profit=TakeProfitRequest(limit_price=240),
            stop_loss=StopLossRequest(stop_price=220),
        )
    )
    venue.act("session", session="closed")
    venue.act("session", session="open")
    venue.quote("AAPL", "219.90", "220.10")
    venue.trade("AAPL", "220", "1")

    read = client.get_order_by_id(sent.id, GetOrderByIdRequest(nested=True))
    assert ["canceled", "filled"] == [leg.status for leg in read.legs]


def test_orders_for_the_auctions_trade_there_or_never(client, venue):
    venue.act("session", session="pre")
    opening, too_low = client.submit_order(market(tif="opg")), client.submit_order(limit(1, "opg"))
    venue.act("session", session="open")
    closing = client.submit_order(market(symbol="MSFT", tif="cls"))
    waiting = client.get_order_by_id(closing.id).status
    venue.act("session", session="after")

    assert "accepted" == waiting
    assert ["filled", "canceled", "filled"] == [
        client.get_order_by_id(one.id).status for one in (opening, too_low, closing)
    ]


def test_the_calendar_of_new_york_can_be_followed(client, venue):
    venue.act("session", session="calendar")
    noon = at_new_york(date(2026, 11, 25), 12)
    venue.clock.offset_ns += noon - venue.clock()
    open_ = client.get_clock()
    venue.clock.offset_ns += 10 * 3600 * 10**9
    closed = client.get_clock()

    assert (True, False) == (open_.is_open, closed.is_open)
    assert date(2026, 11, 27) == closed.next_open.date()


def test_a_split_multiplies_shares_and_divides_prices(client, venue):
    client.submit_order(market())
    old = client.submit_order(limit(240, side="sell", tif="gtc"))
    before = client.get_account()
    venue.act("split", symbol="AAPL", ratio="2")
    venue.trade("AAPL", "115.025", "1")
    position = client.get_open_position("AAPL")
    replaced = client.get_order_by_id(old.id)
    new = client.get_order_by_id(replaced.replaced_by)

    assert ("20", "115.025", "2300.5") == (
        position.qty,
        position.avg_entry_price,
        position.cost_basis,
    )
    assert ("replaced", "20", "120", "new") == (
        replaced.status,
        new.qty,
        new.limit_price,
        new.status,
    )
    assert abs(float(before.equity) - float(client.get_account().equity)) < 1
    assert ["SPLIT", "FILL"] == [one["activity_type"] for one in client.get("/account/activities")]


def test_dividends_and_deposits_change_cash_and_are_booked(client, venue):
    client.submit_order(market())
    venue.act("dividend", symbol="AAPL", per_share="0.25")
    venue.act("deposit", amount="500")
    venue.act("deposit", amount="-100")

    assert "998102" == client.get_account().cash
    assert [("CSW", "-100"), ("CSD", "500"), ("DIV", "2.5")] == [
        (one["activity_type"], one["net_amount"]) for one in client.get("/account/activities")[:3]
    ]


def test_the_truth_agrees_with_what_is_told(client, venue):
    client.submit_order(market())
    client.submit_order(market(symbol="BTC/USD", qty="0.5", tif="gtc"))
    client.submit_order(market(side="sell", qty=4))
    told = venue.call(venue.venue.truth)["alpaca"]
    audit = venue.call(venue.venue.exchange.audit)

    held = {one.symbol: one.qty for one in client.get_all_positions()}
    assert {"AAPL": "6", "BTCUSD": "0.49875"} == held
    assert ["6", "0.49875"] == [one["qty"] for one in told["positions"]["local"].values()]
    balances = audit["balances"]["local"]
    assert ["6", "0.49875"] == [balances[name]["free"] for name in ("AAPL", "BTC")]
    assert 3 == len(audit["fills"])


@pytest.fixture
def data(venue):
    made = StockHistoricalDataClient(KEY, SECRET, url_override=venue.http)
    yield made
    made._session.close()


def test_the_latest_of_everything_is_told(venue, data):
    venue.trade("AAPL", "230.5", "150", "buy")

    quote = data.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols="AAPL"))["AAPL"]
    trade = data.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols="AAPL"))["AAPL"]
    bar = data.get_stock_latest_bar(StockLatestBarRequest(symbol_or_symbols="AAPL"))["AAPL"]
    snapshot = data.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols="AAPL"))["AAPL"]
    assert (229.95, 230.05) == (quote.bid_price, quote.ask_price)
    assert (230.5, 150) == (trade.price, trade.size)
    assert bar.close > 0
    assert (230.5, 230.5) == (snapshot.latest_trade.price, snapshot.daily_bar.close)


def test_history_is_paged_in_the_middle_of_a_symbol(venue, data):
    for symbol, price in (("AAPL", "230"), ("MSFT", "430")):
        venue.trade(symbol, price, "10")
    # Midnight in London is no time of a session's: an hour that began before it is left out.
    start = datetime.combine(datetime.now(UTC).date() - timedelta(days=6), time(), UTC)

    def bars(unit, amount=1, **more):
        return data.get_stock_bars(
            StockBarsRequest(
                symbol_or_symbols=["AAPL", "MSFT"],
                timeframe=TimeFrame(amount, unit),
                start=start,
                **more,
            )
        ).data

    minutes, hours = bars(TimeFrameUnit.Minute), bars(TimeFrameUnit.Hour)
    assert len(minutes["AAPL"]) == len(minutes["MSFT"]) > 390
    assert sum(bar.volume for bar in minutes["AAPL"]) == sum(bar.volume for bar in hours["AAPL"])
    query = {"symbols": "AAPL,MSFT", "timeframe": "1Hour", "start": start.isoformat()}
    query["limit"] = len(hours["AAPL"]) - 1  # so that the second page has the last of one symbol
    pages, token = [], ""
    while token is not None:
        answer = data.get("/stocks/bars", {**query, "page_token": token})
        pages.append(answer["bars"])
        token = answer["next_page_token"]
    counts = {name: sum(len(page.get(name, ())) for page in pages) for name in minutes}
    assert {name: len(hours[name]) for name in minutes} == counts
    assert any(len(page) == 2 for page in pages)


def test_past_trades_and_quotes_are_told(venue, data):
    venue.trade("AAPL", "230", "10")
    start = datetime.now(UTC) - timedelta(minutes=5)
    asked = {"symbol_or_symbols": "AAPL", "start": start}

    trades = data.get_stock_trades(StockTradesRequest(**asked)).data["AAPL"]
    quotes = data.get_stock_quotes(StockQuotesRequest(**asked)).data["AAPL"]
    assert [(230.0, 10.0)] == [(one.price, one.size) for one in trades]
    assert (229.95, 230.05) == (quotes[0].bid_price, quotes[0].ask_price)


def test_crypto_data_needs_no_key(venue):
    venue.trade("BTC/USD", "60000", "0.5")
    client = CryptoHistoricalDataClient(url_override=venue.http)

    book = client.get_crypto_latest_orderbook(
        CryptoLatestOrderbookRequest(symbol_or_symbols="BTC/USD")
    )["BTC/USD"]
    snapshot = client.get_crypto_snapshot(CryptoSnapshotRequest(symbol_or_symbols="BTC/USD"))
    client._session.close()

    assert (59999.95, 60000.05) == (book.bids[0].price, book.asks[0].price)
    assert 60000.0 == snapshot["BTC/USD"].latest_trade.price
