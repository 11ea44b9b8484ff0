"""What a session says, as lines: plain for a pipe, JSON lines for a program."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, Protocol, TextIO

from regimeflow.apps.cli.exits import COMMAND, complain
from regimeflow.apps.cli.summary import as_lines, plain
from regimeflow.apps.cli.text import utc
from regimeflow.types.events import EngineEvent, SessionSummary
from regimeflow.types.snapshots import EngineStatus

# The words on a line, by the kind of event.
LABELS: Final = {
    "connected": "connect",
    "disconnected": "disconnect",
    "reconnecting": "reconnect",
    "trading_state": "state",
    "strategy_error": "strategy",
    "feed_end": "feed",
}
_WIDEST = len("disconnect")


class Screen(Protocol):
    """Where a session is shown. Nothing here raises when its reader has gone away."""

    def event(self, event: EngineEvent) -> None:
        """Show one piece of news."""
        ...

    def progress(self, status: EngineStatus, done: float | None, /) -> None:
        """Show where the session stands, and let out what was held back."""
        ...

    def summary(self, summary: SessionSummary) -> None:
        """Show the account of the session."""
        ...

    def close(self) -> None:
        """Give the terminal back; nothing is shown after it."""
        ...


class Output:
    """A text stream whose reader may go away at any time.

    Args:
        stream: Written to, flushed by ``flush`` only.
        on_gone: Called once, when nobody reads any more.
    """

    def __init__(self, stream: TextIO, on_gone: Callable[[], None]) -> None:
        self._stream = stream
        self._on_gone = on_gone
        self.is_gone = False

    def write(self, line: str) -> None:
        """Write one line."""
        self.attempt(lambda: self._stream.write(line + "\n"))

    def flush(self) -> None:
        """Let out what was written."""
        self.attempt(self._stream.flush)

    def attempt(self, write: Callable[[], object]) -> None:
        """Do something to the stream, unless its reader has gone."""
        if self.is_gone:
            return
        try:
            write()
        except OSError as error:
            self.is_gone = True
            if not isinstance(error, BrokenPipeError):
                complain(f"{COMMAND}: cannot write the output: {error.strerror}")
            self._on_gone()


def line_of(event: EngineEvent) -> str:
    """Return the line that tells of an event, its traceback included."""
    label = LABELS.get(event.kind, event.kind)
    text = "\n    ".join(event.text.splitlines())
    if trace := event.data.get("traceback"):
        text += "\n    " + "\n    ".join(str(trace).rstrip().splitlines())
    return f"{utc(event.ts_ns)} {label:<{_WIDEST}} {text}"


class PlainScreen:
    """Lines for a pipe or a file."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def event(self, event: EngineEvent) -> None:
        """Write the event's line."""
        self._output.write(line_of(event))

    def progress(self, _status: EngineStatus, _done: float | None, /) -> None:
        """Let out the lines so far."""
        self._output.flush()

    def summary(self, summary: SessionSummary) -> None:
        """Write the summary's lines."""
        for line in as_lines(summary):
            self._output.write(line)

    def close(self) -> None:
        """Let out the last lines."""
        self._output.flush()


class JsonScreen:
    """One JSON object a line; the last one has ``"kind": "summary"``. Exact numbers are strings."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def event(self, event: EngineEvent) -> None:
        """Write the event as an object."""
        self._write(
            {
                "kind": event.kind,
                "ts_ns": event.ts_ns,
                "text": event.text,
                "data": plain(event.data),
            }
        )

    def progress(self, _status: EngineStatus, _done: float | None, /) -> None:
        """Let out the lines so far."""
        self._output.flush()

    def summary(self, summary: SessionSummary) -> None:
        """Write the summary as an object."""
        said = plain(summary)
        values = said if isinstance(said, dict) else {}
        self._write({"kind": "summary", **values, "messages_per_s": summary.messages_per_s})

    def close(self) -> None:
        """Let out the last lines."""
        self._output.flush()

    def _write(self, values: dict[str, object]) -> None:
        self._output.write(json.dumps(values, separators=(",", ":")))
