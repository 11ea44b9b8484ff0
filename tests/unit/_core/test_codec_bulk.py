"""Many messages at once: batches, arrays and rings; and the frames of a journal."""

from __future__ import annotations

import struct
import threading

import numpy as np
import pytest

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.frames import Frame, OrderEvent, SegmentEnd, TimerFired
from regimeflow._core.messages import (
    AccountInfo,
    Bar,
    ExecutionReport,
    OrderBook,
    Position,
    Quote,
    SystemMessage,
    Tick,
    column,
    from_array,
    to_array,
)
from regimeflow._core.ring import Ring
from regimeflow._core.symbols import intern
from regimeflow.types.errors import CodecError
from tests.support.frames import FRAMES
from tests.support.messages import a_report, one_of_each

KINDS = (Quote, Tick, Bar, OrderBook, ExecutionReport, Position, AccountInfo, SystemMessage)
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def unknown(template: int) -> bytes:
    """Return a message that only a newer version knows, as a batch of one."""
    return struct.pack("<IHHHH", 12, 4, template, 21062, 9) + b"new!"


@EACH_KIND
def test_the_messages_of_one_kind_in_a_batch_are_rows_of_an_array(kind: type) -> None:
    codec = LiveMessageCodec()
    messages = one_of_each() * 3
    wanted = [message for message in messages if type(message) is kind]

    rows = codec.decode_array(codec.encode_batch(messages), kind)

    assert wanted == from_array(rows)
    assert (to_array(wanted) == rows).all()
    assert codec.encode_batch(wanted) == codec.encode_array(rows)


@EACH_KIND
def test_a_batch_without_the_kind_gives_no_rows(kind: type) -> None:
    rows = LiveMessageCodec().decode_array(b"", kind)

    assert (0, True) == (len(rows), "ts_event_ns" in rows.dtype.names)
    assert b"" == LiveMessageCodec().encode_array(rows)


def test_columns_of_a_thousand_quotes_are_as_the_quotes_say() -> None:
    codec = LiveMessageCodec()
    quotes = [Quote("BTCUSDT", f"{n}.25", n, f"{n}.5", n, update_id=n) for n in range(1, 1001)]

    rows = codec.decode_array(codec.encode_batch(quotes), Quote)

    assert [quote.bid_px for quote in quotes] == column(rows, "bid_px").tolist()
    assert list(range(1, 1001)) == rows["update_id"].tolist()
    assert {intern("BTCUSDT")} == set(rows["symbol_id"].tolist())


def test_names_that_this_process_never_saw_are_learned_by_arrays_and_rings_too() -> None:
    codec = LiveMessageCodec()
    batch = codec.encode_batch([Tick("SEEN-1", 1, 1), Tick("SEEN-2", 2, 2)])
    ring = Ring(8)

    rows = codec.decode_array(batch.replace(b"SEEN-", b"ROWS-"), Tick)
    taken = codec.decode_ring(batch.replace(b"SEEN-", b"RING-"), ring)

    assert ["ROWS-1", "ROWS-2"] == [tick.symbol for tick in from_array(rows)]
    assert len(batch) == taken
    assert ["RING-1", "RING-2"] == [tick.symbol for tick in ring.reader(0).poll()]


def test_messages_go_through_rings_and_batches_in_order_however_small_the_ring() -> None:
    codec = LiveMessageCodec()
    messages = [message for message in one_of_each() if type(message) is not SystemMessage] * 20
    batch, ring = codec.encode_batch(messages), Ring(16)
    reader, taken, out = ring.reader(0), 0, b""

    while taken < len(batch):
        taken += codec.decode_ring(batch[taken:], ring)
        out += codec.encode_ring(reader)

    assert batch == out
    assert b"" == codec.encode_ring(reader)


def test_a_ring_gives_no_more_than_it_is_asked_for() -> None:
    codec, ring = LiveMessageCodec(), Ring(64)
    ring_reader = ring.reader(0)
    for number in range(1, 11):
        ring.try_publish(Tick("BTCUSDT", number, 1))

    first = codec.decode_batch(codec.encode_ring(ring_reader, 4))
    nothing = codec.encode_ring(ring_reader, 0)
    rest = codec.decode_batch(codec.encode_ring(ring_reader))

    assert [1, 2, 3, 4] == [live.payload.last_px for live in first]
    assert b"" == nothing
    assert list(range(5, 11)) == [live.payload.last_px for live in rest]


def test_a_message_longer_than_half_of_a_ring_is_refused_with_its_place() -> None:
    codec, ring = LiveMessageCodec(), Ring(4)
    tick = codec.encode_batch([Tick("BTCUSDT", 1, 1)])

    with pytest.raises(CodecError, match="longer than half of the ring") as caught:
        codec.decode_ring(tick + codec.encode_batch([a_report()]), ring)

    assert len(tick) == caught.value.offset
    assert 1 == len(ring.reader(0).poll())


def test_two_threads_pass_a_ring_on_as_bytes_and_lose_nothing() -> None:
    codec, ring, count = LiveMessageCodec(), Ring(256), 20_000
    batch = codec.encode_batch([Tick("BTCUSDT", n, 1, trade_id=n) for n in range(1, count + 1)])

    def fill() -> None:
        own, taken = LiveMessageCodec(), 0
        while taken < len(batch):
            taken += own.decode_ring(memoryview(batch)[taken:], ring)

    filler = threading.Thread(target=fill)
    filler.start()
    reader, pieces = ring.reader(0), []
    while filler.is_alive() or reader.depth:
        pieces.append(codec.encode_ring(reader))
    filler.join()

    assert batch == b"".join(pieces)


