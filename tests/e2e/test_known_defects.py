"""Mistakes that engines like this one have made, each shown not to be made here.

The rows are those of docs/known-defects.md.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from types import FrameType

from regimeflow._core.bus import EventBus
from regimeflow._core.messages import SystemMessage
from regimeflow.live import (
    ExecutionReport,
    LiveTradingEngine,
    Order,
    OrderSide,
    OrderType,
    Quote,
    TradingState,
)
from regimeflow.types.enums import ExecType, LiveOrderStatus, SystemCode
from regimeflow.types.events import ExitCause
from tests.support.engines import Run, a_config, at_market_data
from tests.support.orders import Desk
from tests.support.strategies import RaisesEverywhere, Silent

FOREVER = {"speed": 20.0, "duration_s": None}


# -- rows 30 and 42: the way out


def test_row_30_after_the_days_loss_every_position_can_still_be_closed() -> None:
    run = Run(a_config("BuyOnce", risk={"daily_loss_limit": "0.1"}))

    def close(event: object) -> None:
        if "daily_loss_limit" in run.texts("trading_state")[-1]:
            run.engine.close_all_positions()

    run.engine.on_event(lambda event: close(event) if event.kind == "trading_state" else None)
    asyncio.run(run.engine.run())

    assert Decimal(0) == run.engine.portfolio.position("BTCUSDT").quantity_dec
    assert 1 == run.engine.summary().sell_fills
    assert ["daily_loss_limit"] == [getattr(error, "rule", error) for error in run.errors]


def test_row_42_exits_pass_limits_that_stop_entries() -> None:
    risk = {"max_order_notional": 1000, "max_orders_per_minute": 1}
    run = Run(a_config("BuyOnce", risk=risk))
    at_market_data(run, 100, run.engine.close_all_positions)
    at_market_data(run, 101, run.engine.close_all_positions)

    asyncio.run(run.engine.run())

    assert 1 == run.engine.summary().buy_fills == run.engine.summary().sell_fills
    assert Decimal(0) == run.engine.portfolio.position("BTCUSDT").quantity_dec
    assert [] == run.errors


# -- row 53: what does not fit


def test_row_53_a_bus_that_must_refuse_a_message_halts_trading_and_says_why() -> None:
    run = Run(a_config("Silent"))
    bus = run.engine.event_bus

    def flood() -> None:
        while bus.publish(Quote("BTCUSDT", 1, 1, 2, 1)):
            pass

    at_market_data(run, 100, flood)
    asyncio.run(run.engine.run())

    (hold,) = [hold for hold in run.engine._parts.switch.holds if hold.cause == "bus"]
    assert TradingState.HALTED is hold.state
    assert "reserve are full" in hold.text
    assert {"BusHalted"} == {type(error).__name__ for error in run.errors}


# -- row 54: what a message costs


class Work:
    """Counts the interpreter's steps in the engine's own Python code."""

    def __init__(self) -> None:
        self.steps = 0

    def trace(self, frame: FrameType, _: str, __: object) -> object:
        path = frame.f_code.co_filename
        if "regimeflow/engine" not in path and "regimeflow/domain" not in path:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._step

    def _step(self, _: FrameType, event: str, __: object) -> object:
        self.steps += event == "opcode"
        return self._step


def test_row_54_an_order_costs_the_same_after_any_number_of_orders() -> None:
    """Steps are counted, not time: they are the same on every machine."""
    engine = LiveTradingEngine(
        a_config("TradesAll", broker={"duration_s": 40}, reconcile={"interval_s": 3600})
    )
    work, at_fill = Work(), list[int]()
    engine.on_trade(lambda _: at_fill.append(work.steps))

    before = sys.gettrace()
    sys.settrace(work.trace)  # type: ignore[arg-type]
    try:
        asyncio.run(engine.run())
    finally:
        sys.settrace(before)

    third = len(at_fill) // 3
    first, last = at_fill[third] - at_fill[0], at_fill[-1] - at_fill[-1 - third]
    assert third > 100
    assert last < 1.1 * first


def test_row_54_a_message_leaves_nothing_behind() -> None:
    run = Run(a_config("Counts"))
    intake, (host,) = run.engine._parts.intake, run.engine._runtime.hosts
    host.start()

    def messages(count: int) -> int:
        for number in range(count):
            intake(Quote("BTCUSDT", 100 + number % 7, 1, 200, 1, ts_recv_ns=number))
        gc.collect()
        return sys.getallocatedblocks()

    before = messages(2_000)
    after = messages(20_000)

    assert 22_000 == host.strategy.quote_count  # type: ignore[attr-defined]
    assert after - before < 100


# -- row 55: other people's exceptions


def test_row_55_a_strategy_that_raises_in_every_method_ends_nothing() -> None:
    run = Run(a_config("RaisesEverywhere"))
    run.engine.event_bus.subscribe(0, lambda _: run.engine.enable_trading())

    asyncio.run(run.engine.run())

    (strategy,) = run.strategies
    assert isinstance(strategy, RaisesEverywhere)
    assert {
        *("on_start", "on_quote", "on_tick", "on_book"),
        *("on_timer", "on_stop", "on_order_update", "on_fill"),
    } == strategy.failed
    assert ExitCause.FEED_END is run.engine.summary().exit_cause


def test_row_55_host_callbacks_that_raise_end_nothing() -> None:
    engine = LiveTradingEngine(a_config("BuyOnce"))
    called: set[str] = set()

    def raising(name: str) -> Callable[[object], None]:
        def callback(_: object) -> None:
            called.add(name)
            raise ValueError(name)

        return callback

    engine.on_trade(raising("trade"))
    engine.on_error(raising("error"))
    engine.on_dashboard_update(raising("dashboard"))
    engine.on_event(raising("event"))
    engine.event_bus.subscribe(0, raising("bus"))
    asyncio.run(engine.run())

    assert {"trade", "error", "dashboard", "event", "bus"} == called
    assert ExitCause.FEED_END is engine.summary().exit_cause
    assert 1 == engine.summary().fills


def test_row_55_messages_that_mean_nothing_here_end_nothing() -> None:
    run = Run(a_config("BuyOnce"))
    strange = [
        Quote("NOBODY", 1, 1, 2, 1),
        Quote("BTCUSDT", 0, 0, 0, 0),
        ExecutionReport(
            symbol="NOBODY",
            exec_type=ExecType.TRADE,
            ord_status=LiveOrderStatus.FILLED,
            exec_id="E-1",
            last_qty=1,
            last_px=1,
        ),
        ExecutionReport(
            symbol="", exec_type=ExecType.UNKNOWN_OUTCOME, ord_status=LiveOrderStatus.ERROR
        ),
        SystemMessage("nobody/nothing", code=SystemCode.TIMER),
        SystemMessage("\x00", code=SystemCode.BOOK_GAP),
    ]

    def say() -> None:
        for message in strange:
            run.engine._parts.intake(message)

    at_market_data(run, 100, say)
    asyncio.run(run.engine.run())

    assert ExitCause.FEED_END is run.engine.summary().exit_cause
    assert Decimal("0.01") == run.engine.portfolio.position("BTCUSDT").quantity_dec
    assert ["no order of ours"] * 2 == [str(error)[-16:] for error in run.errors]


# -- rows 56 and 57: threads


def test_row_56_an_order_of_another_thread_is_sent_by_the_loops_thread() -> None:
    async def submit_elsewhere(desk: Desk) -> tuple[int, int]:
        sent_by: list[int] = []
        send = desk.broker.submit_order

        def submit_order(order: object) -> object:
            sent_by.append(threading.get_ident())
            return send(order)  # type: ignore[arg-type]

        desk.broker.submit_order = submit_order  # type: ignore[method-assign, assignment]
        desk.manager.bind_loop(asyncio.get_running_loop(), threading.get_ident())
        order_id = await asyncio.to_thread(desk.submit)
        await asyncio.to_thread(desk.manager.cancel_all_orders)
        return order_id, sent_by[0]

    desk = Desk()
    order_id, sender = asyncio.run(submit_elsewhere(desk))

    assert threading.get_ident() == sender
    assert order_id == desk.order(order_id).order_id


def test_row_56_orders_of_many_threads_are_all_sent_once() -> None:
    run = Run(a_config("Silent", broker={**FOREVER, "cash": "10000000"}))

    def submit() -> None:
        for _ in range(25):
            run.engine.order_manager.submit_order(
                Order("BTCUSDT", OrderSide.BUY, OrderType.LIMIT, "0.01", "1000")
            )

    with run.engine:
        threads = [threading.Thread(target=submit) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert 100 == sum(run.engine.summary().orders.values())
    assert 100 == len({order for event in run.events if (order := event.data.get("order_id"))})


def test_row_57_the_bus_of_an_engine_is_drained_by_its_loop_alone() -> None:
    run = Run(a_config("Silent", broker=FOREVER))
    callers: set[int] = set()
    with run.engine:
        bus: EventBus = run.engine.event_bus
        heard = threading.Event()

        def note(_: object) -> None:
            callers.add(threading.get_ident())
            heard.set()

        bus.subscribe(0, note)
        bus.publish(Quote("BTCUSDT", 1, 1, 2, 1))
        assert heard.wait(30)

    assert threading.get_ident() not in callers
    assert 1 == len(callers)
    assert isinstance(run.strategies[0], Silent)
