"""Messages that Binance and others published or recorded, through the compiled parser."""

from __future__ import annotations

import json
import random
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from regimeflow._core.binance_frames import BinanceFrames, FrameError
from regimeflow._core.messages import ExecutionReport
from tests.support.binance_reference import described, expected
from tests.support.payloads import SHARED, files_of, frames_of, needs_payloads

pytestmark = [pytest.mark.shared, needs_payloads("binance")]
FOLDER = SHARED / "payloads" / "binance"
FILES = files_of("binance", ".json", ".jsonl", ".txt")
RECV_NS = 1_723_161_254_087_891_268
MUTATIONS = 10_000
# What each file holds for us; all other messages of all files are for somebody else.
OURS = {
    "account/nt_account_position_wrapped.json": {"BalanceChanges": 1},
    "depth/cmp_btcusdt_depth_100ms.json": {"DepthDiff": 1},
    "depth/cmp_ethusdt_depth20.json": {"OrderBook": 1},
    "depth/jk_sub_ExchangeData_PartialBook.txt": {"OrderBook": 1},
    "order_updates/WebSocketGlobalSpotLimitSubmittedFilled.json": {"ExecutionReport": 2},
    "order_updates/WebSocketGlobalSpotStopLimitSubmittedTriggerFilled.json": {"ExecutionReport": 3},
    "order_updates/nt_execution_report_expired.json": {"ExecutionReport": 1},
    "order_updates/ws_execution_report_binance_us.json": {"ExecutionReport": 1},
    "order_updates/ws_execution_report_canceled.json": {"ExecutionReport": 1},
    "order_updates/ws_execution_report_empty_client_id.json": {"ExecutionReport": 1},
    "order_updates/ws_execution_report_trade_l_zero_partial.json": {"ExecutionReport": 1},
    "quotes/btcusdt_bookTicker.json": {"Quote": 1},
    "quotes/cmp_ethusdt_bookTicker.json": {"Quote": 1},
    "rejects/ws_execution_report_rejected.json": {"ExecutionReport": 1},
    "trades/btcusdt_trade.json": {"Tick": 1},
    "trades/cmp_btcusdt_aggTrade.json": {"Tick": 1},
    "trades/ws_agg_trade.json": {"Tick": 1},
    "trades/xchange_testTradeEvent.json": {"Tick": 1},
}
# Bodies of GET /api/v3/depth: they name no symbol, and go into a LocalBook.
SNAPSHOTS = {"depth/btcusdt_rest_snapshot_top50.json", "depth/rest_market_depth.json"}
BARS = "bars/cmp_btcusdt_kline_1m.json"


def named(path: Path) -> str:
    return str(path.relative_to(FOLDER))


def compact(frame: object) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


def is_snapshot(frame: object) -> bool:
    return isinstance(frame, dict) and "lastUpdateId" in frame


def samples() -> list[bytes]:
    """Every frame that is ours, once, as it comes over the wire."""
    if not FOLDER.exists():
        return []
    frames = [compact(frame) for name in OURS for frame in frames_of(FOLDER / name)]
    closed = frames_of(FOLDER / BARS)[0]
    closed["data"]["k"]["x"] = True
    diffs = [
        compact(frame)
        for frame in frames_of(FOLDER / "depth" / "btcusdt_20240808_first60s.jsonl")[:12]
        if not is_snapshot(frame)
    ]
    return [*frames, compact(closed), *diffs]


@pytest.mark.parametrize("patient", [False, True], ids=["short way", "simdjson"])
@pytest.mark.parametrize("path", FILES, ids=named)
def test_each_message_is_what_json_and_decimal_read_in_it(path: Path, patient: bool) -> None:
    parser = BinanceFrames(patient=patient)
    kinds: Counter[str] = Counter()

    for frame in frames_of(path):
        if is_snapshot(frame):
            continue
        for text in (compact(frame), json.dumps(frame, indent=1).encode()):
            message = parser.parse(text, RECV_NS)
            want = expected(text, RECV_NS)

            assert want == (None if message is None else described(message))
        kinds[type(message).__name__] += 1

    if path.suffix != ".jsonl" and named(path) not in SNAPSHOTS:
        assert OURS.get(named(path), {}) == {k: n for k, n in kinds.items() if k != "NoneType"}


def test_a_bar_is_told_once_it_has_closed() -> None:
    parser = BinanceFrames()
    open_bar = frames_of(FOLDER / BARS)[0]

    told_open = parser.parse(compact(open_bar), RECV_NS)
    was_mine = parser.was_mine
    open_bar["data"]["k"]["x"] = True
    told = parser.parse(compact(open_bar), RECV_NS)

    assert (None, True) == (told_open, was_mine)
    assert expected(compact(open_bar), RECV_NS) == described(told)
    assert 60 * 10**9 == told.interval_ns


@pytest.mark.parametrize("frame", samples(), ids=lambda frame: frame[:60].decode())
def test_no_beginning_of_a_frame_is_taken_for_a_frame(frame: bytes) -> None:
    parser = BinanceFrames()

    for length in range(len(frame)):
        with pytest.raises(FrameError) as caught:
            parser.parse(frame[:length], RECV_NS)
        assert 0 <= caught.value.offset <= length


def mutated(frame: bytes, draw: random.Random) -> bytes:
    damaged = bytearray(frame)
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        at = draw.randrange(len(damaged))
        kind = draw.randrange(4)
        if kind == 0:
            damaged[at] = draw.randrange(256)
        elif kind == 1:
            damaged[at] = draw.choice(b'0123456789eE.-"{}[],:\\ nulltrue')
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


def reference(frame: bytes) -> dict[str, Any] | str | None:
    """What json reads; the word for why it reads nothing."""
    try:
        json.loads(frame.decode(), parse_constant=refuse_constant)
    except ValueError:
        return "broken"
    try:
        return expected(frame, RECV_NS)
    except (KeyError, TypeError, AttributeError, IndexError, InvalidOperation, ValueError):
        return "odd"


def strange_news(parser: BinanceFrames) -> int:
    return sum(n for word, n in parser.unknown().items() if word.startswith(("x=", "X=")))


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_frame_is_an_error_or_what_it_says(seed: int) -> None:
    draw, frames = random.Random(seed), samples()
    parser = BinanceFrames()

    for _ in range(MUTATIONS // 4):
        frame = mutated(draw.choice(frames), draw)
        before = strange_news(parser)
        try:
            message = parser.parse(frame, RECV_NS)
        except FrameError:
            continue
        want = reference(frame)

        assert "broken" != want, frame
        if isinstance(message, ExecutionReport) and strange_news(parser) > before:
            continue  # a word that nobody knows: told apart in test_binance_frames.py
        if message is None:
            assert want in (None, "odd"), frame
        else:
            assert want == described(message), frame


def test_every_number_of_the_recorded_depth_is_exact() -> None:
    parser = BinanceFrames()
    texts = set()

    for frame in frames_of(FOLDER / "depth" / "btcusdt_20240809_first20s.jsonl"):
        if is_snapshot(frame) or "depthUpdate" != frame["data"].get("e"):
            continue
        diff = parser.parse(compact(frame), RECV_NS)
        pairs = [*frame["data"]["b"], *frame["data"]["a"]]
        texts |= {number for pair in pairs for number in pair}
        assert [(Decimal(px), Decimal(qty)) for px, qty in pairs] == [*diff.bids, *diff.asks]

    assert len(texts) > 1_000
