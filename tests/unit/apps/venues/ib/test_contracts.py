"""Which contracts fit what a client describes."""

from __future__ import annotations

from datetime import date

import pytest

from regimeflow.apps.venues.ib.catalogue import catalogue, third_friday
from regimeflow.apps.venues.ib.contracts import NoContract
from regimeflow.types.instrument import Instrument
from tests.support.ib_tws import INSTRUMENTS

BOOK = catalogue(INSTRUMENTS, date(2026, 11, 23))


@pytest.mark.parametrize(
    ("asked", "con_id"),
    [
        ({"conId": "265598"}, 265598),
        ({"conId": "265598", "exchange": "SMART", "symbol": "ignored"}, 265598),
        ({"symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD"}, 265598),
        ({"symbol": "AAPL", "secType": "STK", "exchange": "EBS"}, 39039301),
        ({"localSymbol": "EUR.USD", "secType": "CASH", "exchange": "IDEALPRO"}, 12087792),
        ({"symbol": "EUR", "secType": "CASH", "currency": "USD"}, 12087792),
        ({"symbol": "SPY", "secType": "STK", "currency": "USD", "strike": "0.0"}, 756733),
    ],
)
def test_one_contract_is_meant(asked, con_id):
    assert con_id == BOOK.only(asked).con_id


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"symbol": "NOSUCH", "secType": "STK"}, "No security definition"),
        ({"secType": "STK", "exchange": "SMART"}, "No security definition"),
        ({"symbol": "AAPL", "secType": "STK", "exchange": "NOWHERE"}, "No security definition"),
        ({"conId": "265598", "exchange": "CME"}, "No security definition"),
        ({"symbol": "AAPL", "secType": "STK", "exchange": "SMART"}, "ambiguous"),
        ({"symbol": "ES", "secType": "FUT", "exchange": "CME"}, "ambiguous"),
        ({"symbol": "AAPL", "secType": "OPT", "right": "C"}, "ambiguous"),
    ],
)
def test_none_or_several_are_meant(asked, text):
    with pytest.raises(NoContract, match=text):
        BOOK.only(asked)


def test_an_option_is_found_by_its_terms():
    month = third_friday(2026, 12)
    asked = {"symbol": "AAPL", "secType": "OPT", "right": "CALL", "strike": "200.0"}

    found = BOOK.only(asked | {"lastTradeDate": f"{month:%Y%m}", "multiplier": "100"})

    assert f"AAPL  {month:%y%m%d}C00200000" == found.local_symbol
    assert ("20261218", 265598) == (found.last_trade_date, found.under_con_id)


def test_futures_are_the_next_quarters():
    asked = {"symbol": "ES", "secType": "FUT", "exchange": "CME"}
    found = [each.local_symbol for each, _ in BOOK.find(asked)]
    with_expired = [each.local_symbol for each, _ in BOOK.find(asked, with_expired=True)]

    assert ["ESZ6", "ESH7", "ESM7"] == found
    assert ["ESU6", *found] == with_expired


@pytest.mark.parametrize(
    ("symbol", "asset_class", "kind"),
    [("TSLA", "equity", "STK"), ("GBPUSD", "fx", "CASH"), ("BTCUSD", "crypto", "CRYPTO")],
)
def test_every_instrument_of_the_market_has_a_contract(symbol, asset_class, kind):
    instrument = Instrument(
        symbol=symbol,
        asset_class=asset_class,
        base_currency=symbol[:3],
        quote_currency="USD",
        tick_size="0.01",
        lot_size="0.1",
    )

    book = catalogue({symbol: instrument}, date(2026, 11, 23))

    contract = book.by_market[symbol]
    assert (kind, instrument.tick_size) == (contract.sec_type, contract.min_tick)
    assert contract is book.only({"conId": str(contract.con_id)})


def test_no_two_contracts_share_an_id():
    ids = [contract.con_id for contract in BOOK.contracts]

    assert len(ids) == len(set(ids))
