"""Messages as bytes: every kind, every field, and bytes that are no message."""

from __future__ import annotations

import struct
from decimal import Decimal

import pytest

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.messages import (
    Balance,
    LiveMessage,
    OrderBook,
    Position,
    Quote,
    SystemMessage,
    Tick,
)
from regimeflow._core.symbols import intern
from regimeflow.types.enums import ExecType, LiveOrderStatus
from regimeflow.types.errors import CodecError
from tests.support.messages import TOPICS, a_report, one_of_each

CODEC = LiveMessageCodec()
EACH = pytest.mark.parametrize("message", one_of_each(), ids=lambda message: type(message).__name__)
HEAD = struct.Struct("<HHHH")  # block length, template, schema, version


def a_quote() -> Quote:
    return Quote("BTCUSDT", "60000.10", "1.5", 60001, 2, update_id=7, ts_event_ns=5, ts_recv_ns=6)


def rewritten(raw: bytes, **changes: int) -> bytes:
    names = ("block_length", "template", "schema", "version")
    head = dict(zip(names, HEAD.unpack_from(raw), strict=True)) | changes
    return HEAD.pack(*(head[name] for name in names)) + raw[HEAD.size :]


def older(raw: bytes, block_length: int) -> bytes:
    """Return the message as a version wrote it whose block ended there."""
    own, *_ = HEAD.unpack_from(raw)
    cut = raw[: HEAD.size + block_length] + raw[HEAD.size + own :]
    return rewritten(cut, block_length=block_length, version=0)


@EACH
def test_every_kind_comes_back_as_it_was(message) -> None:
    found = CODEC.decode(CODEC.encode(message))

    assert message == found.payload
    assert repr(message) == repr(found.payload)
    assert TOPICS[type(message)] == found.topic


@EACH
def test_the_same_message_gives_the_same_bytes(message) -> None:
    raw = CODEC.encode(message)

    assert raw == CODEC.encode(CODEC.decode(raw))


def test_the_origin_travels_with_the_message() -> None:
    live = LiveMessage(TOPICS[Quote], a_quote(), "hôst-7")

    found = CODEC.decode(CODEC.encode(live))

    assert (live, "hôst-7") == (found, found.origin)


def test_extreme_numbers_are_exact() -> None:
    position = Position("A", "-9.223372036854775807", "0.000000000000000001", market_px=None)
    tick = Tick("A", 2**63 - 1, "1e-18", trade_id=-(2**63), ts_event_ns=2**63 - 1)

    for message in (position, tick):
        assert repr(message) == repr(CODEC.decode(CODEC.encode(message)).payload)


def test_all_ten_levels_of_both_sides_come_back() -> None:
    levels = [(f"{n}.5", n) for n in range(1, 11)]
    book = OrderBook("A", levels, levels, update_id=2**62, is_snapshot=True)

    found = CODEC.decode(CODEC.encode(book)).payload

    assert (10, 10) == (len(found.bids), len(found.asks))
    assert book == found


def test_texts_as_long_as_their_fields_come_back() -> None:
    report = a_report(
        client_order_id="c" * 40,
        broker_order_id="b" * 56,
        exec_id="ä" * 32,
        exec_ref_id="€" * 21,
        commission_currency="u" * 16,
        text="\0🙂" * 204,
    )

    found = CODEC.decode(CODEC.encode(report)).payload

    assert repr(report) == repr(found)


def test_a_symbol_that_this_process_never_saw_is_learned() -> None:
    raw = CODEC.encode(Quote("SEENHERE", 1, 1, 2, 2)).replace(b"SEENHERE", b"NEW-HERE")

    assert "NEW-HERE" == CODEC.decode(raw).payload.symbol


def test_a_batch_comes_back_in_order() -> None:
    messages = one_of_each() * 3

    found = CODEC.decode_batch(CODEC.encode_batch(messages))

    assert messages == [live.payload for live in found]
    assert [] == CODEC.decode_batch(CODEC.encode_batch([]))


