"""``regimeflow-live gateway``: a session for hosts, begun when the account is ours to write to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from regimeflow.apps.cli.exits import COMMAND, Exit, complain
from regimeflow.apps.cli.run import run_session
from regimeflow.types.config import GatewaySettings, LiveConfig, PaperSettings
from regimeflow.types.errors import ConfigError, Fault

if TYPE_CHECKING:
    from regimeflow.adapters.gateway.lease import Lease, LeaseKeeper
    from regimeflow.engine.live_engine import LiveTradingEngine


def run_gateway(path: str, *, as_json: bool = False, debug: bool = False) -> int:
    """Run a gateway and return the exit code.

    Raises:
        ConfigError: the configuration is wrong, or makes no gateway; nothing was started.
        RegimeFlowError: the session could not be built.
    """
    owner = Owner()
    try:
        code = run_session(path, {}, as_json=as_json, debug=debug, make=owner.engine)
    finally:
        owner.leave()
    return Exit.FAILED if owner.is_lost else code


class Owner:
    """Owns an account, where its configuration asks for a lease, and runs an engine on it.

    Threading: the thread that makes it.
    """

    def __init__(self) -> None:
        self._lease: Lease | None = None
        self._keeper: LeaseKeeper | None = None

    @property
    def is_lost(self) -> bool:
        """Whether another gateway has taken over."""
        return self._lease is not None and self._lease.is_lost

    def engine(self, config: LiveConfig) -> LiveTradingEngine:
        """Make the gateway's engine; waits until the account is ours.

        Raises:
            ConfigError: it is wrong, or makes no gateway.
        """
        from regimeflow.engine.live_engine import LiveTradingEngine

        if config.gateway is None:
            config.gateway = GatewaySettings()
        frozen = config.frozen()
        settings = frozen.gateway
        if settings is None or settings.lease == "none":
            return LiveTradingEngine(frozen)
        return self._leased(frozen, settings)

    def _leased(self, config: LiveConfig, settings: GatewaySettings) -> LiveTradingEngine:
        from regimeflow.adapters.brokers._shared.leased import LeasedBroker
        from regimeflow.adapters.gateway.lease import LeaseKeeper
        from regimeflow.adapters.gateway.redis_lease import lease_of
        from regimeflow.engine.live_engine import LiveTradingEngine
        from regimeflow.engine.wiring import broker_of

        queue = config.queue
        if queue is None or queue.type != "redis":
            raise ConfigError([Fault("gateway.lease", "is redis; the queue must be redis too")])
        if isinstance(config.broker, PaperSettings):
            raise ConfigError(
                [Fault("gateway.lease", "is set; a paper account has no other owner")]
            )
        broker = broker_of(config)
        lease = self._lease = lease_of(queue, broker.capabilities().venue, settings.lease_s)
        wait_for(lease, settings)
        engine = LiveTradingEngine(config, LeasedBroker(broker, lambda: lease.is_held))
        keeper = self._keeper = LeaseKeeper(lease, settings.lease_s, lambda: _give_up(engine))
        keeper.start()
        if lease.token > 1:  # what its last owner sent may be on its way to the venue
            threading.Event().wait(settings.lease_margin_s)
        return engine

    def leave(self) -> None:
        """Give the account back."""
        if self._keeper is not None:
            self._keeper.stop()
        elif self._lease is not None:
            self._lease.give_back()


def wait_for(lease: Lease, settings: GatewaySettings) -> None:
    """Wait, as long as it takes, until a lease is ours."""
    told = ""
    while not lease.try_take():
        text = lease.fault or "another gateway owns the account; standing by"
        if text != told:
            told = text
            complain(f"{COMMAND}: {text}")
        threading.Event().wait(settings.lease_s / 3)


def _give_up(engine: LiveTradingEngine) -> None:
    complain(f"{COMMAND}: another gateway owns the account now; nothing more is sent to it")
    engine.stop()
