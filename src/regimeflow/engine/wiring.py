"""From a configuration to running parts: the only file that names concrete classes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING

from regimeflow._core.board import QuoteBoard
from regimeflow._core.bus import EventBus
from regimeflow._core.intake import Intake
from regimeflow._core.latency import LatencyHistogram
from regimeflow.adapters.brokers.registry import create_broker
from regimeflow.adapters.clock import SystemClock
from regimeflow.domain.orders.client_order_ids import ClientOrderIds, host_mark
from regimeflow.domain.risk.gate import RiskGate
from regimeflow.domain.risk.wider import WiderLimits
from regimeflow.domain.strategy.loader import load_strategy, merged_params
from regimeflow.engine.dry_run import DryRunBroker
from regimeflow.engine.health import LANE_CELLS
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.engine.kill_switch import BY_HAND, Hold, KillSwitch
from regimeflow.engine.listeners import Listeners
from regimeflow.engine.order_manager import LiveOrderManager
from regimeflow.engine.parts import Parts, Take
from regimeflow.engine.runtime import Runtime
from regimeflow.engine.strategy_host import StrategyHost
from regimeflow.engine.turns import Turns
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.ports.clock import Clock
from regimeflow.ports.feed import FeedDriven
from regimeflow.types.config import (
    BrokerSettings,
    IBSettings,
    LiveConfig,
    QueueBrokerSettings,
)
from regimeflow.types.enums import RegimeType, TradingState
from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.records import Record, made, replace
from regimeflow.types.snapshots import RegimeState

if TYPE_CHECKING:
    from pathlib import Path


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
        broker = broker_of(config)
    bus, latency = EventBus(LANE_CELLS), LatencyHistogram()
    turns = _turns_of(broker, bus) if clock is None else Turns(clock, bus=bus)
    edges = Edges(
        broker=broker,
        turns=turns,
        bus=bus,
        latency=latency,
        intake=Intake(bus, latency),
        seed=_seed(broker) if seed is None else seed,
        boot_nonce=_boot_nonce(config, turns.now_ns()),
    )
    return build_on(config, edges)


class Edges(Record, kw_only=True):
    """What a session has around it: live, simulated or replayed."""

    broker: BrokerAdapter
    turns: Turns
    bus: EventBus
    latency: LatencyHistogram
    intake: Take
    seed: int
    boot_nonce: str
    # Models as another session read them, by the key that names them; they stand in for files.
    models: Mapping[str, str] = made(dict)


def build_on(config: LiveConfig, edges: Edges) -> Runtime:
    """Put the parts of a session together on what it has around it.

    Raises:
        ConfigError: a strategy cannot be made; lists every fault.
    """
    parts = _build_parts(config, edges)
    return Runtime(parts, _build_hosts(parts))


def broker_of(config: LiveConfig) -> BrokerAdapter:
    """Return the adapter that a frozen configuration names; nothing connects.

    Raises:
        ConfigError: it cannot be made; lists every fault.
    """
    if not isinstance(config.broker, BrokerSettings):
        message = f"broker_type {config.broker_type!r} has no settings of its own"
        raise ConfigError(message)
    settings = config.broker
    if isinstance(settings, IBSettings) and settings.order_id_file is None:
        from regimeflow.engine.resume import journal_folder

        folder = journal_folder(config, settings.venue, is_played=False)
        if folder is not None:
            settings = replace(settings, order_id_file=f"{folder}.order-ids.json")
    return create_broker(config.broker_type, settings, symbols=config.symbols)


def _build_parts(config: LiveConfig, edges: Edges) -> Parts:
    broker, turns, board = edges.broker, edges.turns, QuoteBoard()
    books = Books(id_prefix=ClientOrderIds(edges.boot_nonce).prefix, board=board)
    books.external_orders = config.reconcile.external_orders
    gate = RiskGate(config.risk, board, books.instruments, turns)
    for each in config.strategy:
        gate.add_strategy(each.id, each.limits)
    if WiderLimits.is_wanted(config.risk):
        books_of = books.portfolio, books.instruments
        gate.wider = WiderLimits(config.risk, gate, *books_of, lambda: parts.regime)
    dry_run = DryRunBroker(broker, turns) if config.dry_run else None
    manager = LiveOrderManager(
        dry_run or broker,
        gate=gate,
        clock=turns,
        publish=edges.intake,
        instruments=books.instruments,
        config=config.orders,
        books=books,
    )
    if dry_run is not None:
        dry_run.on_execution_report(edges.intake)
    parts = Parts(
        config=config,
        symbols=tuple(config.symbols),
        broker=broker,
        turns=turns,
        bus=edges.bus,
        board=board,
        gate=gate,
        manager=manager,
        books=books,
        switch=KillSwitch(
            lambda state, hold: _switch(parts, state, hold),
            lambda: parts.on_loop(lambda: _note_holds(parts)),
        ),
        dry_run=dry_run,
        listeners=Listeners(),
        latency=edges.latency,
        intake=edges.intake,
        random=random.Random(edges.seed),
        seed=edges.seed,
        boot_nonce=edges.boot_nonce,
        regime=RegimeState(
            regime=RegimeType[config.regime.regime.upper()], name=config.regime.regime
        ),
    )
    _set_regime(parts, edges)
    return parts


def _set_regime(parts: Parts, edges: Edges) -> None:
    """Make what finds the regime, unless it is constant."""
    config = parts.config
    if config.regime.detector == "constant":
        return
    from regimeflow.adapters.fitting import fit_here, fit_in_process
    from regimeflow.domain.regime.loader import load_detector

    folder = _folder_of(config)
    parts.finder = load_detector(config.regime, folder=folder, kept=edges.models)
    parts.regime = RegimeState()
    # Over a feed one seed gives one result, however long a fit takes.
    parts.fit = fit_here if isinstance(edges.broker, FeedDriven) else fit_in_process


def _folder_of(config: LiveConfig) -> Path | None:
    from pathlib import Path

    return Path(config.source_dir) if config.source_dir is not None else None


def _build_hosts(parts: Parts) -> list[StrategyHost]:
    config = parts.config
    folder = _folder_of(config)
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


def _boot_nonce(config: LiveConfig, now_ns: int) -> str:
    ids = ClientOrderIds.booted_at(now_ns)
    if isinstance(config.broker, QueueBrokerSettings):  # one of several hosts on the account
        ids = ids.marked(host_mark(config.broker.queue.origin or ""))
    return ids.prefix.rstrip("-")


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


def _note_holds(parts: Parts) -> None:
    """Write down what the host did to the holds; what the engine did follows from the stream."""
    holds = parts.switch.holds

    def args() -> dict[str, object]:
        return {"holds": [[h.cause, h.state.name, h.text, h.ends_with, h.since_ns] for h in holds]}

    parts.turns.call("holds", lambda: _keep_holds(parts), args)


def _keep_holds(parts: Parts) -> None:
    """Write down which holds wait for a person: they outlive a restart."""
    kept, log = parts.books.holds, parts.log
    now = {each.cause: each.text for each in parts.switch.holds if each.ends_with == BY_HAND}
    for cause in [cause for cause in kept if cause not in now]:
        del kept[cause]
        if log is not None:
            log.note(parts.clock.now_ns(), NoteCode.RELEASE, {"cause": cause})
    for cause, text in now.items():
        if cause not in kept:
            kept[cause] = text
            if log is not None:
                body = {"cause": cause, "text": text}
                log.note(parts.clock.now_ns(), NoteCode.HOLD, body)