@EACH
def test_every_prefix_is_refused_or_is_a_whole_message(message) -> None:
    raw = CODEC.encode(message)

    for length in range(len(raw)):
        try:
            CODEC.decode(raw[:length])
        except CodecError as error:
            assert 0 <= error.offset <= length  # noqa: PT017
            assert error.reason  # noqa: PT017


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"", "shorter than a message header"),
        (b"\0" * 7, "shorter than a message header"),
        (rewritten(CODEC.encode(a_quote()), schema=1), "of another schema"),
        (rewritten(CODEC.encode(a_quote()), template=999), "of template 999"),
        (rewritten(CODEC.encode(a_quote()), template=105), "of template 105"),
        (rewritten(CODEC.encode(a_quote()), block_length=59), "with a block too short"),
        (rewritten(CODEC.encode(a_quote()), block_length=0xFFFF), "shorter than its block"),
        (CODEC.encode(a_quote()) + b"\0", "with bytes behind its end"),
        (CODEC.encode(a_report())[:-2] + b"\xff\xff", "ends inside a text"),
        (CODEC.encode(a_quote()).replace(b"BTCUSDT", b"BTC SDT"), "with a name that is no symbol"),
        (CODEC.encode(a_quote()).replace(b"BTCUSDT", b"BTC\xffSDT"), "with a name that is no"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bytes_that_are_no_message_are_refused_with_place_and_reason(bad, reason) -> None:
    with pytest.raises(CodecError, match=reason):
        CODEC.decode(bad)


@pytest.mark.parametrize("thing", [None, 5, "text", memoryview(b"abcd")[::2], []], ids=repr)
def test_what_holds_no_bytes_is_a_codec_error_too(thing) -> None:
    with pytest.raises(CodecError):
        CODEC.decode(thing)


def test_a_claim_of_a_gigabyte_is_refused() -> None:
    raw = bytearray(CODEC.encode_batch([a_quote()]))
    raw[:4] = struct.pack("<I", 1 << 30)

    with pytest.raises(CodecError, match="ends inside a message"):
        CODEC.decode_batch(raw)


def test_what_a_newer_version_adds_is_skipped() -> None:
    raw = CODEC.encode(a_quote())
    block, *_ = HEAD.unpack_from(raw)
    longer = rewritten(
        raw[: 8 + block] + b"\x07" * 12 + raw[8 + block :] + b"\x03\0new",
        block_length=block + 12,
        version=99,
    )

    assert repr(a_quote()) == repr(CODEC.decode(longer).payload)


def test_what_an_older_version_lacks_is_not_given() -> None:
    quote = CODEC.encode(a_quote())
    position = CODEC.encode(Position("A", 5, "1.5", market_px="2.5"))
    report = CODEC.encode(a_report(order_qty=5, cum_qty=3, exec_id="e1"))

    found = CODEC.decode(older(quote, 60)).payload
    assert (0, 60000.10) == (found.update_id, found.bid_px)
    found = CODEC.decode(older(position, 36)).payload
    assert (5.0, None, None) == (found.quantity, found.avg_px, found.market_px)
    found = CODEC.decode(older(report, 30)).payload
    assert (ExecType.NEW, LiveOrderStatus.NEW) == (found.exec_type, found.ord_status)
    assert (None, None, 0, "e1") == (
        found.order_qty,
        found.commission,
        found.order_id,
        found.exec_id,
    )


def test_texts_that_an_older_version_lacks_are_empty() -> None:
    raw = CODEC.encode(a_report(symbol="A", exec_id="e1", text="why"))
    names_end = raw.index(b"\1\0A") + 3 + 2

    found = CODEC.decode(raw[:names_end]).payload

    assert ("A", "", "") == (found.symbol, found.exec_id, found.text)


def test_a_member_that_an_enumeration_does_not_have_is_refused() -> None:
    raw = bytearray(CODEC.encode(a_report()))
    raw[8 + 28] = 200

    with pytest.raises(CodecError, match="byte 36: with a member that"):
        CODEC.decode(raw)


def test_an_account_of_many_balances_comes_back() -> None:
    from regimeflow._core.messages import AccountInfo

    account = AccountInfo(
        equity=1,
        cash=1,
        buying_power=0,
        currency="USD",
        balances=[Balance(f"A{n}", f"{n}.5", n) for n in range(1016)],
    )

    assert repr(account) == repr(CODEC.decode(CODEC.encode(account)).payload)


def test_the_place_in_the_stream_travels_with_the_message() -> None:
    raw = bytearray(CODEC.encode(a_quote()))
    raw[8:16] = (2**62 + 1).to_bytes(8, "little")

    found = CODEC.decode(raw)

    assert 2**62 + 1 == found.seq
    assert raw == CODEC.encode(found)


def test_a_bad_message_leaves_no_new_name_behind() -> None:
    first = intern("FIRST-NAME")
    report = CODEC.encode(a_report(symbol="LATER-0000", exec_id="e1", text="why"))

    for number in range(50):
        junk = report.replace(b"LATER-0000", b"JUNK-%05d" % number)[:-2]
        with pytest.raises(CodecError, match="ends inside a text"):
            CODEC.decode(junk)

    assert first + 2 == intern("ONE-MORE-NAME")


TEXTS = ["", "a|b|c", "x|0", "rejected|code=5", "\n\0\\,;=\"'", "🙂" * 256]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text)[:20])
def test_a_text_holds_any_character_up_to_its_bound(text: str) -> None:
    system, report = SystemMessage(text), a_report(text=text, client_order_id=text[:9])

    for message in (system, report):
        assert text == CODEC.decode(CODEC.encode(message)).payload.text
    assert text[:9] == CODEC.decode(CODEC.encode(report)).payload.client_order_id


def test_numbers_of_more_than_six_digits_are_exact() -> None:
    for text in ("65432.123456", "65432.12", "1234567.89", "123456.78", "99999.99", "12345.678"):
        quote = CODEC.decode(CODEC.encode(Quote("A", text, text, text, text))).payload

        assert {Decimal(text)} == {quote.bid_px_dec, quote.bid_qty_dec, quote.ask_px_dec}


def test_a_message_without_a_symbol_can_be_written() -> None:
    assert "" == CODEC.decode(CODEC.encode(SystemMessage("up"))).payload.symbol
