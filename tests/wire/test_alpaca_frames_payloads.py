"""Messages that Alpaca and others published or recorded, through the compiled parser."""

from __future__ import annotations

import json
import random
from collections import Counter
from decimal import InvalidOperation
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regimeflow._core.alpaca_frames import AlpacaFrames, FrameError
from tests.support.alpaca_reference import described, expected, instant_ns, loads
from tests.support.payloads import SHARED, files_of, frames_of, needs_payloads

pytestmark = [pytest.mark.shared, needs_payloads("alpaca")]
FOLDER = SHARED / "payloads" / "alpaca"
FILES = files_of("alpaca", ".json")
RECV_NS = 1_723_161_254_087_891_268
MUTATIONS = 10_000  # of each file, half as JSON, half as MessagePack
COMPARED = 400  # of those, with what json reads
# What each file of the streams holds; all others are answers of REST, and nothing of ours.
OURS = {
    "bars/stream_b.json": {"Bar": 1},
    "control/ccxt_authorization_old_format_and_listening.json": {"Control": 2},
    "control/doc_data_stream_session_fakepaca.json": {"Control": 3, "Quote": 2, "Bar": 1},
    "depth/constructed_crypto_orderbook_stream.json": {},
    "errors/data_stream_error_frames.json": {"Control": 6},
    "order_updates/ccxt_trade_updates_pending_new_new_fill.json": {"TradeUpdate": 3},
    "order_updates/constructed_expired.json": {"TradeUpdate": 1},
    "order_updates/constructed_partial_partial_canceled.json": {"TradeUpdate": 3},
    "order_updates/doc_fill_mleg_options.json": {"TradeUpdate": 1},
    "order_updates/recorded_fill_go_pr140_2021.json": {"TradeUpdate": 1},
    "order_updates/recorded_pending_new_tqqq_2025.json": {"TradeUpdate": 1},
    "quotes/stream_q.json": {"Quote": 1},
    "rejects/constructed_rejected_event.json": {"TradeUpdate": 1},
    "trades/stream_t.json": {"Tick": 1},
}


def named(path: Path) -> str:
    return str(path.relative_to(FOLDER))


def wire_frames(path: Path) -> list[Any]:
    """The frames of a file; messages that it lists are each a frame and all together one."""
    frames = []
    for frame in frames_of(path):
        nested = isinstance(frame, list) and all(isinstance(one, list) for one in frame)
        frames += frame if nested else [frame]
    return frames


def compact(frame: Any) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


def packed(frame: Any) -> bytes:
    return msgspec.msgpack.encode(frame)


def with_instants(form: Any) -> Any:
    """As the stream packs it: market data's instants are extensions, not texts."""
    if isinstance(form, list):
        return [with_instants(one) for one in form]
    if not isinstance(form, dict) or "T" not in form or "t" not in form:
        return form
    seconds, fraction_ns = divmod(instant_ns(form["t"]), 10**9)
    data = (fraction_ns << 34 | seconds).to_bytes(8)
    return form | {"t": msgspec.msgpack.Ext(-1, data)}


@pytest.mark.parametrize("path", FILES, ids=named)
def test_each_message_is_what_json_and_decimal_read_in_it(path: Path) -> None:
    parser, kinds = AlpacaFrames(), Counter[str]()
    patient = AlpacaFrames(patient=True)

    for frame in wire_frames(path):
        want = expected(loads(compact(frame)), RECV_NS)
        for wire in (
            compact(frame),
            json.dumps(frame, indent=1).encode(),
            packed(frame),
            packed(with_instants(frame)),
        ):
            messages = parser.parse(wire, RECV_NS)

            assert want == [described(message) for message in messages]
            assert want == [described(message) for message in patient.parse(wire, RECV_NS)]
        kinds.update(type(message).__name__ for message in messages)

    if named(path) in OURS:
        assert OURS[named(path)] == kinds
    else:
        assert kinds.keys() <= {"Control"}


@pytest.mark.parametrize("path", FILES, ids=named)
def test_no_beginning_of_a_frame_is_taken_for_a_frame(path: Path) -> None:
    parser = AlpacaFrames()

    for frame in wire_frames(path):
        for wire in (compact(frame), packed(frame)):
            for length in range(len(wire)):
                with pytest.raises(FrameError) as caught:
                    parser.parse(wire[:length], RECV_NS)
                assert 0 <= caught.value.offset <= length


def mutated(frame: bytes, draw: random.Random) -> bytes:
    damaged = bytearray(frame)
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        at, kind = draw.randrange(len(damaged)), draw.randrange(4)
        if kind == 0:
            damaged[at] = draw.randrange(256)
        elif kind == 1:
            damaged[at] = draw.choice(b'0123456789eE.-"{}[],:\\ nulltrue\x80\x90\xc0\xcb\xd6')
        elif kind == 2:
            del damaged[at : at + draw.randrange(1, 4)]
        else:
            other = draw.randrange(len(damaged) or 1)
            damaged[at:at] = damaged[other : other + draw.randrange(1, 12)]
        if not damaged:
            return b""
    return bytes(damaged)


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def reference(frame: bytes) -> list[dict[str, Any]] | str:
    """What json reads; the word for why it reads nothing."""
    try:
        json.loads(frame.decode(), parse_constant=refuse_constant)
    except ValueError:
        return "broken"
    try:
        return expected(loads(frame), RECV_NS)
    except (KeyError, TypeError, AttributeError, IndexError, InvalidOperation, ValueError):
        return "odd"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_damaged_frame_is_an_error_or_what_it_says(path: Path) -> None:
    draw, frames = random.Random(named(path)), wire_frames(path)
    parser = AlpacaFrames()

    for turn in range(MUTATIONS):
        form = draw.choice(frames)
        wire = mutated(packed(form) if turn % 2 else compact(form), draw)
        before = parser.unknown()
        try:
            messages = parser.parse(wire, RECV_NS)
        except FrameError:
            continue
        if turn >= COMPARED or wire[:1] >= b"\x80" or parser.unknown() != before:
            continue
        want = reference(wire)
        assert "broken" != want, wire
        if want != "odd":
            assert want == [described(message) for message in messages], wire
