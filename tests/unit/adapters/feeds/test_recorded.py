from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.adapters.feeds import recorded
from regimeflow.adapters.feeds.feed import DepthEvent, QuoteEvent, SnapshotEvent, TradeEvent
from regimeflow.adapters.feeds.recorded import RecordedFeed
from regimeflow.types.errors import ConfigError
from regimeflow.types.instrument import Instrument
from tests.support.recording import START_NS, STEP_NS, Recording, a_small_market


@pytest.mark.parametrize("name", ["small.txt", "small.gz"])
def test_a_recording_plays_all_its_lines_in_order(tmp_path: Path, name: str) -> None:
    feed = RecordedFeed([a_small_market().write(tmp_path / name)])

    events = list(feed.events())

    assert [DepthEvent, SnapshotEvent, QuoteEvent, TradeEvent] == [type(one) for one in events]
    assert [START_NS + step * STEP_NS for step in range(4)] == [one.recv_ns for one in events]
    assert START_NS == feed.start_ns
    assert 0 == feed.bad_line_count


def test_an_instrument_has_the_steps_that_the_recording_shows(tmp_path: Path) -> None:
    feed = RecordedFeed([a_small_market().write(tmp_path / "small.gz")])

    instrument = feed.instruments()["BTCUSDT"]

    assert (Decimal("0.01"), Decimal("0.001")) == (instrument.tick_size, instrument.lot_size)
    assert ("BTC", "USDT") == (instrument.base_currency, instrument.quote_currency)
    assert (-2, -8) == feed.scales()["BTCUSDT"]


def test_a_finer_tick_that_is_asked_for_makes_the_numbers_finer(tmp_path: Path) -> None:
    def finer(one: Instrument) -> Instrument:
        return Instrument(
            symbol=one.symbol,
            tick_size=Decimal("0.0005"),
            lot_size=one.lot_size,
            quote_currency="USDT",
        )

    feed = RecordedFeed([a_small_market().write(tmp_path / "small.gz")], adjust=finer)

    quote = next(event for event in feed.events() if isinstance(event, QuoteEvent))

    assert (-4, -8) == feed.scales()["BTCUSDT"]
    assert 1_000_000 == quote.bid_px


def test_files_are_merged_by_receive_time(tmp_path: Path) -> None:
    btc = a_small_market("BTCUSDT").write(tmp_path / "btc.gz")
    eth = a_small_market("ETHUSDT").write(tmp_path / "eth.txt")

    feed = RecordedFeed([btc, eth])
    events = list(feed.events())

    assert ["BTCUSDT", "ETHUSDT"] * 4 == [event.symbol for event in events]
    assert sorted(event.recv_ns for event in events) == [event.recv_ns for event in events]
    assert {"BTCUSDT", "ETHUSDT"} == set(feed.instruments())


def test_a_feed_plays_again_from_the_beginning(tmp_path: Path) -> None:
    feed = RecordedFeed([a_small_market().raw("garbage").write(tmp_path / "small.gz")])

    first, second = list(feed.events()), list(feed.events())

    assert first == second
    assert 1 == feed.bad_line_count


def test_bad_lines_are_counted_and_named_and_the_rest_is_played(tmp_path: Path) -> None:
    recording = a_small_market().raw("garbage").json({"e": "kline"})
    recording.trade("100.00", "0.5", aggressor="buy", trade_id=2)
    feed = RecordedFeed([recording.write(tmp_path / "bad.gz")])

    events = list(feed.events())

    assert 5 == len(events)
    assert 2 == feed.bad_line_count
    assert [("bad.gz", 5), ("bad.gz", 6)] == [bad[:2] for bad in feed.bad_lines]
    assert "receive time" in feed.bad_lines[0].reason


def test_only_the_first_bad_lines_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "KEPT_BAD_LINES", 2)
    recording = a_small_market()
    for _ in range(5):
        recording.raw("garbage")
    feed = RecordedFeed([recording.write(tmp_path / "bad.gz")])

    list(feed.events())

    assert 5 == feed.bad_line_count
    assert 2 == len(feed.bad_lines)


