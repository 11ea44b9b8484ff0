"""Options, as far as alpaca-py's own clients show them."""

from __future__ import annotations

import asyncio
from datetime import date

import msgpack
import pytest
from alpaca.common.exceptions import APIError
from alpaca.data.historical import OptionHistoricalDataClient
from alpaca.data.requests import OptionBarsRequest, OptionLatestQuoteRequest
from alpaca.data.timeframe import TimeFrame
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import AssetClass, AssetStatus, ContractType, OrderStatus, PositionIntent
from alpaca.trading.requests import ClosePositionRequest, GetOptionContractsRequest

from tests.conformance.alpaca.test_orders import GTC, SELL, limit, market
from tests.conformance.alpaca.test_streams import LOGIN, talk
from tests.support.alpaca_clients import market_data, trade_updates
from tests.support.alpaca_venue import KEY, OPTION, PUT, SECRET, running_venue

OVER = "AAPL240119C00180000"


@pytest.fixture
def venue():
    with running_venue(quoted=False, symbols=("AAPL", OPTION, PUT, OVER)) as running:
        running.quote("AAPL")
        running.quote(OPTION)
        yield running


@pytest.fixture
def client(venue):
    made = TradingClient(KEY, SECRET, paper=True, url_override=venue.http)
    yield made
    made._session.close()


def contracts(client, **wanted):
    asked = {"underlying_symbols": ["AAPL"], "expiration_date_lte": "2031-01-01"}
    return client.get_option_contracts(GetOptionContractsRequest(**(asked | wanted)))


def symbols(client, **wanted):
    return [each.symbol for each in contracts(client, **wanted).option_contracts]


def test_a_contract_is_what_its_symbol_says(client):
    found = client.get_option_contract(OPTION)

    assert ("AAPL Dec 20 2030 230 Call", date(2030, 12, 20), 230.0, "100") == (
        found.name,
        found.expiration_date,
        found.strike_price,
        found.size,
    )
    assert (ContractType.CALL, "AAPL", True) == (
        found.type,
        found.underlying_symbol,
        found.tradable,
    )
    assert client.get_asset("AAPL").id == found.underlying_asset_id
    assert OPTION == client.get_option_contract(found.id).symbol


def test_contracts_are_listed_by_every_filter_and_paged(client):
    assert [OPTION, PUT] == symbols(client)
    assert [PUT] == symbols(client, type=ContractType.PUT)
    assert [OVER] == symbols(client, status=AssetStatus.INACTIVE)
    assert [OPTION] == symbols(client, strike_price_gte="226", strike_price_lte="230")
    assert [] == symbols(client, underlying_symbols=["MSFT"])
    assert [] == symbols(client, expiration_date_lte=None)
    assert [OPTION, PUT] == symbols(client, expiration_date="2030-12-20")
    first = contracts(client, limit=1)
    assert [OPTION] == [each.symbol for each in first.option_contracts]
    assert [PUT] == symbols(client, limit=1, page_token=first.next_page_token)


def test_what_is_no_contract_is_404(client):
    with pytest.raises(APIError, match=r"option contract AAPL not found"):
        client.get_option_contract("AAPL")


def test_a_contract_costs_a_hundred_times_its_price(client, venue):
    before = client.get_account()
    bought = client.submit_order(market(OPTION, qty=2))
    done, held = client.get_order_by_id(bought.id), client.get_open_position(OPTION)
    venue.quote(OPTION, bid="6", ask="6.05")
    venue.trade(OPTION, "6", "1")
    worth = client.get_open_position(OPTION)

    assert (OrderStatus.FILLED, "2", "5.05") == (
        done.status,
        done.filled_qty,
        done.filled_avg_price,
    )
    assert (AssetClass.US_OPTION, PositionIntent.BUY_TO_OPEN) == (
        done.asset_class,
        done.position_intent,
    )
    assert ("2", "5.05", "1010") == (held.qty, held.avg_entry_price, held.cost_basis)
    assert ("1200", "190") == (worth.market_value, worth.unrealized_pl)
    assert 1010 == float(before.cash) - float(client.get_account().cash)
    assert float(before.equity) + 190 == float(client.get_account().equity)
    assert AssetClass.US_OPTION == held.asset_class


