"""``regimeflow-live tail`` and ``export``: what goes over a queue, for people and as a file."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regimeflow.apps.cli.exits import Exit, complain
from regimeflow.apps.cli.journal import export_journal
from regimeflow.types.config.queue import LOSSLESS, MessageQueueConfig
from regimeflow.types.errors import ConfigError, InvalidArgument, NetworkError
from regimeflow.types.records import replace

if TYPE_CHECKING:
    from regimeflow._core.messages import LiveMessage
    from regimeflow.ports.message_queue import MessageQueueAdapter

TOPICS: Final = ("market_data", *LOSSLESS)
_NS_PER_S: Final = 1_000_000_000
_WAIT_S: Final = 0.2
_QUIET_S: Final = 2.0  # a server that has told nothing new for so long has told all
_WIDTH: Final = 20  # of the kind's column


def show_queue(
    source: str,
    *,
    topics: tuple[str, ...],
    from_time: str | None,
    limit: int | None,
    follow: bool,
    as_json: bool,
) -> int:
    """Print messages as they come; return the exit code."""
    queue = _open(source, topics)
    shown = 0

    def show(message: LiveMessage) -> bool:
        nonlocal shown
        if shown == limit:
            return False
        shown += 1
        sys.stdout.write((_json_line(message) if as_json else _line(message)) + "\n")
        return True

    queue.on_message(show)
    now_ns = time.time_ns() if follow else 0
    _begin(queue, instant_of(from_time) if from_time is not None else now_ns)
    heard_s = time.monotonic()
    while shown != limit:
        if queue.poll(_WAIT_S):
            heard_s = time.monotonic()
            sys.stdout.flush()
        elif queue.has_given_up or (not follow and _is_quiet(source, heard_s)):
            break
    return _end(queue, source)


def export_queue(source: str, to: str, *, topics: tuple[str, ...]) -> int:
    """Write all that a queue has to a file whose ending says how: .jsonl, .csv or .parquet."""
    if "://" not in source and not _queue_of(source):
        return export_journal(source, to, kinds=())
    from regimeflow._core.journal_writer import JournalWriter

    queue = _open(source, topics)
    with tempfile.TemporaryDirectory(prefix="regimeflow-export-") as folder:
        with JournalWriter(folder) as writer:

            def keep(message: LiveMessage) -> None:
                writer.append(message)
                writer.prepare_next()

            queue.on_message(keep)
            _begin(queue, 0)
            heard_s = time.monotonic()
            while not queue.has_given_up and not _is_quiet(source, heard_s):
                if queue.poll(_WAIT_S):
                    heard_s = time.monotonic()
            code = _end(queue, source)
        return export_journal(folder, to, kinds=()) or code


def instant_of(text: str) -> int:
    """Return the instant that a text says, UTC [ns]: ISO 8601, or nanoseconds since 1970.

    Raises:
        InvalidArgument: it says none.
    """
    from datetime import UTC, datetime

    if text.isdecimal():
        return int(text)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        expected = "such as 2025-01-31T14:30:00, or nanoseconds since 1970"
        raise InvalidArgument(f"--from {text}: expected a time, {expected}") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * _NS_PER_S + since.microseconds * 1_000


def _open(source: str, topics: tuple[str, ...]) -> MessageQueueAdapter:
    from regimeflow.adapters.queues.registry import create_message_queue_adapter

    config = _config_of(source)
    unknown = [each for each in topics if each not in TOPICS]
    if unknown:
        text = f"--topic {unknown[0]}: expected one of {', '.join(TOPICS)}"
        raise InvalidArgument(text)
    return create_message_queue_adapter(
        replace(
            config,
            consume=topics or TOPICS,
            group=None,
            state_folder=None,
            origin=f"tail-{os.getpid()}",
            consumer=None,
            reconnect_max_attempts=config.reconnect_max_attempts or 5,
        )
    )


def _begin(queue: MessageQueueAdapter, since_ns: int) -> None:
    queue.seek(since_ns)
    try:
        queue.connect()
    except NetworkError as error:
        complain(str(error))  # poll() tries again


def _is_quiet(source: str, heard_s: float) -> bool:
    return Path(source).is_dir() or time.monotonic() - heard_s > _QUIET_S


def _end(queue: MessageQueueAdapter, source: str) -> int:
    counters, error = queue.counters(), queue.last_error
    has_failed = queue.has_given_up
    queue.disconnect()
    if error:
        complain(f"{source}: {error}")
    is_bad = has_failed or counters.bad or counters.missed or (error and not counters.received)
    return Exit.FAILED if is_bad else Exit.OK


def _config_of(source: str) -> MessageQueueConfig:
    scheme, colon, rest = source.partition("://")
    if colon and scheme == "kafka":
        return MessageQueueConfig(type="kafka", servers=rest.rstrip("/").split(","))
    if colon and scheme in ("redis", "rediss", "unix"):
        return MessageQueueConfig(type="redis", url=source)
    if colon:
        raise InvalidArgument(f"{source}: expected redis://..., rediss://..., or kafka://HOST:PORT")
    found = None if Path(source).is_dir() else _queue_of(source)
    if found is not None:
        return found
    from regimeflow.apps.cli.sources import journal_of

    folder = source if Path(source).is_dir() else journal_of(source)[0]
    return MessageQueueConfig(type="journal", url=folder)


def _queue_of(source: str) -> MessageQueueConfig | None:
    """Return the queue of a configuration; None: its journal is the queue, or it is a folder."""
    if Path(source).is_dir():
        return None
    if not Path(source).is_file():
        raise InvalidArgument(f"{source}: expected a folder, a configuration, or an address")
    from regimeflow.types.config import LiveConfig

    queue = LiveConfig.from_file(source).frozen().queue
    if queue is None:
        raise ConfigError(f"{source} has no [queue]; `journal show` reads a journal without one")
    return None if queue.type == "journal" else queue


def _json_line(message: LiveMessage) -> str:
    from regimeflow.engine.journal.describe import described

    values = {"origin": message.origin, **described(message)}
    return json.dumps(values, ensure_ascii=False)


def _line(message: LiveMessage) -> str:
    from datetime import UTC, datetime

    from regimeflow.engine.journal.describe import kind_of

    seconds, rest = divmod(message.ts_recv_ns, _NS_PER_S)
    when = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    kind = f"{kind_of(message):{_WIDTH}}"
    place = f"{message.origin} {message.seq}"
    return f"{when}.{rest // 1000:06d}Z {place} {kind} {message.payload!r}"
