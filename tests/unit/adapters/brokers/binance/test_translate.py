"""What Binance answers when asked, as messages; what is no answer is an error."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from regimeflow.adapters.brokers.binance import translate
from regimeflow.live import (
    BrokerError,
    ExecType,
    Liquidity,
    LiveOrderStatus,
    OrderSide,
    OrderTerms,
    OrderType,
)
from tests.support.binance import PAYLOADS, needs_payloads

ORDER = {
    "symbol": "BTCUSDT",
    "orderId": 12569099453,
    "clientOrderId": "mine-1",
    "price": "23416.10000000",
    "origQty": "0.00847000",
    "executedQty": "0.00720000",
    "cummulativeQuoteQty": "168.59592000",
    "status": "PARTIALLY_FILLED",
    "timeInForce": "GTC",
    "type": "LIMIT",
    "side": "SELL",
    "stopPrice": "0.00000000",
    "isWorking": True,
}


def report(**given):
    return translate.order_report({**ORDER, **given}, as_of_ns=7, recv_ns=8)


def test_row_1_the_order_id_is_a_number_and_names_the_order():
    assert "12569099453" == report().broker_order_id


@pytest.mark.parametrize("bad", ["12569099453", None, 1.5, True])
def test_row_1_an_order_id_that_is_no_number_is_an_error_and_not_an_empty_id(bad):
    with pytest.raises(BrokerError, match="orderId"):
        report(orderId=bad)


@pytest.mark.parametrize(
    ("given", "kind", "more"),
    [
        ({"type": "LIMIT_MAKER"}, "LIMIT", OrderTerms(post_only=True)),
        ({"icebergQty": "0.00000000"}, "LIMIT", None),
        ({"icebergQty": "0.00100000"}, "LIMIT", OrderTerms(display_qty=Decimal("0.001"))),
        ({"type": "TAKE_PROFIT", "stopPrice": "1"}, "MARKET_IF_TOUCHED", None),
        ({"type": "TAKE_PROFIT_LIMIT", "stopPrice": "1"}, "LIMIT_IF_TOUCHED", None),
        (
            {"type": "STOP_LOSS", "trailingDelta": 50},
            "TRAILING_STOP",
            OrderTerms(trail_percent=Decimal("0.5")),
        ),
        (
            {"type": "STOP_LOSS_LIMIT", "trailingDelta": 2000, "trailingTime": -1},
            "TRAILING_STOP_LIMIT",
            OrderTerms(trail_percent=Decimal(20)),
        ),
        ({"type": "SOMETHING_NEW"}, "NONE", None),
    ],
)
def test_types_and_terms_of_an_order_that_was_asked_for_are_ours(given, kind, more):
    assert OrderType[kind] == report(**given).ord_type
    assert more == translate.more_of({**ORDER, **given})


@needs_payloads
def test_row_2_open_orders_are_read_whole():
    said = json.loads((PAYLOADS / "open_orders/wsapi_openOrders_status.json").read_text())[1]
    (order,) = (
        translate.order_report(each, as_of_ns=7, recv_ns=8)
        for each in translate.list_of(said["result"], "open orders")
    )

    assert ("BTCUSDT", "12569099453", "4d96324ff9d44481926157") == (
        order.symbol,
        order.broker_order_id,
        order.client_order_id,
    )
    assert (Decimal("0.00847"), Decimal("0.0072"), Decimal("0.00127")) == (
        order.order_qty_dec,
        order.cum_qty_dec,
        order.leaves_qty_dec,
    )
    assert Decimal("23416.1") == order.limit_px_dec
    assert order.stop_px_dec is None
    assert (ExecType.ORDER_STATUS, LiveOrderStatus.PARTIALLY_FILLED) == (
        order.exec_type,
        order.ord_status,
    )
    assert (OrderSide.SELL, OrderType.LIMIT) == (order.side, order.ord_type)
    assert (7, 8) == (order.ts_event_ns, order.ts_recv_ns)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("NEW", LiveOrderStatus.NEW),
        ("FILLED", LiveOrderStatus.FILLED),
        ("CANCELED", LiveOrderStatus.CANCELLED),
        ("REJECTED", LiveOrderStatus.REJECTED),
        ("EXPIRED", LiveOrderStatus.EXPIRED),
        ("EXPIRED_IN_MATCH", LiveOrderStatus.EXPIRED),
        ("PENDING_NEW", LiveOrderStatus.INACTIVE),
        ("PENDING_CANCEL", LiveOrderStatus.PENDING_CANCEL),
        ("A_WORD_OF_TOMORROW", LiveOrderStatus.ERROR),
    ],
)
def test_every_status_has_ours_and_a_new_one_moves_nothing(word, status):
    assert status == report(status=word).ord_status


def test_words_of_tomorrow_do_not_raise():
    order = report(type="FANCY", side="SHORT", timeInForce="GTX", newField={"a": 1})

    assert (0, 0, 0) == (order.ord_type, order.side, order.time_in_force)


def test_a_stop_that_waits_for_its_trigger_is_held():
    held = report(type="STOP_LOSS_LIMIT", status="NEW", isWorking=False, stopPrice="20000")

    assert LiveOrderStatus.INACTIVE == held.ord_status
    assert Decimal(20000) == held.stop_px_dec


def test_what_was_prevented_is_not_left():
    order = report(preventedQuantity="0.00100000")

    assert Decimal("0.00747") == order.order_qty_dec
    assert Decimal("0.00027") == order.leaves_qty_dec


@pytest.mark.parametrize(
    ("field", "value"),
    [("origQty", None), ("executedQty", "many"), ("origQty", "NaN"), ("price", "Infinity")],
)
def test_a_number_that_is_none_is_an_error_and_not_zero(field, value):
    with pytest.raises(BrokerError, match=field):
        report(**{field: value})


@needs_payloads
def test_a_fill_has_its_id_price_quantity_and_the_commission_in_its_own_asset():
    (said,) = json.loads((PAYLOADS / "fills/nt_account_trades_response.json").read_text())

    fill = translate.trade_report(said, client_order_id="mine-1_r2", recv_ns=8)

    assert ("BNBBTC-28457", "100234", "mine-1") == (
        fill.exec_id,
        fill.broker_order_id,
        fill.client_order_id,
    )
    assert (Decimal("4.000001"), Decimal(12)) == (fill.last_px_dec, fill.last_qty_dec)
    assert (Decimal("10.1"), "BNB") == (fill.commission_dec, fill.commission_currency)
    assert (OrderSide.BUY, Liquidity.TAKER) == (fill.side, fill.liquidity)


def test_row_64_the_time_of_a_fill_is_in_its_year():
    said = {
        "symbol": "BNBBTC", "id": 1, "orderId": 2, "price": "1", "qty": "1", "commission": "0",
        "commissionAsset": "BNB", "time": 1499865549590, "isBuyer": True, "isMaker": True,
    }  # fmt: skip

    fill = translate.trade_report(said, client_order_id="", recv_ns=8)

    assert 1499865549590 * 10**6 == fill.ts_event_ns


@needs_payloads
def test_an_account_has_its_balances_and_its_cash():
    text = (PAYLOADS / "account/jk_ws_Account_GetAccountInfo.txt").read_text()
    said = json.loads(text.partition("=")[2])["result"]
    assets = translate.assets_of(said)
    account = translate.account_info(
        assets, currency="USDT", prices={"BTC": Decimal(20000)}, as_of_ns=7, recv_ns=8
    )

    assert (Decimal("1021.21"), Decimal("1021.21")) == (account.cash_dec, account.buying_power_dec)
    assert Decimal("1021.21") + Decimal("1.4307112") * 20000 == account.equity_dec
    assert [("USDT", Decimal("1021.21"), 0), ("BTC", Decimal("1.3447112"), Decimal("0.086"))] == [
        (each.asset, each.free_dec, each.locked_dec) for each in account.balances
    ]


@needs_payloads
def test_a_position_is_what_is_held_of_the_base_asset_locked_or_not():
    text = (PAYLOADS / "account/jk_ws_Account_GetAccountInfo.txt").read_text()
    assets = translate.assets_of(json.loads(text.partition("=")[2])["result"])

    positions = translate.positions_of(
        assets, {"BTC": "BTCUSDT", "ETH": "ETHUSDT"}, as_of_ns=7, recv_ns=8
    )

    assert [("BTCUSDT", Decimal("1.4307112"))] == [(p.symbol, p.quantity_dec) for p in positions]


def test_row_67_the_balance_of_one_asset_is_not_the_position_of_another_that_begins_like_it():
    assets = [translate.Asset("ETH", Decimal(3), Decimal(1))]
    symbols = {"ETHFI": "ETHFIUSDT", "ETH": "ETHUSDT"}

    (position,) = translate.positions_of(assets, symbols, as_of_ns=7, recv_ns=8)

    assert ("ETHUSDT", Decimal(4)) == (position.symbol, position.quantity_dec)


@pytest.mark.parametrize("answer", [{}, {"balances": None}, {"balances": {}}, {"balances": [7]}])
def test_row_34_an_account_that_cannot_be_read_is_an_error_and_not_an_empty_one(answer):
    with pytest.raises(BrokerError, match="not as expected"):
        translate.assets_of(answer)


@pytest.mark.parametrize("answer", [None, {}, "[]", [[]], [["1"]]])
def test_bars_that_cannot_be_read_are_an_error(answer):
    with pytest.raises(BrokerError, match="not as expected"):
        translate.bars_of("BTCUSDT", answer, interval_ns=60 * 10**9, now_ns=10**19, recv_ns=1)


@needs_payloads
def test_bars_are_those_that_have_closed():
    klines = json.loads((PAYLOADS / "bars/rest_market_klines.json").read_text())
    opened_ns = klines[-1][0] * 10**6
    minute_ns = 60 * 10**9

    bars = translate.bars_of(
        "BTCUSDT", klines, interval_ns=minute_ns, now_ns=opened_ns + minute_ns - 1, recv_ns=1
    )

    assert len(klines) - 1 == len(bars)
    assert Decimal(klines[0][1]) == bars[0].open_px_dec
    assert klines[0][0] * 10**6 + minute_ns == bars[0].ts_event_ns
