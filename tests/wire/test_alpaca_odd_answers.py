"""Recorded answers of REST in which something is not as it was: an error that says so, or read."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from regimeflow.adapters.brokers.alpaca import translate
from regimeflow.adapters.brokers.alpaca.errors import failure_of
from regimeflow.adapters.brokers.alpaca.rest import decoded
from regimeflow.adapters.brokers.alpaca.rules import rules_of
from regimeflow.adapters.brokers.alpaca.translate import ANSWERS
from regimeflow.types.errors import BrokerError
from regimeflow.types.session import SessionCalendar
from tests.support.alpaca_payloads import PAYLOADS, needed, recorded, shared

pytestmark = [shared, needed]
MUTATIONS = 850  # of each file: more than 10,000 in all
ODD = (
    None, "", "x", "-1", -1, 0, 1.5, [], {}, True, "NaN", "Infinity", "1e999", "1e-999", 10**40,
    "9" * 40, "0.0000000000000000000001", "2026-13-45T00:00:00Z", "\x00", "Ä" * 500,
)  # fmt: skip


def read_order(found: object) -> object:
    return translate.order_row(ANSWERS.table(found, "an order"), as_of_ns=1, recv_ns=2)


def read_orders(found: object) -> object:
    return [read_order(each) for each in ANSWERS.rows(found, "orders")]


def read_fills(found: object) -> object:
    rows = ANSWERS.rows(found, "fills")
    return [
        translate.fill_report(row, symbol="KO", client_order_id="own", recv_ns=0) for row in rows
    ]


def read_positions(found: object) -> object:
    rows = ANSWERS.rows(found, "positions")
    return translate.positions_of(rows, {"AAPL": "AAPL"}, as_of_ns=1, recv_ns=1)


def read_account(found: object) -> object:
    return translate.account_info(ANSWERS.table(found, "an account"), as_of_ns=1, recv_ns=1)


def read_assets(found: object) -> object:
    return [rules_of(row, Decimal(1), SessionCalendar()) for row in ANSWERS.rows(found, "assets")]


def read_bars(found: object) -> object:
    bars = ANSWERS.table(ANSWERS.table(found, "bars").get("bars"), "bars")
    return [
        bar
        for rows in bars.values()
        for bar in translate.bars_of(
            "SPY", ANSWERS.rows(rows, "bars"), interval_ns=60 * 10**9, now_ns=1 << 62, recv_ns=0
        )
    ]


READERS = {
    "account/ccxt_account_2024": read_account,
    "account/haan_account": read_account,
    "bars/go_bars_4": read_bars,
    "bars/go_bars_6": read_bars,
    "fills/recorded_fill_activities_a": read_fills,
    "instruments/oas_assets": read_assets,
    "open_orders/apy_get_orders_nested_stop": read_orders,
    "order_responses/oas_BracketOrderResponse": read_order,
    "order_responses/oas_EquityOrderResponse": read_order,
    "order_responses/recorded_canceled_limit": read_orders,
    "positions/apy_positions": read_positions,
    "rejects/http_403_insufficient_qty_related_orders": lambda found: failure_of(403, found),
}


def paths_in(form: object, head: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = form.items() if isinstance(form, dict) else enumerate(form)
    for key, value in pairs:
        yield (*head, key)
        if isinstance(value, dict | list):
            yield from paths_in(value, (*head, key))


def changed(form: object, path: tuple[Any, ...], draw: random.Random) -> object:
    node = whole = deepcopy(form)
    for key in path[:-1]:
        node = node[key]
    if draw.randrange(4):
        node[path[-1]] = draw.choice(ODD)
    else:
        del node[path[-1]]
    return whole


@pytest.mark.parametrize("name", READERS)
def test_an_odd_answer_is_read_or_is_an_error_of_the_venue(name: str):
    form, draw, refused = recorded(name), random.Random(name), 0
    paths = list(paths_in(form))
    READERS[name](form)

    for _ in range(MUTATIONS):
        try:
            READERS[name](changed(form, draw.choice(paths), draw))
        except BrokerError:
            refused += 1

    assert refused > 0 or name.startswith("rejects")


@pytest.mark.parametrize("name", READERS)
def test_no_beginning_of_an_answer_is_taken_for_one(name: str):
    whole = (PAYLOADS / f"{name}.json").read_bytes().rstrip()

    assert json.loads(whole) is not None
    for length in range(0, len(whole), 1 + len(whole) // 2_000):
        with pytest.raises(BrokerError, match="is no JSON"):
            decoded(whole[:length], "a question")


def test_recorded_bars_are_read_to_the_last_digit():
    (bar, *others) = recorded("bars/go_bars_4")["bars"]["AMZN"]
    first = read_bars({"bars": {"AMZN": [bar]}})[0]

    assert others
    assert tuple(Decimal(str(bar[name])) for name in ("o", "h", "l", "c", "v", "vw")) == (
        first.open_px_dec,
        first.high_px_dec,
        first.low_px_dec,
        first.close_px_dec,
        first.volume_dec,
        first.vwap_px_dec,
    )
    assert bar["n"] == first.trade_count
