"""One session, from its first event to its exit code: signals, errors, output that goes away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Protocol

from regimeflow.apps.cli.exits import COMMAND, Exit, complain, failure_line
from regimeflow.apps.cli.render import Screen
from regimeflow.types.errors import RegimeFlowError
from regimeflow.types.events import EngineEvent, EventKind, ExitCause, SessionSummary
from regimeflow.types.snapshots import EngineStatus

_TICK_S = 0.1
# Beyond what the engine gives the venue to confirm the last cancels; then it is cut short.
_PATIENCE_S = 0.6
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _heard() -> list[signal.Signals]:
    # Under nohup a terminal that closes is to end nothing.
    is_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [number for number in _SIGNALS if not (is_nohup and number is signal.SIGHUP)]


Handler = Callable[[int, FrameType | None], object] | int | None


class Session(Protocol):
    """What the command needs of an engine."""

    async def run(self) -> None:
        """Run until the feed ends or ``stop``."""
        ...

    def stop(self) -> None:
        """End the session cleanly."""
        ...

    def summary(self) -> SessionSummary:
        """Return what the session has done."""
        ...

    def progress(self) -> float | None:
        """Return how much of the feed has been played, 0 to 1."""
        ...

    def get_status(self) -> EngineStatus:
        """Return where the engine stands."""
        ...

    def on_event(self, cb: Callable[[EngineEvent], object]) -> None:
        """Call back with each piece of news."""
        ...

    def on_error(self, cb: Callable[[BaseException], object]) -> None:
        """Call back with each failure."""
        ...


class _LogLines(logging.Handler):
    """Log records of the strategies and of the engine, as lines of the session."""

    def __init__(self, show: Callable[[EventKind, str], None]) -> None:
        super().__init__(logging.INFO)
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        kind: EventKind = "log"
        if record.levelno >= logging.ERROR:
            kind = "error"
        elif record.levelno >= logging.WARNING:
            kind = "warning"
        name = record.name.removeprefix("regimeflow.").removeprefix("strategy.")
        self._show(kind, f"{name}: {record.getMessage()}")


class Conductor:
    """Runs one engine and shows it on one screen.

    Args:
        engine: Not yet running.
        stop_timeout_s: How long the engine waits for the venue when it stops.
        stop_after_s: When to stop by itself; None: never.
        debug: Let errors through, instead of a line on stderr.
    """

    def __init__(
        self,
        engine: Session,
        *,
        stop_timeout_s: float = 1.0,
        stop_after_s: float | None = None,
        debug: bool = False,
    ) -> None:
        self._engine = engine
        self._patience_s = stop_timeout_s + _PATIENCE_S
        self._stop_after_s = stop_after_s
        self._debug = debug
        self._screen: Screen | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._running: asyncio.Task[None] | None = None
        self._signal = 0
        self._is_output_gone = False
        self._is_cut_short = False
        self._has_strategy_failed = False
        self._last_text = ""
        self._last_ns = 0

    def output_gone(self) -> None:
        """End the session: nobody reads what it says any more."""
        self._is_output_gone = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._engine.stop)

    async def run(self, screen: Screen) -> int:
        """Run the session; return the exit code.

        Raises:
            RegimeFlowError: what ended it, with ``debug`` only; else it is one line on stderr.
        """
        self._screen = screen
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        self._engine.on_event(self._on_event)
        self._engine.on_error(self._on_error)
        logs = _LogLines(self._hear_log)
        logger = logging.getLogger("regimeflow")
        logger.addHandler(logs)
        logger.setLevel(logging.INFO)
        before = {number: signal.signal(number, self._on_signal) for number in _heard()}
        failure = None
        try:
            self._running = asyncio.ensure_future(self._engine.run())
            if self._stop_after_s is not None:
                self._loop.call_later(self._stop_after_s, self._engine.stop)
            self._tick()
            await self._running
        except asyncio.CancelledError:
            # Else a strategy left with sys.exit(): that was told, and what it asked for happens.
            if self._is_cut_short:
                complain(
                    f"{COMMAND}: the venue did not confirm the stop in time; orders may be open"
                )
        except RegimeFlowError as error:
            if self._debug:
                raise
            failure = error
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            logger.removeHandler(logs)
        return self._finish(screen, failure)

    def _finish(self, screen: Screen, failure: RegimeFlowError | None) -> int:
        summary = self._engine.summary()
        screen.summary(summary)
        screen.close()
        if failure is not None:
            complain(failure_line(failure))
        if self._signal:
            return Exit.by_signal(self._signal)
        if self._is_output_gone:
            return Exit.OUTPUT_GONE
        if failure is not None or summary.exit_cause is ExitCause.FAILED:
            return Exit.FAILED
        return Exit.STRATEGY if self._has_strategy_failed else Exit.OK

    def _tick(self) -> None:
        if self._running is None or self._running.done() or self._loop is None:
            return
        if self._screen is not None:
            self._screen.progress(self._engine.get_status(), self._engine.progress())
        self._loop.call_later(_TICK_S, self._tick)

    def _on_event(self, event: EngineEvent) -> None:
        self._has_strategy_failed |= event.kind == "strategy_error"
        self._last_text, self._last_ns = event.text, event.ts_ns
        if self._screen is not None:
            self._screen.event(event)

    def _on_error(self, error: BaseException) -> None:
        # Most failures are an event too, told a moment before: one line is enough.
        text = str(error)
        if not text or text not in self._last_text:
            self._show("error", f"{type(error).__name__}: {text}")

    def _hear_log(self, kind: EventKind, text: str) -> None:
        if self._loop is None or threading.get_ident() == self._thread:
            self._show(kind, text)
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended: so has the screen
            self._loop.call_soon_threadsafe(self._show, kind, text)

    def _show(self, kind: EventKind, text: str) -> None:
        if self._screen is not None:
            self._last_ns = max(self._last_ns, self._engine.get_status().last_update_ns)
            self._screen.event(EngineEvent(kind, self._last_ns, text))

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # A plain handler, not the loop's: it runs even while a strategy holds the loop.
        if self._signal:
            if self._screen is not None:
                self._screen.close()
            complain(f"{COMMAND}: left at once; orders may be open at the venue")
            os._exit(Exit.by_signal(number))
        self._signal = number
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._begin_stop)

    def _begin_stop(self) -> None:
        self._show("log", "stopping; a second signal leaves at once")
        self._engine.stop()
        if self._loop is not None and self._running is not None:
            self._loop.call_later(self._patience_s, self._cut_short, self._running)

    def _cut_short(self, running: asyncio.Task[None]) -> None:
        self._is_cut_short = not running.done()
        running.cancel()
