"""The short way through Binance's frames and the patient one say the same, in any order of keys."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow._core.binance_frames import BinanceFrames, DepthDiff, FrameError
from regimeflow._core.local_book import BookChange, LocalBook
from regimeflow.adapters.feeds.book import BookChange as PlainChange
from regimeflow.adapters.feeds.book import LocalBook as PlainBook
from regimeflow.adapters.feeds.feed import DepthEvent, SnapshotEvent
from tests.support.binance_reference import described, expected

RECV_NS = 1_723_161_254_087_891_268
SHORT, PATIENT = BinanceFrames(), BinanceFrames(patient=True)

digits = st.text("0123456789", min_size=1, max_size=9)
numbers = st.one_of(
    st.builds("{}.{}".format, digits, st.text("0123456789", min_size=1, max_size=9)),
    digits,
    st.sampled_from(["0.00000000", "92233720368.54775807", "5.", ".5", "-1.5", "1e3", "", "x"]),
)
ids = st.integers(0, 10**18 - 1) | st.integers(-2, 2**64)
stamps = st.integers(10**12, 2 * 10**12) | st.integers(10**15, 2 * 10**15) | st.integers(-1, 2**63)
symbols = st.sampled_from(["BTCUSDT", "1000SATSUSDT", "币安", 'A"B', "A\\B"])
levels = st.lists(st.tuples(numbers, numbers).map(list), max_size=4)
quotes = st.fixed_dictionaries(
    {"u": ids, "s": symbols, "b": numbers, "B": numbers, "a": numbers, "A": numbers}
)
trades = st.fixed_dictionaries(
    {
        "e": st.just("trade"),
        "E": stamps,
        "s": symbols,
        "t": ids,
        "p": numbers,
        "q": numbers,
        "T": stamps,
        "m": st.booleans(),
        "M": st.booleans(),
    }
)
aggregates = st.fixed_dictionaries(
    {
        "e": st.just("aggTrade"),
        "E": stamps,
        "s": symbols,
        "a": ids,
        "p": numbers,
        "q": numbers,
        "f": ids,
        "l": ids,
        "T": stamps,
        "m": st.booleans(),
        "M": st.booleans(),
    }
)
diffs = st.fixed_dictionaries(
    {
        "e": st.just("depthUpdate"),
        "E": stamps,
        "s": symbols,
        "U": ids,
        "u": ids,
        "b": levels,
        "a": levels,
    }
)


def told(parser: BinanceFrames, frame: bytes) -> dict[str, Any] | str | None:
    try:
        message = parser.parse(frame, RECV_NS)
    except FrameError:
        return "refused"
    return None if message is None else described(message)


@given(event=quotes | trades | aggregates | diffs, is_wrapped=st.booleans(), seed=st.integers(0, 9))
@settings(max_examples=400)
def test_order_blanks_and_unknown_keys_change_nothing(
    event: dict[str, Any], is_wrapped: bool, seed: int
) -> None:
    draw = random.Random(seed)
    keys = [*event, "unknown"]
    draw.shuffle(keys)
    strange = {key: event.get(key, {"deep": [1, "}", None]}) for key in keys}
    wrap = {"stream": "btcusdt@x"}
    own = wrap | {"data": event} if is_wrapped else event
    other = {"data": strange} | wrap if is_wrapped else strange
    usual = json.dumps(own, separators=(",", ":"), ensure_ascii=False).encode()

    short = told(SHORT, usual)

    assert short == told(PATIENT, usual)
    assert short == told(SHORT, json.dumps(other, indent=2).encode())
    if short != "refused":
        assert expected(usual, RECV_NS) == short


prices = st.integers(90, 110)
changes = st.lists(st.tuples(prices, st.integers(0, 3)), max_size=6)


def diff_of(first: int, last: int, bids: list[Any], asks: list[Any]) -> DepthDiff:
    event = {"e": "depthUpdate", "E": 1, "s": "BTCUSDT", "U": first, "u": last}
    pairs = {"b": [[str(p), str(q)] for p, q in bids], "a": [[str(p), str(q)] for p, q in asks]}
    made = SHORT.parse(json.dumps(event | pairs).encode(), RECV_NS)
    assert isinstance(made, DepthDiff)
    return made


def plain(pairs: list[Any]) -> list[tuple[int, int]]:
    return [(int(px), int(qty)) for px, qty in pairs]


@given(
    steps=st.lists(
        st.tuples(st.booleans(), st.integers(-2, 2), st.integers(0, 3), changes, changes),
        max_size=25,
    )
)
@settings(max_examples=300)
def test_the_compiled_book_is_the_plain_one(steps: list[Any]) -> None:
    """Snapshots and diffs, some early, late or missing; until a book crosses: one sees it."""
    book, model, last = LocalBook("BTCUSDT"), PlainBook(), 10
    for is_snapshot, shift, span, bids, asks in steps:
        first = max(last + 1 + shift, 1)
        if is_snapshot:
            body = {"lastUpdateId": last + shift}
            kept = {px: qty for px, qty in bids if qty}, {px: qty for px, qty in asks if qty}
            body |= {"bids": [[str(p), str(q)] for p, q in kept[0].items()]}
            body |= {"asks": [[str(p), str(q)] for p, q in kept[1].items()]}
            change = book.apply_snapshot(json.dumps(body).encode(), RECV_NS)
            want = model.apply_snapshot(
                SnapshotEvent(0, "", last + shift, [*kept[0].items()], [*kept[1].items()])
            )
        else:
            last = first + span
            change = book.apply_diff(diff_of(first, last, bids, asks))
            want = model.apply_diff(DepthEvent(0, "", first, last, bids, asks, 1))
        best = model.bids.best_px(), model.asks.best_px()
        if model.is_synced and None not in best and best[0] >= best[1]:  # type: ignore[operator]
            assert not book.is_synced or change == BookChange.IGNORED
            return
        assert want is PlainChange[["APPLIED", "KEPT", "IGNORED", "REFUSED", "GAP"][change]]
        assert model.is_synced == book.is_synced
        assert model.bids.top(99) == plain(book.bids(99))
        assert model.asks.top(99) == plain(book.asks(99))
