"""Strategies that tests name in configurations."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from regimeflow.live import (
    LiveOrder,
    LiveOrderStatus,
    Order,
    OrderBook,
    OrderModification,
    OrderSide,
    OrderType,
    Quote,
    Strategy,
    SystemMessage,
    Tick,
    Trade,
)


class Silent(Strategy):
    """Does nothing."""


class Counts(Strategy):
    """Counts its quotes."""

    def __init__(self) -> None:
        self.quote_count = 0

    def on_quote(self, _: Quote) -> None:
        self.quote_count += 1


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


class SellsAtTheEnd(BuyOnce):
    """Buys once and sells what it has when the session ends."""

    def on_stop(self) -> None:
        held = self.ctx.position("BTCUSDT").quantity_dec
        self.ctx.submit_order(Order("BTCUSDT", OrderSide.SELL, OrderType.MARKET, held))


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


class ChangesInVain(BidBelow):
    """Asks for more than its money can buy, and cancels when that is refused."""

    def on_order_update(self, order: LiveOrder) -> None:
        super().on_order_update(order)
        if order.status is LiveOrderStatus.NEW:
            if order.error is None:
                self.ctx.modify_order(order.order_id, OrderModification(quantity=1_000_000))
            else:
                self.ctx.cancel_order(order.order_id)


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


class TradesAll(Strategy):
    """Buys and sells in turn, one order for every other quote."""

    def __init__(self) -> None:
        self.quote_count = 0

    def on_quote(self, quote: Quote) -> None:
        self.quote_count += 1
        if self.quote_count % 2 == 0:
            side = OrderSide.BUY if self.quote_count % 4 == 2 else OrderSide.SELL
            self.ctx.submit_order(Order(quote.symbol, side, OrderType.MARKET, "0.01"))


class RaisesEverywhere(Strategy):
    """Sends what makes each of its methods be called, and fails in every one."""

    def __init__(self) -> None:
        self.failed: set[str] = set()

    def on_start(self) -> None:
        self.ctx.set_timer("first", 1)
        self._fail("on_start")

    def on_quote(self, quote: Quote) -> None:
        if "on_quote" not in self.failed:
            self.ctx.submit_order(Order(quote.symbol, OrderSide.BUY, OrderType.MARKET, "0.01"))
        self._fail("on_quote")

    def on_tick(self, _: Tick) -> None:
        self._fail("on_tick")

    def on_book(self, _: OrderBook) -> None:
        self._fail("on_book")

    def on_order_update(self, _: LiveOrder) -> None:
        self._fail("on_order_update")

    def on_fill(self, _: Trade) -> None:
        self._fail("on_fill")

    def on_timer(self, _: str) -> None:
        self._fail("on_timer")

    def on_stop(self) -> None:
        self._fail("on_stop")

    def _fail(self, method: str) -> None:
        self.failed.add(method)
        raise RuntimeError(method)


class Restless(Strategy):
    """Bids, changes, cancels and takes, on quotes and on timers, by the chance it is given."""

    def __init__(self) -> None:
        self.orders: list[int] = []

    def on_start(self) -> None:
        self.ctx.set_timer("tick", 0.5)

    def on_timer(self, name: str) -> None:
        self.ctx.set_timer(name, 0.5)
        for order in self.ctx.open_orders():
            if self.ctx.random.random() < 0.3:
                self.ctx.cancel_order(order.order_id)

    def on_quote(self, quote: Quote) -> None:
        if self.ctx.random.random() > 0.1:
            return
        price = self.ctx.instrument(quote.symbol).round_px(
            quote.bid_px_dec * Decimal(self.ctx.random.randrange(9990, 10010)) / 10000
        )
        self.orders.append(
            self.ctx.submit_order(
                Order(quote.symbol, OrderSide.BUY, OrderType.LIMIT, "0.01", limit_price=price)
            )
        )

    def on_order_update(self, order: LiveOrder) -> None:
        if order.status is LiveOrderStatus.NEW and self.ctx.random.random() < 0.2:
            self.ctx.modify_order(order.order_id, OrderModification(quantity=Decimal("0.02")))


class OwnChance(Strategy):
    """Decides by a chance of its own, which no replay can know."""

    def on_quote(self, quote: Quote) -> None:
        if not self.ctx.open_orders():
            cents = int.from_bytes(os.urandom(2))
            price = Decimal(20_000) + Decimal(cents) / 100
            self.ctx.submit_order(
                Order(quote.symbol, OrderSide.BUY, OrderType.LIMIT, "0.01", limit_price=price)
            )


class Brackets(Strategy):
    """Enters with a target and a stop, again and again."""

    def __init__(self) -> None:
        self.entries: list[int] = []

    def on_quote(self, quote: Quote) -> None:
        if self.ctx.open_orders() or self.ctx.position(quote.symbol).quantity_dec:
            return
        near = self.ctx.instrument(quote.symbol).round_px
        price, sell = quote.ask_px_dec, OrderSide.SELL
        self.entries.append(
            self.ctx.submit_bracket(
                Order(quote.symbol, OrderSide.BUY, OrderType.MARKET, "0.01"),
                Order(
                    quote.symbol,
                    sell,
                    OrderType.LIMIT,
                    "0.01",
                    limit_price=near(price * Decimal("1.0001")),
                ),
                Order(
                    quote.symbol,
                    sell,
                    OrderType.STOP,
                    "0.01",
                    stop_price=near(price * Decimal("0.9999")),
                ),
            )
        )


class Keeps(Strategy):
    """Warms up with three bars and keeps what it hears of the session."""

    warm_up: ClassVar[Mapping[str, int]] = {"1m": 3}

    def __init__(self) -> None:
        self.at_start: list[float] = []
        self.heard: list[SystemMessage] = []

    def on_start(self) -> None:
        self.at_start = [bar.close_px for bar in self.ctx.history("BTCUSDT", 3, "1m")]

    def on_system(self, message: SystemMessage) -> None:
        self.heard.append(message)
