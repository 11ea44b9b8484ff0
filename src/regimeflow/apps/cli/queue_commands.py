"""The commands that read a message queue: ``tail`` and ``export``."""

from __future__ import annotations

from functools import partial

import click

from regimeflow.apps.cli.sources import told

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_QUEUE = click.argument("queue", metavar="QUEUE")
_DEBUG = click.option("--debug", is_flag=True, help="Show the traceback of an error.")
_TOPICS = click.option(
    "--topic",
    "topics",
    multiple=True,
    metavar="TOPIC",
    help="Only these, such as execution_report or market_data; may be repeated.",
)
_WHAT = """\
QUEUE is a configuration's file (its [queue]), the folder of a journal or of several, or an
address: redis://HOST:PORT/DB, kafka://HOST:PORT. It is only read: no group moves, no
cursor is kept, a session that is running does not notice."""
_CODES = """\b
Exit codes:
    0  what was asked for was printed or written
    1  the queue cannot be reached, or a part of it cannot be read
    2  wrong usage: an unknown option, a missing file
    3  the configuration is wrong: one line per fault
   70  an error inside RegimeFlow; --debug shows its traceback
"""


@click.command(
    "tail",
    context_settings=_CONTEXT,
    epilog=f"{_WHAT}\n\n\b\nExamples:\n  regimeflow-live tail live.toml --topic execution_report\n"
    "  regimeflow-live tail redis://127.0.0.1:6379/0 --from 2025-01-31T14:30 --json\n"
    f"  regimeflow-live tail regimeflow-journal/binance --no-follow\n\n{_CODES}",
)
@_QUEUE
@_TOPICS
@click.option("--from", "from_time", metavar="TIME", help="Begin then (ISO 8601, UTC), not now.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many.")
@click.option(
    "--follow/--no-follow",
    default=True,
    help="Wait for more, until Ctrl-C; or print what is there.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@_DEBUG
def tail(
    *,
    queue: str,
    topics: tuple[str, ...],
    from_time: str | None,
    limit: int | None,
    follow: bool,
    as_json: bool,
    debug: bool,
) -> int:
    """Print the messages that go over a queue, as they come."""
    from regimeflow.apps.cli.tail import show_queue

    act = partial(
        show_queue,
        queue,
        topics=topics,
        from_time=from_time,
        limit=limit,
        follow=follow,
        as_json=as_json,
    )
    return told(queue, act, debug=debug)


@click.command(
    "export",
    context_settings=_CONTEXT,
    epilog=f"{_WHAT}\n\n\b\nExamples:\n  regimeflow-live export live.toml all.parquet\n"
    "  regimeflow-live export kafka://127.0.0.1:9092 fills.csv --topic execution_report\n\n"
    f"{_CODES}",
)
@_QUEUE
@click.argument("to", metavar="FILE", type=click.Path(dir_okay=False, writable=True))
@_TOPICS
@_DEBUG
def export(*, queue: str, to: str, topics: tuple[str, ...], debug: bool) -> int:
    """Write all that a queue has to FILE: .jsonl, .csv, or .parquet (with pyarrow installed).

    Of a journal that is every frame, as `journal export` has it.
    """
    from regimeflow.apps.cli.tail import export_queue

    return told(queue, partial(export_queue, queue, to, topics=topics), debug=debug)
