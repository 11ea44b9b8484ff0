"""Calls on an engine that never raise for an operational reason: failures go to ``on_error``."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from decimal import Decimal

import pytest

from regimeflow.live import LiveTradingEngine
from regimeflow.types.config import PaperSettings
from tests.support.engines import Run, a_config, at_market_data
from tests.support.flaky import FlakyPaper, unreachable

FOREVER = {"speed": 20.0, "duration_s": None}


def never_started() -> Run:
    return Run(a_config("Silent"))


def ended() -> Run:
    run = Run(a_config("Silent"))
    asyncio.run(run.engine.run())
    return run


def failed_to_start() -> Run:
    broker = FlakyPaper(PaperSettings(duration_s=10, speed="max"))
    broker.connect_errors = [unreachable()]
    run = Run(a_config("Silent"), broker)
    with pytest.raises(Exception, match="the line is down"):
        run.engine.start()
    return run


QUIET_CALLS: dict[str, Callable[[LiveTradingEngine], object]] = {
    "stop": LiveTradingEngine.stop,
    "enable_trading": LiveTradingEngine.enable_trading,
    "disable_trading": LiveTradingEngine.disable_trading,
    "close_all_positions": LiveTradingEngine.close_all_positions,
    "subscribe": lambda engine: engine.event_bus.subscribe(0, print),
    "unsubscribe": lambda engine: engine.event_bus.unsubscribe(4711),
}


@pytest.mark.parametrize("name", QUIET_CALLS)
@pytest.mark.parametrize("state", [never_started, ended, failed_to_start])
def test_a_quiet_call_raises_in_no_state(state: Callable[[], Run], name: str) -> None:
    run = state()

    QUIET_CALLS[name](run.engine)
    QUIET_CALLS[name](run.engine)

    assert not run.engine.is_running()


def test_a_stop_that_cannot_disconnect_tells_the_listeners(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(_: object) -> None:
        raise unreachable("the line is down at the end")

    broker = FlakyPaper(PaperSettings(duration_s=None, speed=1.0))
    run = Run(a_config("Silent"), broker)
    run.engine.start()
    monkeypatch.setattr(FlakyPaper, "disconnect", fail)

    run.engine.stop()

    assert not run.engine.is_running()
    assert ["the line is down at the end"] == [error.text for error in run.errors]


def test_closing_without_a_session_tells_the_listeners() -> None:
    broker = FlakyPaper(PaperSettings(duration_s=10, speed="max"))
    run = Run(a_config("BuyOnce"), broker)

    def cut_and_close() -> None:
        broker.cut()
        run.engine.close_all_positions()
        broker._is_cut = False

    at_market_data(run, 200, cut_and_close)
    asyncio.run(run.engine.run())

    assert Decimal("0.01") == run.engine.portfolio.position("BTCUSDT").quantity_dec
    assert any("there is no session" in str(error) for error in run.errors)


def test_closing_while_the_loop_is_held_tells_the_listeners(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("regimeflow.engine.worker._CALL_TIMEOUT_S", 0.01)
    run = Run(a_config("Silent", broker=FOREVER))
    held, go_on = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        held.set()
        go_on.wait(30)

    with run.engine:
        run.engine.event_bus.subscribe(0, hold)
        assert held.wait(30)
        run.engine.close_all_positions()
        go_on.set()

    assert any("did not answer" in str(error) for error in run.errors)
