"""From a configuration to running parts: the only file that names concrete classes."""

from __future__ import annotations

import random

from regimeflow._core.board import QuoteBoard
from regimeflow._core.bus import EventBus
from regimeflow._core.intake import Intake
from regimeflow._core.latency import LatencyHistogram
from regimeflow.adapters.brokers.registry import create_broker
from regimeflow.adapters.clock import SystemClock
from regimeflow.domain.portfolio import Portfolio
from regimeflow.domain.risk.gate import RiskGate
from regimeflow.domain.strategy.loader import load_strategy, merged_params
from regimeflow.engine.dry_run import DryRunBroker
from regimeflow.engine.health import LANE_CELLS
from regimeflow.engine.kill_switch import Hold, KillSwitch
from regimeflow.engine.listeners import Listeners
from regimeflow.engine.order_manager import LiveOrderManager
from regimeflow.engine.parts import Parts
from regimeflow.engine.runtime import Runtime
from regimeflow.engine.strategy_host import StrategyHost
from regimeflow.engine.turns import Turns
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.ports.clock import Clock
from regimeflow.ports.feed import FeedDriven
from regimeflow.types.config import LiveConfig, PaperSettings
from regimeflow.types.enums import RegimeType, TradingState
from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.instrument import Instrument
from regimeflow.types.snapshots import RegimeState


def build_runtime(
    config: LiveConfig,
    broker: BrokerAdapter | None,
    *,
    clock: Clock | None = None,
    seed: int | None = None,
) -> Runtime:
    """Put the parts of a session together; nothing connects.

    Args:
        config: Frozen.
        broker: The host's own adapter; None: the one that the configuration names.
        clock: What moves the session where neither a feed nor the machine does: a simulation.
        seed: What is drawn from in that case.

    Raises:
        ConfigError: a strategy or the broker cannot be made; lists every fault.
    """
    if broker is None:
        if not isinstance(config.broker, PaperSettings):
            message = f"broker_type {config.broker_type!r} has no settings of its own"
            raise ConfigError(message)
        broker = create_broker(config.broker_type, config.broker, symbols=config.symbols)
    parts = _build_parts(config, broker, clock, seed)
    return Runtime(parts, _build_hosts(parts))


def _build_parts(
    config: LiveConfig, broker: BrokerAdapter, clock: Clock | None, given_seed: int | None
) -> Parts:
    bus, board, latency = EventBus(LANE_CELLS), QuoteBoard(), LatencyHistogram()
    turns = _turns_of(broker, bus) if clock is None else Turns(clock, bus=bus)
    instruments: dict[str, Instrument] = {}
    gate = RiskGate(config.risk, board, instruments, turns)
    for each in config.strategy:
        gate.add_strategy(each.id, each.limits)
    intake = Intake(bus, latency)
    dry_run = DryRunBroker(broker, turns) if config.dry_run else None
    seed = _seed(broker) if given_seed is None else given_seed
    manager = LiveOrderManager(
        dry_run or broker,
        gate=gate,
        clock=turns,
        publish=intake,
        instruments=instruments,
        config=config.orders,
    )
    if dry_run is not None:
        dry_run.on_execution_report(intake)
    parts = Parts(
        config=config,
        symbols=tuple(config.symbols),
        broker=broker,
        turns=turns,
        bus=bus,
        board=board,
        gate=gate,
        manager=manager,
        portfolio=Portfolio(instruments, board),
        switch=KillSwitch(lambda state, hold: _switch(parts, state, hold)),
        dry_run=dry_run,
        listeners=Listeners(),
        latency=latency,
        intake=intake,
        random=random.Random(seed),
        seed=seed,
        instruments=instruments,
        regime=RegimeState(
            regime=RegimeType[config.regime.regime.upper()], name=config.regime.regime
        ),
    )
    return parts


def _build_hosts(parts: Parts) -> list[StrategyHost]:
    from pathlib import Path

    config = parts.config
    folder = Path(config.source_dir) if config.source_dir is not None else None
    hosts: list[StrategyHost] = []
    faults: list[Fault] = []
    for place, each in enumerate(config.strategy):
        try:
            strategy = load_strategy(each.name, folder=folder, path=f"strategy[{place}].name")
            params = merged_params(strategy, each.params, path=f"strategy[{place}].params")
        except ConfigError as error:
            faults.extend(error.faults)
            continue
        hosts.append(StrategyHost(parts, strategy, strategy_id=each.id, params=params))
    if faults:
        raise ConfigError(faults)
    return hosts


def _turns_of(broker: BrokerAdapter, bus: EventBus) -> Turns:
    wall = SystemClock()
    if isinstance(broker, FeedDriven):
        return Turns(broker.clock, bus=bus, wall=wall, is_inline=True)
    return Turns(wall, bus=bus)


def _seed(broker: BrokerAdapter) -> int:
    # Over a feed everything follows from its seed; against a venue two hosts must never draw the
    # same waits.
    if isinstance(broker, FeedDriven):
        return broker.seed
    return random.SystemRandom().getrandbits(64)


def _switch(parts: Parts, state: TradingState, hold: Hold | None) -> None:
    # The gate first: it must refuse from this moment on, whoever is listening. It is a single
    # store, so any thread may do it.
    text = hold.text if hold is not None else ""
    parts.gate.set_state(state, text)
    parts.on_loop(lambda: _tell_switch(parts, state, hold))


def _tell_switch(parts: Parts, state: TradingState, hold: Hold | None) -> None:
    if hold is None:
        parts.say("trading_state", f"trading is {state.name}", state=state.name)
        return
    parts.say(
        "trading_state",
        f"trading is {state.name}: {hold.text}; ends with {hold.ends_with}",
        state=state.name,
        cause=hold.cause,
        text=hold.text,
        ends_with=hold.ends_with,
    )
