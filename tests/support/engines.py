"""Engines over the synthetic market, for tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from regimeflow.domain.strategy.base import Strategy
from regimeflow.live import EngineEvent, LiveConfig, LiveTradingEngine
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.types.config import BUILT_IN_STRATEGIES

STRATEGIES = "tests.support.strategies"


def a_config(
    *strategies: str,
    symbols: tuple[str, ...] = ("BTCUSDT",),
    broker: Mapping[str, object] | None = None,
    **tables: object,
) -> LiveConfig:
    """Return a configuration over ten seconds of the synthetic market at full speed."""
    return LiveConfig.from_dict(
        {
            "broker_type": "paper",
            "symbols": list(symbols),
            "broker": {"speed": "max", "duration_s": 10, **(broker or {})},
            "strategy": [
                {
                    "name": name if name in BUILT_IN_STRATEGIES else f"{STRATEGIES}:{name}",
                    "id": f"s{place}",
                }
                for place, name in enumerate(strategies)
            ],
            "journal": {"enabled": "no"},
            **tables,
        }
    )


class Run:
    """An engine with everything that it said."""

    def __init__(self, config: LiveConfig, broker: BrokerAdapter | None = None) -> None:
        self.engine = LiveTradingEngine(config, broker)
        self.events: list[EngineEvent] = []
        self.errors: list[BaseException] = []
        self.engine.on_event(self.events.append)
        self.engine.on_error(self.errors.append)

    @property
    def strategies(self) -> list[Strategy]:
        """The engine's strategies, in the configuration's order."""
        return [host.strategy for host in self.engine._runtime.hosts]

    def texts(self, kind: str) -> list[str]:
        """Return what was said of one kind."""
        return [event.text for event in self.events if event.kind == kind]


def at_market_data(run: Run, number: int, action: Callable[[], object]) -> None:
    """Do something when so many market data messages were seen."""
    seen = [0]

    def count(_: object) -> None:
        seen[0] += 1
        if seen[0] == number:
            action()

    run.engine.event_bus.subscribe(0, count)
