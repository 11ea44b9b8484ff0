"""Binance's recorded answers through the adapter's readers: whole, cut short, and damaged."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from regimeflow._core.binance_frames import BinanceFrames, FrameError
from regimeflow.adapters.brokers.binance import rules, translate
from regimeflow.adapters.brokers.binance.errors import Meaning, Refusal, failure_of
from regimeflow.adapters.brokers.binance.rest import decoded
from regimeflow.types.enums import OrderSide
from regimeflow.types.errors import BrokerError
from tests.support.payloads import SHARED, files_of, needs_payloads, texts_of
from tests.wire.test_binance_payloads import BARS, OURS, RECV_NS, SNAPSHOTS, mutated, named

pytestmark = [pytest.mark.shared, needs_payloads("binance")]
FOLDER = SHARED / "payloads" / "binance"
WHAT = "a question"
MUTATIONS = 10_000
MINUTE_NS = 60 * 10**9


def body_of(name: str) -> Any:
    """What was answered, without the request and the envelope of the WebSocket API."""
    (text,) = texts_of(FOLDER / name)
    said = json.loads(text)
    if isinstance(said, list) and "method" in said[0]:
        said = said[1]
    return said["result"] if isinstance(said, dict) and "result" in said else said


def rows(body: bytes) -> Any:
    return translate.list_of(decoded(body, WHAT), WHAT)


def table(body: bytes) -> Any:
    return translate.table_of(decoded(body, WHAT), WHAT)


def order(row: Any) -> tuple[object, ...]:
    report = translate.order_report(row, as_of_ns=1, recv_ns=RECV_NS)
    return (
        report.symbol,
        int(report.broker_order_id),
        OrderSide(report.side).name if report.side else "",
        report.order_qty_dec,
        report.cum_qty_dec,
        report.limit_px_dec,
        translate.more_of(row),
    )


def fill(row: Any) -> tuple[object, ...]:
    report = translate.trade_report(row, client_order_id="mine", recv_ns=RECV_NS)
    return (
        report.exec_id,
        int(report.broker_order_id),
        OrderSide(report.side).name,
        report.last_qty_dec,
        report.last_px_dec,
        report.commission_dec,
        report.commission_currency,
    )


def balances(body: bytes) -> object:
    assets = translate.assets_of(table(body))
    account = translate.account_info(
        assets, currency="USDT", prices={"BTC": Decimal(100)}, as_of_ns=1, recv_ns=RECV_NS
    )
    held = translate.positions_of(assets, {"BTC": "BTCUSDT"}, as_of_ns=1, recv_ns=RECV_NS)
    quantities = [each.quantity_dec for each in held]
    return account.cash_dec, account.buying_power_dec, account.equity_dec, quantities


def bars(body: bytes) -> list[tuple[object, ...]]:
    found = translate.bars_of(
        "BTCUSDT", decoded(body, WHAT), interval_ns=MINUTE_NS, now_ns=2 * 10**18, recv_ns=RECV_NS
    )
    return [(each.ts_event_ns, each.open_px_dec, each.volume_dec) for each in found]


def symbols(body: bytes) -> list[tuple[object, ...]]:
    found = [rules.rules_of(each) for each in translate.list_of(table(body).get("symbols"), WHAT)]
    return [
        (each.instrument.symbol, each.instrument.tick_size, each.most_algo_orders) for each in found
    ]


def orders(body: bytes) -> list[tuple[object, ...]]:
    return [order(row) for row in rows(body)]


def fills(body: bytes) -> list[tuple[object, ...]]:
    return [fill(row) for row in rows(body)]


def one_order(body: bytes) -> tuple[object, ...]:
    return order(table(body))


D = Decimal
ANSWERS: dict[str, tuple[Callable[[bytes], object], object]] = {
    "open_orders/wsapi_openOrders_status.json": (
        orders,
        [("BTCUSDT", 12569099453, "SELL", D("0.00847"), D("0.0072"), D("23416.1"), None)],
    ),
    "open_orders/xchange_open-orders.json": (
        orders,
        [("LTCBTC", 1, "BUY", D(1), D(0), D("0.1"), None)],
    ),
    "order_responses/jk_ws_Trading_PlaceOrder.txt": (
        one_order,
        ("BTCUSDT", 12569099453, "SELL", D("0.00847"), D("0.00847"), D("23416.1"), None),
    ),
    "order_responses/wsapi_order_cancel.json": (
        one_order,
        ("BTCUSDT", 12569099453, "SELL", D("0.00847"), D("0.00001"), D("23416.1"), None),
    ),
    "fills/nt_account_trades_response.json": (
        fills,
        [("BNBBTC-28457", 100234, "BUY", D(12), D("4.000001"), D("10.1"), "BNB")],
    ),
    "fills/wsapi_myTrades.json": (
        fills,
        [
            ("BTCUSDT-1650422481", 12569099453, "SELL", D("0.00635"), D("23416.1"), D(0), "BNB"),
            ("BTCUSDT-1650422482", 12569099453, "SELL", D("0.00212"), D("23416.5"), D(0), "BNB"),
        ],
    ),
    "account/jk_ws_Account_GetAccountInfo.txt": (
        balances,
        (D("1021.21"), D("1021.21"), D("1164.28112"), [D("1.4307112")]),
    ),
    "bars/rest_market_klines.json": (bars, None),
    "instruments/doc_exchangeInfo.json": (symbols, [("ETHBTC", D("1E-8"), None)]),
    "instruments/rest_market_exchange_info_2symbols.json": (
        symbols,
        [("BTCUSDT", D("0.01"), 5), ("ETHUSDT", D("0.01"), 5)],
    ),
}
# What is answered to requests by the adapter's connection, in tests/fault and tests/unit.
ELSEWHERE = {
    "control/doc_eventStreamTerminated.json",  # test_account.py
    "control/wsapi_session_logon.json",  # test_binance_connections.py, as the next
    "control/wsapi_subscribe_signature.json",
    "errors/cancelReplace_-2021_cancel_failed_new_ok.json",
    "errors/cancelReplace_-2022_stop_on_failure.json",
    "errors/order_-1015_too_many_orders.json",
    "errors/wsapi_418_ban.json",
    "order_responses/jk_ws_Trading_AmendOrder.txt",  # test_binance_connections.py
    "order_updates/jk_sub_Account_OcoOrder.txt",  # test_binance_connections.py
    "quotes/cmp_ethusdt_ticker.json",  # test_binance_connections.py
    "trades/rest_market_agg_trades.json",  # tests/conformance/test_binance_payloads.py
    "depth/btcusdt_20240808_first60s.jsonl",  # test_binance_payloads.py
    "depth/btcusdt_20240809_first20s.jsonl",
}


def sent(name: str) -> bytes:
    return json.dumps(body_of(name), separators=(",", ":")).encode()


def test_every_recorded_file_is_read_by_some_test() -> None:
    files = {named(path) for path in files_of("binance", ".json", ".jsonl", ".txt")}

    assert files == {*OURS, *SNAPSHOTS, BARS, *ANSWERS, *ELSEWHERE}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_says_what_was_recorded(name: str) -> None:
    read, expected = ANSWERS[name]
    if name.startswith("bars/"):
        expected = [
            ((row[0] + 60_000) * 10**6, Decimal(row[1]), Decimal(row[5])) for row in body_of(name)
        ]

    assert expected == read(sent(name))


@pytest.mark.parametrize("name", ANSWERS)
def test_no_beginning_of_an_answer_is_taken_for_an_answer(name: str) -> None:
    read, whole = ANSWERS[name][0], sent(name)

    for length in range(0, len(whole), max(1, len(whole) // 2_000)):
        with pytest.raises(BrokerError):
            read(whole[:length])


def plainly(name: str, body: bytes) -> object:
    """What Decimal and dict read in the rows of orders and fills; None where that is not told."""
    said = json.loads(body)
    if name.startswith("open_orders/"):
        return [
            (
                row["symbol"],
                row["orderId"],
                Decimal(row["origQty"]),
                Decimal(row["executedQty"]),
                Decimal(row["price"]) or None,
            )
            for row in said
        ]
    if name.startswith("fills/"):
        return [
            (
                f"{row['symbol']}-{row['id']}",
                row["orderId"],
                "BUY" if row["isBuyer"] else "SELL",
                Decimal(row["qty"]),
                Decimal(row["price"]),
                Decimal(row["commission"]),
                row["commissionAsset"][:14],
            )
            for row in said
        ]
    return None


@pytest.mark.parametrize("name", ANSWERS)
def test_a_damaged_answer_is_an_error_or_what_it_says(name: str) -> None:
    (read, _), whole, draw = ANSWERS[name], sent(name), random.Random(name)

    for _ in range(MUTATIONS // len(ANSWERS)):
        body = mutated(whole, draw)
        try:
            found = read(body)
        except BrokerError:
            continue
        plain = plainly(name, body)
        if plain is not None and name.startswith("open_orders/"):
            assert isinstance(found, list)
            found = [(each[0], each[1], each[3], each[4], each[5]) for each in found]
        assert plain is None or plain == found, body


@pytest.mark.parametrize(
    ("name", "status", "meaning"),
    [
        ("errors/cancelReplace_-2021_cancel_failed_new_ok.json", 409, Meaning.REFUSED),
        ("errors/cancelReplace_-2022_stop_on_failure.json", 400, Meaning.REFUSED),
        ("errors/order_-1015_too_many_orders.json", 429, Meaning.STOP),
        ("errors/wsapi_418_ban.json", 418, Meaning.STOP),
    ],
)
def test_an_error_says_what_was_recorded(name: str, status: int, meaning: Meaning) -> None:
    said = body_of(name)
    error = said.get("error", said)

    failure = failure_of(status, error["code"], error["msg"], data=error.get("data"))

    assert isinstance(failure, Refusal)
    assert (meaning, error["code"], error.get("data") or {}) == (
        failure.meaning,
        failure.code,
        failure.data,
    )
    assert error["msg"][:100] in str(failure)


@pytest.mark.parametrize("path", files_of("binance", ".sbe"), ids=named)
def test_sbe_is_refused_with_the_place_where_it_is_no_json(path: Any) -> None:
    """We never ask for it; should it come all the same, it is an error and no crash."""
    frame, draw = path.read_bytes(), random.Random(7)
    parser = BinanceFrames()

    for damaged in (frame, *(mutated(frame, draw) for _ in range(500))):
        with pytest.raises(FrameError) as caught:
            parser.parse(damaged, RECV_NS)
        assert 0 <= caught.value.offset <= len(damaged)
    with pytest.raises(BrokerError, match="no JSON"):
        decoded(frame, WHAT)
