"""Everything that looks at one engine, put together from its configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from regimeflow.apps.server.access import Access, Role
from regimeflow.apps.server.board import Board
from regimeflow.apps.server.controls import Controlled, Controls
from regimeflow.apps.server.health import Health
from regimeflow.apps.server.journal_source import JournalSource
from regimeflow.apps.server.redaction import Redactor, secrets_of
from regimeflow.apps.server.routes import Served
from regimeflow.apps.server.server import Door, Server, listen, names_of
from regimeflow.apps.server.source import Sample, Sampler, Watched
from regimeflow.apps.server.stream import PATIENCE_S, Hub
from regimeflow.apps.server.tokens import demand_strong, forget_token, new_token, write_token
from regimeflow.types.config import DashboardSettings, LiveConfig, MetricsSettings
from regimeflow.types.errors import InvalidState

if TYPE_CHECKING:
    from regimeflow.apps.server.alerts import Alerter
    from regimeflow.types.secrets import SecretStr


class Engine(Watched, Controlled, Protocol):
    """What is looked at, and told what to do."""


class Watching:
    """The dashboard, the metrics and the alerts of one engine, as its configuration says.

    A journal may stand in for the engine: it has no buttons, and nobody is alerted of old news.

    Made before the engine starts, so that whatever cannot be is told before anything trades.

    Args:
        engine: Not yet running; or a journal.
        config: Its frozen configuration.
        patience_s: How long a page may take nothing before it is cut off.

    Raises:
        InvalidState: a port is taken, or a library is missing.
        ConfigError: a token is too weak, or cannot be had.
    """

    def __init__(
        self, engine: Engine | JournalSource, config: LiveConfig, *, patience_s: float = PATIENCE_S
    ) -> None:
        self.redactor: Final = Redactor(secrets_of(config))
        self._patience_s: Final = patience_s
        self._labels: Final = labels_of(config)
        is_journal = isinstance(engine, JournalSource)
        self.alerter: Final = None if is_journal else _alerter(engine, config, self.redactor)
        self.board: Final = Board(self.redactor)
        mode = "journal" if is_journal else "engine"
        about = {**self._labels, "symbols": config.symbols, "on_kill": config.risk.on_kill}
        self.board.put("session", {**about, "mode": mode})
        self._controls: Final = (
            None if isinstance(engine, JournalSource) else Controls(engine, self._tell)
        )
        self.token: str = ""  # of the dashboard, where it was made for this session
        self.token_file: Path | None = None
        with ExitStack() as undo:
            doors = self._doors(config, undo)
            undo.pop_all()
        self._server: Final = Server(doors, self._serve)
        self._ports: Final = {door.what: door.port for door in doors}
        self.sampler: Final = Sampler(
            engine,
            self.board,
            updates_per_s=config.dashboard.updates_per_s,
            wake=self._server.wake,
            watchers=lambda: self._server.watchers,
        )

    def start(self) -> None:
        """Serve, and take pictures."""
        if self.token:
            self.token_file = write_token(self._ports["dashboard"], self.token)
        if self.alerter is not None:
            self.alerter.start()
        if self._ports:
            self._server.start()
            self.sampler.start()

    def stop(self) -> None:
        """End all of it within seconds; harmless the second time."""
        self.sampler.stop()
        self._server.stop()
        if self.alerter is not None:
            self.alerter.stop()
        if self.token:
            forget_token(self._ports["dashboard"], self.token)

    @property
    def ports(self) -> Mapping[str, int]:
        """Where it listens: ``dashboard`` and ``metrics``, those that are enabled."""
        return self._ports

    @property
    def pages(self) -> int:
        """How many pages are open."""
        return self._server.watchers

    def wake(self) -> None:
        """Have pages told what changed."""
        self._server.wake()

    def _tell(self, text: str) -> None:
        snapshot = self.sampler.sample.snapshot
        self.board.tell("operator", snapshot.ts_ns if snapshot is not None else 0, text)

    def _serve(self) -> Served:
        return Served(
            board=self.board,
            hub=Hub(self.board, on_join=self.sampler.hurry, patience_s=self._patience_s),
            health=Health(lambda: self.sampler.sample),
            redactor=self.redactor,
            controls=self._controls,
            metrics=_metrics(lambda: self.sampler.sample, self._labels, self._counts),
        )

    def _counts(self) -> dict[str, float]:
        found = {"dashboard_pages": float(self._server.watchers)}
        if self.alerter is not None:
            found["alerts_sent"] = self.alerter.sent
            found["alerts_failed"] = self.alerter.failed
            found["alerts_suppressed"] = self.alerter.suppressed
        return found

    def _doors(self, config: LiveConfig, undo: ExitStack) -> list[Door]:
        doors = []
        if config.dashboard.enabled:
            table = config.dashboard
            self.token = "" if table.token is not None else new_token()
            doors.append(_dashboard_door(table, self.token))
            undo.callback(doors[-1].listening.close)
        if config.metrics.enabled:
            if _exposition() is None:
                text = "metrics.enabled needs prometheus_client"
                raise InvalidState(f'{text}; pip install "regimeflow[metrics]"')
            doors.append(_metrics_door(config.metrics))
            undo.callback(doors[-1].listening.close)
        return doors


def labels_of(config: LiveConfig) -> dict[str, str]:
    """Return what a session is known by."""
    from importlib.metadata import version

    return {
        "broker": config.broker_type,
        "environment": str(getattr(config.broker, "environment", "")),
        "dry_run": "true" if config.dry_run else "false",
        "version": version("regimeflow"),
    }


def revealed(secret: SecretStr | None, setting: str) -> str | None:
    """Return a token of the configuration, which must be a good one."""
    return None if secret is None else demand_strong(secret.reveal(), setting)


def dashboard_access(table: DashboardSettings, token: str) -> Access:
    """Return who may come in at the dashboard's door; ``token`` where the table names none."""
    operator = revealed(table.token, "dashboard.token") or token
    reader = revealed(table.read_only_token, "dashboard.read_only_token")
    return Access(operator, reader, names_of(table.host, table.hosts))


