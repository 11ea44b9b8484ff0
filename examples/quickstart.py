"""The shortest program: a strategy of your own on the embedded paper venue, offline.

python examples/quickstart.py
"""

from __future__ import annotations

import asyncio

from regimeflow.live import (
    LiveConfig,
    LiveTradingEngine,
    Order,
    OrderSide,
    OrderType,
    Quote,
    Strategy,
    Trade,
)


class BuyTheDip(Strategy):
    """Buy once when the price has fallen two basis points from its highest."""

    highest_px = 0.0
    is_done = False

    def on_quote(self, quote: Quote) -> None:
        """Compare with the highest price so far."""
        self.highest_px = max(self.highest_px, quote.ask_px)
        if not self.is_done and quote.ask_px < 0.9998 * self.highest_px:
            self.is_done = True
            self.ctx.submit_order(Order(quote.symbol, OrderSide.BUY, OrderType.MARKET, "0.1"))

    def on_fill(self, trade: Trade) -> None:
        """Say what was bought."""
        print(f"bought {trade.quantity} {trade.symbol} at {trade.price}")  # noqa: T201 - an example


def main() -> None:
    """Play two minutes of the synthetic market as fast as it goes."""
    config = LiveConfig(
        symbols=["BTCUSDT"],
        broker={"speed": "max", "duration_s": 120, "seed": 1},
        strategy=[{"name": "__main__:BuyTheDip"}],
    )
    engine = LiveTradingEngine(config)
    asyncio.run(engine.run())
    print(f"profit so far: {engine.summary().net_pnl} USDT")  # noqa: T201 - an example


if __name__ == "__main__":
    main()
