from __future__ import annotations

from pathlib import Path

from regimeflow.adapters.feeds.feed import DepthEvent, QuoteEvent, SnapshotEvent, TradeEvent
from regimeflow.adapters.feeds.recorded import RecordedFeed
from tests.support.recording import a_small_market


def test_a_recording_plays_all_its_lines_in_order(tmp_path: Path) -> None:
    feed = RecordedFeed([a_small_market().write(tmp_path / "small.gz")])

    kinds = [type(event) for event in feed.events()]

    assert [DepthEvent, SnapshotEvent, QuoteEvent, TradeEvent] == kinds
