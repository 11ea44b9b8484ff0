"""What a session is watched by, and where a person finds it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from regimeflow.apps.cli.exits import Exit, complain
from regimeflow.apps.cli.sources import journal_of
from regimeflow.apps.cli.stopping import stop_signals
from regimeflow.apps.server.attach import Watching
from regimeflow.apps.server.journal_source import JournalSource
from regimeflow.types.config import LiveConfig
from regimeflow.types.config.hosts import is_loopback

if TYPE_CHECKING:
    from regimeflow.engine.live_engine import LiveTradingEngine

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not listened at


def watch(engine: LiveTradingEngine) -> Watching:
    """Serve what the engine's configuration asks for, and say where.

    The token is shown once, to a terminal only: what goes to a file may be a log.

    Raises:
        InvalidState: a port is taken, or a library is missing; nothing was started.
        ConfigError: a token is no good one.
    """
    watching = Watching(engine, engine.config)
    watching.start()
    announce(watching, engine.config)
    return watching


def announce(watching: Watching, config: LiveConfig) -> None:
    """Say where it is served, and loudly who else can reach it."""
    hosts = {"dashboard": config.dashboard.host, "metrics": config.metrics.host}
    for what, port in watching.ports.items():
        url = address(hosts[what], port)
        if what == "metrics":
            complain(f"metrics: {url}metrics")
        elif watching.token and sys.stderr is not None and sys.stderr.isatty():
            complain(f"dashboard: {url}#token={watching.token}")
        elif watching.token:
            complain(f"dashboard: {url} (its token is in {watching.token_file})")
        else:
            complain(f"dashboard: {url} (with the token of the configuration)")
        if not is_loopback(url) or hosts[what] in _ANY:
            complain(
                f"WARNING: the {what} at {hosts[what]} port {port} can be reached from OTHER"
                " MACHINES, unencrypted, by whoever has its token"
            )


def address(host: str, port: int) -> str:
    """Return the address of a page."""
    host = _ANY.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def serve_journal(path: str, port: int | None) -> int:
    """Serve the page of a configuration's journal until Ctrl-C; return the exit code.

    Raises:
        ConfigError: the configuration is wrong.
        RegimeFlowError: there is no journal, or the port is taken.
    """
    given: dict[str, object] = {"dashboard.enabled": True, "metrics.enabled": False}
    if port is not None:
        given["dashboard.port"] = port
    folder, _ = journal_of(path)
    config = LiveConfig.from_file(path, given).frozen()
    watching = Watching(JournalSource(folder, config.symbols), config)
    with stop_signals() as stop:
        watching.start()
        try:
            announce(watching, config)
            stop.wait()
        finally:
            watching.stop()
    return Exit.OK