def _dashboard_door(table: DashboardSettings, token: str) -> Door:
    access = dashboard_access(table, token)
    has_token = table.token is not None
    found = listen("dashboard", table.host, table.port, has_token=has_token)
    return Door(what="dashboard", listening=found, access=access)


def _metrics_door(table: MetricsSettings) -> Door:
    token = revealed(table.token, "metrics.token")
    everybody = Role.READER if token is None else Role.NOBODY
    access = Access(None, token, names_of(table.host, table.hosts), everybody=everybody)
    found = listen("metrics", table.host, table.port, has_token=token is not None)
    return Door(what="metrics", listening=found, access=access)


def _alerter(engine: Watched, config: LiveConfig, redactor: Redactor) -> Alerter | None:
    from regimeflow.apps.server.alerts import Alerter, ways_of

    ways = ways_of(config.alerts, config.broker_type)
    if not ways:
        return None
    alerter = Alerter(config.alerts, ways, redactor)
    engine.on_event(alerter.hear)
    engine.on_error(alerter.fail)
    return alerter


def _metrics(
    sample: Callable[[], Sample],
    labels: Mapping[str, str],
    counts: Callable[[], Mapping[str, float]],
) -> Callable[[], tuple[bytes, str]] | None:
    make = _exposition()
    return None if make is None else make(sample, labels, counts)


_Make = Callable[
    [Callable[[], Sample], Mapping[str, str], Callable[[], Mapping[str, float]]],
    Callable[[], tuple[bytes, str]],
]


def _exposition() -> _Make | None:
    try:
        from regimeflow.apps.server.metrics import SessionCollector, exposition
    except ImportError:
        return None
    return lambda sample, labels, counts: exposition(SessionCollector(sample, labels, counts))
