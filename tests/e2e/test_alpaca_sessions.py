"""Sessions at the local Alpaca: what moves books without an order, and what was before it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from regimeflow.live import (
    LiveConfig,
    LiveTopic,
    LiveTradingEngine,
    Order,
    OrderSide,
    OrderType,
    Strategy,
    SystemCode,
    SystemMessage,
    TradingState,
)
from tests.support.alpaca_venue import RunningVenue


@pytest.fixture
def venue():
    running = RunningVenue()
    yield running
    running.stop()


PAUSE = threading.Event()


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(3_000):
        if is_so():
            return
        PAUSE.wait(0.01)
    pytest.fail("it never came true")


def config(venue: RunningVenue, folder: Path, symbol: str) -> LiveConfig:
    return LiveConfig.from_dict(
        {
            "broker_type": "alpaca",
            "symbols": [symbol],
            "broker": {
                "environment": "local",
                "base_url": venue.http,
                "max_requests_per_minute": 100_000,
                "max_stream_silence_s": None,
            },
            "risk": {"daily_loss_limit": 500},
            "reconcile": {"interval_s": 0.2},
            "heartbeat": {"stale_after_s": None},
            "journal": {"enabled": "yes", "folder": str(folder), "segment_mb": 8},
        }
    )


def position(engine: LiveTradingEngine, symbol: str) -> Decimal:
    found = [each.quantity for each in engine.portfolio.positions() if each.symbol == symbol]
    return found[0] if found else Decimal(0)


def test_splits_dividends_and_deposits_move_positions_and_cash_and_halt_nothing(venue, tmp_path):
    engine = LiveTradingEngine(config(venue, tmp_path, "AAPL"))
    heard = []
    engine.event_bus.subscribe(LiveTopic.SYSTEM, lambda message: heard.append(message.payload))
    agreed = partial(count, heard, SystemCode.RECONCILED)
    engine.start()
    try:
        venue.quote("AAPL")
        engine.order_manager.submit_order(Order("AAPL", OrderSide.BUY, OrderType.MARKET, 100))
        wait_until(lambda: position(engine, "AAPL") == 100)
        venue.act("split", symbol="AAPL", ratio="2")
        venue.quote("AAPL", bid=Decimal("114.95"), ask=Decimal("115.05"))
        wait_until(lambda: position(engine, "AAPL") == 200)
        venue.act("dividend", symbol="AAPL", per_share="0.25")
        venue.act("deposit", amount="50000")
        venue.act("deposit", amount="-120000")
        enough = agreed() + 3
        wait_until(lambda: agreed() >= enough)
        status = engine.get_status()
    finally:
        engine.stop()

    assert TradingState.ACTIVE is status.trading_state
    assert abs(status.daily_pnl) < 100
    assert not [each.text for each in heard if "differ" in each.text or "halted" in each.text]


def count(heard: list[SystemMessage], code: SystemCode) -> int:
    return sum(each.code == code for each in heard)


class Looking(Strategy):
    """Keeps what was at hand when it began."""

    warm_up: ClassVar[Mapping[str, int]] = {"1m": 30}
    found: ClassVar[list[int]] = []

    def on_start(self) -> None:
        self.found.append(len(self.ctx.history("AAPL", 30, "1m")))


def test_bars_are_at_hand_though_the_market_has_been_closed_for_days(venue, tmp_path):
    chosen = config(venue, tmp_path, "AAPL")
    venue.trade("AAPL", "230", "1")
    chosen.strategy = [{"name": f"{__name__}:Looking"}]
    engine = LiveTradingEngine(chosen)
    engine.start()
    engine.stop()

    assert [30] == Looking.found


def test_a_fee_that_is_taken_in_coins_leaves_the_books_agreed(venue, tmp_path):
    engine = LiveTradingEngine(config(venue, tmp_path, "BTC/USD"))
    engine.start()
    try:
        venue.quote("BTC/USD")
        engine.order_manager.submit_order(Order("BTC/USD", OrderSide.BUY, OrderType.MARKET, "0.1"))
        wait_until(lambda: position(engine, "BTC/USD") == Decimal("0.09975"))
        wait_until(lambda: engine.get_status().trading_state is TradingState.ACTIVE)
    finally:
        engine.stop()
