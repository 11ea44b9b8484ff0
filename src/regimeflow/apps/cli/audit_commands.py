"""The group ``audit`` of the command."""

from __future__ import annotations

from functools import partial

import click

from regimeflow.apps.cli.exits import Exit
from regimeflow.apps.cli.journal_commands import CONTEXT, DEBUG, JSON, SOURCE, epilog
from regimeflow.apps.cli.sources import told


@click.group("audit", invoke_without_command=True, context_settings=CONTEXT)
@click.pass_context
def audit(context: click.Context) -> int:
    """Prove what a session did: verify its audit log, show it, export it.

    Of each the log is that of CONFIG, or the one in FOLDER (or in its folder "audit").
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        return Exit.USAGE
    return Exit.OK


@audit.command(
    "verify",
    context_settings=CONTEXT,
    epilog=epilog(
        good="every line is as it was written",
        bad="a line was changed, removed or moved, or there is no log",
        examples="audit verify live.toml\naudit verify live.toml --public-key audit-public.pem",
    ),
)
@SOURCE
@click.option(
    "--public-key",
    type=click.Path(exists=True, dir_okay=False, readable=True),
    help="PEM file with the Ed25519 key by which signatures are checked.",
)
@JSON
@DEBUG
def audit_verify(*, source: str, public_key: str | None, as_json: bool, debug: bool) -> int:
    """Read a whole log and say what of it is not as it was written."""
    from regimeflow.apps.cli.audit import verify_log

    act = partial(verify_log, source, public_key=public_key, as_json=as_json)
    return told(source, act, debug=debug)


@audit.command(
    "show",
    context_settings=CONTEXT,
    epilog=epilog(
        good="what was asked for was printed",
        bad="there is no log, or it cannot be read",
        examples="audit show live.toml --kind fill --kind denied",
    ),
)
@SOURCE
@click.option(
    "--kind", "kinds", multiple=True, metavar="KIND", help="Only these, such as fill or denied."
)
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many.")
@DEBUG
def audit_show(*, source: str, kinds: tuple[str, ...], limit: int | None, debug: bool) -> int:
    """Print a log, one JSON object a line."""
    from regimeflow.apps.cli.audit import show_log

    return told(source, partial(show_log, source, kinds=kinds, limit=limit), debug=debug)


@audit.command(
    "export",
    context_settings=CONTEXT,
    epilog=epilog(
        good="the file was written",
        bad="there is no log, or it cannot be read",
        examples="audit export live.toml audit.csv",
    ),
)
@SOURCE
@click.argument("to", metavar="FILE", type=click.Path(dir_okay=False, writable=True))
@DEBUG
def audit_export(*, source: str, to: str, debug: bool) -> int:
    """Write a log to FILE as CSV; what a spreadsheet would take for a formula is made text."""
    from regimeflow.apps.cli.audit import export_log

    return told(source, partial(export_log, source, to), debug=debug)


@audit.command(
    "write",
    context_settings=CONTEXT,
    epilog=epilog(
        good="the log has all that the journal has",
        bad="there is no journal, or a session is writing the log",
        examples="audit write live.toml\naudit write live.toml --follow",
        is_reading=False,
    ),
)
@SOURCE
@click.option("--follow", is_flag=True, help="Go on with the journal, until Ctrl-C.")
@DEBUG
def audit_write(*, source: str, follow: bool, debug: bool) -> int:
    """Bring the log up to its journal, of CONFIG or in FOLDER.

    For a session that died before its log had everything, and for sessions with
    [audit] enabled = "no" that leave the log to a process of its own.
    """
    from regimeflow.apps.cli.audit import write_log

    return told(source, partial(write_log, source, follow=follow), debug=debug)
