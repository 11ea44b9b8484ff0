"""The engine on the paper venue, from start to stop."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import textwrap
import threading
from decimal import Decimal

import pytest

from regimeflow.domain.orders.order import Order
from regimeflow.live import (
    EventBus,
    InvalidState,
    LiveMessage,
    LiveOrderManager,
    LiveOrderStatus,
    LiveTopic,
    LiveTradingEngine,
    OrderSide,
    OrderType,
    RiskDenied,
    SystemMessage,
    TradingState,
)
from regimeflow.types.events import ExitCause
from tests.support.engines import Run, a_config
from tests.support.strategies import BidBelow, BuyOnce, RaisesOnQuote, Rings

FOREVER = {"speed": 1.0, "duration_s": None}


def played(*strategies: str, **tables: object) -> Run:
    """Return a run that has played its ten seconds."""
    run = Run(a_config(*strategies, **tables))  # type: ignore[arg-type]
    asyncio.run(run.engine.run())
    return run


def test_a_session_ends_with_its_feed_and_says_what_it_did() -> None:
    run = played("BuyOnce")

    summary = run.engine.summary()
    assert ExitCause.FEED_END is summary.exit_cause
    assert {"FILLED": 1} == summary.orders
    assert 1 == summary.fills == summary.buy_fills
    assert summary.messages["quotes"] > 0
    assert not run.engine.is_running()
    assert [] == run.errors


def test_a_fill_reaches_strategy_portfolio_callbacks_and_books_alike() -> None:
    config = a_config("BuyOnce")
    run = Run(config)
    told: list[object] = []
    run.engine.on_trade(told.append)

    asyncio.run(run.engine.run())

    (strategy,) = run.strategies
    assert isinstance(strategy, BuyOnce)
    (trade,) = strategy.trades
    assert [trade] == told
    assert Decimal("0.01") == run.engine.portfolio.position("BTCUSDT").quantity_dec
    assert Decimal("0.01") == run.engine.portfolio.position("BTCUSDT", strategy="s0").quantity_dec
    assert LiveOrderStatus.FILLED is strategy.updates[-1].status


def test_two_runs_with_one_seed_are_identical_and_another_seed_differs() -> None:
    first, second = (
        played("BuyOnce", "moving_average_cross"),
        played("BuyOnce", "moving_average_cross"),
    )
    other = Run(a_config("BuyOnce", "moving_average_cross", broker={"seed": 2}))
    asyncio.run(other.engine.run())

    assert [(e.kind, e.ts_ns, e.text) for e in first.events] == [
        (e.kind, e.ts_ns, e.text) for e in second.events
    ]
    assert first.engine.summary().net_pnl == second.engine.summary().net_pnl
    assert first.engine.summary().quotes != other.engine.summary().quotes


def test_several_strategies_have_their_own_orders_positions_and_profit() -> None:
    run = played("BuyOnce", "BidBelow", "BuyOnce")

    summaries = {each.name: each for each in run.engine.summary().strategies}
    held = {"BTCUSDT": Decimal("0.01")}
    assert [held, {}, held] == [
        {symbol: qty for symbol, qty in summaries[name].positions.items() if qty}
        for name in ("s0", "s1", "s2")
    ]
    assert Decimal("0.02") == run.engine.portfolio.position("BTCUSDT").quantity_dec
    net = sum((each.net_pnl for each in summaries.values() if each.net_pnl is not None), Decimal(0))
    assert net == run.engine.summary().net_pnl


def test_timers_ring_in_the_sessions_own_time() -> None:
    run = played("Rings")

    (strategy,) = run.strategies
    assert isinstance(strategy, Rings)
    second = 1_000_000_000
    assert [
        ("first", strategy.started_ns + 3 * second // 2),
        ("second", strategy.started_ns + 7 * second // 2),
    ] == strategy.rung
    assert 1 == strategy.stop_count


def test_open_orders_are_cancelled_at_the_end() -> None:
    run = played("BidBelow")

    (strategy,) = run.strategies
    assert isinstance(strategy, BidBelow)
    assert LiveOrderStatus.CANCELLED is strategy.updates[-1].status
    assert {"CANCELLED": 1} == run.engine.summary().orders


def test_open_orders_are_left_when_the_configuration_says_so() -> None:
    run = played("BidBelow", orders={"on_stop": "leave"})

    assert {"NEW": 1} == run.engine.summary().orders


def test_a_strategy_that_raises_is_reported_and_trading_is_held_but_the_engine_lives() -> None:
    run = played("RaisesOnQuote", "BidBelow")

    broken, other = run.strategies
    assert isinstance(broken, RaisesOnQuote)
    assert isinstance(other, BidBelow)
    (event,) = [event for event in run.events if event.kind == "strategy_error"]
    assert "the strategy is broken" in str(event.data["traceback"])
    assert "RuntimeError" in event.text
    assert broken.quote_count > 3
    assert TradingState.HALTED is run.engine.get_status().trading_state
    assert "enable_trading()" in run.texts("trading_state")[2]
    assert ExitCause.FEED_END is run.engine.summary().exit_cause


def test_a_dry_run_sends_nothing_and_shows_everything() -> None:
    run = played("BuyOnce", "BidBelow", dry_run=True)

    summary = run.engine.summary()
    assert 0 == summary.fills
    assert {"EXPIRED": 1, "CANCELLED": 1} == summary.orders
    assert Decimal(0) == run.engine.portfolio.position("BTCUSDT").quantity_dec


@pytest.fixture
def running() -> object:
    """A session that plays in real time and is stopped at the end."""
    run = Run(a_config("Silent", broker=FOREVER))
    run.engine.start()
    yield run
    run.engine.stop()


def test_start_returns_when_the_session_is_up(running: Run) -> None:
    assert running.engine.is_running()
    status = running.engine.get_status()
    assert status.connected
    assert TradingState.ACTIVE is status.trading_state
    assert isinstance(running.engine.event_bus, EventBus)
    assert isinstance(running.engine.order_manager, LiveOrderManager)


def test_stop_is_harmless_twice_and_the_bus_takes_nothing_after_it(running: Run) -> None:
    running.engine.stop()
    running.engine.stop()

    assert not running.engine.is_running()
    assert not running.engine.get_status().connected
    assert ["disconnected from paper"] == running.texts("disconnected")


def test_an_engine_runs_once(running: Run) -> None:
    with pytest.raises(InvalidState, match="make a new one"):
        running.engine.start()


def test_stop_before_start_is_harmless() -> None:
    run = Run(a_config("Silent"))

    run.engine.stop()

    assert not run.engine.is_running()


def test_stop_from_a_callback_ends_the_session() -> None:
    run = Run(a_config("BuyOnce", broker=FOREVER))
    run.engine.on_trade(lambda _: run.engine.stop())

    asyncio.run(asyncio.wait_for(run.engine.run(), 10))

    assert ExitCause.STOPPED is run.engine.summary().exit_cause
    assert 1 == run.engine.summary().fills


def test_a_callback_that_raises_is_reported_and_stops_nothing() -> None:
    run = Run(a_config("BuyOnce"))
    told: list[object] = []

    def fail(_: object) -> None:
        raise ValueError("a broken callback")

    run.engine.on_trade(fail)
    run.engine.on_trade(told.append)
    asyncio.run(run.engine.run())

    assert 1 == len(told)
    assert ["a broken callback"] == [str(error) for error in run.errors]


def a_buy() -> Order:
    return Order("BTCUSDT", OrderSide.BUY, OrderType.MARKET, "0.01")


def test_disable_trading_holds_every_order_until_enable_trading() -> None:
    run = Run(a_config("Silent", broker={"speed": 20.0, "duration_s": None}))
    with run.engine:
        wait_for_quote(run)

        run.engine.disable_trading()
        with pytest.raises(RiskDenied) as denied:
            run.engine.order_manager.submit_order(a_buy())
        held = run.engine.get_status()
        run.engine.enable_trading()
        run.engine.order_manager.submit_order(a_buy())

    assert "trading_state" == denied.value.rule
    assert "HALTED" in str(denied.value)
    assert TradingState.HALTED is held.trading_state
    assert "enable_trading()" in held.trading_cause


def wait_for_quote(run: Run, symbol: str = "BTCUSDT") -> None:
    """Return once the first quote was seen, at most ten seconds later."""
    seen = threading.Event()
    subscription = run.engine.event_bus.subscribe(0, lambda _: seen.set())
    assert seen.wait(10), f"no quote of {symbol}"
    run.engine.event_bus.unsubscribe(subscription)


def wait_for(run: Run, kind: str, text: str) -> None:
    """Return once an event was told, at most ten seconds later."""
    told = threading.Event()
    run.engine.on_event(lambda e: told.set() if e.kind == kind and text in e.text else None)
    if not any(text in said for said in run.texts(kind)):
        assert told.wait(10), f"no {kind} event with {text!r}: {run.events[-5:]}"


def test_close_all_positions_twice_sells_once_even_when_trading_is_disabled() -> None:
    run = Run(a_config("BuyOnce", broker={"speed": 20.0, "duration_s": None}))
    with run.engine:
        wait_for(run, "order", "FILLED BUY")

        run.engine.disable_trading()
        run.engine.close_all_positions()
        run.engine.close_all_positions()
        wait_for(run, "trading_state", "every position is closed")
        status = run.engine.get_status()

    assert Decimal(0) == run.engine.portfolio.position("BTCUSDT").quantity_dec
    assert 1 == run.engine.summary().sell_fills
    assert TradingState.HALTED is status.trading_state
    assert "disable_trading()" in status.trading_cause


def test_snapshots_are_true_while_a_session_runs(running: Run) -> None:
    wait_for_quote(running)

    health = running.engine.get_system_health()
    snapshot = running.engine.get_dashboard_snapshot()

    assert health.memory_bytes > 1_000_000
    assert health.last_data_ns["BTCUSDT"] > 0
    assert {"executions", "market_data", "system"} == set(health.ring_depth)
    assert snapshot.status.connected
    assert Decimal(100_000) == snapshot.status.equity
    assert ["s0"] == [each.name for each in snapshot.strategies]


def test_a_collected_engine_ends_its_session() -> None:
    engine = LiveTradingEngine(a_config("Silent", broker=FOREVER))
    engine.start()
    thread = next(each for each in threading.enumerate() if each.name == "regimeflow")

    del engine
    gc.collect()

    thread.join(10)
    assert not thread.is_alive()


def test_the_interpreter_can_exit_while_a_session_runs() -> None:
    program = """
        from tests.support.engines import a_config
        from regimeflow.live import LiveTradingEngine
        engine = LiveTradingEngine(a_config("BidBelow", broker={"speed": 1.0, "duration_s": None}))
        engine.on_event(lambda event: print(event.kind, flush=True))
        engine.start()
    """

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.split()[-1] == "disconnected"


def test_what_another_thread_publishes_reaches_subscribers_on_the_loop(running: Run) -> None:
    arrived = threading.Event()
    threads: list[str] = []

    def take(message: LiveMessage) -> None:
        if isinstance(message.payload, SystemMessage) and message.payload.text == "from outside":
            threads.append(threading.current_thread().name)
            arrived.set()

    running.engine.event_bus.subscribe(LiveTopic.SYSTEM, take)

    assert running.engine.event_bus.publish(SystemMessage("from outside"))
    assert arrived.wait(5)
    assert ["regimeflow"] == threads


def test_a_strategy_may_close_its_position_in_on_stop() -> None:
    run = played("SellsAtTheEnd")

    assert Decimal(0) == run.engine.portfolio.position("BTCUSDT").quantity_dec
    assert {"FILLED": 2} == run.engine.summary().orders


def test_what_was_held_before_belongs_to_the_only_strategy_and_can_be_closed() -> None:
    held = {"positions": {"BTCUSDT": "0.5"}}
    run = Run(a_config("Silent", broker={"speed": 20.0, "duration_s": None, **held}))
    with run.engine:
        wait_for_quote(run)
        mine = run.engine.portfolio.position("BTCUSDT", strategy="s0").quantity_dec
        run.engine.close_all_positions()
        wait_for(run, "trading_state", "every position is closed")

    assert Decimal("0.5") == mine
    assert Decimal(0) == run.engine.portfolio.position("BTCUSDT").quantity_dec


def test_what_was_held_before_belongs_to_nobody_among_several_strategies() -> None:
    held = {"positions": {"BTCUSDT": "0.5"}}
    run = Run(a_config("Silent", "BuyOnce", broker={"speed": 20.0, "duration_s": None, **held}))
    with run.engine:
        wait_for(run, "order", "FILLED BUY")
        positions = [
            run.engine.portfolio.position("BTCUSDT", strategy=name).quantity_dec
            for name in ("s0", "s1")
        ]
        run.engine.close_all_positions()
        wait_for(run, "trading_state", "every position is closed")

    assert [Decimal(0), Decimal("0.01")] == positions
    assert Decimal(0) == run.engine.portfolio.position("BTCUSDT").quantity_dec
