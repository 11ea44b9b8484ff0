"""Recorded markets: the compiled parser reads in every line what the plain one does."""

from __future__ import annotations

import gzip
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from regimeflow._core.binance_frames import BinanceFrames, DepthDiff
from regimeflow._core.local_book import BookChange, LocalBook
from regimeflow._core.messages import Quote, Tick
from regimeflow.adapters.feeds.binance import BinanceParser
from regimeflow.adapters.feeds.book import LocalBook as PlainBook
from regimeflow.adapters.feeds.feed import (
    DepthEvent,
    FeedEvent,
    Levels,
    QuoteEvent,
    Scale,
    SnapshotEvent,
    TradeEvent,
)
from tests.support.payloads import SHARED

DATA = SHARED / "data"
FILES = sorted(DATA.glob("*.gz"))
LINES = 20_000
PLACES = Decimal(10) ** 8
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FILES, reason=f"no recordings in {DATA} (REGIMEFLOW_SHARED)"),
]


def lines_of(path: Path) -> list[bytes]:
    with gzip.open(path) as lines:
        return list(islice(lines, LINES))


def mantissas(levels: Any) -> Levels:
    return [(int(px * PLACES), int(qty * PLACES)) for px, qty in levels]


def as_event(message: Any) -> FeedEvent:
    """The plain parser's event with the compiled one's numbers."""
    if isinstance(message, Quote):
        numbers = (message.bid_px_dec, message.bid_qty_dec, message.ask_px_dec, message.ask_qty_dec)
        exact = [int(number * PLACES) for number in numbers]
        return QuoteEvent(message.ts_recv_ns, message.symbol, message.update_id, *exact)
    if isinstance(message, Tick):
        px, qty = int(message.last_px_dec * PLACES), int(message.last_qty_dec * PLACES)
        ids = message.ts_recv_ns, message.symbol, message.trade_id
        return TradeEvent(*ids, px, qty, message.side, message.ts_event_ns)
    assert isinstance(message, DepthDiff)
    ids = message.ts_recv_ns, message.symbol, message.first_update_id
    bids, asks = mantissas(message.bids), mantissas(message.asks)
    return DepthEvent(*ids, message.last_update_id, bids, asks, message.ts_event_ns)


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_says_the_same_and_the_books_agree(path: Path) -> None:
    symbol = path.stem.partition("_")[0].upper()
    parser, plain = BinanceFrames(), BinanceParser({symbol: Scale(-8, -8)}, (symbol,))
    book, model, shown = LocalBook(symbol), PlainBook(), 0

    for line in lines_of(path):
        stamp, _, frame = line.partition(b" ")
        (event,) = plain.parse(
            line.replace(b"{", b"{ ", 1)
        )  # a blank: by json, not by the short way
        assert [event] == plain.parse(line)
        if isinstance(event, SnapshotEvent):
            model.apply_snapshot(event)
            book.apply_snapshot(frame, int(stamp))
            continue
        message = parser.parse(frame, int(stamp))
        assert event == as_event(message)
        if isinstance(event, DepthEvent) and isinstance(message, DepthDiff):
            change = book.apply_diff(message)
            model.apply_diff(event)
            assert BookChange.CROSSED != change
            assert (model.is_synced, model.last_id if model.is_synced else 0) == (
                book.is_synced,
                book.last_update_id if book.is_synced else 0,
            )
            if book.is_synced:
                shown += 1
                assert model.bids.top(10) == mantissas(book.bids(10))
                assert model.asks.top(10) == mantissas(book.asks(10))

    assert shown > 500
