"""The commands that read a journal: ``books``, ``replay``, and the group ``journal``."""

from __future__ import annotations

from functools import partial

import click

from regimeflow.apps.cli.exits import Exit
from regimeflow.apps.cli.sources import told

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
SOURCE = click.argument(
    "source", metavar="CONFIG|FOLDER", type=click.Path(exists=True, readable=True)
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
DEBUG = click.option("--debug", is_flag=True, help="Show the traceback of an error.")
_CODES = """\b
Exit codes:
    0  {good}
    1  {bad}
    2  wrong usage: an unknown option, a missing file
    3  the configuration is wrong: one line per fault
   70  an error inside RegimeFlow; --debug shows its traceback
"""
_READING = """\
Reads only: nothing is written, locked or changed, and an engine may be writing meanwhile."""


def epilog(*, good: str, bad: str, examples: str, is_reading: bool = True) -> str:
    """What a command's help ends with: examples, and what its exit codes say."""
    reading = f"{_READING}\n\n" if is_reading else ""
    lines = "\n".join(f"  regimeflow-live {each}" for each in examples.splitlines())
    return f"{reading}\b\nExamples:\n{lines}\n\n{_CODES.format(good=good, bad=bad)}"


def _known_kinds(
    _context: click.Context, _option: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    if not value:
        return value
    from regimeflow.engine.journal.describe import kinds

    known = {name.lower(): name for name in kinds()}
    unknown = [each for each in value if each.lower() not in known]
    if unknown:
        text = f"{unknown[0]!r} is no kind of frame; known are {', '.join(known.values())}"
        raise click.BadParameter(text)
    return tuple(known[each.lower()] for each in value)


_KINDS = click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="KIND",
    callback=_known_kinds,
    help="Only these, such as ExecutionReport or Command; may be repeated.",
)


@click.command(
    "books",
    context_settings=CONTEXT,
    epilog=epilog(
        good="the books were read; with --against-broker: both sides agree",
        bad="there is no journal, it cannot be read, or the broker's books differ",
        examples="books live.toml\nbooks live.toml --against-broker\n"
        "books regimeflow-journal/paper --json | jq .positions\n"
        "books live.toml --write-off rf1a2b3c4d-0000000000001 --because 'TWS shows no such order'",
    ),
)
@SOURCE
@JSON
@click.option(
    "--against-broker", is_flag=True, help="Ask the broker too; exit code 1 if anything differs."
)
@click.option(
    "--write-off",
    metavar="ID",
    help="First count an order that the venue has lost as cancelled, with the fills that are known."
    " No session may be running. Should the venue show the order again, it is taken up again.",
)
@click.option("--because", metavar="TEXT", help="Why it is written off; kept in the journal.")
@DEBUG
def books(
    *,
    source: str,
    as_json: bool,
    against_broker: bool,
    write_off: str | None,
    because: str | None,
    debug: bool,
) -> int:
    """Print what we believe: orders, fills, positions, cash, unknown outcomes.

    From the journal of CONFIG, or the one in FOLDER, alone: without connecting.
    """
    from regimeflow.apps.cli.books import show_books, write_off_order

    if (write_off is None) is not (because is None) or (
        because is not None and not because.strip()
    ):
        raise click.UsageError("--write-off ID and --because TEXT go together")
    if write_off is not None and because is not None:
        act = partial(write_off_order, source, write_off, because.strip())
        code = told(source, act, debug=debug)
        if code:
            return code
    act = partial(show_books, source, as_json=as_json, against_broker=against_broker)
    return told(source, act, debug=debug)


@click.command(
    "replay",
    context_settings=CONTEXT,
    epilog=epilog(
        good="the same decisions, all of them",
        bad="the first difference is shown, or the session cannot be replayed",
        examples="replay live.toml\nreplay regimeflow-journal/paper --session 3\n"
        "replay live.toml --config changed.toml",
    ),
)
@SOURCE
@click.option("--session", type=click.IntRange(min=1), help="Which, from 1; the last by default.")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, readable=True),
    help="Decide by this configuration instead of the session's own.",
)
@JSON
@DEBUG
def replay(
    *, source: str, session: int | None, config: str | None, as_json: bool, debug: bool
) -> int:
    """Run the engine on a session again: the same decisions, or the first difference.

    The journal is that of CONFIG, or the one in FOLDER. Nothing is sent. A strategy that took its
    time or its chance from elsewhere than its context is found out this way.
    """
    from regimeflow.apps.cli.replay import run_replay

    act = partial(run_replay, source, session=session, config_path=config, as_json=as_json)
    return told(config or source, act, debug=debug)


@click.group("journal", invoke_without_command=True, context_settings=CONTEXT, epilog=_READING)
@click.pass_context
def journal(context: click.Context) -> int:
    """Look into a journal: show what is in it, verify it, export it to other formats.

    Of each the journal is that of CONFIG, or the one in FOLDER.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        return Exit.USAGE
    return Exit.OK


@journal.command(
    "show",
    context_settings=CONTEXT,
    epilog=epilog(
        good="what was asked for was printed",
        bad="there is no journal, it cannot be read, or a part of it is damaged",
        examples="journal show live.toml --kind ExecutionReport --kind Command\n"
        "journal show live.toml --from-seq 1000 --limit 20\njournal show live.toml --follow",
    ),
)
@SOURCE
@_KINDS
@click.option("--from-seq", type=click.IntRange(min=1), help="Begin with the message so numbered.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many.")
@click.option("--follow", is_flag=True, help="Wait for more at the end, until Ctrl-C.")
@DEBUG
def journal_show(
    *,
    source: str,
    kinds: tuple[str, ...],
    from_seq: int | None,
    limit: int | None,
    follow: bool,
    debug: bool,
) -> int:
    """Print what is in a journal, one JSON object a line."""
    from regimeflow.apps.cli.journal import show_journal

    act = partial(show_journal, source, kinds=kinds, from_seq=from_seq, limit=limit, follow=follow)
    return told(source, act, debug=debug)


@journal.command(
    "verify",
    context_settings=CONTEXT,
    epilog=epilog(
        good="every frame and every snapshot is sound",
        bad="there is no journal, it cannot be read, or a part of it is damaged",
        examples="journal verify live.toml",
    ),
)
@SOURCE
@JSON
@DEBUG
def journal_verify(*, source: str, as_json: bool, debug: bool) -> int:
    """Read every frame and snapshot, and say what is damaged."""
    from regimeflow.apps.cli.journal import verify_journal

    return told(source, partial(verify_journal, source, as_json=as_json), debug=debug)


@journal.command(
    "export",
    context_settings=CONTEXT,
    epilog=epilog(
        good="the file was written",
        bad="there is no journal, it cannot be read, or a part of it is damaged",
        examples="journal export live.toml fills.csv --kind ExecutionReport\n"
        "journal export regimeflow-journal/paper all.parquet",
    ),
)
@SOURCE
@click.argument("to", metavar="FILE", type=click.Path(dir_okay=False, writable=True))
@_KINDS
@DEBUG
def journal_export(*, source: str, to: str, kinds: tuple[str, ...], debug: bool) -> int:
    """Write a journal to FILE: .jsonl, .csv, or .parquet (with pyarrow installed)."""
    from regimeflow.apps.cli.journal import export_journal

    return told(source, partial(export_journal, source, to, kinds=kinds), debug=debug)