def test_templates_of_a_newer_version_are_counted_and_passed_over() -> None:
    codec, ring = LiveMessageCodec(), Ring(16)
    ticks = [Tick("BTCUSDT", 1, 1), Tick("BTCUSDT", 2, 1)]
    one, other = (codec.encode_batch([tick]) for tick in ticks)
    batch = unknown(200) + one + unknown(99) + unknown(200) + other

    assert ticks == [live.payload for live in codec.decode_batch(batch)]
    assert {200: 2, 99: 1} == codec.unknown
    assert ticks == from_array(codec.decode_array(batch, Tick))
    assert len(batch) == codec.decode_ring(batch, ring)
    assert ticks == ring.reader(0).poll()
    assert {200: 6, 99: 3} == codec.unknown


def test_an_unknown_template_alone_is_refused() -> None:
    for decode in (LiveMessageCodec().decode, LiveMessageCodec().decode_any):
        with pytest.raises(CodecError, match="of template 200"):
            decode(unknown(200)[4:])


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_frames_of_a_journal_are_bytes_and_come_back(frame: Frame) -> None:
    codec = LiveMessageCodec()

    found = codec.decode_any(codec.encode(frame))

    assert (frame, type(frame)) == (found, type(found))
    with pytest.raises(CodecError, match="no message of the stream"):
        codec.decode(codec.encode(frame))


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_every_prefix_of_a_frame_is_refused_or_is_a_whole_frame(frame: Frame) -> None:
    codec = LiveMessageCodec()
    raw = codec.encode(frame)[:200]

    for length in range(len(raw)):
        try:
            codec.decode_any(raw[:length])
        except CodecError as error:
            assert 0 <= error.offset <= length  # noqa: PT017
            assert error.reason  # noqa: PT017


@EACH_KIND
def test_a_message_of_the_stream_is_any_message_too(kind: type) -> None:
    codec = LiveMessageCodec()
    message = next(each for each in one_of_each() if type(each) is kind)

    assert message == codec.decode_any(codec.encode(message)).payload


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (("a", "tuple"), "is no message"),
        (SegmentEnd(1, 2), "template is 100"),
        (TimerFired(-1, 2), "TimerFired.timerId"),
        (FRAMES[-1]._replace(after_confidence="high"), "RegimeChange.afterConfidence"),
        (OrderEvent(6, 7, 2, "x" * 65536), "too long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_frame_that_cannot_be_written_is_refused_by_name(bad: object, reason: str) -> None:
    with pytest.raises((TypeError, ValueError), match=reason):
        LiveMessageCodec().encode(bad)


def test_a_change_of_regime_says_that_it_needs_the_third_version() -> None:
    assert 3 == int.from_bytes(LiveMessageCodec().encode(FRAMES[-1])[6:8], "little")
    assert 1 == int.from_bytes(LiveMessageCodec().encode(FRAMES[1])[6:8], "little")


def test_the_place_of_a_fault_in_a_batch_is_one_of_the_whole_batch() -> None:
    codec = LiveMessageCodec()
    first, second = codec.encode_batch([Tick("A", 1, 1)]), codec.encode_batch([a_report()])
    bad = bytearray(first + second)
    bad[len(first) + 4 + 8 + 28] = 200  # exec_type
    ring = Ring(64)

    for decode in (
        codec.decode_batch,
        lambda batch: codec.decode_array(batch, ExecutionReport),
        lambda batch: codec.decode_ring(batch, ring),
    ):
        with pytest.raises(CodecError, match="with a member that") as caught:
            decode(bad)
        assert len(first) + 4 + 8 + 28 == caught.value.offset


@pytest.mark.parametrize("cut", [1, 3, 4, 11, 12, 60], ids=lambda cut: f"{cut} bytes")
def test_a_batch_that_is_cut_off_is_refused_everywhere(cut: int) -> None:
    codec, ring = LiveMessageCodec(), Ring(64)
    batch = codec.encode_batch([Tick("A", 1, 1)])[:cut]

    for decode in (
        codec.decode_batch,
        lambda part: codec.decode_array(part, Tick),
        lambda part: codec.decode_ring(part, ring),
    ):
        with pytest.raises(CodecError):
            decode(batch)
    assert [] == ring.reader(0).poll()


def test_a_claim_of_a_gigabyte_takes_no_memory() -> None:
    codec, ring = LiveMessageCodec(), Ring(64)
    batch = struct.pack("<I", 1 << 30) + codec.encode(Tick("A", 1, 1))

    for decode in (
        codec.decode_batch,
        lambda part: codec.decode_array(part, Tick),
        lambda part: codec.decode_ring(part, ring),
    ):
        with pytest.raises(CodecError, match="byte 0: ends inside a message"):
            decode(batch)


def test_an_array_of_another_process_is_refused() -> None:
    codec = LiveMessageCodec()
    rows = to_array([Tick("A", 1, 1)])
    rows["symbol_id"] = 65_000

    with pytest.raises(ValueError, match="symbol_id 65000"):
        codec.encode_array(rows)
    with pytest.raises(ValueError, match="expected a multiple of 128"):
        codec.encode_array(np.zeros(3))
    rows["kind"] = 77
    with pytest.raises(ValueError, match="of no known kind"):
        codec.encode_array(rows)


@pytest.mark.parametrize("kind", [None, 1, Tick("A", 1, 1), object, "Quote"], ids=repr)
def test_what_is_no_kind_is_refused_with_those_that_there_are(kind: object) -> None:
    with pytest.raises(TypeError, match="expected one of Quote, Tick"):
        LiveMessageCodec().decode_array(b"", kind)
