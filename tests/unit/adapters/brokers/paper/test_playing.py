"""What the adapter makes of a feed: its market data, its pace, its end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from regimeflow._core.messages import (
    OrderBook,
    Quote,
    SystemMessage,
    Tick,
)
from regimeflow.adapters.brokers.paper.adapter import PaperAdapter
from regimeflow.types.config.brokers import PaperSettings
from regimeflow.types.enums import OrderSide, SystemCode
from regimeflow.types.errors import (
    ConfigError,
    InvalidState,
    NotFound,
)
from tests.support.paper import PaperSession, an_order
from tests.support.recording import START_NS, STEP_NS, Recording, a_small_market

T = TypeVar("T")
NEXT = 4


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


def a_longer_market(lines: int = 3) -> Recording:
    recording = a_small_market()
    for _ in range(lines):
        recording.depth(1, 1)
    return recording


def test_each_event_becomes_its_message(tmp_path: Path) -> None:
    session = PaperSession(a_small_market(), tmp_path).play()

    book, quote, tick, end = session.market

    assert isinstance(quote, Quote)
    assert ("BTCUSDT", 100.0, 2.0, 100.01, 1.0) == (
        quote.symbol, quote.bid_px, quote.bid_qty, quote.ask_px, quote.ask_qty,
    )  # fmt: skip
    assert (START_NS + 2 * STEP_NS, 105) == (quote.ts_recv_ns, quote.update_id)
    assert isinstance(tick, Tick)
    assert (100.0, 0.001, OrderSide.SELL, 1) == (
        tick.last_px, tick.last_qty, tick.side, tick.trade_id,
    )  # fmt: skip
    assert START_NS + 3 * STEP_NS == tick.ts_event_ns == tick.ts_recv_ns
    assert isinstance(book, OrderBook)
    assert ((100.0, 2.0), (99.99, 3.0), (99.98, 4.0)) == book.bids
    assert book.is_snapshot
    assert isinstance(end, SystemMessage)
    assert SystemCode.FEED_END == end.code


def test_quotes_reach_who_subscribed(tmp_path: Path) -> None:
    """A rival had no path for quotes at all."""
    recording = a_small_market()
    for number in range(20):
        recording.quote(("100.00", "2"), ("100.01", f"{number + 1}"), update_id=106 + number)
    session = PaperSession(recording, tmp_path).play()

    quotes = [one for one in session.market if isinstance(one, Quote)]

    assert 21 == len(quotes)
    assert 20.0 == quotes[-1].ask_qty


def test_a_depth_update_shows_the_ten_best_levels(tmp_path: Path) -> None:
    many = [(f"{90 - number}", "1") for number in range(15)]
    session = PaperSession(a_small_market().depth(106, 106, bids=many), tmp_path).play()

    book = [one for one in session.market if isinstance(one, OrderBook)][-1]

    assert 10 == len(book.bids)
    assert (100.0, 84.0) == (book.bids[0][0], book.bids[-1][0])
    assert not book.is_snapshot


def test_counts_are_of_lines_played(tmp_path: Path) -> None:
    recording = a_small_market().raw("garbage").depth(110, 111).depth(112, 113)
    session = PaperSession(recording, tmp_path)
    before = session.adapter.feed_counts()

    session.play()

    expected = {
        "quotes": 1,
        "trades": 1,
        "depth_updates": 3,
        "snapshots": 1,
        "bars": 0,
        "book_gaps": 1,
        "bad_lines": 1,
    }
    assert dict.fromkeys(expected, 0) == before
    assert expected == session.adapter.feed_counts()


def test_a_gap_is_told_and_bad_lines_too(tmp_path: Path) -> None:
    recording = a_small_market().raw("garbage").depth(110, 111)
    session = PaperSession(recording, tmp_path).play()

    told = [one for one in session.market if isinstance(one, SystemMessage)]

    codes = [SystemCode.BOOK_GAP, SystemCode.TEXT, SystemCode.FEED_END]
    assert codes == [one.code for one in told]
    assert ("BTCUSDT", 30) == (told[0].symbol, told[0].level)
    assert "feed.txt:5" in told[1].text


def test_only_subscribed_symbols_are_heard_and_unsubscribing_ends_it(tmp_path: Path) -> None:
    recording = a_longer_market(2)
    recording.quote(("100.00", "3"), ("100.01", "1"), update_id=106)
    session = PaperSession(recording, tmp_path)
    session.at_line(5, lambda: _finish(session.adapter.unsubscribe_market_data(["BTCUSDT"])))

    session.play()

    quotes = [one for one in session.market if isinstance(one, Quote)]
    assert [2.0] == [one.bid_qty for one in quotes]


def _finish(work: Coroutine[object, object, None]) -> None:
    """Run a coroutine that never waits."""
    with pytest.raises(StopIteration):
        work.send(None)


def test_a_symbol_that_the_feed_has_not_is_not_found(tmp_path: Path) -> None:
    session = PaperSession(a_small_market(), tmp_path)

    async def ask() -> None:
        await session.adapter.connect()
        with pytest.raises(NotFound, match="DOGEUSDT"):
            await session.adapter.subscribe_market_data(["BTCUSDT", "DOGEUSDT"])
        with pytest.raises(NotFound):
            await session.adapter.get_instrument("DOGEUSDT")
        with pytest.raises(NotFound):
            await session.adapter.get_bars("DOGEUSDT", 0, "1m")

    run(ask())


def test_after_the_end_of_the_feed_commands_are_still_answered(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path, latency_ms=5.0)
    session.submit(NEXT, an_order(limit="99"))

    async def scene() -> None:
        await session.play_on_loop()
        await session.adapter.cancel_order("P-1")
        await session.adapter.disconnect()

    run(scene())

    assert ["NEW", "CANCELED"] == [step[0] for step in session.story]


def test_after_the_end_of_the_feed_the_loop_alone_brings_the_answer(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path, latency_ms=5.0)

    async def scene() -> None:
        await session.play_on_loop()
        await session.adapter.submit_order(an_order())
        await asyncio.sleep(0)

    run(scene())

    assert ["NEW", "TRADE"] == [step[0] for step in session.story]


def test_the_feed_ends_with_everything_under_way_arrived(tmp_path: Path) -> None:
    session = PaperSession(a_small_market(), tmp_path, latency_ms=5_000.0)
    session.submit(3, an_order()).play()

    assert [("1", "100.01", "TAKER")] == session.fills
    assert 1.0 == session.adapter.feed_progress()
    assert isinstance(session.market[-1], SystemMessage)


def test_disconnecting_stops_the_feed_and_playing_again_goes_on(tmp_path: Path) -> None:
    recording = a_longer_market(10)
    session = PaperSession(recording, tmp_path, latency_ms=1.0)
    adapter = session.adapter
    session.submit(NEXT, an_order(limit="99"))
    stops: list[dict[str, int]] = []
    session.at_line(6, lambda: _finish(adapter.disconnect()))

    async def scene() -> None:
        await session.play_on_loop()
        stops.append(dict(adapter.feed_counts()))
        await adapter.run_feed(speed=None)
        await adapter.connect()
        await adapter.run_feed(speed=None)

    run(scene())

    assert 4 <= stops[0]["depth_updates"] <= 5
    assert 11 == adapter.feed_counts()["depth_updates"]


def test_a_feed_is_cut_at_its_duration(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(10), tmp_path, duration_s=0.055)

    session.play()

    assert 6 == sum(
        session.adapter.feed_counts()[k] for k in ("depth_updates", "quotes", "trades", "snapshots")
    )
    assert START_NS + 55_000_000 == session.adapter.clock.now_ns()
    assert 1.0 == session.adapter.feed_progress()


def test_a_feed_shorter_than_the_duration_ends_with_its_last_event(tmp_path: Path) -> None:
    session = PaperSession(a_small_market(), tmp_path, duration_s=100.0)
    early = session.adapter.feed_progress()

    session.play()

    assert 0.0 == early
    assert START_NS + 3 * STEP_NS == session.adapter.clock.now_ns()


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_that_is_none_is_refused(tmp_path: Path, speed: float) -> None:
    with pytest.raises(InvalidState):
        PaperSession(a_small_market(), tmp_path).play(speed)


def test_a_paced_feed_tells_the_same_as_one_at_full_speed(tmp_path: Path) -> None:
    def story(speed: float | None) -> list[object]:
        session = PaperSession(a_longer_market(), tmp_path, latency_ms=3.0, latency_jitter_ms=4.0)
        session.submit(NEXT, an_order(1, qty="2")).submit(5, an_order(2, limit="99"))
        session.play(speed)
        return [*session.reports, *session.market, *session.updates]

    assert story(None) == story(10.0) == story(1_000.0)


def test_settings_alone_make_a_synthetic_market() -> None:
    async def scene() -> tuple[dict[str, int], float | None]:
        adapter = PaperAdapter(PaperSettings(duration_s=3.0), symbols=["BTCUSDT", "AAPL"])
        await adapter.connect()
        await adapter.subscribe_market_data(["BTCUSDT"])
        await adapter.run_feed(speed=None)
        instrument = await adapter.get_instrument("AAPL")
        assert "USDT" == instrument.quote_currency
        return dict(adapter.feed_counts()), adapter.feed_progress()

    counts, progress = run(scene())

    assert 1.0 == progress
    assert counts["quotes"] > 50
    assert 2 == counts["snapshots"]


def test_an_endless_feed_has_no_progress() -> None:
    adapter = PaperAdapter(symbols=["BTCUSDT"])

    assert adapter.feed_progress() is None


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"positions": {"ETHUSDT": "1"}}, "broker.positions.ETHUSDT"),
        ({"positions": {"BTCUSDT": "0.0000001"}}, "broker.positions.BTCUSDT"),
        ({"positions": {"BTCUSDT": "-1"}}, "broker.positions.BTCUSDT"),
    ],
)
def test_settings_that_do_not_fit_the_feed_are_faults(
    settings: dict[str, object], path: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        PaperAdapter(PaperSettings(**settings), symbols=["BTCUSDT"])

    assert [path] == [fault.path for fault in caught.value.faults]


def test_a_symbol_that_was_not_recorded_is_a_fault(tmp_path: Path) -> None:
    path = a_small_market().write(tmp_path / "feed.gz")

    with pytest.raises(ConfigError, match="'ETHUSDT' is not in the feed; it has BTCUSDT"):
        PaperAdapter(PaperSettings(feed=(str(path),)), symbols=["BTCUSDT", "ETHUSDT"])


def test_a_recorded_feed_is_named_in_the_settings(tmp_path: Path) -> None:
    path = a_small_market().write(tmp_path / "feed.gz")
    override = {"BTCUSDT": {"lot_size": "0.01"}}
    adapter = PaperAdapter(
        PaperSettings(feed=(str(path),), instruments=override), symbols=["BTCUSDT"]
    )

    async def ask() -> Decimal:
        await adapter.connect()
        return (await adapter.get_instrument("BTCUSDT")).lot_size

    assert Decimal("0.01") == run(ask())
