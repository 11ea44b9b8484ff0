"""Sessions at the local Alpaca: what moves books without an order, and what was before it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from regimeflow.domain.orders.links import LinkedOrders, bracket
from regimeflow.domain.portfolio import portfolio_state
from regimeflow.engine.journal.recovery import read_books
from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import (
    Bar,
    InvalidArgument,
    LiveConfig,
    LiveOrderStatus,
    LiveTopic,
    LiveTradingEngine,
    Order,
    OrderSide,
    OrderType,
    Strategy,
    SystemCode,
    SystemMessage,
    TimeInForce,
    TradingState,
)
from regimeflow.types.config import ReconcilePolicy
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


def config(venue: RunningVenue, folder: Path, symbol: str, *strategies: str) -> LiveConfig:
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
            "strategy": [
                {"name": f"{__name__}:{name}", "params": {"n": number}}
                for number, name in enumerate(strategies)
            ],
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
        status, cash = engine.get_status(), engine.portfolio.cash()
    finally:
        engine.stop()

    assert TradingState.ACTIVE is status.trading_state
    assert abs(status.daily_pnl) < 100
    assert {"USD": venue_cash(venue)} == cash
    assert not [each.text for each in heard if "differ" in each.text or "halted" in each.text]
    assert no_difference(tmp_path)


def venue_cash(venue: RunningVenue) -> Decimal:
    return sum(venue.call(venue.venue.exchange.accounts["local"].balances)["USD"])


def no_difference(folder: Path) -> bool:
    """Whether a replay of the session decides the same, and a reader of its journal agrees."""
    replayed = replay_session(str(folder))
    for snapshot in folder.glob("snapshot-*"):
        snapshot.unlink()  # as when the process is killed: the frames alone say it
    read = read_books(str(folder), id_prefix="test-").books
    theirs = portfolio_state(replayed.runtime.parts.portfolio)
    assert portfolio_state(read.portfolio)["books"] == theirs["books"]
    return replayed.difference is None and portfolio_state(read.portfolio)["cash"] == theirs["cash"]


class Buying(Strategy):
    """Buys once, its number's many; keeps what it was told."""

    told: ClassVar[list[str]] = []

    def on_start(self) -> None:
        self.ctx.set_timer("buy", 0.01)

    def on_timer(self, name: str) -> None:
        quantity = (30, 70)[self.ctx.params["n"]]
        self.ctx.submit_order(Order("AAPL", OrderSide.BUY, OrderType.MARKET, quantity))

    def on_system(self, message: SystemMessage) -> None:
        self.told.append(f"{message.symbol} {message.text}")


def test_what_each_strategy_holds_follows_a_split_and_a_later_session_knows(venue, tmp_path):
    Buying.told.clear()
    engine = LiveTradingEngine(config(venue, tmp_path, "AAPL", "Buying", "Buying"))
    names = [each.id for each in engine.config.strategy]
    held = partial(each_holds, engine, names)
    engine.start()
    try:
        wait_until(lambda: held() == (30, 70))
        venue.act("split", symbol="AAPL", ratio="0.1")
        venue.quote("AAPL", bid=Decimal("2299.5"), ask=Decimal("2300.5"))
        wait_until(lambda: held() == (3, 7))
        wait_until(lambda: engine.get_status().daily_pnl is not None)
        status = engine.get_status()
    finally:
        engine.stop()
    again = LiveTradingEngine(config(venue, tmp_path, "AAPL"))
    again.start()
    after = each_holds(again, names), position(again, "AAPL")
    again.stop()

    assert TradingState.ACTIVE is status.trading_state
    assert abs(status.daily_pnl) < 100
    assert [each for each in Buying.told if "SPLIT" in each]
    assert ((3, 7), 10) == after
    assert no_difference(tmp_path)


def each_holds(engine: LiveTradingEngine, names: list[str]) -> tuple[Decimal, ...]:
    found = (engine.portfolio.position("AAPL", strategy=name) for name in names)
    return tuple(each.quantity_dec for each in found)


def count(heard: list[SystemMessage], code: SystemCode) -> int:
    return sum(each.code == code for each in heard)


