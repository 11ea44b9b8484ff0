"""How long from the kill switch to the last cancel that is acknowledged, at a venue under load.

A local Binance in a process of its own, its market faster than any real one's and its limits of
orders lifted; an engine with a journal. In each round orders are placed far from the market, and
when all of them work the switch is pressed from another thread. Prints the median, the 90th
percentile and the worst, in milliseconds, and how much market data came meanwhile.
Usage: kill_switch.py [--rounds 100] [--orders 20] [--speed 20]
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles

from regimeflow.live import (
    LiveConfig,
    LiveMessage,
    LiveOrder,
    LiveOrderStatus,
    LiveTopic,
    LiveTradingEngine,
    Order,
    OrderSide,
    OrderType,
)

WAIT_S = 60.0
LIFTED = 10**9
NS_PER_MS = 1e6


def serve(speed: float, told: Connection) -> None:
    """Be the venue, until the process is ended."""
    from regimeflow.apps.venues.binance import app
    from regimeflow.apps.venues.server.run import VenueServer, Wishes

    async def run() -> None:
        server = VenueServer(app, Wishes(speed=speed, symbols=("BTCUSDT", "ETHUSDT")))
        parts = server.venue._parts  # noqa: SLF001  # no limit of the venue's is to be measured
        parts.weights.limit = LIFTED
        parts.counts.limits = dict.fromkeys(parts.counts.limits, LIFTED)
        told.send(await server.start())
        await server.played()

    asyncio.run(run())


class Cancels:
    """Counts orders that work and orders that are cancelled."""

    def __init__(self, orders: int) -> None:
        self.working = threading.Event()
        self.gone = threading.Event()
        self.last_ns = 0
        self._orders = orders
        self._seen: dict[int, LiveOrderStatus] = {}

    def hear(self, order: LiveOrder) -> None:
        self._seen[order.order_id] = order.status
        states = list(self._seen.values())
        if states.count(LiveOrderStatus.NEW) == self._orders:
            self.working.set()
        if states.count(LiveOrderStatus.CANCELLED) == self._orders and not self.gone.is_set():
            self.last_ns = time.perf_counter_ns()
            self.gone.set()

    def begin(self) -> None:
        self._seen.clear()
        self.working.clear()
        self.gone.clear()


def an_engine(port: int, folder: str) -> LiveTradingEngine:
    return LiveTradingEngine(
        LiveConfig.from_dict(
            {
                "broker_type": "binance",
                "symbols": ["BTCUSDT", "ETHUSDT"],
                "broker": {
                    "environment": "local",
                    "base_url": f"http://127.0.0.1:{port}",
                    "max_stream_silence_s": None,
                    "max_orders_per_second": 1000,
                    "max_weight_per_minute": 60_000,
                },
                "orders": {"longest_pacing_s": 60, "stop_timeout_s": 10},
                "heartbeat": {"stale_after_s": None},
                "journal": {"enabled": "yes", "folder": str(Path(folder, "j"))},
                "risk": {"max_gross_exposure": LIFTED, "daily_loss_limit": LIFTED},
            }
        )
    )


def _hear(message: LiveMessage, quoted: threading.Event) -> None:
    if message.payload.symbol == "ETHUSDT":
        quoted.set()


def measure(engine: LiveTradingEngine, rounds: int, orders: int) -> list[float]:
    """Press it again and again; how long each took [ms]."""
    cancels, took = Cancels(orders), []
    manager = engine.order_manager
    manager.on_order_update(cancels.hear)
    quoted = threading.Event()
    engine.event_bus.subscribe(LiveTopic.MARKET_DATA, lambda each: _hear(each, quoted))
    assert quoted.wait(WAIT_S), "there is no price"
    order = Order("ETHUSDT", OrderSide.BUY, OrderType.LIMIT, "0.01", limit_price="1500.00")
    for _ in range(rounds):
        cancels.begin()
        for _ in range(orders):
            manager.submit_order(order)
        assert cancels.working.wait(WAIT_S), "the orders do not work"
        began_ns = time.perf_counter_ns()
        engine.press_kill_switch("measured")
        assert cancels.gone.wait(WAIT_S), "the orders are not cancelled"
        took.append((cancels.last_ns - began_ns) / NS_PER_MS)
        engine.enable_trading()
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--speed", type=float, default=20.0)
    wanted = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    venue = multiprocessing.Process(target=serve, args=(wanted.speed, theirs), daemon=True)
    venue.start()
    assert ours.poll(WAIT_S), "the venue does not begin"
    with tempfile.TemporaryDirectory() as folder:
        engine = an_engine(ours.recv(), folder)
        engine.start()
        began_s, before = time.monotonic(), engine.get_system_health().messages
        try:
            took = measure(engine, wanted.rounds, wanted.orders)
            messages = engine.get_system_health().messages - before
        finally:
            engine.stop()
            venue.terminate()
    rate = messages / (time.monotonic() - began_s)
    p90 = quantiles(took, n=10)[-1] if len(took) > 1 else took[0]
    print(
        f"{wanted.rounds} times {wanted.orders} orders, {rate:,.0f} messages/s:"
        f" from the switch to the last cancel: median {median(took):.2f} ms,"
        f" p90 {p90:.2f} ms, worst {max(took):.2f} ms"
    )


if __name__ == "__main__":
    main()
