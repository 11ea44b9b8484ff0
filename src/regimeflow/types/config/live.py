"""The whole configuration of a live session."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import cast

from regimeflow.types.config.brokers import BrokerSettings
from regimeflow.types.config.check import finish, read_config
from regimeflow.types.config.gateway import GatewaySettings
from regimeflow.types.config.load import load_file, merged
from regimeflow.types.config.policies import (
    AuditSettings,
    HeartbeatPolicy,
    JournalSettings,
    OrderSettings,
    ReconcilePolicy,
    ReconnectPolicy,
)
from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.config.regime import RegimeSettings
from regimeflow.types.config.render import as_toml
from regimeflow.types.config.risk import RiskLimits
from regimeflow.types.config.strategy import StrategyConfig
from regimeflow.types.config.watching import AlertSettings, DashboardSettings, MetricsSettings
from regimeflow.types.errors import ConfigError
from regimeflow.types.instrument import symbol_fault
from regimeflow.types.reading import Reading
from regimeflow.types.records import Record, aside, frozen_error, hidden, made
from regimeflow.types.settings import rules_of, setting, table


class LiveConfig(Record, frozen=False, kw_only=True):
    """What a live session is to do; ``broker_type`` and ``symbols`` are enough.

    It may be set attribute by attribute: nothing is checked until ``validate``, and the engine
    works on a ``frozen`` copy. A table may be given as a mapping with the keys of a file.

    ``broker`` is what the adapter takes: a mapping, or (always so in a frozen copy) the settings
    of ``broker_type``. ``source_dir`` is the folder of the file it came from: strategies are
    imported from it and relative paths start there.
    """

    broker_type: str = setting("paper", "Which adapter; paper, binance, alpaca, ib or queue.")
    symbols: Sequence[str] = setting(
        (), "What is traded, as the venue spells it; at least one.", check=symbol_fault
    )
    dry_run: bool = setting(False, "Whether orders are checked and shown, but not sent.")
    broker: BrokerSettings | Mapping[str, object] = made(dict, is_shown=False)
    strategy: Sequence[StrategyConfig] = setting(
        (), "What decides; one table, or several.", lone=True
    )
    risk: RiskLimits = table(RiskLimits, "Limits that every order must pass.")
    orders: OrderSettings = table(OrderSettings, "How orders are sent and left.")
    regime: RegimeSettings = table(RegimeSettings, "Which market regime the strategies are told.")
    reconnect: ReconnectPolicy = table(ReconnectPolicy, "How a lost session is opened again.")
    heartbeat: HeartbeatPolicy = table(
        HeartbeatPolicy, "What happens when market data falls silent."
    )
    reconcile: ReconcilePolicy = table(
        ReconcilePolicy, "How our books are compared with the broker's."
    )
    journal: JournalSettings = table(JournalSettings, "Where and how the session is written down.")
    audit: AuditSettings = table(AuditSettings, "What is kept so that it can be proved.")
    dashboard: DashboardSettings = table(
        DashboardSettings, "The page that shows the session, and who may press its buttons."
    )
    metrics: MetricsSettings = table(MetricsSettings, "Where Prometheus may ask.")
    alerts: AlertSettings = table(AlertSettings, "Who is told when something goes wrong.")
    queue: MessageQueueConfig | None = setting(
        None, "Which message queue carries the session's messages; none: no queue."
    )
    gateway: GatewaySettings | None = setting(
        None, "Whether this session trades for hosts on its queue; none: for itself alone."
    )
    source_dir: str | None = aside(None)
    _is_frozen: bool = hidden(bool)

    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], overrides: Mapping[str, object] | None = None
    ) -> LiveConfig:
        """Read a ``.toml``, ``.yaml`` or ``.yml`` file.

        Args:
            path: The file.
            overrides: Values that stand in for the file's, by dotted key such as ``broker.speed``;
                relative paths among them start from the file's folder too.

        Raises:
            ConfigError: lists everything that is wrong.
        """
        name = os.fspath(path)
        folder = os.path.dirname(os.path.abspath(name))
        return cls.from_dict(merged(load_file(name), overrides or {}), source_dir=folder)

    @classmethod
    def from_dict(
        cls, tables: Mapping[str, object], *, source_dir: str | None = None
    ) -> LiveConfig:
        """Read tables as a file has them.

        Raises:
            ConfigError: lists everything that is wrong.
        """
        values = _read(cls, tables, source_dir, own_broker=False)
        broker = tables.get("broker", {})
        values["broker"] = dict(broker) if isinstance(broker, Mapping) else broker
        return cls(**values, source_dir=source_dir)  # type: ignore[arg-type]

    def validate(self, *, own_broker: bool = False) -> None:
        """Check everything.

        Args:
            own_broker: The engine is given a broker of its own; ``broker_type`` and ``broker``
                are not looked at.

        Raises:
            ConfigError: lists everything that is wrong.
        """
        self._read_self(own_broker=own_broker)

    def frozen(self, *, own_broker: bool = False) -> LiveConfig:
        """Return a checked copy that cannot change, down to its last table.

        Paths in it are whole, every strategy has an ``id``, and ``broker`` is the settings of
        ``broker_type``.

        Raises:
            ConfigError: lists everything that is wrong.
        """
        if self._is_frozen:
            return self
        values = finish(self._read_self(own_broker=own_broker))
        copy = type(self)(**values, source_dir=self.source_dir)  # type: ignore[arg-type]
        copy._is_frozen = True  # noqa: SLF001  # its own kind
        return copy

    def describe(self, *, own_broker: bool = False) -> str:
        """Return the effective configuration as TOML that reads back equal, secrets hidden.

        Raises:
            ConfigError: lists everything that is wrong.
        """
        return as_toml(self.frozen(own_broker=own_broker))

    def _read_self(self, *, own_broker: bool) -> dict[str, object]:
        given = {name: getattr(self, name) for name in (*rules_of(type(self)), "broker")}
        return _read(type(self), given, self.source_dir, own_broker=own_broker)

    def __setattr__(self, name: str, value: object) -> None:
        if getattr(self, "_is_frozen", False):
            raise frozen_error(
                f"{name} belongs to a frozen configuration; change the one it was made from"
            )
        object.__setattr__(self, name, value)


def _read(
    cls: type, given: Mapping[str, object], folder: str | None, *, own_broker: bool
) -> dict[str, object]:
    reading = Reading(folder)
    values = read_config(
        cls, cast("Mapping[object, object]", given), reading, own_broker=own_broker
    )
    if reading.faults:
        raise ConfigError(reading.faults)
    return values
