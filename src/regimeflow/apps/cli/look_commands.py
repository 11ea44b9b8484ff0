"""The commands that look at a session from another process: ``top`` and ``dashboard``."""

from __future__ import annotations

from functools import partial

import click

from regimeflow.apps.cli.journal_commands import CONTEXT, DEBUG, epilog
from regimeflow.apps.cli.sources import told

_CONFIG = click.argument("config", type=click.Path(exists=True, dir_okay=False, readable=True))


@click.command(
    "top",
    context_settings=CONTEXT,
    epilog=epilog(
        good="what was asked for was shown",
        bad="no session serves a dashboard here, and there is no journal to read",
        examples="top live.toml\ntop live.toml --json | jq .status",
    ),
)
@_CONFIG
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, once.")
@click.option("--once", is_flag=True, help="Show it once and leave.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How often it is drawn again.",
)
@DEBUG
def top(*, config: str, as_json: bool, once: bool, interval: float, debug: bool) -> int:
    """Show the session of CONFIG on the terminal, until Ctrl-C.

    From the dashboard that the session serves on this machine; without one, from its journal. To
    something that is no terminal it is shown once.
    """
    from regimeflow.apps.cli.top import show_top

    act = partial(show_top, config, as_json=as_json, once=once, interval_s=interval)
    return told(config, act, debug=debug)


@click.command(
    "dashboard",
    context_settings=CONTEXT,
    epilog=epilog(
        good="it was served until Ctrl-C or SIGTERM",
        bad="there is no journal, or the port is taken",
        examples="dashboard live.toml\ndashboard live.toml --port 8766",
    ),
)
@_CONFIG
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    metavar="P",
    help="Serve at this port, 0 for any free one; without, at the configuration's, 8765.",
)
@DEBUG
def dashboard(*, config: str, port: int | None, debug: bool) -> int:
    """Serve the page of a session from its journal: no engine, no buttons.

    The session may be running elsewhere, or have ended. `run --dashboard` serves the page of a
    session from the session itself, with its buttons.
    """
    from regimeflow.apps.cli.watching import serve_journal

    return told(config, partial(serve_journal, config, port), debug=debug)
