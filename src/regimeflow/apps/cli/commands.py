"""The commands of ``regimeflow-live`` and their options."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import click

from regimeflow.apps.cli.exits import (
    COMMAND,
    MEANINGS,
    Exit,
    complain,
    failure_line,
    fault_lines,
    one_line,
)
from regimeflow.apps.cli.options import Speed, overrides_of
from regimeflow.types.errors import ConfigError, RegimeFlowError

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_FILE = click.Path(exists=True, dir_okay=False, readable=True)
_EXAMPLES = """\b
Examples:
  regimeflow-live check examples/quickstart.toml
  regimeflow-live run examples/quickstart.toml --duration 10
  regimeflow-live run live.toml --feed btcusdt.gz --feed ethusdt.gz --speed max
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
        duration_s=duration,
        seed=seed,
        dry_run=dry_run,
    )
    try:
        return run_session(config, overrides, as_json=as_json, debug=debug)
    except ConfigError as error:
        if debug:
            raise
        complain(*fault_lines(error, config))
        return Exit.CONFIG


@command.command("check", context_settings=_CONTEXT)
@click.argument("config", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def check(*, config: str, as_json: bool, debug: bool) -> int:  # noqa: ARG001 - main() reads debug
    """Validate CONFIG and print what it comes to, defaults included, secrets hidden.

    The output is a configuration itself. Every fault is one line on stderr, and the exit code is 3.
    """
    from regimeflow.apps.cli.check import check_config

    return check_config(config, as_json=as_json)


@command.command("books", context_settings=_CONTEXT)
@click.argument("source", metavar="CONFIG", type=click.Path(exists=True, readable=True))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--against-broker", is_flag=True, help="Ask the broker too; exit code 1 if anything differs."
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def books(*, source: str, as_json: bool, against_broker: bool, debug: bool) -> int:  # noqa: ARG001
    """Print what we believe: orders, fills, positions, cash, unknown outcomes.

    From the journal of CONFIG (or of a journal's folder) alone, without connecting.
    """
    from regimeflow.apps.cli.books import show_books

    return show_books(source, as_json=as_json, against_broker=against_broker)


@command.command("replay", context_settings=_CONTEXT)
@click.argument("folder", metavar="JOURNAL", type=click.Path(exists=True, file_okay=False))
@click.option("--session", type=click.IntRange(min=1), help="Which, from 1; the last by default.")
@click.option(
    "--config",
    type=_FILE,
    help="Decide by this configuration instead of the session's own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def replay(
    *,
    folder: str,
    session: int | None,
    config: str | None,
    as_json: bool,
    debug: bool,  # noqa: ARG001 - main() reads it
) -> int:
    """Run the engine on a session of JOURNAL again: the same decisions, or the first difference.

    Nothing is sent or written. A strategy that took its time or its chance from elsewhere than its
    context is found out this way. The exit code is 1 when something is different.
    """
    from regimeflow.apps.cli.replay import run_replay

    return run_replay(folder, session=session, config_path=config, as_json=as_json)


@command.group("journal", context_settings=_CONTEXT)
def journal() -> None:
    """Look into a journal: show, verify, export."""


_FOLDER = click.Path(exists=True, file_okay=False, readable=True)
_KINDS = click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="KIND",
    help="Only these, such as ExecutionReport or Command; may be repeated.",
)
_DEBUG = click.option("--debug", is_flag=True, help="Show the traceback of an error.")


@journal.command("show", context_settings=_CONTEXT)
@click.argument("folder", type=_FOLDER)
@_KINDS
@click.option("--from-seq", type=click.IntRange(min=1), help="Begin with the message so numbered.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many.")
@click.option("--follow", is_flag=True, help="Wait for more at the end, until Ctrl-C.")
@_DEBUG
def journal_show(
    *,
    folder: str,
    kinds: tuple[str, ...],
    from_seq: int | None,
    limit: int | None,
    follow: bool,
    debug: bool,  # noqa: ARG001 - main() reads it
) -> int:
    """Print what is in a journal, one JSON object a line."""
    from regimeflow.apps.cli.journal import show_journal

    return show_journal(folder, kinds=kinds, from_seq=from_seq, limit=limit, follow=follow)


@journal.command("verify", context_settings=_CONTEXT)
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_DEBUG
def journal_verify(*, folder: str, as_json: bool, debug: bool) -> int:  # noqa: ARG001
    """Read every frame; the exit code is 1 when something is damaged."""
    from regimeflow.apps.cli.journal import verify_journal

    return verify_journal(folder, as_json=as_json)


@journal.command("export", context_settings=_CONTEXT)
@click.argument("folder", type=_FOLDER)
@click.argument("to", metavar="FILE", type=click.Path(dir_okay=False, writable=True))
@_KINDS
@_DEBUG
def journal_export(
    *,
    folder: str,
    to: str,
    kinds: tuple[str, ...],
    debug: bool,  # noqa: ARG001 - main() reads it
) -> int:
    """Write a journal to FILE: .jsonl, .csv, or .parquet (with pyarrow installed)."""
    from regimeflow.apps.cli.journal import export_journal

    return export_journal(folder, to, kinds=kinds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code. Every error is one line on stderr."""
    _have_streams()
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
