"""The commands about regimes: ``report``, and the group ``regime``."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from regimeflow.apps.cli.exits import Exit
from regimeflow.apps.cli.journal_commands import CONTEXT, DEBUG, JSON, SOURCE, epilog
from regimeflow.apps.cli.sources import told

_FILE = click.Path(exists=True, dir_okay=False, readable=True)


@click.command(
    "report",
    context_settings=CONTEXT,
    epilog=epilog(
        good="the session's regimes were told, and drawn",
        bad="there is no journal and no feed, no prices, or the picture cannot be written",
        examples="report live.toml --png regimes.png\n"
        "report regimeflow-journal/paper --session 3 --json | jq .shares",
    ),
)
@SOURCE
@click.option(
    "--png",
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    help="Draw price, regimes and changes; needs the extra report.",
)
@click.option("--session", type=click.IntRange(min=1), help="Which, from 1; the last by default.")
@click.option(
    "--execution", is_flag=True, help="How its orders went instead: waits, slippage, fill ratio."
)
@JSON
@DEBUG
def report(
    *,
    source: str,
    png: str | None,
    session: int | None,
    execution: bool,
    as_json: bool,
    debug: bool,
) -> int:
    """Show the market regimes of a session: when they changed, and how long they lasted.

    From the journal of CONFIG, or the one in FOLDER. Where CONFIG plays a feed and writes no
    journal, the feed is played, without strategies.
    """
    if execution:
        from regimeflow.apps.cli.execution_report import show_execution

        if png is not None:
            raise click.UsageError("--execution draws nothing: leave --png out")
        show = partial(show_execution, source, session=session, as_json=as_json)
        return told(source, show, debug=debug)
    from regimeflow.apps.cli.regime_report import show_report

    act = partial(show_report, source, png=png, session=session, as_json=as_json)
    return told(source, act, debug=debug)


@click.group("regime", invoke_without_command=True, context_settings=CONTEXT)
@click.pass_context
def regime(context: click.Context) -> int:
    """Make models that find the market's regime."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        return Exit.USAGE
    return Exit.OK


def _words(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",")) if value else ()


def _features(
    context: click.Context, option: click.Parameter, value: str | None
) -> tuple[str, ...]:
    from regimeflow.types.config.regime import parse_feature

    names = _words(context, option, value)
    for name in names:
        try:
            parse_feature(name)
        except ValueError as error:
            raise click.BadParameter(f"{name!r} is no feature; expected {error}") from None
    return names


def _interval(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    from regimeflow.types.intervals import interval_ns_of

    try:
        if value is not None:
            interval_ns_of(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return value


@regime.command(
    "fit",
    context_settings=CONTEXT,
    epilog=epilog(
        good="the model was written",
        bad="there is no market to fit to, or too little of it",
        examples="regime fit live.toml model.json\n"
        "regime fit live.toml model.json --states 3 --order volatility"
        " --features return,volatility:60,range:20\n"
        "regime fit regimeflow-journal/binance model.json --symbol BTCUSDT --sample tick",
        is_reading=False,
    ),
)
@SOURCE
@click.argument("to", metavar="FILE", type=click.Path(dir_okay=False, writable=True))
@click.option(
    "--feed",
    "feeds",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="Fit to this recording instead; may be repeated.",
)
@click.option("--symbol", help="Whose market; the configuration's by default.")
@click.option(
    "--features",
    callback=_features,
    metavar="LIST",
    help="What the model reads, such as return,volatility:20 (the default).",
)
@click.option(
    "--sample", type=click.Choice(["bar", "tick", "quote"]), help="What each look is taken at."
)
@click.option("--bar-interval", callback=_interval, metavar="TEXT", help="Which bars, such as 1m.")
@click.option("--states", type=click.IntRange(1, 16), default=3, show_default=True)
@click.option(
    "--order",
    type=click.Choice(["return", "volatility"]),
    default="return",
    show_default=True,
    help="By what the states get their regimes.",
)
@click.option(
    "--regimes",
    callback=_words,
    metavar="LIST",
    help="Names of your own, in that order, low first.",
)
@click.option(
    "--starts",
    type=click.IntRange(1, 100),
    default=8,
    show_default=True,
    help="First guesses that are followed.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--iterations", type=click.IntRange(1, 10_000), default=200, show_default=True)
@JSON
@DEBUG
def regime_fit(*, source: str, as_json: bool, debug: bool, **options: Any) -> int:  # noqa: ANN401
    """Fit a hidden Markov model to the market of CONFIG or of the journal in FOLDER.

    The market is that of the journal; where CONFIG plays a feed and writes no journal, or with
    --feed, it is that of the feed. The model goes to FILE, for [regime.hmm] model.
    """
    from regimeflow.apps.cli.regime_fit import FitOptions, fit_model

    act = partial(fit_model, source, FitOptions(**options), as_json=as_json)
    return told(source, act, debug=debug)
