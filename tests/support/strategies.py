"""Strategies that tests name in configurations."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from regimeflow.live import LiveOrder, Order, OrderSide, OrderType, Quote, Strategy, Trade


class Silent(Strategy):
    """Does nothing."""


class BuyOnce(Strategy):
    """Buys 0.01 at the market at the first quote and keeps what it was told."""

    default_params: ClassVar[Mapping[str, object]] = {"quantity": Decimal("0.01")}

    def __init__(self) -> None:
        self.order_id = 0
        self.updates: list[LiveOrder] = []
        self.trades: list[Trade] = []

    def on_quote(self, quote: Quote) -> None:
        if not self.order_id:
            quantity = self.ctx.params["quantity"]
            self.order_id = self.ctx.submit_order(
                Order(quote.symbol, OrderSide.BUY, OrderType.MARKET, quantity)
            )

    def on_order_update(self, order: LiveOrder) -> None:
        self.updates.append(order)

    def on_fill(self, trade: Trade) -> None:
        self.trades.append(trade)


class BidBelow(Strategy):
    """Keeps one buy order far below the market."""

    def __init__(self) -> None:
        self.order_id = 0
        self.updates: list[LiveOrder] = []

    def on_quote(self, quote: Quote) -> None:
        if not self.order_id:
            price = self.ctx.instrument(quote.symbol).round_px(quote.bid_px_dec * Decimal("0.5"))
            self.order_id = self.ctx.submit_order(
                Order(quote.symbol, OrderSide.BUY, OrderType.LIMIT, "0.01", price)
            )

    def on_order_update(self, order: LiveOrder) -> None:
        self.updates.append(order)


class RaisesOnQuote(Strategy):
    """Fails at its third quote, and counts the quotes that it still gets."""

    def __init__(self) -> None:
        self.quote_count = 0

    def on_quote(self, quote: Quote) -> None:
        self.quote_count += 1
        if self.quote_count == 3:
            message = "the strategy is broken"
            raise RuntimeError(message)


class Rings(Strategy):
    """Sets a timer at the start and another from it."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, int]] = []
        self.started_ns = 0
        self.stop_count = 0

    def on_start(self) -> None:
        self.started_ns = self.ctx.now_ns()
        self.ctx.set_timer("first", 1.5)

    def on_timer(self, name: str) -> None:
        self.rung.append((name, self.ctx.now_ns()))
        if name == "first":
            self.ctx.set_timer("second", 2)

    def on_stop(self) -> None:
        self.stop_count += 1
