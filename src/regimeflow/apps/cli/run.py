"""``regimeflow-live run``: one session over one configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from regimeflow.apps.cli.render import JsonScreen, Output, PlainScreen, Screen

if TYPE_CHECKING:
    from regimeflow.engine.live_engine import LiveTradingEngine
    from regimeflow.types.config import LiveConfig


def run_session(
    path: str,
    overrides: Mapping[str, object],
    *,
    duration_s: float | None = None,
    as_json: bool = False,
    debug: bool = False,
    make: Callable[[LiveConfig], LiveTradingEngine] | None = None,
) -> int:
    """Run one session and return the exit code.

    Args:
        path: Of the configuration.
        overrides: What stands in for its values, by dotted key.
        duration_s: When it ends by itself; None: never.
        as_json: What is told are lines of JSON.
        debug: Errors go up.
        make: Makes the engine; None: of the configuration alone.

    Raises:
        ConfigError: the configuration is wrong; nothing was started.
        RegimeFlowError: the session could not be built.
    """
    from regimeflow.types.config import LiveConfig

    config = LiveConfig.from_file(path, overrides)
    stop_after_s = None
    if duration_s is not None and isinstance(config.broker, dict) and _plays(config):
        config.broker["duration_s"] = duration_s  # of the feed's own time
    else:
        stop_after_s = duration_s
    # Only now: a wrong configuration is told before the engine is loaded.
    import asyncio

    from regimeflow.apps.cli.conduct import Conductor
    from regimeflow.engine.live_engine import LiveTradingEngine
    from regimeflow.engine.loops import new_loop

    engine = (make or LiveTradingEngine)(config)
    conductor = Conductor(
        engine,
        stop_timeout_s=config.orders.stop_timeout_s,
        stop_after_s=stop_after_s,
        debug=debug,
    )
    with ExitStack() as watched:
        if is_watched(engine.config):  # before anything trades: a port may be taken
            from regimeflow.apps.cli.watching import watch

            watched.callback(watch(engine).stop)
        screen = open_screen(conductor.output_gone, as_json=as_json)
        watched.callback(screen.close)
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(conductor.run(screen))


def is_watched(config: LiveConfig) -> bool:
    """Whether a configuration asks for a dashboard, for metrics or for alerts."""
    alerts = config.alerts
    is_told = alerts.webhook is not None or bool(alerts.email_command)
    return config.dashboard.enabled or config.metrics.enabled or is_told


def _plays(config: LiveConfig) -> bool:
    """Whether the session's time is a feed's."""
    return config.broker_type == "paper"


def open_screen(on_gone: Callable[[], None], *, as_json: bool) -> Screen:
    """Choose by what stdout is: JSON when asked for, a terminal's screen on a terminal."""
    output = Output(sys.stdout, on_gone)
    if as_json:
        return JsonScreen(output)
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        from regimeflow.apps.cli.terminal import TerminalScreen

        return TerminalScreen(sys.stdout, output)
    return PlainScreen(output)
