"""Bars that the venue tells when they close."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from regimeflow._core.messages import Bar, Quote, Tick
from regimeflow.types.config.brokers import PaperSettings
from regimeflow.types.errors import ConfigError
from tests.support.paper import PaperSession, an_order
from tests.support.recording import START_NS, Recording, a_small_market

SECOND = 10**9
# The recording begins 20 s into a minute.
MINUTE_ENDS_NS = START_NS // (60 * SECOND) * 60 * SECOND + 60 * SECOND


def a_market_over_minutes() -> Recording:
    """Trades in the first minute and in the third; quotes on."""
    recording = a_small_market()
    recording.trade("100.02", "0.002", aggressor="buy", trade_id=2)
    recording.now_ns = MINUTE_ENDS_NS
    recording.quote(("100.00", "2"), ("100.01", "1"), update_id=106)
    recording.now_ns = MINUTE_ENDS_NS + 60 * SECOND
    recording.trade("99.99", "0.003", aggressor="sell", trade_id=3)
    recording.now_ns = MINUTE_ENDS_NS + 125 * SECOND
    return recording.quote(("100.00", "2"), ("100.01", "1"), update_id=107)


def bars_of(session: PaperSession) -> list[Bar]:
    return [message for message in session.market if isinstance(message, Bar)]


def test_a_bar_is_told_when_its_minute_is_over_and_a_quiet_minute_has_none(tmp_path: Path) -> None:
    session = PaperSession(a_market_over_minutes(), tmp_path).play()

    first, second = bars_of(session)
    assert (MINUTE_ENDS_NS, 60 * SECOND) == (first.ts_recv_ns, first.interval_ns)
    assert (100.0, 100.02, 100.0, 100.02, 0.003, 2) == (
        first.open_px, first.high_px, first.low_px, first.close_px, first.volume, first.trade_count,
    )  # fmt: skip
    assert (MINUTE_ENDS_NS + 120 * SECOND, 99.99) == (second.ts_recv_ns, second.close_px)
    assert 2 == session.adapter.feed_counts()["bars"]


def test_a_bar_comes_before_what_happens_at_the_instant_of_its_end(tmp_path: Path) -> None:
    session = PaperSession(a_market_over_minutes(), tmp_path).play()

    kinds = [type(message) for message in session.market if message.ts_recv_ns >= MINUTE_ENDS_NS]

    assert [Bar, Quote, Tick, Bar, Quote] == kinds[:5]


def test_what_is_told_is_what_the_history_has(tmp_path: Path) -> None:
    session = PaperSession(a_market_over_minutes(), tmp_path, bar_interval="5s").play()

    told = bars_of(session)

    assert told == asyncio.run(session.adapter.get_bars("BTCUSDT", 0, "5s"))
    assert 2 == len(told)


def test_a_bar_that_has_not_closed_when_the_feed_ends_is_not_told(tmp_path: Path) -> None:
    session = PaperSession(a_small_market(), tmp_path).play()

    assert [] == bars_of(session)


def test_no_bars_are_told_where_none_are_wanted(tmp_path: Path) -> None:
    session = PaperSession(a_market_over_minutes(), tmp_path, bar_interval="none").play()

    assert [] == bars_of(session)
    assert 0 == session.adapter.feed_counts()["bars"]


def test_bars_of_a_symbol_that_nobody_subscribed_to_are_counted_and_not_told(
    tmp_path: Path,
) -> None:
    session = PaperSession(a_market_over_minutes(), tmp_path)
    session.at_line(0, lambda: _drive(session.adapter.unsubscribe_market_data(["BTCUSDT"])))

    session.play()

    assert [] == bars_of(session)
    assert 2 == session.adapter.feed_counts()["bars"]


def test_an_order_that_a_bar_causes_meets_the_market_of_that_instant(tmp_path: Path) -> None:
    session = PaperSession(a_market_over_minutes(), tmp_path)
    hear = session.market.append

    def on_market_data(message: object) -> None:
        hear(message)
        if isinstance(message, Bar) and message.ts_recv_ns == MINUTE_ENDS_NS:
            session.adapter.submit_order(an_order(qty="0.5"))

    session.adapter.on_market_data(on_market_data)
    session.play()

    assert [("0.5", "100.01", "TAKER")] == session.fills
    assert MINUTE_ENDS_NS == session.reports[0].ts_event_ns


def test_two_runs_tell_the_same_bars_at_any_speed(tmp_path: Path) -> None:
    first, second = (
        bars_of(PaperSession(a_market_over_minutes(), tmp_path).play(speed))
        for speed in (None, 1_000_000.0)
    )

    assert first == second


@pytest.mark.parametrize("interval", ["1w", "2d", "0m", "None"])
def test_an_interval_that_cannot_be_is_a_fault(interval: str) -> None:
    with pytest.raises(ConfigError, match='expected up to a day in s, m, h or d, such as "1m"'):
        PaperSettings(bar_interval=interval)


def _drive(work: object) -> None:
    with pytest.raises(StopIteration):
        work.send(None)