def test_half_the_price_is_asked_about_before_it_is_a_loss_and_a_loss_is_one(venue, tmp_path):
    chosen = config(venue, tmp_path, "AAPL")
    chosen.reconcile = ReconcilePolicy(interval_s=600)
    engine = LiveTradingEngine(chosen)
    engine.start()
    try:
        venue.quote("AAPL")
        engine.order_manager.submit_order(Order("AAPL", OrderSide.BUY, OrderType.MARKET, 100))
        wait_until(lambda: position(engine, "AAPL") == 100)
        venue.act("split", symbol="AAPL", ratio="2")
        venue.quote("AAPL", bid=Decimal("114.95"), ask=Decimal("115.05"))
        wait_until(lambda: position(engine, "AAPL") == 200)
        after_the_split = engine.get_status()
        venue.quote("AAPL", bid=Decimal("109.95"), ask=Decimal("110.05"))
        wait_until(lambda: engine.get_status().trading_state is TradingState.REDUCE_ONLY)
    finally:
        engine.stop()

    assert TradingState.ACTIVE is after_the_split.trading_state
    assert abs(after_the_split.daily_pnl) < 100


def test_exits_that_alpaca_does_not_link_leave_when_the_entry_is_whole_one_at_most(venue, tmp_path):
    entry = Order("AAPL", OrderSide.BUY, OrderType.LIMIT, 100, limit_price="230")
    day = TimeInForce.DAY  # of one group Alpaca takes one time in force
    stop = Order("AAPL", OrderSide.SELL, OrderType.STOP, 100, stop_price="220", time_in_force=day)
    target = Order("AAPL", OrderSide.SELL, OrderType.LIMIT, 100, limit_price="240")
    engine = LiveTradingEngine(config(venue, tmp_path, "AAPL"))
    engine.start()
    try:
        manager = engine.order_manager
        with pytest.raises(InvalidArgument, match="one exit of a holding at a time"):
            manager.submit_linked_orders(bracket(entry, target, stop))
        with pytest.raises(InvalidArgument, match="one exit of a holding at a time"):
            manager.submit_linked_orders(LinkedOrders((target, stop)))
        before = len(manager.get_open_orders())
        (entry_id,) = manager.submit_linked_orders(LinkedOrders((stop,), parent=entry))
        wait_until(lambda: manager.get_order(entry_id).status is LiveOrderStatus.NEW)
        venue.trade("AAPL", "230", "40")
        wait_until(lambda: manager.get_order(entry_id).cum_qty == 40)
        while_open = len(manager.get_open_orders())
        venue.trade("AAPL", "230", "60")
        wait_until(lambda: open_stops(engine) == [100])
        venue.trade("AAPL", "219", "200000")
        venue.quote("AAPL", bid=Decimal("218.95"), ask=Decimal("219.05"))
        wait_until(lambda: position(engine, "AAPL") == 0)
    finally:
        engine.stop()

    assert (0, 1) == (before, while_open)


def open_stops(engine: LiveTradingEngine) -> list[Decimal]:
    orders = engine.order_manager.get_orders_by_status(LiveOrderStatus.NEW)
    return [each.quantity for each in orders if each.type is OrderType.STOP]


class Reading(Strategy):
    """Keeps the bars that it was told, and what is at hand of them."""

    warm_up: ClassVar[Mapping[str, int]] = {"1m": 3}
    told: ClassVar[list[tuple[float, bool]]] = []
    kept: ClassVar[list[float]] = []

    def on_bar(self, bar: Bar) -> None:
        self.told.append((bar.volume, bar.is_revised))
        self.kept[:] = [each.volume for each in self.ctx.history("AAPL", 1, "1m")]


def test_a_bar_that_is_corrected_reaches_the_strategy_as_one(venue, tmp_path):
    chosen = config(venue, tmp_path, "AAPL", "Reading")
    venue.fault("late_trade")
    engine = LiveTradingEngine(chosen)
    engine.start()
    try:
        venue.trade("AAPL", "230", "5")
        venue.trade("AAPL", "230", "2")
        venue.clock.offset_ns += 60 * 10**9
        venue.call(venue.venue.follow)
        wait_until(lambda: len(Reading.told) == 2)
    finally:
        engine.stop()

    assert [(5.0, False), (7.0, True)] == Reading.told
    assert [7.0] == Reading.kept


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
