"""The commands of ``regimeflow-live`` and their options."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import cast

import click

from regimeflow.adapters.secrets.registry import register as register_stores
from regimeflow.apps.cli.audit_commands import audit
from regimeflow.apps.cli.emergency_commands import cancel_all, enable, flatten, kill
from regimeflow.apps.cli.exits import (
    CHECK_MEANINGS,
    COMMAND,
    MEANINGS,
    Exit,
    complain,
    failure_line,
    one_line,
)
from regimeflow.apps.cli.gateway_commands import gateway
from regimeflow.apps.cli.journal_commands import books, journal, replay
from regimeflow.apps.cli.look_commands import dashboard as dashboard_command
from regimeflow.apps.cli.look_commands import top
from regimeflow.apps.cli.options import Speed, overrides_of
from regimeflow.apps.cli.queue_commands import export, tail
from regimeflow.apps.cli.regime_commands import regime, report
from regimeflow.apps.cli.sources import told
from regimeflow.apps.cli.validate_commands import validate
from regimeflow.apps.cli.venue import venue
from regimeflow.types.errors import RegimeFlowError

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_FILE = click.Path(exists=True, dir_okay=False, readable=True)
_EXAMPLES = """\b
Examples:
  regimeflow-live check examples/quickstart.toml
  regimeflow-live run examples/quickstart.toml --duration 10
  regimeflow-live run live.toml --feed btcusdt.gz --feed ethusdt.gz --speed max
  regimeflow-live run live.toml --dashboard
  regimeflow-live run live.toml --json | jq 'select(.kind == "fill")'
"""


def _speed(_context: click.Context, _option: click.Parameter, value: str | None) -> Speed | None:
    if value is None:
        return None
    if value == "max":
        return "max"
    try:
        speed = float(value)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise click.BadParameter(f"{value!r} is no speed; expected a number above 0, or max")
    return speed


@click.group(
    invoke_without_command=True, context_settings=_CONTEXT, epilog=f"{_EXAMPLES}\n\n{MEANINGS}"
)
@click.option("--version", is_flag=True, help="Show the version and leave.")
@click.pass_context
def command(context: click.Context, *, version: bool) -> int:
    """Run trading strategies against a broker, live."""
    if version:
        from importlib.metadata import version as version_of

        python = ".".join(map(str, sys.version_info[:3]))
        click.echo(f"{COMMAND} {version_of('regimeflow')} (Python {python})")
        return Exit.OK
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        return Exit.USAGE
    return Exit.OK


@command.command("run", context_settings=_CONTEXT, epilog=f"{_EXAMPLES}\n\n{MEANINGS}")
@click.argument("config", type=_FILE)
@click.option(
    "--symbol",
    "symbols",
    multiple=True,
    metavar="SYMBOL",
    help="Trade this symbol instead of the configuration's; may be repeated.",
)
@click.option(
    "--feed",
    "feeds",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="Trade on this recording (Binance combined stream, plain or .gz); may be repeated.",
)
@click.option(
    "--speed", callback=_speed, metavar="N|max", help="Play the feed at N times real time."
)
@click.option(
    "--duration",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Stop after this much of the market's time.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of all that is left to chance.")
@click.option("--dry-run", is_flag=True, help="Check and show orders, but send none.")
@click.option("--dashboard", is_flag=True, help="Serve a page that shows and stops the session.")
@click.option(
    "--dashboard-port",
    type=click.IntRange(0, 65_535),
    metavar="P",
    help="Serve it at this port, 0 for any free one; without, at the configuration's, 8765.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, the summary last.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def run(  # the command's options, one parameter each
    *,
    config: str,
    symbols: tuple[str, ...],
    feeds: tuple[str, ...],
    speed: Speed | None,
    duration: float | None,
    seed: int | None,
    dry_run: bool,
    dashboard: bool,
    dashboard_port: int | None,
    as_json: bool,
    debug: bool,
) -> int:
    """Trade as CONFIG (TOML or YAML) says, until the feed ends or Ctrl-C.

    Prints connections, orders and fills as they happen, and a summary at the end. On a terminal a
    status line shows where the session stands; NO_COLOR takes the colours away.
    """
    from regimeflow.apps.cli.run import run_session

    overrides = overrides_of(
        symbols=symbols,
        feeds=feeds,
        speed=speed,
        seed=seed,
        dry_run=dry_run,
        dashboard=dashboard,
        dashboard_port=dashboard_port,
    )
    act = partial(run_session, config, overrides, duration_s=duration, as_json=as_json, debug=debug)
    return told(config, act, debug=debug)


@command.command("check", context_settings=_CONTEXT, epilog=CHECK_MEANINGS)
@click.argument("config", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def check(*, config: str, as_json: bool, debug: bool) -> int:  # noqa: ARG001 - main() reads debug
    """Validate CONFIG and print what it comes to, defaults included, secrets hidden.

    The output is a configuration itself. Every fault is one line on stderr, and the exit code is 3.
    """
    from regimeflow.apps.cli.check import check_config

    return check_config(config, as_json=as_json)


command.add_command(books)
command.add_command(replay)
command.add_command(journal)
command.add_command(audit)
command.add_command(regime)
command.add_command(report)
command.add_command(venue)
command.add_command(top)
command.add_command(dashboard_command)
command.add_command(gateway)
command.add_command(tail)
command.add_command(export)
for _each in (cancel_all, flatten, kill, enable, validate):
    command.add_command(_each)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code. Every error is one line on stderr."""
    _have_streams()
    register_stores()
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        return int(cast("int", command.main(given, prog_name=COMMAND, standalone_mode=False) or 0))
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        where = context.command_path if context is not None else COMMAND
        complain(f"{where}: {one_line(error.format_message())} ({where} --help)")
        return Exit.USAGE
    except (KeyboardInterrupt, click.Abort):
        return Exit.by_signal(2)
    except BrokenPipeError:
        _discard_stdout()
        return Exit.OUTPUT_GONE
    except (RegimeFlowError, OSError) as error:
        if debug:
            traceback.print_exc()
        complain(failure_line(error))
        return Exit.FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: a user gets one line
        if debug:
            traceback.print_exc()
        name = type(error).__name__
        complain(f"{COMMAND}: internal error: {name}: {one_line(str(error))} (--debug says more)")
        return Exit.INTERNAL
    finally:
        _flush_stdout()


def _have_streams() -> None:
    # Started with a stream closed (>&-), Python has None there, and the first write would raise.
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for good
            setattr(sys, name, nowhere)
        elif isinstance(stream, io.TextIOWrapper):
            # A symbol that the terminal has no letter for is shown as its number.
            stream.reconfigure(errors="backslashreplace")


def _flush_stdout() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_stdout()


def _discard_stdout() -> None:
    # Python flushes stdout once more at exit; without a reader that would be a message on stderr.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
