"""BinanceFrames: which message a frame is, what its reports mean, and where messages go."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from regimeflow._core.binance_frames import BalanceChanges, BinanceFrames, DepthDiff, FrameError
from regimeflow._core.bus import EventBus
from regimeflow._core.intake import Intake
from regimeflow._core.latency import LatencyHistogram
from regimeflow._core.local_book import LocalBook
from regimeflow._core.messages import ExecutionReport, OrderBook, Quote, Tick
from regimeflow.types.enums import ExecType, Liquidity, LiveOrderStatus, OrderType, OrdRejReason

RECV_NS = 1_723_161_254_087_891_268
QUOTE = {
    "u": 50093239212,
    "s": "BTCUSDT",
    "b": "61837.63000000",
    "B": "3.78826000",
    "a": "61837.64000000",
    "A": "1.54698000",
}
TRADE = {
    "e": "trade",
    "E": 1723161255343,
    "s": "BTCUSDT",
    "t": 3735683259,
    "p": "61837.63000000",
    "q": "0.02000000",
    "T": 1723161255342,
    "m": True,
    "M": True,
}
DEPTH = {
    "e": "depthUpdate",
    "E": 1723161255308,
    "s": "BTCUSDT",
    "U": 5,
    "u": 7,
    "b": [["61837.63000000", "2.00000000"]],
    "a": [["61837.64000000", "1.50000000"]],
}
REPORT = {
    "e": "executionReport",
    "E": 1772459340068,
    "s": "BTCUSDT",
    "c": "ours-1",
    "S": "BUY",
    "o": "LIMIT",
    "f": "GTC",
    "q": "2.00000000",
    "p": "60000.00000000",
    "P": "0.00000000",
    "C": "",
    "x": "NEW",
    "X": "NEW",
    "r": "NONE",
    "i": 77,
    "l": "0.00000000",
    "z": "0.00000000",
    "L": "0.00000000",
    "n": "0",
    "N": None,
    "T": 1772459340067,
    "t": -1,
    "I": 900,
    "w": True,
    "m": False,
}
FILL = {
    "x": "TRADE",
    "X": "PARTIALLY_FILLED",
    "l": "0.50000000",
    "z": "0.50000000",
    "L": "59999.50000000",
    "n": "0.00037500",
    "N": "BNB",
    "t": 12345,
}


def a_frame(event: dict[str, Any], **changes: object) -> bytes:
    return json.dumps(event | changes, separators=(",", ":")).encode()


def parsed(event: dict[str, Any], **changes: object) -> Any:
    return BinanceFrames().parse(a_frame(event, **changes), RECV_NS)


def a_report(**changes: object) -> ExecutionReport:
    report = parsed(REPORT, **changes)
    assert isinstance(report, ExecutionReport)
    return report


def test_prices_are_exact_to_the_last_digit_that_the_text_has() -> None:
    quote = parsed(QUOTE, b="0.1", a="0.3", B="92233720368.54775807", A="0.00000001")

    assert (Decimal("0.1"), Decimal("0.3")) == (quote.bid_px_dec, quote.ask_px_dec)
    assert Decimal("92233720368.54775807") == quote.bid_qty_dec
    assert Decimal("0.00000001") == quote.ask_qty_dec


def test_the_time_of_a_trade_is_its_own_and_in_its_year() -> None:
    in_ms, in_us = parsed(TRADE), parsed(TRADE, T=1723161255342_017)

    assert 1723161255342_000_000 == in_ms.ts_event_ns
    assert 1723161255342_017_000 == in_us.ts_event_ns
    assert (RECV_NS, 3735683259) == (in_ms.ts_recv_ns, in_ms.trade_id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"b": "61837.6x"}, "b"),
        ({"a": ""}, "a"),
        ({"B": "1e400"}, "B"),
        ({"A": "123456789012345678901"}, "A"),
        ({"u": "7"}, "u"),
        ({"u": -1}, "u"),
        ({"u": 7.5}, "u"),
        ({"b": None}, "b"),
        ({"s": ""}, "s"),
        ({"s": "TWO WORDS"}, "s"),
        ({"s": "S" * 32}, "s"),
    ],
)
def test_a_field_that_is_not_what_it_must_be_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(FrameError, match=f"field '{field}'") as caught:
        parsed(QUOTE, **changes)

    assert caught.value.reason in str(caught.value)


def test_an_error_says_where_and_does_not_repeat_the_frame() -> None:
    frame = a_frame(QUOTE, key="hunter2").replace(b'"3.78826000"', b'"3,78826000"')

    with pytest.raises(FrameError) as caught:
        BinanceFrames().parse(frame, RECV_NS)

    assert frame.index(b"3,78826000") == caught.value.offset
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("frame", "offset"),
    [(b"", 0), (b'{"u":1', 6), (b'{"u":1}}', 8), (b'{"u":01}', 5), (b'{"s":"\xff"}', 6)],
)
def test_broken_json_is_an_error_at_its_place(frame: bytes, offset: int) -> None:
    with pytest.raises(FrameError) as caught:
        BinanceFrames().parse(frame, RECV_NS)

    assert abs(offset - caught.value.offset) <= 1


@pytest.mark.parametrize(
    "event",
    [
        {"result": None, "id": 1},
        {"e": "listStatus", "s": "BTCUSDT"},
        {"e": "serverShutdown", "E": 1},
        {"e": "24hrTicker", "s": "BTCUSDT", "b": "1", "B": "1", "a": "2", "A": "1"},
        {"e": 7},
        {"id": "1", "status": 200, "result": {"subscriptionId": 0}},
    ],
    ids=lambda event: str(event)[:30],
)
def test_what_is_for_somebody_else_is_left_to_them(event: dict[str, Any]) -> None:
    parser = BinanceFrames()

    assert (None, False) == (parser.parse(a_frame(event), RECV_NS), parser.was_mine)
    assert parser.take(a_frame(event), RECV_NS) is False
    assert {"others": 2} == parser.counts()


def test_a_frame_may_be_any_buffer_raw_or_wrapped() -> None:
    parser, want = BinanceFrames(), parsed(QUOTE)
    raw = a_frame(QUOTE)

    for frame in (
        bytearray(raw),
        memoryview(b"  " + raw)[2:],
        b'{"stream":"btcusdt@bookTicker","data":' + raw + b"}",
        b'{"data":' + raw + b',"stream":"btcusdt@bookTicker"}',
        b'\n{"subscriptionId":0, "event": ' + raw + b"}\r\n",
    ):
        assert want == parser.parse(frame, RECV_NS)


@pytest.mark.parametrize(
    ("changes", "news", "state"),
    [
        ({}, "NEW", "NEW"),
        ({"X": "PENDING_NEW"}, "SUSPENDED", "INACTIVE"),
        ({"o": "STOP_LOSS_LIMIT", "P": "61000.0", "w": False}, "SUSPENDED", "INACTIVE"),
        ({"o": "TAKE_PROFIT", "P": "61000.0", "w": False}, "SUSPENDED", "INACTIVE"),
        ({"o": "STOP_LOSS_LIMIT", "P": "61000.0", "w": True}, "NEW", "NEW"),
        ({"w": False}, "NEW", "NEW"),
        (FILL, "TRADE", "PARTIALLY_FILLED"),
        (FILL | {"X": "FILLED", "z": "2.0"}, "TRADE", "FILLED"),
        (FILL | {"X": "PENDING_CANCEL"}, "TRADE", "PENDING_CANCEL"),
        (FILL | {"l": "0.00000000"}, "ORDER_STATUS", "PARTIALLY_FILLED"),
        ({"x": "CANCELED", "X": "CANCELED"}, "CANCELED", "CANCELLED"),
        ({"x": "REPLACED", "X": "PARTIALLY_FILLED", "z": "1"}, "REPLACED", "PARTIALLY_FILLED"),
        ({"x": "REJECTED", "X": "REJECTED"}, "REJECTED", "REJECTED"),
        ({"x": "EXPIRED", "X": "EXPIRED"}, "EXPIRED", "EXPIRED"),
        ({"x": "EXPIRED", "X": "EXPIRED", "eR": "REJECTED"}, "REJECTED", "REJECTED"),
        ({"x": "TRADE_PREVENTION", "X": "EXPIRED_IN_MATCH"}, "EXPIRED", "EXPIRED"),
        ({"x": "TRADE_PREVENTION", "X": "NEW", "A": "0.5"}, "RESTATED", "NEW"),
        ({"X": "PENDING_CANCEL"}, "PENDING_CANCEL", "PENDING_CANCEL"),
    ],
)
def test_news_and_state_of_a_report(changes: dict[str, Any], news: str, state: str) -> None:
    report = a_report(**changes)

    assert (ExecType[news], LiveOrderStatus[state]) == (report.exec_type, report.ord_status)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"o": "LIMIT_MAKER"}, "LIMIT"),
        ({"o": "STOP_LOSS"}, "STOP"),
        ({"o": "STOP_LOSS", "d": 50, "D": -1}, "TRAILING_STOP"),
        ({"o": "STOP_LOSS_LIMIT"}, "STOP_LIMIT"),
        ({"o": "STOP_LOSS_LIMIT", "d": 50}, "TRAILING_STOP_LIMIT"),
        ({"o": "TAKE_PROFIT"}, "MARKET_IF_TOUCHED"),
        ({"o": "TAKE_PROFIT_LIMIT"}, "LIMIT_IF_TOUCHED"),
    ],
)
def test_every_type_of_order_of_binance_is_one_of_ours(changes: dict[str, Any], kind: str) -> None:
    assert OrderType[kind] == a_report(**changes).ord_type


@pytest.mark.parametrize("name", ["x", "X", "S", "o", "f", "r"])
def test_a_word_that_nobody_knows_raises_nothing_and_is_remembered(name: str) -> None:
    parser = BinanceFrames()

    report = parser.parse(a_frame(REPORT | {name: "BRAND_NEW"}), RECV_NS)

    assert "BRAND_NEW" in report.text
    assert report.exec_type == (ExecType.ORDER_STATUS if name == "x" else ExecType.NEW)
    assert ({} if name == "r" else {f"{name}=BRAND_NEW": 1}) == parser.unknown()


def test_news_that_nobody_knows_moves_nothing_unless_the_state_is_known() -> None:
    neither = a_report(x="BRAND_NEW", X="BRAND_NEW")
    fill = a_report(**FILL | {"X": "BRAND_NEW"})

    assert (ExecType.ORDER_STATUS, LiveOrderStatus.ERROR) == (neither.exec_type, neither.ord_status)
    assert ExecType.TRADE == fill.exec_type
    assert LiveOrderStatus.PARTIALLY_FILLED == fill.ord_status


def test_an_execution_is_named_by_symbol_and_trade_as_on_reads() -> None:
    assert "BTCUSDT-12345" == a_report(**FILL).exec_id
    assert "" == a_report().exec_id


def test_a_commission_is_told_in_its_own_asset_and_only_of_a_fill() -> None:
    fill, ack = a_report(**FILL), a_report(n="0", N="BNB")

    assert (Decimal("0.000375"), "BNB") == (fill.commission_dec, fill.commission_currency)
    assert (None, "") == (ack.commission_dec, ack.commission_currency)
    assert (Liquidity.TAKER, 0) == (fill.liquidity, ack.liquidity)
    assert Liquidity.MAKER == a_report(**FILL | {"m": True}).liquidity


def test_a_cancel_is_about_the_order_and_not_about_the_cancel() -> None:
    report = a_report(x="CANCELED", X="CANCELED", c="cancel-9", C="ours-1")

    assert ("ours-1", "77") == (report.client_order_id, report.broker_order_id)


def test_what_is_left_leaves_out_what_was_prevented() -> None:
    alive = a_report(x="TRADE_PREVENTION", X="PARTIALLY_FILLED", z="0.5", A="0.7")
    over = a_report(x="TRADE_PREVENTION", X="EXPIRED_IN_MATCH", z="0.5", A="1.5")

    assert (Decimal("1.3"), Decimal("0.8")) == (alive.order_qty_dec, alive.leaves_qty_dec)
    assert (Decimal(2), Decimal(0)) == (over.order_qty_dec, over.leaves_qty_dec)


def test_a_price_of_zero_is_no_price() -> None:
    report = a_report(o="MARKET", p="0.00000000")

    assert (None, None, OrderType.MARKET) == (report.limit_px, report.stop_px, report.ord_type)


def test_a_refusal_has_its_reason_and_the_venues_words() -> None:
    report = a_report(x="REJECTED", X="REJECTED", r="INSUFFICIENT_BALANCES")

    assert OrdRejReason.INSUFFICIENT_FUNDS == report.ord_rej_reason
    assert "INSUFFICIENT_BALANCES" == report.text


def test_take_hands_each_message_to_whom_it_is_for() -> None:
    market: list[object] = []
    reports: list[ExecutionReport] = []
    diffs: list[DepthDiff] = []
    changes: list[BalanceChanges] = []
    parser = BinanceFrames(
        on_market_data=market.append,
        on_report=reports.append,
        on_depth=diffs.append,
        on_balances=changes.append,
    )
    balances = {"e": "outboundAccountPosition", "E": 5, "B": [{"a": "BTC", "f": "1", "l": "0.5"}]}

    for event in (QUOTE, TRADE, DEPTH, REPORT, balances):
        assert parser.take(a_frame(event), RECV_NS)

    assert [Quote, Tick] == [type(one) for one in market]
    assert ([7], ["77"]) == (
        [d.last_update_id for d in diffs],
        [r.broker_order_id for r in reports],
    )
    assert [("BTC", 1.0, 0.5)] == [tuple(b) for one in changes for b in one.balances]
    wanted = ("quotes", "trades", "diffs", "execution_reports", "balances")
    assert dict.fromkeys(wanted, 1) == parser.counts()
    assert [RECV_NS] * 3 == [parser.last_recv_ns("BTCUSDT", kind) for kind in (1, 2, 4)]
    assert 0 == parser.last_recv_ns("BTCUSDT", 3)


def test_records_go_straight_into_the_engines_intake() -> None:
    bus, heard = EventBus(), []
    bus.subscribe_payload(1, heard.append)
    intake = Intake(bus, LatencyHistogram())
    parser = BinanceFrames(on_market_data=intake)

    parser.take(a_frame(QUOTE), RECV_NS)

    assert [parsed(QUOTE)] == heard
    assert {"quotes": 1} == intake.counts()


def test_a_book_that_is_attached_takes_the_diffs_and_is_shown() -> None:
    shown: list[object] = []
    diffs: list[DepthDiff] = []
    parser = BinanceFrames(on_market_data=shown.append, on_depth=diffs.append)
    book = LocalBook("BTCUSDT")
    book.apply_snapshot(b'{"lastUpdateId":4,"bids":[],"asks":[]}', RECV_NS)

    parser.attach(book)
    parser.take(a_frame(DEPTH), RECV_NS)
    parser.detach(book)
    parser.take(a_frame(DEPTH, U=8, u=9), RECV_NS)

    (first,) = shown
    assert isinstance(first, OrderBook)
    assert ((61837.63, 2.0),) == first.bids
    assert (7, 1723161255308_000_000) == (first.update_id, first.ts_event_ns)
    assert [9] == [diff.last_update_id for diff in diffs]


def test_a_partial_book_is_of_the_symbol_of_its_stream() -> None:
    body = {"lastUpdateId": 160, "bids": [["0.0024", "10"]], "asks": [["0.0026", "100"]]}
    wrapped = {"stream": "bnbbtc@depth20@100ms", "data": body}

    assert "BNBBTC" == parsed(wrapped).symbol
    assert "ETHBTC" == BinanceFrames(symbol="ETHBTC").parse(a_frame(body), RECV_NS).symbol
    with pytest.raises(FrameError, match="of which symbol"):
        parsed(body)


def test_a_symbol_has_one_book() -> None:
    parser = BinanceFrames()
    parser.attach(LocalBook("BTCUSDT"))

    with pytest.raises(ValueError, match="another book"):
        parser.attach(LocalBook("BTCUSDT"))