def test_contracts_are_closed_and_their_money_comes_back(client, venue):
    before = float(client.get_account().cash)
    with trade_updates(venue) as updates:
        client.submit_order(limit(5.05, OPTION, qty=3))
        client.close_position(OPTION, ClosePositionRequest(qty="1"))
        resting = client.submit_order(limit(5.5, OPTION, SELL, 2))
        client.cancel_order_by_id(resting.id)
        client.close_all_positions()
        updates.wait_for_event("fill", count=3)
    assert [] == client.get_all_positions()
    assert before - 3 * 505 + 3 * 495 == float(client.get_account().cash)
    assert ["3", "1", "2"] == [
        str(each["qty"]) for each in reversed(client.get("/account/activities/FILL"))
    ]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (market(OPTION, qty=1.5), "whole contracts"),
        (market(OPTION, qty=None, notional=500), "whole contracts"),
        (limit(5, OPTION, tif=GTC), "invalid options time_in_force"),
        (limit(5.005, OPTION), "sub-penny"),
        (limit(5, OPTION, extended_hours=True), "do not support extended hours"),
        (market(OPTION, SELL), "account not eligible to trade uncovered option contracts"),
        (market(OPTION, qty=20_000), "insufficient buying power"),
    ],
)
def test_what_is_not_for_options_is_refused(client, order, words):
    with pytest.raises(APIError, match=words):
        client.submit_order(order)


def test_no_more_contracts_are_sold_than_are_held(client):
    client.submit_order(market(OPTION, qty=2))

    with pytest.raises(APIError, match="uncovered option contracts"):
        client.submit_order(market(OPTION, SELL, 3))


def test_quotes_and_trades_of_options_arrive(venue):
    def subscribe(stream, hear):
        stream.subscribe_quotes(hear, OPTION)
        stream.subscribe_trades(hear, OPTION)

    with market_data(venue, subscribe, feed="indicative", options=True) as heard:
        venue.quote(OPTION, bid="5.10", ask="5.20", qty="7")
        venue.trade(OPTION, "5.15", "3")
        quote, trade = heard.wait_for(2)[:2]

    assert (OPTION, 5.1, 7, 5.2, 7) == (
        quote.symbol, quote.bid_price, quote.bid_size, quote.ask_price, quote.ask_size,
    )  # fmt: skip
    assert (OPTION, 5.15, 3) == (trade.symbol, trade.price, trade.size)


def test_market_data_of_options_is_told_when_asked(venue):
    data = OptionHistoricalDataClient(KEY, SECRET, url_override=venue.http)
    venue.trade(OPTION, "5.15", "3")
    quote = data.get_option_latest_quote(OptionLatestQuoteRequest(symbol_or_symbols=OPTION))
    bars = data.get_option_bars(
        OptionBarsRequest(symbol_or_symbols=OPTION, timeframe=TimeFrame.Minute)
    )
    data._session.close()

    assert (4.95, 5.05) == (quote[OPTION].bid_price, quote[OPTION].ask_price)
    assert 5.15 == bars[OPTION][-1].close


def test_the_stream_of_options_speaks_messagepack_alone_and_never_tells_all_quotes(venue):
    url = f"{venue.ws}/v1beta1/indicative"
    star = {"action": "subscribe", "quotes": ["*"]}
    packs = {"pack": msgpack.packb, "unpack": msgpack.unpackb}
    headers = {"Content-Type": "application/msgpack"}

    in_json = asyncio.run(talk(url, count=2))
    of_all = asyncio.run(talk(url, LOGIN, star, count=3, headers=headers, **packs))

    assert (412, 413) == (in_json[1][1][0]["code"], of_all[2][1][0]["code"])
