"""A strategy host's adapter as a bench: its gateway trades at the local Binance venue."""

from __future__ import annotations

import asyncio
import itertools
import tempfile

from regimeflow.adapters.brokers.queue.adapter import QueueAdapter
from regimeflow.live import LiveConfig, LiveTradingEngine
from regimeflow.testing.contract import Truth
from regimeflow.types.config import QueueBrokerSettings
from regimeflow.types.records import replace
from tests.contract.binance_bench import SYMBOL, BenchOfOneMarket

_names = itertools.count(1)
SERVED = ["market_data", "execution_report", "position_update", "account_update", "system"]


class GatewayBench(BenchOfOneMarket):
    """The venue, a gateway at it, and a queue; all in one process.

    Args:
        queue: Which queue; the memory's by default.
    """

    def __init__(self, queue: dict[str, object] | None = None) -> None:
        super().__init__()
        self.queue = queue or {"type": "memory", "url": f"gateway-{next(_names)}"}
        self._folder = tempfile.TemporaryDirectory(prefix="regimeflow-gateway-")
        self.engine: LiveTradingEngine | None = None
        self._running: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await super().open()
        self._before = super().truth().position
        await self.open_gateway()

    @property
    def folder(self) -> str:
        """Of the gateway's journal."""
        return self._folder.name

    def truth(self) -> Truth:
        """What the venue knows, but for what was in the account before: that is no host's."""
        truth = super().truth()
        return replace(truth, position=truth.position - self._before)

    async def open_gateway(self) -> None:
        self.engine = LiveTradingEngine(self.config())
        self._running = asyncio.create_task(self.engine.run())
        async with asyncio.timeout(30):
            while not self.engine.is_running():
                assert not self._running.done() or self._running.result()
                await asyncio.sleep(0.01)

    def config(self, **tables: object) -> LiveConfig:
        base = f"127.0.0.1:{self._port}"
        broker = {
            "environment": "local",
            "base_url": f"http://{base}",
            "stream_url": f"ws://{base}",
            "ws_api_url": f"ws://{base}/ws-api/v3",
        }
        given = {
            "broker_type": "binance",
            "symbols": [SYMBOL],
            "broker": broker,
            "queue": self.queue | {"origin": "gateway", "publish": SERVED},
            "gateway": {"heartbeat_s": 0.2},
            "journal": {"folder": self._folder.name, "segment_mb": 1},
            "audit": {"enabled": "no"},
            "orders": {"on_stop": "leave"},
        }
        return LiveConfig.from_dict(given | tables)

    async def close(self) -> None:
        await self.close_gateway()
        self._folder.cleanup()
        await super().close()

    async def close_gateway(self) -> None:
        if self.engine is not None and self._running is not None:
            self.engine.stop()
            await self._running

    def adapter(self, host: str = "desk-a") -> QueueAdapter:
        settings = QueueBrokerSettings(queue=self.queue | {"origin": host})
        return QueueAdapter(settings, symbols=[SYMBOL])
