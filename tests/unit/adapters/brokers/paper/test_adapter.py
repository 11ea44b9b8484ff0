from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from regimeflow._core.messages import (
    AccountInfo,
    OrderBook,
    Position,
    Quote,
    SystemMessage,
    Tick,
)
from regimeflow.adapters.brokers.paper import desk
from regimeflow.adapters.brokers.paper.adapter import PaperAdapter
from regimeflow.domain.orders.order import OrderModification
from regimeflow.types.config.brokers import PaperSettings
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide, SystemCode
from regimeflow.types.errors import (
    BrokerError,
    ConfigError,
    InvalidState,
    NetworkError,
    NotFound,
    Outcome,
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


# market data


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


# the session


def test_without_a_session_nothing_leaves_and_nothing_is_read(tmp_path: Path) -> None:
    adapter = PaperSession(a_small_market(), tmp_path).adapter

    async def ask() -> list[Outcome]:
        outcomes = []
        for call in (
            lambda: adapter.submit_order(an_order()),
            lambda: adapter.cancel_order("P-1"),
            lambda: adapter.modify_order("P-1", OrderModification(quantity="2")),
            adapter.get_account_info,
            adapter.get_positions,
            adapter.get_open_orders,
            lambda: adapter.find_order("c-1"),
            lambda: adapter.get_executions(0),
            lambda: adapter.get_bars("BTCUSDT", 0, "1m"),
            lambda: adapter.get_instrument("BTCUSDT"),
            lambda: adapter.subscribe_market_data(["BTCUSDT"]),
            lambda: adapter.unsubscribe_market_data(["BTCUSDT"]),
        ):
            with pytest.raises(NetworkError) as caught:
                await call()
            outcomes.append(caught.value.outcome)
        return outcomes

    assert {Outcome.NOT_SENT} == set(run(ask()))
    assert not adapter.is_connected()


def test_connecting_and_disconnecting_twice_is_harmless(tmp_path: Path) -> None:
    adapter = PaperSession(a_small_market(), tmp_path).adapter

    async def scene() -> list[bool]:
        seen = []
        for step in (adapter.connect, adapter.connect, adapter.disconnect, adapter.disconnect):
            await step()
            seen.append(adapter.is_connected())
        return seen

    assert [True, True, False, False] == run(scene())


def test_the_answer_to_a_command_is_there_at_once_and_its_report_later(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path, latency_ms=5.0)

    async def scene() -> list[object]:
        await session.adapter.connect()
        answers = [await session.adapter.submit_order(an_order())]
        answers.append(await session.adapter.cancel_order("P-1"))
        answers.append(await session.adapter.modify_order("P-1", OrderModification(quantity=2)))
        return [*answers, len(session.reports)]

    assert [None, None, None, 0] == run(scene())


def test_requests_and_reports_take_their_latency_each_way(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path, latency_ms=5.0, latency_jitter_ms=2.0)
    session.submit(NEXT, an_order()).play()

    sent_ns = START_NS + NEXT * STEP_NS - 1
    new = session.reports[0]

    assert 5_000_000 <= new.ts_event_ns - sent_ns <= 7_000_000
    assert 5_000_000 <= new.ts_recv_ns - new.ts_event_ns <= 7_000_000


def test_an_order_arrives_before_an_event_of_the_same_instant(tmp_path: Path) -> None:
    recording = a_small_market().quote(("100.00", "2"), ("100.05", "9"), update_id=106)
    session = PaperSession(recording, tmp_path)
    session.adapter.clock.call_at(
        START_NS + NEXT * STEP_NS, lambda: session.adapter.submit_order(an_order())
    )

    session.play()

    assert [("1", "100.01", "TAKER")] == session.fills


def test_every_report_names_its_order_and_no_exec_id_comes_twice(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path)
    session.submit(NEXT, an_order(7, qty="3")).play()

    reports = session.reports

    ids = {(one.order_id, one.client_order_id, one.broker_order_id) for one in reports}
    assert {(7, "c-7", "P-1")} == ids
    assert len(reports) == len({one.exec_id for one in reports})
    last = reports[-1]
    assert ExecType.TRADE == last.exec_type
    assert LiveOrderStatus.FILLED == last.ord_status
    assert (3.0, 3.0, 0.0) == (last.order_qty, last.cum_qty, last.leaves_qty)
    assert Decimal("100.016667") == last.avg_px_dec
    assert (Decimal("0.20004"), "USDT") == (last.commission_dec, last.commission_currency)


def test_a_fill_moves_position_and_account(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path, cash=Decimal(1_000))
    session.submit(NEXT, an_order()).play()

    position, account = session.updates

    assert isinstance(position, Position)
    assert isinstance(account, AccountInfo)
    assert (1.0, 100.01, 100.005) == (position.quantity, position.avg_px, position.market_px)
    assert Decimal("899.88999") == account.cash_dec
    assert Decimal("999.89499") == account.equity_dec
    balances = [(one.asset, one.free, one.locked) for one in account.balances]
    assert [("USDT", 899.88999, 0.0), ("BTC", 1.0, 0.0)] == balances


def test_positions_at_the_start_are_valued_at_the_first_mid(tmp_path: Path) -> None:
    session = PaperSession(a_small_market(), tmp_path, positions={"BTCUSDT": "2"}).play()

    (position,) = run(session.adapter.get_positions())

    assert (2.0, 100.005) == (position.quantity, position.avg_px)
    assert Decimal("10200.01") == session.account.equity_dec


# asking


def test_open_orders_and_any_order_can_be_asked_for(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path)
    session.submit(NEXT, an_order(1, limit="99")).submit(NEXT, an_order(2)).play()
    adapter = session.adapter

    (open_order,) = run(adapter.get_open_orders())
    found = run(adapter.find_order("c-2"))
    none = run(adapter.find_order("c-9"))

    assert (ExecType.ORDER_STATUS, LiveOrderStatus.NEW) == (
        open_order.exec_type, open_order.ord_status,
    )  # fmt: skip
    assert "c-1" == open_order.client_order_id
    assert found is not None
    assert LiveOrderStatus.FILLED == found.ord_status
    assert none is None


def test_executions_can_be_read_again(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path)
    session.submit(NEXT, an_order(1, qty="3")).play()

    executions = run(session.adapter.get_executions(0))
    later = run(session.adapter.get_executions(executions[-1].ts_event_ns + 1))

    assert session.reports[1:] == executions
    assert [] == later


def test_executions_that_were_forgotten_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "KEPT_EXECUTIONS", 2)
    session = PaperSession(a_longer_market(), tmp_path)
    session.submit(NEXT, an_order(1, qty="3")).submit(5, an_order(2, qty="1")).play()

    with pytest.raises(BrokerError, match="forgotten"):
        run(session.adapter.get_executions(0))
    assert [2] == [
        one.order_id for one in run(session.adapter.get_executions(START_NS + 45 * 10**6))
    ]


