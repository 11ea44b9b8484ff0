"""What an engine does at its edges: on a venue that takes its time, and when it is interrupted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from regimeflow.engine import worker
from regimeflow.live import (
    BrokerError,
    LiveOrder,
    NetworkError,
    Order,
    OrderSide,
    OrderType,
    Outcome,
    TradingState,
)
from regimeflow.types.events import ExitCause
from tests.support.engines import Run, a_config, at_market_data
from tests.support.keeping import until
from tests.support.remote import RemoteVenue
from tests.support.strategies import ChangesInVain, Rings

BUY = Order("BTCUSDT", OrderSide.BUY, OrderType.MARKET, "0.01")


def a_remote_run(venue: RemoteVenue, **tables: object) -> Run:
    """Return a run on a venue that takes its time."""
    return Run(a_config("Silent", **tables), venue)  # type: ignore[arg-type]


async def never() -> None:
    await asyncio.Event().wait()


def in_session(run: Run, act: Callable[[], Awaitable[object]]) -> None:
    """Do something in a session that is up, and end it."""

    async def main() -> None:
        running = asyncio.ensure_future(run.engine.run())
        try:
            await until(lambda: run.engine.is_running() or running.done())
            await act()
        finally:
            run.engine.stop()
            await running

    asyncio.run(main())


def test_a_failure_that_came_through_the_bus_names_the_strategys_own_line() -> None:
    run = Run(a_config("RaisesOnQuote"))

    asyncio.run(run.engine.run())

    (text,) = run.texts("strategy_error")
    assert "strategies.py:" in text


def test_a_stop_while_the_session_opens_starts_no_strategy() -> None:
    run = Run(a_config("Rings"))
    run.engine.on_event(lambda event: event.kind == "connected" and run.engine.stop())

    asyncio.run(run.engine.run())

    (strategy,) = run.strategies
    assert isinstance(strategy, Rings)
    assert 0 == strategy.started_ns == strategy.stop_count
    assert ExitCause.STOPPED is run.engine.summary().exit_cause


def test_a_stop_does_not_wait_for_a_broker_that_never_answers() -> None:
    venue = RemoteVenue()
    venue.before["connect"] = never
    run = a_remote_run(venue)

    async def main() -> None:
        running = asyncio.ensure_future(run.engine.run())
        await until(lambda: "connect" in venue.calls)
        run.engine.stop()
        async with asyncio.timeout(10):
            await running

    asyncio.run(main())

    assert "disconnect" in venue.calls
    assert ExitCause.STOPPED is run.engine.summary().exit_cause


def test_a_start_that_is_cancelled_leaves_nothing_open() -> None:
    venue = RemoteVenue()
    venue.before["connect"] = never
    run = a_remote_run(venue)

    async def main() -> None:
        running = asyncio.ensure_future(run.engine.run())
        await until(lambda: "connect" in venue.calls)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(main())

    assert ["connect", "disconnect"] == venue.calls


def test_a_stop_before_the_loop_runs_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(a_config("Silent", broker={"speed": 1.0, "duration_s": None}))
    stopping = threading.Thread(target=run.engine.stop)

    def slow_loop() -> asyncio.AbstractEventLoop:
        stopping.start()
        while not run.engine._worker._is_stop_asked:
            pass
        return asyncio.new_event_loop()

    monkeypatch.setattr(worker, "new_loop", slow_loop)

    run.engine.start()

    stopping.join(10)
    assert not run.engine.is_running()
    assert ExitCause.STOPPED is run.engine.summary().exit_cause


async def reconciled(run: Run) -> None:
    runtime = run.engine._runtime
    await runtime.parts.turns.in_loop(runtime.reconciler.run())


def test_a_fill_while_the_broker_is_asked_is_no_difference() -> None:
    venue = RemoteVenue()
    run = a_remote_run(venue)

    async def fill_once() -> None:
        if not venue.positions:
            venue.fill("V1", "E1")

    async def act() -> None:
        run.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)
        venue.before["executions"] = fill_once
        await reconciled(run)
        assert TradingState.ACTIVE is run.engine.get_status().trading_state

    in_session(run, act)

    assert 1 == run.engine.summary().fills


def test_positions_that_go_on_differing_hold_trading() -> None:
    venue = RemoteVenue()
    run = a_remote_run(venue)

    async def act() -> None:
        venue.positions["BTCUSDT"] = Decimal(1)
        await reconciled(run)
        assert TradingState.HALTED is run.engine.get_status().trading_state

    in_session(run, act)

    assert "BTCUSDT: ours 0, theirs 1" in "".join(run.texts("error"))


def test_a_reconnect_compares_the_books_though_an_older_comparison_hangs() -> None:
    venue = RemoteVenue()
    run = a_remote_run(venue, reconnect={"first_wait_s": 0.001, "longest_wait_s": 0.001})

    async def act() -> None:
        venue.before["account"] = never
        run.engine._runtime.reconcile()
        await until(lambda: venue.calls[-1] == "account")
        del venue.before["account"]
        venue.positions["BTCUSDT"] = Decimal(1)
        venue.is_up = False
        run.engine._runtime.session.check()
        await until(lambda: run.engine._runtime.session.reconnect_count)
        assert TradingState.HALTED is run.engine.get_status().trading_state

    in_session(run, act)


def test_a_reconnect_outlives_a_fault_in_the_adapter() -> None:
    venue = RemoteVenue()
    run = a_remote_run(venue, reconnect={"first_wait_s": 0.001, "longest_wait_s": 0.001})

    async def fail_once() -> None:
        del venue.before["connect"]
        raise KeyError("session_id")

    async def act() -> None:
        venue.before["connect"] = fail_once
        venue.is_up = False
        run.engine._runtime.session.check()
        await until(lambda: run.engine._runtime.session.reconnect_count)
        assert TradingState.ACTIVE is run.engine.get_status().trading_state

    in_session(run, act)

    assert [KeyError] == [type(error) for error in run.errors]


def test_a_comparison_that_fails_in_the_adapter_is_told() -> None:
    venue = RemoteVenue()
    run = a_remote_run(venue)

    async def fail() -> None:
        raise KeyError("balances")

    async def act() -> None:
        venue.before["account"] = fail
        run.engine._runtime.reconcile()
        await until(lambda: run.errors)

    in_session(run, act)

    assert isinstance(run.errors[0], KeyError)


def test_a_poll_that_fails_does_not_end_the_watch_over_the_data() -> None:
    class Unpollable(RemoteVenue):
        def poll(self) -> None:
            raise NetworkError("no answer", outcome=Outcome.UNKNOWN)

    run = a_remote_run(Unpollable(), heartbeat={"stale_after_s": 1e-6})

    async def act() -> None:
        run.engine._parts.turns.call("watch", run.engine._runtime._watch)
        assert TradingState.HALTED is run.engine.get_status().trading_state

    in_session(run, act)

    assert "no answer" in str(run.errors[0])


def test_trading_disabled_while_an_exit_is_sent_stays_disabled() -> None:
    class Refusing(RemoteVenue):
        def submit_order(self, order: LiveOrder) -> Awaitable[str | None]:
            raise BrokerError("no", outcome=Outcome.REFUSED)

    run = a_remote_run(Refusing(positions={"BTCUSDT": Decimal(1)}))
    run.engine.on_error(lambda _: run.engine.disable_trading())

    async def act() -> None:
        run.engine.close_all_positions()
        await until(lambda: run.errors)
        assert TradingState.HALTED is run.engine.get_status().trading_state
        assert TradingState.HALTED is run.engine._parts.gate.state

    in_session(run, act)


def test_closing_in_a_dry_run_asks_once_and_says_that_it_could_not() -> None:
    run = Run(a_config("Silent", broker={"positions": {"BTCUSDT": "0.5"}}, dry_run=True))
    at_market_data(run, 3, run.engine.close_all_positions)

    asyncio.run(run.engine.run())

    assert {"EXPIRED": 1} == run.engine.summary().orders
    assert "positions that could not be closed: 0.5" in "".join(run.texts("error"))


def test_an_entry_that_is_refused_does_not_give_up_the_exit() -> None:
    venue = RemoteVenue(positions={"BTCUSDT": Decimal(1)})
    run = a_remote_run(venue)

    refusals = [BrokerError("no money", outcome=Outcome.REFUSED)]

    async def refuse() -> None:
        if refusals:
            raise refusals.pop()

    async def act() -> None:
        venue.before["submit"] = refuse
        run.engine.order_manager.submit_order(BUY, strategy="s0")
        run.engine.close_all_positions()
        await until(lambda: run.errors and venue.orders)
        assert not run.engine._runtime.flattener._given_up
        venue.fill("V1", "E1")
        await until(lambda: "every position is closed" in run.texts("trading_state"))

    in_session(run, act)


def test_a_position_that_the_session_does_not_trade_is_not_called_closed() -> None:
    venue = RemoteVenue(positions={"ETHUSDT": Decimal(2)})
    run = a_remote_run(venue)

    async def act() -> None:
        run.engine.close_all_positions()

    in_session(run, act)

    assert "every position is closed" not in run.texts("trading_state")
    assert "positions that could not be closed: 2 ETHUSDT" in run.texts("error")


def test_what_does_not_fit_reaches_on_error_and_is_a_line_of_the_session() -> None:
    venue = RemoteVenue()
    run = a_remote_run(venue)

    async def act() -> None:
        run.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)
        venue.fill("V1", "E1")
        venue.fill("V1", "E2")

    in_session(run, act)

    assert any("overfill" in str(error) for error in run.errors)
    assert any("overfill" in text for text in run.texts("warning"))


def test_a_failure_of_an_order_is_told_once_however_often_the_order_is_heard_of() -> None:
    run = Run(a_config("ChangesInVain", broker={"duration_s": 20}))

    asyncio.run(run.engine.run())

    strategy = run.strategies[0]
    assert isinstance(strategy, ChangesInVain)
    assert len([order for order in strategy.updates if order.error is not None]) > 1
    assert [strategy.updates[-1].error.text] == [str(error) for error in run.errors]
