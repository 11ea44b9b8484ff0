"""Stops that the engine holds: reached, closed once, over restarts too."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import Bar, LiveOrderStatus, Order, OrderSide, OrderType, TradingState
from regimeflow.types.enums import ExecType
from tests.e2e.test_risk import EXIT, Trader
from tests.support.engines import Run, a_config
from tests.support.keeping import until


def sales(trader: Trader) -> list[Decimal]:
    """What was sold at the market."""
    return [
        each.quantity
        for each in trader.venue.orders.values()
        if (each.type, each.side) == (OrderType.MARKET, OrderSide.SELL)
    ]


@pytest.mark.parametrize(
    ("stops", "prices", "before", "at"),
    [
        ({"stop_loss_pct": "0.1"}, [], "59940.01", "59940.00"),
        ({"trailing_pct": "0.1"}, ["61000.00"], "60939.01", "60939.00"),
        ({"stop_loss_pct": {"*": "0.1"}}, ["61000.00"], "59940.01", "59940.00"),
    ],
)
def test_a_position_is_closed_once_when_its_stop_is_reached_and_not_a_cent_before(
    tmp_path: Path, stops: dict[str, object], prices: list[str], before: str, at: str
) -> None:
    trader = Trader(tmp_path / "j", risk={"stops": stops})
    seen: list[object] = []

    async def act() -> None:
        await trader.buy()
        for px in [*prices, before]:
            await trader.quote(px)
        seen.append(sales(trader))
        await trader.quote(at)
        await until(lambda: sales(trader))
        await trader.quote("50000.00")
        await trader.second()
        await trader.fill("V2")
        await trader.second()
        seen.extend([sales(trader), trader.held])

    trader.play(act)

    assert [[], [Decimal(1)], Decimal(0)] == seen
    (text,) = [text for text in trader.run.texts("warning") if "closed at the market" in text]
    assert next(iter(stops)) in text


def test_a_stop_of_average_ranges_waits_for_its_bars(tmp_path: Path) -> None:
    stops = {"atr_multiple": 2, "atr_bars": 2}
    trader = Trader(tmp_path / "j", risk={"stops": stops})
    seen: list[object] = []

    async def act() -> None:
        await trader.buy()
        await trader.quote("59000.00")
        seen.append(sales(trader))
        for _ in range(3):
            trader.venue._data(
                Bar(
                    "BTCUSDT",
                    "60000.00",
                    "60010.00",
                    "59990.00",
                    "60000.00",
                    "1",
                    interval_ns=1,
                    ts_event_ns=2,
                )
            )
        await trader.quote("59960.01")
        seen.append(sales(trader))
        await trader.quote("59960.00")
        await until(lambda: sales(trader))

    trader.play(act)

    assert [[], []] == seen


def test_a_position_that_is_held_too_long_is_closed_without_a_price(tmp_path: Path) -> None:
    trader = Trader(tmp_path / "j", risk={"stops": {"max_hold_s": "0.01"}})

    async def act() -> None:
        await trader.buy()
        await until(lambda: trader.engine._parts.turns._clock.now_ns() > opened_ns(trader))
        await trader.second()
        await until(lambda: sales(trader))

    trader.play(act)

    assert [Decimal(1)] == sales(trader)


def opened_ns(trader: Trader) -> int:
    (anchor,) = trader.engine._runtime.risk.stops._anchors.values()
    return anchor.since_ns + 10_000_000


def test_what_else_would_sell_is_cancelled_first_so_that_nothing_is_sold_twice(
    tmp_path: Path,
) -> None:
    trader = Trader(tmp_path / "j", risk={"stops": {"stop_loss_pct": "0.1"}})
    seen: list[object] = []

    async def act() -> None:
        await trader.buy()
        target = trader.engine.order_manager.submit_order(EXIT)
        await until(lambda: trader.order(target).status is LiveOrderStatus.NEW)
        await trader.quote("59940.00")
        await until(lambda: sum(sales(trader), Decimal(0)) == 1)
        seen.append(trader.order(target).status)
        for name in ("V3", "V4"):
            if name in trader.venue.orders:
                await trader.fill(name)
        seen.append(trader.held)

    trader.play(act)

    assert [LiveOrderStatus.CANCELLED, Decimal(0)] == seen


def test_a_stop_that_is_being_worked_is_not_sent_again_after_a_restart(tmp_path: Path) -> None:
    risk = {"stops": {"stop_loss_pct": "0.1"}}
    first = Trader(tmp_path / "j", risk=risk)

    async def fall() -> None:
        await first.buy()
        await first.quote("59940.00")
        await until(lambda: sales(first))

    first.play(fall)
    second = Trader(tmp_path / "j", first.venue, risk=risk)

    async def go_on() -> None:
        await second.second()
        await second.quote("59000.00")
        await second.second()
        await second.fill("V2")
        await second.second()

    second.play(go_on)

    assert [Decimal(1)] == sales(second)
    assert 0 == second.held


def test_a_stop_that_was_reached_is_worked_on_after_a_restart_whatever_the_price_is_then(
    tmp_path: Path,
) -> None:
    risk = {"stops": {"stop_loss_pct": "0.1"}}
    first = Trader(tmp_path / "j", risk=risk)

    async def fall() -> None:
        await first.buy()
        first.engine.disable_trading()  # a stop waits while nothing may pass
        await first.quote("59940.00")
        await first.second()

    first.play(fall)
    second = Trader(tmp_path / "j", first.venue, risk=risk)
    seen: list[object] = []

    async def go_on() -> None:
        await second.quote("70000.00")
        await second.second()
        seen.append(sales(second))
        second.engine.enable_trading()
        await second.second()
        await until(lambda: sales(second))

    second.play(go_on)

    assert [[]] == seen
    assert [Decimal(1)] == sales(second)


def test_the_best_price_outlives_a_restart(tmp_path: Path) -> None:
    risk = {"stops": {"trailing_pct": "0.1"}}
    first = Trader(tmp_path / "j", risk=risk)

    async def climb() -> None:
        await first.buy()
        await first.quote("61000.00")
        await first.second()

    first.play(climb)
    second = Trader(tmp_path / "j", first.venue, risk=risk)
    seen: list[object] = []

    async def fall() -> None:
        await second.quote("60939.01")
        seen.append(sales(second))
        await second.quote("60939.00")
        await until(lambda: sales(second))

    second.play(fall)

    assert [[]] == seen


def test_an_exit_that_is_refused_is_not_asked_for_again_at_once(tmp_path: Path) -> None:
    trader = Trader(tmp_path / "j", risk={"stops": {"stop_loss_pct": "0.1"}})

    async def act() -> None:
        await trader.buy()
        await trader.quote("59940.00")
        await until(lambda: sales(trader))
        trader.venue.ended.add("V2")
        refused = trader.venue._told("V2", ExecType.REJECTED, LiveOrderStatus.REJECTED)
        trader.venue._report(refused)
        order_id = trader.venue.orders["V2"].order_id
        await until(lambda: trader.order(order_id).status is LiveOrderStatus.REJECTED)
        await trader.quote("59000.00")
        await trader.second()

    trader.play(act)

    assert [Decimal(1)] == sales(trader)
    assert TradingState.HALTED is trader.state  # the session has ended, nothing else


def test_each_holder_has_stops_of_its_own(tmp_path: Path) -> None:
    trader = Trader(tmp_path / "j", risk={"stops": {"trailing_pct": "0.1"}})
    order = Order("BTCUSDT", OrderSide.BUY, OrderType.MARKET, 2)

    async def act() -> None:
        await trader.buy()
        await trader.quote("61000.00")
        trader.engine.order_manager.submit_order(order, strategy="s0")
        await trader.fill("V2")
        await trader.quote("60940.00")  # 0.0984 % below the best of either
        trader.engine._runtime.risk.stops._anchors["s0", "BTCUSDT"].best_px = Decimal("61001.00")
        await trader.quote("60939.99")
        await until(lambda: sales(trader))

    trader.play(act)

    assert [Decimal(2)] == sales(trader)


@pytest.mark.parametrize(
    "risk",
    [
        {"stops": {"stop_loss_pct": "0.0001"}},
        {"stops": {"max_hold_s": 2, "trailing_pct": 5}},
        {"stops": {"atr_multiple": "0.001", "atr_bars": 2}},
        {"max_drawdown": "0.5", "on_loss": "flatten"},
        {"max_gross_exposure": "600.01", "by_regime": {"neutral": {"market_orders": True}}},
    ],
    ids=lambda risk: next(iter(risk)),
)
def test_a_session_with_stops_and_limits_decides_the_same_again(
    tmp_path: Path, risk: dict[str, object]
) -> None:
    journal = {"enabled": "yes", "folder": str(tmp_path / "j"), "segment_mb": 16}
    broker = {"speed": "max", "duration_s": 10, "bar_interval": "1s"}
    run = Run(a_config("BuyOnce", journal=journal, broker=broker, risk=risk))
    asyncio.run(run.engine.run())

    replayed = replay_session(str(tmp_path / "j"))

    assert replayed.difference is None
    mine, theirs = replayed.runtime.parts, run.engine._parts
    assert theirs.books.table.image() == mine.books.table.image()
    assert theirs.books.risk == mine.books.risk
    rule = next(iter(risk.get("stops", risk)))
    assert any(text.startswith(rule) for kind in ("warning", "error") for text in run.texts(kind))