def test_bars_are_made_of_what_was_played(tmp_path: Path) -> None:
    recording = a_small_market().wait(60_000).trade("100.5", "2", aggressor="buy", trade_id=2)
    session = PaperSession(recording, tmp_path).play()

    bars = run(session.adapter.get_bars("BTCUSDT", 0, "1s"))

    assert [(100.0, 0.001)] == [(bar.close_px, bar.volume) for bar in bars]


def test_the_instrument_is_as_configured(tmp_path: Path) -> None:
    override = {"BTCUSDT": {"min_notional": "5", "tick_size": "0.05"}}
    session = PaperSession(a_small_market(), tmp_path, instruments=override).play()

    instrument = run(session.adapter.get_instrument("BTCUSDT"))

    assert (Decimal(5), Decimal("0.05")) == (instrument.min_notional, instrument.tick_size)


def test_what_the_venue_can_do_follows_its_settings(tmp_path: Path) -> None:
    plain = PaperSession(a_small_market(), tmp_path).adapter
    hours = {"BTCUSDT": {"session": {"open_time": "10:00", "close_time": "11:00"}}}
    other = PaperSession(a_small_market(), tmp_path, allow_short=True, instruments=hours).adapter

    told = [(c.allows_short, c.has_sessions) for c in (plain.capabilities(), other.capabilities())]

    assert [(False, False), (True, True)] == told
    assert plain.max_orders_per_second() > 0
    assert plain.max_messages_per_second() > 0
    plain.poll()


@pytest.mark.parametrize(
    "order", [an_order(client_order_id="x" * 37), an_order(symbol="\u20ac" * 11)]
)
def test_an_id_that_no_message_can_carry_is_refused_at_once(tmp_path: Path, order: object) -> None:
    adapter = PaperSession(a_small_market(), tmp_path).adapter

    async def ask() -> Outcome:
        await adapter.connect()
        with pytest.raises(BrokerError) as caught:
            await adapter.submit_order(order)
        return caught.value.outcome

    assert Outcome.REFUSED is run(ask())


# the feed


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
