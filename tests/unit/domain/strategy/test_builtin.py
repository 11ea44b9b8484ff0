"""The strategies that come with the package."""

from __future__ import annotations

import logging
from dataclasses import replace
from decimal import Decimal

import pytest

from regimeflow._core.messages import Position, Quote
from regimeflow.domain.strategy.builtin import BuyAndHold, MovingAverageCross
from regimeflow.domain.strategy.loader import merged_params
from regimeflow.types.enums import LiveOrderStatus, OrderSide
from regimeflow.types.errors import RiskDenied
from tests.support.risk import BTC, BUY, SELL, a_live_order

SECOND_NS = 1_000_000_000


class Market:
    """The part of a context that the built-ins use; every order fills at once."""

    log = logging.getLogger("test")

    def __init__(self, strategy, **params) -> None:
        self.params = merged_params(strategy, params)
        self.orders: list[tuple[OrderSide, Decimal]] = []
        self.held = Decimal(0)
        self.denies = False
        self.fills = True
        self.time_ns = 0
        self.strategy = strategy
        strategy.ctx = self
        strategy.on_start()

    def now_ns(self) -> int:
        return self.time_ns

    def position(self, symbol) -> Position:
        return Position(symbol, self.held)

    def submit_order(self, order) -> int:
        if self.denies:
            raise RiskDenied("max_order_qty", limit="0 BTC", value="1 BTC")
        self.orders.append((order.side, order.quantity))
        if self.fills:
            self.held += order.quantity if order.side is BUY else -order.quantity
        return len(self.orders)

    def quotes(self, *mids: str, every_s: float = 1) -> None:
        for mid in mids:
            self.strategy.on_quote(Quote(BTC, mid, "1", mid, "1"))
            self.time_ns += round(every_s * SECOND_NS)

    def end_order(self, status=LiveOrderStatus.FILLED) -> None:
        order = a_live_order(order_id=len(self.orders))
        self.strategy.on_order_update(replace(order, status=status))


def test_buy_and_hold_buys_once() -> None:
    market = Market(BuyAndHold(), quantity="0.5")

    market.quotes("100", "101", "102")

    assert [(BUY, Decimal("0.5"))] == market.orders


def test_buy_and_hold_keeps_what_is_held_already() -> None:
    market = Market(BuyAndHold(), quantity="0.5")
    market.held = Decimal("0.5")

    market.quotes("100")

    assert [] == market.orders


def test_buy_and_hold_does_not_insist() -> None:
    market = Market(BuyAndHold())
    market.denies = True

    market.quotes("100")
    market.denies = False
    market.quotes("100")

    assert [] == market.orders


def test_buy_and_hold_remembers_over_a_restart() -> None:
    before = Market(BuyAndHold())
    before.quotes("100")

    after = Market(BuyAndHold())
    after.strategy.load_state(before.strategy.save_state())
    after.quotes("100")

    assert [] == after.orders


def test_moving_averages_buy_the_rise_and_sell_the_fall() -> None:
    market = Market(MovingAverageCross(), fast=2, slow=3, quantity="1")

    market.quotes("100", "100")
    early = list(market.orders)
    market.quotes("103", "104")
    market.end_order()
    market.quotes("90")

    assert [] == early
    assert [(BUY, Decimal(1)), (SELL, Decimal(1))] == market.orders


def test_moving_averages_take_one_sample_per_interval() -> None:
    market = Market(MovingAverageCross(), fast=1, slow=2, sample_s=10)

    market.quotes("100", "101", "102", every_s=1)

    assert [] == market.orders


def test_moving_averages_have_one_order_out_at_a_time() -> None:
    market = Market(MovingAverageCross(), fast=1, slow=2, quantity="1")
    market.fills = False

    market.quotes("100", "101", "102")
    out = list(market.orders)
    market.end_order(LiveOrderStatus.CANCELLED)
    market.quotes("103")

    assert [(BUY, Decimal(1))] == out
    assert 2 == len(market.orders)


def test_moving_averages_need_a_slow_one_that_is_slower() -> None:
    with pytest.raises(ValueError, match="fast is 30 and slow is 30"):
        Market(MovingAverageCross(), fast=30)
