"""Messages as JSON: what is written is read back, and what is no message is refused by its key."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext

import pytest

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.frames import Command, Frame, RegimeChange, TimerFired
from regimeflow._core.messages import LiveMessage, OrderBook, Quote, SystemMessage, Tick
from regimeflow.types.enums import LiveTopic
from regimeflow.types.errors import CodecError
from regimeflow.types.message_json import decode_json, decode_json_any, encode_json
from tests.support.frames import FRAMES
from tests.support.messages import TOPICS, a_report, one_of_each

CODEC = LiveMessageCodec()
EACH = pytest.mark.parametrize("message", one_of_each(), ids=lambda message: type(message).__name__)
QUOTE = {
    "kind": "Quote",
    "symbol": "BTCUSDT",
    "bid_px": "60000.10",
    "bid_qty": "1.5",
    "ask_px": "60001",
    "ask_qty": "2",
}
BOOK = {"kind": "OrderBook", "symbol": "A", "bids": [["1", "2"]], "asks": [["2", "3"], ["3", "1"]]}
BAR = {
    "kind": "Bar",
    "symbol": "A",
    **dict.fromkeys(("open_px", "high_px", "low_px", "close_px", "volume"), "1"),
    "interval_ns": 60,
}
ACCOUNT = {
    "kind": "AccountInfo",
    "currency": "EUR",
    "equity": "1",
    "cash": "1",
    "buying_power": "0",
    "balances": [{"asset": "EUR", "free": "1", "locked": "0"}],
}
REPORT = {"kind": "ExecutionReport", "symbol": "A", "exec_type": "NEW", "ord_status": "NEW"}
COMMAND = Command(5, 0, 7, 1, 2, 3, 150, -2, 1000, None, -4, 0, "A", "c", "b", "s", "t")


def numbered(message: object, seq: int, flags: int = 0) -> LiveMessage:
    """Return a message as the stream has it, with its number."""
    raw = bytearray(CODEC.encode(message))
    raw[8:16] = seq.to_bytes(8, "little", signed=True)
    raw[34] |= flags
    return CODEC.decode(raw)


@EACH
def test_every_kind_comes_back_as_it_was(message) -> None:
    found = decode_json(encode_json(message))

    assert message == found.payload
    assert repr(message) == repr(found.payload)


@EACH
def test_origin_number_and_flags_come_back(message) -> None:
    live = numbered(LiveMessage(TOPICS[type(message)], message, "hôst"), 2**63 - 1, flags=0xF0)

    found = decode_json(encode_json(live))

    assert ("hôst", 2**63 - 1) == (found.origin, found.seq)
    assert CODEC.encode(live) == CODEC.encode(found)


def test_it_is_one_line_that_people_can_read() -> None:
    quote = Quote("BTCUSDT", "60000.10", "1.5", 60001, 2, update_id=7, ts_event_ns=5, ts_recv_ns=6)

    text = encode_json(LiveMessage(LiveTopic.MARKET_DATA, quote, "host-1")).decode()

    assert (
        '{"kind":"Quote","seq":0,"origin":"host-1","symbol":"BTCUSDT","update_id":7,'
        '"bid_px":"60000.10","bid_qty":"1.5","ask_px":"60001.00","ask_qty":"2.0",'
        '"ts_event_ns":5,"ts_recv_ns":6}'
    ) == text


def test_numbers_are_exact_whatever_the_host_does_with_its_own() -> None:
    tick = Tick("A", "9223372036.854775807", "0.000000000000000001")

    with localcontext() as context:
        context.prec = 3
        found = decode_json(encode_json(tick)).payload
        command = decode_json_any(encode_json(COMMAND._replace(qty=2**63 - 1)))

    assert Decimal("9223372036.854775807") == found.last_px_dec
    assert repr(tick) == repr(found)
    assert 2**63 - 1 == command.qty


def test_text_has_any_character() -> None:
    for text in ("a|b", '"\\\n\0', "🙂", "x" * 1024):
        assert text == decode_json(encode_json(SystemMessage(text))).payload.text


def test_what_is_left_out_is_as_the_constructor_has_it() -> None:
    assert Quote("BTCUSDT", "60000.10", "1.5", 60001, 2) == decode_json(json.dumps(QUOTE)).payload
    assert a_report(symbol="A") == decode_json(json.dumps(REPORT)).payload
    assert (
        OrderBook("A", [("1", "2")], [("2", "3"), ("3", "1")])
        == decode_json(json.dumps(BOOK | {"seq": 0})).payload
    )


def test_an_integer_is_a_number_too() -> None:
    assert 60001 == decode_json(json.dumps(QUOTE | {"ask_px": 60001})).payload.ask_px


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        ([], "$", "expected an object"),
        (5, "$", "expected an object"),
        ({}, "kind", "is missing"),
        ({"kind": 5}, "kind", "is missing"),
        ({"kind": "Quot"}, "kind", "expected one of Quote"),
        ({"kind": "Command"}, "kind", "expected one of Quote"),
        (QUOTE | {"bid_px": None}, "bid_px", "is missing"),
        (QUOTE | {"bid_px": 60000.1}, "bid_px", "expected a number as text"),
        (QUOTE | {"bid_px": "12abc"}, "bid_px", "expected a number as text"),
        (QUOTE | {"bid_px": "NaN"}, "bid_px", "expected a number as text"),
        (QUOTE | {"bid_px": "-Infinity"}, "bid_px", "expected a number as text"),
        (QUOTE | {"bid_px": True}, "bid_px", "expected a number as text"),
        (QUOTE | {"bid_px": "1e-19"}, "bid_px", "."),
        (QUOTE | {"bid_px": "1e999999999"}, "bid_px", "."),
        (QUOTE | {"symbol": 5}, "symbol", "."),
        (QUOTE | {"symbol": "A B"}, "symbol", "."),
        (QUOTE | {"symbol": "x" * 32}, "symbol", "32 bytes"),
        (QUOTE | {"update_id": 2**63}, "update_id", "."),
        (QUOTE | {"seq": 2**63}, "seq", "expected"),
        (QUOTE | {"seq": "1"}, "seq", "expected an integer"),
        (QUOTE | {"flags": 256}, "flags", "expected 0 to 255"),
        (QUOTE | {"side": 3}, "side", "expected 0 to 2"),
        (QUOTE | {"origin": 5}, "origin", "expected str"),
        (QUOTE | {"bid": "1"}, "bid", "is not known"),
        (BOOK | {"is_snapshot": "yes"}, "is_snapshot", "true or false"),
        (BAR | {"is_revised": 1}, "is_revised", "true or false"),
        (BOOK | {"bids": "1"}, "bids", "expected a list"),
        (BOOK | {"asks": [["1", "2"], ["3"]]}, "asks[1]", "a price and a quantity"),
        (BOOK | {"asks": [["1", "2"], ["3", 1.5]]}, "asks[1][1]", "a number as text"),
        (BOOK | {"bids": [["1", "2"]] * 11}, "bids", "."),
        (ACCOUNT | {"balances": [5]}, "balances[0]", "expected an object"),
        (ACCOUNT | {"balances": [{"asset": "A", "free": "x"}]}, "balances[0].free", "number"),
        (ACCOUNT | {"balances": [{"asset": "", "free": "1"}]}, "balances[0]", "."),
        (ACCOUNT | {"balances": [{"asset": "A", "fre": "1"}]}, "balances[0].fre", "not known"),
        (REPORT | {"exec_type": "XNEW"}, "exec_type", "expected one of NEW, TRADE"),
        (REPORT | {"ord_status": 99}, "ord_status", "."),
        (REPORT | {"text": "x" * 1025}, "text", "."),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused_by_its_key(values, path: str, reason: str) -> None:
    with pytest.raises(CodecError, match=reason) as caught:
        decode_json(json.dumps(values))

    assert path == caught.value.path


@pytest.mark.parametrize("data", [b"", b"{", b'{"kind": NaN}', b"\xff", "[" * 2000, None, 5])
def test_what_is_no_json_is_a_codec_error_with_its_place(data) -> None:
    with pytest.raises(CodecError) as caught:
        decode_json(data)

    assert ("", True) == (caught.value.path, caught.value.offset >= 0)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_frames_of_a_journal_come_back_as_they_were(frame: Frame) -> None:
    found = decode_json_any(encode_json(frame))

    assert (frame, type(frame)) == (found, type(found))


@EACH
def test_a_message_of_the_stream_is_any_message_too(message) -> None:
    assert message == decode_json_any(encode_json(message)).payload


def test_a_command_shows_the_numbers_that_it_has() -> None:
    told = json.loads(encode_json(COMMAND))

    assert ("Command", 0, "1.50", "0.1000", None) == tuple(
        told[name] for name in ("kind", "command", "qty", "limit_px", "stop_px")
    )
    assert ("BUY", "LIMIT", "IOC") == (told["side"], told["ord_type"], told["time_in_force"])


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"kind": "Kommand"}, "kind"),
        ({"qty": "1.505"}, "qty"),
        ({"qty": "1e99999999"}, "qty"),
        ({"qty": "9" * 30}, "qty"),
        ({"qty": 1.5}, "qty"),
        ({"qty_exp": "-2"}, "qty"),
        ({"side": "BYU"}, "side"),
        ({"price": "1"}, "price"),
        ({"symbol": 5}, "Command"),
        ({"order_id": 2**63}, "Command"),
    ],
)
def test_a_frame_that_is_none_is_refused_by_its_key(changes, path: str) -> None:
    values = json.loads(encode_json(COMMAND)) | changes

    with pytest.raises(CodecError) as caught:
        decode_json_any(json.dumps(values))

    assert path == caught.value.path


@pytest.mark.parametrize(
    ("payload", "path"), [(5, "payload"), ({"hex": "0g"}, "payload.hex"), ({"hx": "00"}, "payload")]
)
def test_a_blob_is_text_or_says_its_bytes(payload, path: str) -> None:
    values = {"kind": "Answer", "ask_id": 1, "now_ns": 2, "flags": 0, "value_kind": 3}

    with pytest.raises(CodecError) as caught:
        decode_json_any(json.dumps(values | {"payload": payload}))

    assert path == caught.value.path
    with pytest.raises(CodecError, match="is missing"):
        decode_json_any(json.dumps(values))


@pytest.mark.parametrize("thing", [None, "text", ("a", "tuple"), RegimeChange, {}], ids=repr)
def test_what_is_no_message_cannot_be_written(thing) -> None:
    with pytest.raises(TypeError, match="is no message"):
        encode_json(thing)


def test_a_frame_with_what_no_frame_can_have_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="timerId"):
        encode_json(TimerFired(-1, 2))
