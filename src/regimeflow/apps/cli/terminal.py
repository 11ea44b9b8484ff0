"""A session on a terminal: coloured lines above one live status line."""

from __future__ import annotations

from functools import partial
from typing import Final, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from regimeflow.apps.cli.render import LABELS, Output, line_of
from regimeflow.apps.cli.summary import as_lines
from regimeflow.apps.cli.text import amount, signed, utc
from regimeflow.types.events import EngineEvent, SessionSummary
from regimeflow.types.snapshots import EngineStatus

_STYLES: Final = {
    "connected": "green",
    "disconnected": "yellow",
    "reconnecting": "yellow",
    "heartbeat": "yellow",
    "fill": "bold cyan",
    "account": "cyan",
    "trading_state": "magenta",
    "strategy_error": "bold red",
    "warning": "yellow",
    "error": "bold red",
}
_BAR_CELLS = 20


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the session hear of it; rich itself would end the process."""
        raise BrokenPipeError


class TerminalScreen:
    """Lines as they come, and below them where the session stands. rich honours ``NO_COLOR``."""

    def __init__(self, stream: TextIO, output: Output) -> None:
        self._output = output
        self._console = _Console(file=stream, highlight=False, soft_wrap=True)
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._output.attempt(self._live.start)

    def event(self, event: EngineEvent) -> None:
        """Print the event's line, its label coloured."""
        line = Text(line_of(event))
        if style := _STYLES.get(event.kind):
            start = len(utc(event.ts_ns)) + 1
            line.stylize(style, start, start + len(LABELS.get(event.kind, event.kind)))
        self._output.attempt(partial(self._console.print, line))

    def progress(self, status: EngineStatus, done: float | None, /) -> None:
        """Draw the status line again."""
        line = Text(status_text(status, done), style="reverse", no_wrap=True, overflow="ellipsis")
        self._output.attempt(lambda: self._live.update(line, refresh=True))

    def summary(self, summary: SessionSummary) -> None:
        """Print the summary in place of the status line."""
        self._output.attempt(self._live.stop)
        for line in as_lines(summary):
            text = Text(line)
            text.stylize("bold", 0, 15)
            self._output.attempt(partial(self._console.print, text))

    def close(self) -> None:
        """Take the status line away and show the cursor again."""
        self._output.attempt(self._live.stop)
        self._output.flush()


def status_text(status: EngineStatus, done: float | None) -> str:
    """Return the status line: progress, the session's time, trading state, orders, money."""
    parts = [utc(status.last_update_ns), status.trading_state.name]
    if done is not None:
        filled = round(done * _BAR_CELLS)
        parts.insert(0, f"{'#' * filled}{'.' * (_BAR_CELLS - filled)} {done:4.0%}")
    parts.append(f"{status.open_orders} open")
    if status.equity is not None:
        parts.append(f"equity {amount(status.equity)}")
    if status.daily_pnl is not None:
        parts.append(f"today {signed(status.daily_pnl)}")
    return " " + "  ".join(parts) + " "
