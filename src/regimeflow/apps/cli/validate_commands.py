"""The command ``validate``."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import partial
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from regimeflow.apps.cli.journal_commands import CONTEXT, DEBUG
from regimeflow.apps.cli.sources import told

if TYPE_CHECKING:
    from regimeflow.apps.cli.validation.trial import Mode

_CONFIG = click.argument("config", type=click.Path(exists=True, dir_okay=False, readable=True))
_PER_CENT = Decimal(100)
_EPILOG = """\b
Examples:
  regimeflow-live validate live.toml
  regimeflow-live validate live.toml --mode fill-reconcile --json | jq .steps
\b
Exit codes:
    0  every step is good
    1  a step failed, something is left at the venue, or it is not to be done: a session runs,
       trading is held, or the account is live and --live is not given
    2  wrong usage: an unknown option, a missing file
    3  the configuration is wrong: one line per fault
   70  an error inside RegimeFlow; --debug shows its traceback
  130  stopped by SIGINT (Ctrl-C), 143 by SIGTERM; what was open is cancelled
"""


class _Options(TypedDict):
    symbol: str | None
    quantity: Decimal | None
    limit_price: Decimal | None
    timeout_s: float
    is_live_meant: bool
    even_if_running: bool
    as_json: bool


def _number(_: click.Context, __: click.Parameter, value: str | None) -> Decimal | None:
    if value is None:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or number <= 0:
        raise click.BadParameter(f"{value!r} is no number above 0")
    return number


@click.command("validate", context_settings=CONTEXT, epilog=_EPILOG)
@_CONFIG
@click.option(
    "--mode",
    type=click.Choice(["submit-cancel-reconcile", "fill-reconcile"]),
    default="submit-cancel-reconcile",
    show_default=True,
    help="An order that rests far from the market and is cancelled, or one that fills.",
)
@click.option("--symbol", metavar="SYMBOL", help="One of the file's; its first by default.")
@click.option("--quantity", callback=_number, metavar="N", help="Instead of the least.")
@click.option("--limit-price", callback=_number, metavar="N", help="Instead of one found.")
@click.option(
    "--away",
    type=click.FloatRange(0.1, 90),
    default=10.0,
    show_default=True,
    metavar="PERCENT",
    help="How far below the best bid an order rests.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(0.5, 600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a step may take.",
)
@click.option("--live", "is_live_meant", is_flag=True, help="Also on a live account.")
@click.option("--even-if-running", is_flag=True, help="Also while a session holds the journal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@DEBUG
def validate(*, config: str, mode: Mode, away: float, debug: bool, **rest: Unpack[_Options]) -> int:
    """Try the life of one small order at the venue of CONFIG, step by step.

    By the engine that `run` uses, its limits included, but without strategies. `fill-reconcile`
    buys the least and sells it again. Whatever goes wrong, what is open is cancelled.
    """
    from regimeflow.apps.cli.validate import validate_venue

    act = partial(validate_venue, config, mode, away=Decimal(str(away)) / _PER_CENT, **rest)
    return told(config, act, debug=debug)
