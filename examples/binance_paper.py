"""Rest one order at a time at the best price, buying and selling by turns.

    regimeflow-live venue binance --port 8181
    regimeflow-live run examples/binance_paper.toml

Every ``every_s`` seconds an order that the market has left behind is moved to the best price, and
when none is out the next one is placed: never more than a venue's order limit allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from regimeflow.live import (
    LiveOrderStatus,
    Order,
    OrderModification,
    OrderSide,
    OrderType,
    RiskDenied,
    Strategy,
    SystemCode,
    SystemMessage,
    Trade,
)

RESTING = (LiveOrderStatus.NEW, LiveOrderStatus.PARTIALLY_FILLED)


class Turns(Strategy):
    """Buy, then sell, then buy again; patiently."""

    default_params: ClassVar[Mapping[str, object]] = {"quantity": Decimal("0.01"), "every_s": 1.0}
    warm_up: ClassVar[Mapping[str, int]] = {"1m": 30}

    def __init__(self) -> None:
        self._side = OrderSide.BUY

    def on_start(self) -> None:
        """Look at what was, and begin."""
        symbol = self.ctx.symbols[0]
        self.ctx.log.info("%d bars of %s at hand", len(self.ctx.history(symbol, 30, "1m")), symbol)
        self._wait()

    def on_timer(self, _: str) -> None:
        """Place an order, or move the one that is out."""
        self._wait()
        symbol = self.ctx.symbols[0]
        quote = self.ctx.quote(symbol)
        if quote is None or not quote.bid_px or not quote.ask_px:
            return
        price = quote.bid_px_dec if self._side is OrderSide.BUY else quote.ask_px_dec
        open_orders = self.ctx.open_orders(symbol)
        try:
            if not open_orders:
                quantity = Decimal(str(self.ctx.params["quantity"]))
                self.ctx.submit_order(
                    Order(symbol, self._side, OrderType.LIMIT, quantity, limit_price=price)
                )
            elif open_orders[0].limit_price != price and open_orders[0].status in RESTING:
                self.ctx.modify_order(open_orders[0].order_id, OrderModification(limit_price=price))
        except RiskDenied as denied:
            self.ctx.log.info("waiting: %s", denied)

    def on_fill(self, trade: Trade) -> None:
        """Turn to the other side."""
        self._side = OrderSide.SELL if trade.side is OrderSide.BUY else OrderSide.BUY

    def on_system(self, message: SystemMessage) -> None:
        """Say what the session and its data are up to."""
        self.ctx.log.info("%s %s %s", SystemCode(message.code).name, message.symbol, message.text)

    def save_state(self) -> Mapping[str, object]:
        """The side whose turn it is."""
        return {"side": self._side.name}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Go on where an earlier session was."""
        self._side = OrderSide[str(state["side"])]

    def _wait(self) -> None:
        self.ctx.set_timer("turn", float(str(self.ctx.params["every_s"])))
