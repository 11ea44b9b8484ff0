"""What the engine does with a broker whose answers come over a network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from regimeflow.live import (
    Bar,
    InvalidState,
    LiveOrderStatus,
    Order,
    OrderSide,
    OrderType,
    SystemCode,
    SystemMessage,
    TradingState,
)
from regimeflow.types.enums import ExecType
from tests.support.engines import Run, a_config
from tests.support.keeping import until
from tests.support.remote import RemoteVenue, told

MINUTE_NS = 60 * 10**9


def a_bar(number: int) -> Bar:
    px = str(100 + number)
    return Bar(
        "BTCUSDT", px, px, px, px, "1", interval_ns=MINUTE_NS, ts_event_ns=number * MINUTE_NS
    )


class Venue(RemoteVenue):
    """A remote venue with a history, whose commissions are paid in kind."""

    def __init__(self, **given) -> None:
        super().__init__(**given)
        self.bars = [a_bar(number) for number in range(1, 6)]

    async def get_bars(self, symbol: str, since_ns: int, interval: str) -> Sequence[Bar]:
        await self._call("bars")
        return self.bars

    def fill_in_kind(self, venue_id: str, exec_id: str, commission: str) -> None:
        order = self.orders[venue_id]
        held = self.positions.get(order.symbol, Decimal(0))
        self.positions[order.symbol] = held + order.quantity - Decimal(commission)
        self._report(
            told(
                order,
                venue_id,
                ExecType.TRADE,
                LiveOrderStatus.FILLED,
                exec_id=exec_id,
                cum_qty=order.quantity,
                leaves_qty=0,
                last_qty=order.quantity,
                last_px="60000.00",
                commission=commission,
                commission_currency="BTC",
            )
        )

    def say(self, code: SystemCode, symbol: str, text: str) -> None:
        self._data(SystemMessage(text, code=code, symbol=symbol))


def run_with(venue: Venue, *acts: Callable[[Run], object], strategy: str = "Keeps") -> Run:
    run = Run(a_config(strategy), venue)

    async def main() -> None:
        running = asyncio.ensure_future(run.engine.run())
        await until(lambda: run.engine._runtime.is_ready)
        for act in acts:
            act(run)
            for _ in range(50):
                await asyncio.sleep(0)
        run.engine.stop()
        await running

    asyncio.run(asyncio.wait_for(main(), 20))
    return run


def test_history_is_at_hand_before_a_strategy_starts_and_is_kept_current():
    venue = Venue()
    run = run_with(venue, lambda _: venue._data(a_bar(6)))

    (strategy,) = run.strategies
    assert [103.0, 104.0, 105.0] == strategy.at_start
    assert [104.0, 105.0, 106.0] == [b.close_px for b in strategy.ctx.history("BTCUSDT", 3, "1m")]


def test_history_that_nobody_asked_for_beforehand_says_how_to():
    said = []

    def ask(run: Run) -> None:
        with pytest.raises(InvalidState) as caught:
            run.strategies[0].ctx.history("BTCUSDT", 3, "1m")
        said.append(str(caught.value))

    run_with(Venue(), ask, strategy="Silent")

    assert [True] == ["warm_up" in text for text in said]


def test_a_stream_that_is_silent_is_told_to_the_strategy_and_holds_trading_until_it_is_back():
    venue = Venue()
    states = []
    run = run_with(
        venue,
        lambda _: venue.say(SystemCode.DATA_STALE, "BTCUSDT", "btcusdt@bookTicker is silent"),
        lambda run: states.append(run.engine.get_status().trading_state),
        lambda _: venue.say(SystemCode.DATA_RESUMED, "BTCUSDT", "btcusdt@bookTicker is back"),
        lambda run: states.append(run.engine.get_status().trading_state),
    )

    (strategy,) = run.strategies
    heard = [(each.code, each.symbol) for each in strategy.heard if each.symbol]
    assert [(SystemCode.DATA_STALE, "BTCUSDT"), (SystemCode.DATA_RESUMED, "BTCUSDT")] == heard
    assert [TradingState.HALTED, TradingState.ACTIVE] == states


def test_a_stream_that_is_silent_for_a_moment_cancels_nothing():
    venue = Venue()
    order = Order("BTCUSDT", OrderSide.BUY, OrderType.LIMIT, "0.5", limit_price="60000")
    run_with(
        venue,
        lambda run: run.engine.order_manager.submit_order(order),
        lambda _: venue.say(SystemCode.DATA_STALE, "BTCUSDT", "the connection is lost"),
        lambda _: venue.say(SystemCode.DATA_RESUMED, "BTCUSDT", "the connection is back"),
        lambda _: venue.calls.append("the end"),
    )

    assert "cancel" not in venue.calls[: venue.calls.index("the end")]


def test_a_commission_paid_in_kind_leaves_the_books_agreed():
    venue = Venue()
    order = Order("BTCUSDT", OrderSide.BUY, OrderType.LIMIT, "0.5", limit_price="60000")
    run = run_with(
        venue,
        lambda run: run.engine.order_manager.submit_order(order),
        lambda _: venue.fill_in_kind("V1", "x1", "0.0005"),
        lambda run: run.engine._runtime.reconcile(),
        lambda run: run.engine._runtime.reconcile(),
    )

    assert Decimal("0.4995") == run.engine.portfolio.position("BTCUSDT").quantity_dec
    assert [] == [text for text in run.texts("error") if "differ" in text]


def test_closing_a_position_leaves_what_is_less_than_a_lot():
    venue = Venue()
    order = Order("BTCUSDT", OrderSide.BUY, OrderType.LIMIT, "0.5", limit_price="60000")
    run = run_with(
        venue,
        lambda run: run.engine.order_manager.submit_order(order),
        lambda _: venue.fill_in_kind("V1", "x1", "0.0000005"),
        lambda run: run.engine.close_all_positions(),
    )

    assert Decimal("0.49999") == venue.orders["V2"].quantity
    assert [] == [text for text in run.texts("error") if "cannot close" in text]
