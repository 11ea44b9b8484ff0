"""A whole session: what a message costs, and that the last one costs what the first did."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from regimeflow.live import LiveConfig, LiveTradingEngine

DATA = Path(os.environ.get("REGIMEFLOW_SHARED") or Path(__file__).parents[3] / "shared") / "data"
RECORDING = DATA / "btcusdt_20240808.gz"
EXAMPLES = Path(__file__).parents[2] / "examples"
TENTHS = 10


def a_session(strategy: str, **broker: object) -> LiveTradingEngine:
    return LiveTradingEngine(
        LiveConfig.from_dict(
            {
                "broker_type": "paper",
                "symbols": ["BTCUSDT"],
                "broker": {"speed": "max", "allow_short": True, "cash": 10_000_000, **broker},
                "strategy": [{"name": strategy, "id": "bench"}],
            },
            source_dir=str(EXAMPLES),
        )
    )


class Tenths:
    """CPU time at each tenth of the market data messages."""

    def __init__(self, engine: LiveTradingEngine, total: int) -> None:
        self._step = total // TENTHS
        self.count = 0
        self.marks: list[int] = []
        engine.event_bus.subscribe(0, self)

    def __call__(self, _: object) -> None:
        if self.count % self._step == 0 and len(self.marks) <= TENTHS:
            self.marks.append(time.process_time_ns())
        self.count += 1

    @property
    def ns_per_message(self) -> list[float]:
        pairs = zip(self.marks, self.marks[1:], strict=False)
        return [(after - before) / self._step for before, after in pairs]


@pytest.mark.parametrize("strategy", ["buy_and_hold", "market_making:MarketMaker"])
def test_a_message_costs_the_same_at_the_end_of_a_session(
    benchmark: BenchmarkFixture, strategy: str
) -> None:
    """The benchmark prints the cost of the first and of the last tenth of the recorded feed."""
    broker: dict[str, object] = (
        {"feed": [str(RECORDING)]} if RECORDING.exists() else {"duration_s": 1_700.0}
    )
    total = 41_200 if RECORDING.exists() else 92_000
    runs: list[Tenths] = []

    def play() -> None:
        engine = a_session(strategy, **broker)
        tenths = Tenths(engine, total)
        asyncio.run(engine.run())
        assert engine.summary().fills > 0
        runs.append(tenths)

    benchmark.pedantic(play, rounds=3, warmup_rounds=1)

    assert all(run.count >= total for run in runs)
    best = [min(costs) for costs in zip(*(run.ns_per_message for run in runs), strict=True)]
    benchmark.extra_info["ns_per_message_by_tenth"] = [round(cost) for cost in best]
    print(f"\n{strategy}: first tenth {best[0]:,.0f} ns, last tenth {best[-1]:,.0f} ns a message")
