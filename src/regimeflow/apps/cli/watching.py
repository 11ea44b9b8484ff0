"""What a session is watched by, and where a person finds it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from regimeflow.apps.cli.exits import complain
from regimeflow.apps.server.attach import Watching
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
    config = engine.config
    watching = Watching(engine, config)
    watching.start()
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
    return watching


def address(host: str, port: int) -> str:
    """Return the address of a page."""
    host = _ANY.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
