"""What a session does when the broker, or its data, goes away."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regimeflow.adapters.brokers.paper.adapter import PaperAdapter
from regimeflow.adapters.brokers.paper.build import feed_of
from regimeflow.adapters.feeds.feed import Feed, FeedEvent
from regimeflow.engine.session import wait_before
from regimeflow.live import BrokerError, NetworkError, Outcome, TradingState
from regimeflow.types.config import PaperSettings, ReconnectPolicy
from tests.support.engines import Run, a_config
from tests.support.flaky import FlakyPaper, refused, unreachable


def a_flaky_run(**tables: object) -> tuple[Run, FlakyPaper]:
    """Return a run on a flaky broker over ten seconds of the market, at full speed."""
    broker = FlakyPaper(PaperSettings(duration_s=10, speed="max"))
    run = Run(a_config("Silent", **tables), broker)  # type: ignore[arg-type]
    return run, broker


def at_quote(run: Run, number: int, action: Callable[[], object]) -> None:
    """Do something when so many market data messages were seen."""
    seen = [0]

    def count(_: object) -> None:
        seen[0] += 1
        if seen[0] == number:
            action()

    run.engine.event_bus.subscribe(0, count)


def instantly(waits: list[float]) -> Callable[[float], Awaitable[None]]:
    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    return sleep


@given(st.integers(0, 10_000), st.integers())
def test_waits_are_jittered_and_never_longer_than_their_bound(attempt: int, seed: int) -> None:
    policy = ReconnectPolicy(first_wait_s=0.5, longest_wait_s=30.0, factor=2.0)

    wait_s = wait_before(attempt, policy, random.Random(seed))

    assert 0.0 <= wait_s <= min(30.0, 0.5 * 2.0 ** min(attempt, 64))


def test_a_broker_that_cannot_be_reached_is_an_error_of_start() -> None:
    run, broker = a_flaky_run()
    broker.connect_errors = [unreachable()]

    with pytest.raises(NetworkError, match="the line is down"):
        run.engine.start()

    assert not run.engine.is_running()
    assert not broker.is_connected()


def test_a_broker_that_refuses_is_an_error_of_start() -> None:
    run, broker = a_flaky_run()
    broker.connect_errors = [refused()]

    with pytest.raises(BrokerError, match="the key is wrong"):
        run.engine.start()


def test_a_read_that_fails_at_the_start_is_an_error_and_never_an_empty_book() -> None:
    run, broker = a_flaky_run()
    broker.read_errors = [unreachable("positions cannot be read")]

    with pytest.raises(NetworkError, match="positions cannot be read"):
        run.engine.start()

    assert not broker.is_connected()
    assert run.engine.portfolio.equity() is None


def test_a_lost_session_halts_trading_and_comes_back_subscribed_and_reconciled() -> None:
    run, broker = a_flaky_run()
    broker.connect_errors = []
    waits: list[float] = []
    run.engine._runtime.session._pause = instantly(waits)

    def lose() -> None:
        broker.cut()
        broker.connect_errors = [unreachable(), unreachable()]

    at_quote(run, 100, lose)
    asyncio.run(asyncio.wait_for(run.engine.run(), 20))

    assert 4 == broker.connect_count  # the first, two that fail, the one that succeeds
    assert 3 == len(waits)
    assert [("BTCUSDT",)] * 2 == broker.subscribed
    assert ["lost the connection to paper"] == [t for t in run.texts("disconnected") if "lost" in t]
    states = [str(e.data["state"]) for e in run.events if e.kind == "trading_state"]
    assert ["HALTED", "ACTIVE", "HALTED", "ACTIVE", "HALTED"] == states
    assert 1 == run.engine.summary().reconnects


def test_wrong_credentials_are_not_tried_again() -> None:
    run, broker = a_flaky_run()
    run.engine._runtime.session._pause = instantly([])

    def lose() -> None:
        broker.cut()
        broker.connect_errors = [refused()]

    at_quote(run, 100, lose)
    asyncio.run(asyncio.wait_for(run.engine.run(), 20))

    assert 2 == broker.connect_count
    assert any("gave up" in text for text in run.texts("error"))


def test_a_venue_that_says_when_to_come_back_is_asked_then_and_not_given_up() -> None:
    run, broker = a_flaky_run()
    waits: list[float] = []
    run.engine._runtime.session._pause = instantly(waits)
    limited = BrokerError("banned", venue="paper", outcome=Outcome.REFUSED, retry_after_s=120.0)

    def lose() -> None:
        broker.cut()
        broker.connect_errors = [limited, unreachable()]

    at_quote(run, 100, lose)
    asyncio.run(asyncio.wait_for(run.engine.run(), 20))

    first, told, after = waits
    assert 120.0 == told
    assert max(first, after) < 120.0
    assert 1 == run.engine.summary().reconnects


def test_attempts_are_bounded_where_the_policy_says_so() -> None:
    run, broker = a_flaky_run(reconnect={"give_up_after": 3})
    run.engine._runtime.session._pause = instantly([])

    def lose() -> None:
        broker.cut()
        broker.connect_errors = [unreachable()] * 50

    at_quote(run, 100, lose)
    asyncio.run(asyncio.wait_for(run.engine.run(), 20))

    assert 4 == broker.connect_count


def test_row_32_attempts_to_come_back_are_spread_by_waits_that_grow() -> None:
    run, broker = a_flaky_run(reconnect={"give_up_after": 12, "longest_wait_s": 8})
    waits: list[float] = []
    run.engine._runtime.session._pause = instantly(waits)

    def lose() -> None:
        broker.cut()
        broker.connect_errors = [unreachable()] * 50

    at_quote(run, 100, lose)
    asyncio.run(asyncio.wait_for(run.engine.run(), 20))

    assert 12 == len(waits)
    assert all(0 < wait_s <= 8 for wait_s in waits)
    assert sum(waits[:4]) < sum(waits[-4:])


def test_a_failed_reconciliation_holds_trading_until_one_succeeds() -> None:
    run, broker = a_flaky_run(reconcile={"interval_s": 2})
    at_quote(run, 100, lambda: broker.read_errors.append(unreachable("no answer")))

    asyncio.run(asyncio.wait_for(run.engine.run(), 20))

    held = [text for text in run.texts("trading_state") if "could not be asked" in text]
    assert 1 == len(held)
    states = [str(e.data["state"]) for e in run.events if e.kind == "trading_state"]
    assert ["HALTED", "ACTIVE", "HALTED", "ACTIVE", "HALTED"] == states


def test_positions_that_differ_hold_trading_and_name_both_sides() -> None:
    run, broker = a_flaky_run(reconcile={"interval_s": 2})

    async def others(_: object = None) -> object:
        from regimeflow.live import Position

        return [Position("BTCUSDT", "0.5", "60000")]

    at_quote(run, 100, lambda: setattr(broker, "get_positions", others))
    asyncio.run(asyncio.wait_for(run.engine.run(), 20))

    assert any("ours 0, theirs 0.5" in text for text in run.texts("error"))
    assert Decimal(0) == run.engine.portfolio.position("BTCUSDT").quantity_dec


def test_silent_data_holds_trading_cancels_and_resumes_by_itself() -> None:
    settings = PaperSettings(duration_s=10, speed="max")
    feed = HushedFeed(feed_of(settings, ["BTCUSDT"]), from_s=3, to_s=7)
    broker = PaperAdapter(settings, symbols=["BTCUSDT"], feed=feed)
    run = Run(a_config("BidBelow", heartbeat={"stale_after_s": 1.5}), broker)
    asyncio.run(asyncio.wait_for(run.engine.run(), 20))

    said = run.texts("heartbeat")
    assert any("no data of BTCUSDT" in text for text in said)
    assert any("is back" in text for text in said)
    states = [str(e.data["state"]) for e in run.events if e.kind == "trading_state"]
    assert ["HALTED", "ACTIVE", "HALTED", "ACTIVE", "HALTED"] == states
    assert {"CANCELLED": 1} == run.engine.summary().orders
    (cancelled,) = [e for e in run.events if e.kind == "order" and "CANCELLED" in e.text]
    assert cancelled.ts_ns < feed.start_ns + 7_000_000_000


class HushedFeed:
    """A feed that says nothing between two moments."""

    def __init__(self, feed: Feed, *, from_s: float, to_s: float) -> None:
        self._feed = feed
        self._from_ns = feed.start_ns + int(from_s * 1e9)
        self._to_ns = feed.start_ns + int(to_s * 1e9)

    def __getattr__(self, name: str) -> object:
        return getattr(self._feed, name)

    def events(self) -> Iterator[FeedEvent]:
        for event in self._feed.events():
            if not self._from_ns < event.recv_ns < self._to_ns:
                yield event


def test_the_days_loss_stops_new_positions_but_not_exits() -> None:
    run = Run(a_config("BuyOnce", risk={"daily_loss_limit": "0.1"}))

    asyncio.run(run.engine.run())

    assert any("daily_loss_limit" in text for text in run.texts("trading_state"))
    (hold,) = [hold for hold in run.engine._parts.switch.holds if hold.cause == "daily_loss_limit"]
    assert TradingState.REDUCE_ONLY is hold.state
    assert "the next UTC day" == hold.ends_with


def test_row_46_a_symbol_that_is_alive_hides_none_that_is_silent() -> None:
    settings = PaperSettings(duration_s=10, speed="max")
    symbols = ("BTCUSDT", "ETHUSDT")
    feed = OneHushed(feed_of(settings, list(symbols)), from_s=3, to_s=7)
    broker = PaperAdapter(settings, symbols=list(symbols), feed=feed)
    config = a_config("Silent", symbols=symbols, heartbeat={"stale_after_s": 1.5})
    run = Run(config, broker)
    asyncio.run(asyncio.wait_for(run.engine.run(), 20))

    said = run.texts("heartbeat")
    assert any("no data of ETHUSDT" in text for text in said)
    assert not any("no data of BTCUSDT" in text for text in said)


class OneHushed(HushedFeed):
    """A feed that says nothing of one symbol between two moments."""

    def events(self) -> Iterator[FeedEvent]:
        for event in self._feed.events():
            is_hushed = self._from_ns < event.recv_ns < self._to_ns
            if not is_hushed or event.symbol != "ETHUSDT":
                yield event