def test_blank_lines_are_nothing(tmp_path: Path) -> None:
    feed = RecordedFeed([a_small_market().raw("").raw("  ").write(tmp_path / "small.txt")])

    assert 4 == len(list(feed.events()))
    assert 0 == feed.bad_line_count


def test_a_torn_last_line_is_reported(tmp_path: Path) -> None:
    text = a_small_market().text()
    path = tmp_path / "torn.txt"
    path.write_text(text[:-30])
    feed = RecordedFeed([path])

    events = list(feed.events())

    assert 3 == len(events)
    assert [("torn.txt", 4)] == [bad[:2] for bad in feed.bad_lines]


@pytest.mark.parametrize("cut", [1, 8, 9, 40])
def test_torn_compressed_data_is_played_up_to_the_tear(tmp_path: Path, cut: int) -> None:
    recording = a_small_market()
    for number in range(400):
        recording.trade("100.00", f"0.{number + 1:03}", aggressor="sell", trade_id=number + 2)
    whole = gzip.compress(recording.text().encode())
    path = tmp_path / "torn.gz"
    path.write_bytes(whole[:-cut])
    feed = RecordedFeed([path])

    events = list(feed.events())

    assert 300 < len(events) <= 404
    assert feed.bad_line_count >= 1
    assert "torn" in feed.bad_lines[-1].reason


def test_garbage_behind_compressed_data_ends_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tail.gz"
    path.write_bytes(gzip.compress(a_small_market().text().encode()) + b"\x01garbage")
    feed = RecordedFeed([path])

    events = list(feed.events())

    assert 4 == len(events)
    assert 1 == feed.bad_line_count


def test_one_torn_file_does_not_end_the_other(tmp_path: Path) -> None:
    torn = tmp_path / "torn.gz"
    torn.write_bytes(gzip.compress(a_small_market("ETHUSDT").text().encode())[:-9])
    whole = a_small_market("BTCUSDT").write(tmp_path / "whole.gz")

    events = list(RecordedFeed([torn, whole]).events())

    assert 4 == sum(event.symbol == "BTCUSDT" for event in events)


def test_a_line_without_end_is_not_read_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "MAX_LINE_BYTES", 4_096)
    path = tmp_path / "long.txt"
    path.write_text(a_small_market().text() + "x" * 100_000)
    feed = RecordedFeed([path])

    events = list(feed.events())

    assert 4 == len(events)
    assert "longer than" in feed.bad_lines[0].reason


def test_progress_grows_to_one(tmp_path: Path) -> None:
    feed = RecordedFeed([a_small_market().write(tmp_path / "small.txt")])
    before = feed.progress()

    seen = [feed.progress() for _ in feed.events()]

    assert 0.0 == before
    assert sorted(seen) == seen
    assert 1.0 == feed.progress()
    assert (tmp_path / "small.txt").stat().st_size == feed.total_bytes


def test_closing_the_play_closes_the_files(tmp_path: Path) -> None:
    feed = RecordedFeed([a_small_market().write(tmp_path / "small.gz")])
    events = feed.events()
    next(events)

    events.close()

    assert [True] == [lines._raw.closed for lines in feed._open]


def test_every_file_that_cannot_be_played_is_named(tmp_path: Path) -> None:
    empty, missing = tmp_path / "empty.gz", tmp_path / "missing.gz"
    empty.write_bytes(b"")
    good = a_small_market().write(tmp_path / "good.gz")

    with pytest.raises(ConfigError) as caught:
        RecordedFeed([empty, good, missing, tmp_path])

    paths = [fault.path for fault in caught.value.faults]
    assert ["broker.feed[0]", "broker.feed[2]", "broker.feed[3]"] == paths


def test_no_file_at_all_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="no file"):
        RecordedFeed([])


def test_a_recording_without_trades_has_the_wire_s_lot(tmp_path: Path) -> None:
    recording = Recording().quote(("1.5", "1"), ("1.6", "1"), update_id=1)
    feed = RecordedFeed([recording.write(tmp_path / "quotes.txt")])

    assert Decimal("0.00000001") == feed.instruments()["BTCUSDT"].lot_size
    assert Decimal("0.1") == feed.instruments()["BTCUSDT"].tick_size
