"""AlpacaFrames: what trade_updates mean, what control messages say, and where messages go."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from regimeflow._core.alpaca_frames import AlpacaFrames, Control, FrameError, TradeUpdate
from regimeflow._core.bus import EventBus
from regimeflow._core.intake import Intake
from regimeflow._core.latency import LatencyHistogram
from regimeflow._core.messages import Quote
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide, OrderType, TimeInForce
from tests.support.alpaca_frames import (
    BAR,
    DATA,
    ORDER,
    QUOTE,
    RECV_NS,
    STATUS,
    T_NS,
    TRADE,
    a_frame,
    an_update,
    parsed,
)


def test_a_fill_tells_the_order_as_it_is_after_it() -> None:
    report = an_update().report

    assert (ExecType.TRADE, LiveOrderStatus.PARTIALLY_FILLED) == (
        report.exec_type,
        report.ord_status,
    )
    assert ("AAPL", OrderSide.BUY, OrderType.LIMIT, TimeInForce.DAY) == (
        report.symbol,
        report.side,
        report.ord_type,
        report.time_in_force,
    )
    assert ["10", "4", "6", "3", "78.185", "78.20", "78.19"] == [
        format(number, "f")
        for number in (
            report.order_qty_dec,
            report.cum_qty_dec,
            report.leaves_qty_dec,
            report.last_qty_dec,
            report.last_px_dec,
            report.limit_px_dec.quantize(Decimal("0.01")) if report.limit_px_dec else Decimal(0),
            report.avg_px_dec,
        )
        if number is not None
    ]
    assert (None, None) == (report.stop_px_dec, report.commission_dec)
    assert ("ours-1", ORDER["id"], "e-1") == (
        report.client_order_id,
        report.broker_order_id,
        report.exec_id,
    )
    assert (T_NS, RECV_NS) == (report.ts_event_ns, report.ts_recv_ns)


def test_what_a_report_has_no_room_for_is_beside_it() -> None:
    update = an_update()

    assert ("partial_fill", "partially_filled", "e-1", "01M2TB1W73G1WFCA460A7GTB33") == (
        update.event,
        update.status,
        update.execution_id,
        update.event_id,
    )
    assert ("bracket", ORDER["replaces"], "", "g-1", "entry", "us_equity") == (
        update.order_class,
        update.replaces,
        update.replaced_by,
        update.group_id,
        update.group_role,
        update.asset_class,
    )
    assert (Decimal("-7.5"), None, None, ()) == (
        update.position_qty,
        update.notional,
        update.trail_price,
        update.legs,
    )
    assert (1_614_009_105_340_000_000, 1_614_009_105_100_000_000) == (
        update.at_ns,
        update.updated_ns,
    )


@pytest.mark.parametrize(
    ("event", "news", "state", "left"),
    [
        ("pending_new", "PENDING_NEW", "PENDING_NEW", 6),
        ("accepted", "PENDING_NEW", "PENDING_NEW", 6),
        ("new", "NEW", "PARTIALLY_FILLED", 6),
        ("fill", "TRADE", "FILLED", 0),
        ("partial_fill", "TRADE", "PARTIALLY_FILLED", 6),
        ("canceled", "CANCELED", "CANCELLED", 0),
        ("expired", "EXPIRED", "EXPIRED", 0),
        ("rejected", "REJECTED", "REJECTED", 0),
        ("replaced", "REPLACED", "CANCELLED", 0),
        ("pending_cancel", "PENDING_CANCEL", "PENDING_CANCEL", 6),
        ("pending_replace", "PENDING_REPLACE", "PENDING_REPLACE", 6),
        ("order_cancel_rejected", "CANCEL_REJECTED", "PARTIALLY_FILLED", 6),
        ("order_replace_rejected", "REPLACE_REJECTED", "PARTIALLY_FILLED", 6),
        ("done_for_day", "DONE_FOR_DAY", "INACTIVE", 6),
        ("suspended", "SUSPENDED", "INACTIVE", 6),
        ("held", "SUSPENDED", "INACTIVE", 6),
        ("pending_review", "SUSPENDED", "INACTIVE", 6),
        ("stopped", "ORDER_STATUS", "PARTIALLY_FILLED", 6),
        ("accepted_for_bidding", "ORDER_STATUS", "PARTIALLY_FILLED", 6),
        ("calculated", "ORDER_STATUS", "PARTIALLY_FILLED", 6),
        ("restated", "ORDER_STATUS", "ERROR", 6),
        ("trade_bust", "ORDER_STATUS", "ERROR", 6),
        ("", "ORDER_STATUS", "PARTIALLY_FILLED", 6),
    ],
)
def test_each_event_has_its_meaning(event: str, news: str, state: str, left: int) -> None:
    report = an_update(event=event).report

    assert (ExecType[news], LiveOrderStatus[state]) == (report.exec_type, report.ord_status)
    assert (left, 4) == (report.leaves_qty, report.cum_qty)
    assert ("e-1" if news == "TRADE" else "") == report.exec_id


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("accepted", "PENDING_NEW"),
        ("new", "NEW"),
        ("accepted_for_bidding", "NEW"),
        ("held", "INACTIVE"),
        ("calculated", "PARTIALLY_FILLED"),
        ("replaced", "CANCELLED"),
        ("filled", "FILLED"),
        ("pending_cancel", "PENDING_CANCEL"),
        ("wandering", "ERROR"),
    ],
)
def test_a_refused_cancel_leaves_the_state_that_the_order_has(status: str, state: str) -> None:
    order = {"status": status, "filled_qty": "0"}
    report = an_update(order=order, event="order_cancel_rejected").report

    assert LiveOrderStatus[state] == report.ord_status


def test_the_end_of_a_replaced_leg_names_the_one_that_follows() -> None:
    update = an_update(order={"status": "replaced", "replaced_by": "next-1"}, event="replaced")

    assert ("next-1", ORDER["id"]) == (update.replaced_by, update.report.broker_order_id)
    assert (ExecType.REPLACED, Decimal(10)) == (
        update.report.exec_type,
        update.report.order_qty_dec,
    )


def test_words_that_nobody_knows_are_told_and_move_nothing() -> None:
    parser = AlpacaFrames()
    order = ORDER | {"side": "sell_short", "type": "pegged", "time_in_force": "gtd"}
    frame = a_frame({"stream": "trade_updates", "data": DATA | {"event": "melted", "order": order}})

    (update,) = parser.parse(frame, RECV_NS)

    assert (ExecType.ORDER_STATUS, LiveOrderStatus.ERROR) == (
        update.report.exec_type,
        update.report.ord_status,
    )
    assert (OrderSide.NONE, OrderType.NONE, TimeInForce.NONE) == (
        update.report.side,
        update.report.ord_type,
        update.report.time_in_force,
    )
    unknown = {"side=sell_short", "type=pegged", "time_in_force=gtd", "event=melted"}
    assert dict.fromkeys(unknown, 1) == parser.unknown()
    assert unknown == {*update.report.text.split("; ")}


@pytest.mark.parametrize(
    ("kind", "time", "want"),
    [
        ("market", "opg", OrderType.MARKET_ON_OPEN),
        ("market", "cls", OrderType.MARKET_ON_CLOSE),
        ("limit", "opg", OrderType.LIMIT_ON_OPEN),
        ("limit", "cls", OrderType.LIMIT_ON_CLOSE),
        ("trailing_stop", "gtc", OrderType.TRAILING_STOP),
        ("stop_limit", "day", OrderType.STOP_LIMIT),
        ("stop", "day", OrderType.STOP),
        ("", "day", OrderType.NONE),
    ],
)
def test_an_order_for_an_auction_is_a_type_of_its_own(
    kind: str, time: str, want: OrderType
) -> None:
    report = an_update(order={"type": kind, "time_in_force": time}).report

    assert want == report.ord_type
    assert (TimeInForce.GTC if time == "gtc" else TimeInForce.DAY) == report.time_in_force


def test_an_order_for_an_amount_of_money_has_no_quantity() -> None:
    update = an_update(order={"qty": None, "notional": "500.25"})

    assert (None, None) == (update.report.order_qty_dec, update.report.leaves_qty_dec)
    assert Decimal("500.25") == update.notional


def test_a_name_that_is_too_long_for_a_report_is_beside_it() -> None:
    update = an_update(order={"client_order_id": "x" * 128})

    assert ("", "x" * 128) == (update.report.client_order_id, update.client_order_id)


def test_an_order_of_which_little_is_told_is_still_news() -> None:
    update = parsed({"event": "fill", "order": {"id": "b-1", "qty": 1.5, "filled_qty": 1.5}})
    report = update.report

    assert (ExecType.ORDER_STATUS, LiveOrderStatus.FILLED) == (
        report.exec_type,
        report.ord_status,
    )
    assert ("b-1", "", 1.5, 0) == (
        report.broker_order_id,
        report.symbol,
        report.cum_qty,
        report.ts_event_ns,
    )


@pytest.mark.parametrize(
    ("order", "changes", "field"),
    [
        ({"qty": "ten"}, {}, "qty"),
        ({"filled_qty": "-1"}, {}, "filled_qty"),
        ({"limit_price": True}, {}, "limit_price"),
        ({"id": "x" * 57}, {}, "id"),
        ({}, {"execution_id": "x" * 65}, "execution_id"),
        ({}, {"timestamp": "yesterday"}, "timestamp"),
        ({}, {"price": "1e30"}, "price"),
        ({"filled_avg_price": "1.2.3"}, {}, "filled_avg_price"),
    ],
)
def test_a_number_or_an_id_that_cannot_be_is_named(
    order: dict[str, Any], changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(FrameError, match=f"field '{field}'"):
        an_update(order=order, **changes)


def test_news_without_an_order_are_an_error() -> None:
    with pytest.raises(FrameError, match="field 'order' is missing"):
        AlpacaFrames().parse(b'{"stream":"trade_updates","data":{"event":"new"}}', RECV_NS)


def test_the_legs_of_an_order_are_reports_of_their_own() -> None:
    legs = [ORDER | {"id": f"leg-{n}", "symbol": f"OPT{n}", "legs": None} for n in (1, 2)]
    order = {"symbol": "", "order_class": "mleg", "legs": legs}
    executed = [
        {"order_id": "leg-2", "execution_id": "x-2", "qty": "3", "price": "1.25"},
        {"order_id": "leg-9", "execution_id": "x-9", "qty": "1", "price": "7", "symbol": "OPT9"},
    ]

    update = an_update(order=order, event="fill", legs=executed)

    assert ExecType.ORDER_STATUS == update.report.exec_type
    assert [("OPT1", "leg-1", ""), ("OPT2", "leg-2", "x-2"), ("OPT9", "leg-9", "x-9")] == [
        (leg.symbol, leg.broker_order_id, leg.exec_id) for leg in update.legs
    ]
    assert [None, Decimal("1.25"), Decimal(7)] == [leg.last_px_dec for leg in update.legs]
    assert [4, 4, None] == [leg.cum_qty for leg in update.legs]
    assert [T_NS, T_NS] == [leg.ts_event_ns for leg in update.legs[1:]]


@pytest.mark.parametrize("wire", [json.dumps, msgspec.msgpack.encode], ids=["json", "msgpack"])
def test_keys_may_come_in_any_order(wire: Any) -> None:
    order = dict(reversed(ORDER.items()))
    data = dict(reversed((DATA | {"order": order, "new": [{"deep": {}}]}).items()))
    frame = wire({"data": data, "new": 1, "stream": "trade_updates"})
    raw = frame.encode() if isinstance(frame, str) else frame

    (update,) = AlpacaFrames().parse(raw, RECV_NS)

    assert an_update().report == update.report
    assert repr(an_update()) == repr(update)


def test_control_messages_are_told_apart() -> None:
    frames = [
        a_frame({"T": "success", "msg": "connected"}),
        a_frame({"T": "error", "code": 406, "msg": "connection limit exceeded"}),
        a_frame({"T": "subscription", "trades": ["BTC/USD", "A\\"], "quotes": [], "n": 1}),
        b'{"stream":"listening","data":{"streams":["trade_updates"]}}',
        b'{"stream":"authorization","data":{"status":"unauthorized","action":"listen"}}',
        b'{"action":"error","data":{"error_message":"internal server error"}}',
        b'{"stream":"weather","data":{}}',
    ]
    told: list[Control] = []
    parser = AlpacaFrames(on_control=told.append)

    for frame in frames:
        assert 1 == parser.take(frame, RECV_NS)
        assert 1 == parser.take(msgspec.msgpack.encode(json.loads(frame)), RECV_NS)

    assert [repr(one) for one in told[::2]] == [repr(one) for one in told[1::2]]
    success, error, subscription, listening, authorization, failure, other = told[::2]
    assert ("success", "connected") == (success.kind, success.text)
    assert ("error", 406, "connection limit exceeded") == (error.kind, error.code, error.text)
    assert {"trades": ("BTC/USD", "A\\"), "quotes": ()} == dict(subscription.channels)
    assert {"streams": ("trade_updates",)} == dict(listening.channels)
    assert ("unauthorized", "listen") == (authorization.status, authorization.action)
    assert ("error", 0, "internal server error") == (failure.kind, failure.code, failure.text)
    assert ("other", "stream=weather") == (other.kind, other.text)
    assert {"stream=weather": 2} == parser.unknown()


def test_what_has_no_callback_is_passed_over_and_counted() -> None:
    parser = AlpacaFrames()

    held = parser.take(a_frame(QUOTE, TRADE, BAR, STATUS), RECV_NS)
    parser.take(json.dumps({"stream": "trade_updates", "data": DATA}).encode(), RECV_NS + 1)

    assert 4 == held
    assert {"quotes": 1, "trades": 1, "bars": 1, "statuses": 1, "updates": 1} == parser.counts()
    assert [RECV_NS, RECV_NS, RECV_NS, 0] == [
        parser.last_recv_ns("AMD", 1),
        parser.last_recv_ns("BTC/USD", 2),
        parser.last_recv_ns("SPY", 3),
        parser.last_recv_ns("AAPL", 1),
    ]


def test_records_go_straight_into_the_engines_intake() -> None:
    bus, heard = EventBus(), []
    bus.subscribe_payload(1, heard.append)
    intake = Intake(bus, LatencyHistogram())
    updates: list[TradeUpdate] = []
    parser = AlpacaFrames(on_market_data=intake, on_update=updates.append)

    parser.take(
        a_frame(QUOTE, QUOTE | {"bs": 2}, {"stream": "trade_updates", "data": DATA}), RECV_NS
    )

    assert [parsed(QUOTE), parsed(QUOTE, bs=2)] == heard
    assert {"quotes": 2} == intake.counts()
    assert ["partial_fill"] == [update.event for update in updates]


def test_a_callback_that_fails_does_not_keep_the_rest_of_a_frame() -> None:
    told: list[float] = []

    def fail_once(quote: Quote) -> None:
        told.append(quote.bid_qty)
        if len(told) == 1:
            raise LookupError("the first")

    parser = AlpacaFrames(on_market_data=fail_once)

    with pytest.raises(LookupError, match="the first"):
        parser.take(a_frame(QUOTE, QUOTE | {"bs": 2}, QUOTE | {"bs": 3}), RECV_NS)

    assert [1, 2, 3] == told
    assert 1 == parser.take(a_frame(QUOTE), RECV_NS)


def test_a_frame_is_not_taken_while_another_is_handed_on() -> None:
    parser = AlpacaFrames(on_market_data=lambda _: parser.take(a_frame(QUOTE), RECV_NS))

    with pytest.raises(RuntimeError, match="while the one before it"):
        parser.take(a_frame(QUOTE), RECV_NS)


def test_a_frame_may_be_any_buffer() -> None:
    raw = a_frame(QUOTE)

    for frame in (bytearray(raw), memoryview(b"  " + raw)[1:], b"\n " + raw + b"\r\n"):
        assert [parsed(QUOTE)] == AlpacaFrames().parse(frame, RECV_NS)


def test_nobody_but_a_parser_makes_its_messages() -> None:
    for kind in (Control, TradeUpdate, type(parsed(STATUS))):
        with pytest.raises(TypeError, match="made by a parser"):
            kind()
