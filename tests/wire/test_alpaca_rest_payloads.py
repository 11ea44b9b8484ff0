"""Recorded answers of Alpaca's REST API, each as the message that it must become."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.adapters.brokers.alpaca import translate
from regimeflow.adapters.brokers.alpaca.errors import Meaning, Refusal, failure_of
from regimeflow.adapters.brokers.alpaca.rules import rules_of
from regimeflow.types.enums import LiveOrderStatus, OrderSide
from regimeflow.types.session import SessionCalendar
from tests.support.alpaca_payloads import PAYLOADS, needed, recorded, shared

pytestmark = [shared, needed]
ORDERS = sorted(
    f"{folder}/{path.stem}"
    for folder in ("order_responses", "open_orders")
    for path in (PAYLOADS / folder).glob("*.json")
)


def orders_in(found):
    """The orders of a recording: one, a list, or one submitted and asked for again."""
    if isinstance(found, dict) and "submit" in found:
        return [found["submit"], *found["polls"]]
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("name", ORDERS)
def test_every_recorded_order_is_read_with_its_own_numbers(name):
    for order in orders_in(recorded(name)):
        row = translate.order_row(order, as_of_ns=7, recv_ns=8)
        told = row.report
        assert (order["id"], order["symbol"]) == (told.broker_order_id, told.symbol)
        assert LiveOrderStatus.ERROR != told.ord_status
        assert Decimal(order["filled_qty"]) == told.cum_qty_dec
        assert OrderSide[order["side"].upper()] == told.side
        price = order.get("limit_price")
        assert (None if price is None else Decimal(price)) == told.limit_px_dec


def test_recorded_fills_are_read_to_the_last_digit():
    for fill in recorded("fills/recorded_fill_activities_a"):
        told = translate.fill_report(fill, symbol="KO", client_order_id="own", recv_ns=0)
        assert f"{fill['order_id']}:{fill['cum_qty']}" == told.exec_id
        assert (Decimal(fill["qty"]), Decimal(fill["price"])) == (
            told.last_qty_dec, told.last_px_dec,
        )  # fmt: skip
        assert 2026 == 1970 + told.ts_event_ns // (31_556_952 * 10**9)


def test_recorded_positions_and_accounts_are_read():
    rows = recorded("positions/apy_positions")
    symbols = {row["symbol"]: row["symbol"] for row in rows}

    held = translate.positions_of(rows, symbols, as_of_ns=1, recv_ns=1)
    account = translate.account_info(recorded("account/ccxt_account_2024"), as_of_ns=1, recv_ns=1)

    assert [Decimal(row["qty"]) for row in rows] == [each.quantity_dec for each in held]
    assert ("USD", Decimal("5.92")) == (account.currency, account.buying_power_dec)


def test_a_recorded_asset_is_an_instrument():
    (asset,) = recorded("instruments/oas_assets")

    rules = rules_of(asset, Decimal(230), SessionCalendar())

    assert ("AAPL", "equity", "USD") == (
        rules.instrument.symbol, rules.instrument.asset_class, rules.instrument.quote_currency,
    )  # fmt: skip
    assert rules.takes_fractions
    assert rules.is_tradable


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("errors/http_422_duplicate_client_order_id", Meaning.DUPLICATE),
        ("errors/http_422_cancel_already_filled", Meaning.REFUSED),
        ("rejects/http_403_insufficient_qty_related_orders", Meaning.REFUSED),
        ("rejects/http_403_insufficient_buying_power", Meaning.REFUSED),
        ("errors/http_403_order_parameters_not_changed", Meaning.REFUSED),
    ],
)
def test_recorded_refusals_mean_what_they_say(name, meaning):
    found = recorded(name)

    error = failure_of(found["http_status"], found["body"])

    assert isinstance(error, Refusal)
    assert meaning is error.meaning
    assert found["body"]["message"] in error.text
