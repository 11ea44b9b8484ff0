"""exchangeInfo as what may be ordered."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from regimeflow.adapters.brokers.binance.rules import order_limits, rules_of
from regimeflow.live import BrokerError
from tests.support.binance import PAYLOADS, needs_payloads, rules, symbol_info


@needs_payloads
def test_the_recorded_symbols_have_their_steps_and_limits():
    info = json.loads(
        (PAYLOADS / "instruments/rest_market_exchange_info_2symbols.json").read_text()
    )

    btc, eth = (rules_of(each) for each in info["symbols"])

    assert ("BTCUSDT", "BTC", "USDT") == (btc.instrument.symbol, btc.base, btc.quote)
    assert (Decimal("0.01"), Decimal("0.00001")) == (
        btc.instrument.tick_size,
        btc.instrument.lot_size,
    )
    assert (Decimal("0.00001"), Decimal(9000), Decimal(10)) == (
        btc.instrument.min_qty,
        btc.instrument.max_qty,
        btc.instrument.min_notional,
    )
    assert Decimal("112.2110882") == btc.market_max_qty
    assert Decimal("0.0001") == eth.instrument.lot_size
    assert "STOP_LOSS" not in btc.order_types
    assert not btc.allows_amend
    assert (50, 10) == order_limits(info)["ORDERS 10 SECOND"]


def test_unknown_filters_and_fields_are_passed_over():
    info = symbol_info()
    info["filters"].append({"filterType": "OF_TOMORROW", "x": []})
    info["status"] = "A_STATUS_OF_TOMORROW"

    assert rules_of(info).takes_orders


@pytest.mark.parametrize("lost", ["symbol", "baseAsset", "quoteAsset"])
def test_what_an_order_needs_must_be_there(lost):
    info = symbol_info()
    del info[lost]

    with pytest.raises(BrokerError, match="exchangeInfo"):
        rules_of(info)


def test_a_step_that_is_switched_off_falls_back_to_the_precision():
    assert Decimal("0.00000001") == rules(lot_size="0.00000000").instrument.lot_size
