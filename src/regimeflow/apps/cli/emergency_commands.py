"""The commands for three at night: ``cancel-all``, ``flatten``, ``kill`` and ``enable``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypedDict, TypeVar, Unpack

import click

from regimeflow.apps.cli.sources import told

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_CONFIG = click.argument("config", type=click.Path(exists=True, dir_okay=False, readable=True))
_DEBUG = click.option("--debug", is_flag=True, help="Show the traceback of an error.")
_CODES = """\b
Exit codes:
    0  nothing is left (with --dry-run: the broker was asked)
    1  something is left, the broker could not be asked, or it is not to be done: a session runs,
       or the account is live and --live is not given
    2  wrong usage: an unknown option, a missing file
    3  the configuration is wrong: one line per fault
   70  an error inside RegimeFlow; --debug shows its traceback
"""
_SWITCH_CODES = """\b
Exit codes:
    0  it is done
    1  there is no such file for this configuration, or it cannot be written
    2  wrong usage: an unknown option, a missing file
    3  the configuration is wrong: one line per fault
   70  an error inside RegimeFlow; --debug shows its traceback
"""

_Command = TypeVar("_Command", bound=Callable[..., object])


class _Options(TypedDict):
    symbols: tuple[str, ...]
    is_live_meant: bool
    even_if_running: bool
    dry_run: bool
    wait_s: float
    as_json: bool


def _at_the_broker(command: _Command) -> _Command:
    """Give a command the options of both that go to the broker."""
    for option in (
        _DEBUG,
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option(
            "--wait",
            "wait_s",
            type=click.FloatRange(min=0.25, max=600),
            default=10.0,
            metavar="SECONDS",
            help="How long the broker may take; 10 by default.",
        ),
        click.option("--dry-run", is_flag=True, help="Print what there is, and do nothing."),
        click.option(
            "--even-if-running", is_flag=True, help="Also while a session holds the journal."
        ),
        click.option("--live", "is_live_meant", is_flag=True, help="Also on a live account."),
        click.option(
            "--symbol",
            "symbols",
            multiple=True,
            metavar="SYMBOL",
            help="Only this one; may be repeated.",
        ),
        _CONFIG,
    ):
        command = option(command)
    return command


@click.command("cancel-all", context_settings=_CONTEXT, epilog=_CODES)
@_at_the_broker
def cancel_all(*, config: str, debug: bool, **options: Unpack[_Options]) -> int:
    """Cancel every open order at the broker of CONFIG, without an engine.

    For when the engine hangs or is dead. Orders that others placed are cancelled too.
    """
    from regimeflow.apps.cli.emergency import end_all

    return told(config, partial(end_all, config, "cancel-all", **options), debug=debug)


@click.command("flatten", context_settings=_CONTEXT, epilog=_CODES)
@_at_the_broker
def flatten(*, config: str, debug: bool, **options: Unpack[_Options]) -> int:
    """Cancel every open order and close every position at the broker of CONFIG, without an engine.

    Positions are closed at the market. A symbol of which an order stays open is not closed.
    """
    from regimeflow.apps.cli.emergency import end_all

    return told(config, partial(end_all, config, "flatten", **options), debug=debug)


@click.command("kill", context_settings=_CONTEXT, epilog=_SWITCH_CODES)
@_CONFIG
@click.option(
    "--flatten/--cancel",
    default=None,
    help="Close every position too, or cancel only; else as risk.on_kill says.",
)
@_DEBUG
def kill(*, config: str, flatten: bool | None, debug: bool) -> int:
    """Press the kill switch of the session of CONFIG: now, or as the next one begins.

    Trading stays off until `regimeflow-live enable CONFIG`, over restarts too.
    """
    from regimeflow.apps.cli.emergency import press

    return told(config, partial(press, config, flatten=flatten), debug=debug)


@click.command("enable", context_settings=_CONTEXT, epilog=_SWITCH_CODES)
@_CONFIG
@_DEBUG
def enable(*, config: str, debug: bool) -> int:
    """Release the kill switch, and take off what else waits for a person."""
    from regimeflow.apps.cli.emergency import release

    return told(config, partial(release, config), debug=debug)
