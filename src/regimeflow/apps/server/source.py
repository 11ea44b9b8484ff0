"""Where pictures come from: an engine in this process, sampled from a thread beside its loop."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from regimeflow.apps.server.board import Board
from regimeflow.types.errors import RegimeFlowError
from regimeflow.types.events import EngineEvent, SessionSummary
from regimeflow.types.records import Record, declared
from regimeflow.types.snapshots import LATENCY_BOUNDS_NS, DashboardSnapshot

IDLE_S: Final = 1.0
# A picture is taken on the engine's loop: at most this share of the loop's time goes into it.
_SHARE: Final = 0.02
_LATELY: Final = 20
_MOST_ORDERS: Final = 200
_MOST_TRADES: Final = 50


class Watched(Protocol):
    """What is needed of an engine."""

    def is_running(self) -> bool:
        """Whether a session is up."""
        ...

    def get_dashboard_snapshot(self) -> DashboardSnapshot:
        """Return everything that a dashboard shows."""
        ...

    def summary(self) -> SessionSummary:
        """Return what the session has done so far."""
        ...

    def on_event(self, cb: Callable[[EngineEvent], object], /) -> None:
        """Call back for each thing that happens."""
        ...

    def on_error(self, cb: Callable[[BaseException], object], /) -> None:
        """Call back for each failure."""
        ...


class Sample(Record, kw_only=True):
    """The newest picture of a session, and whether its engine still answers.

    ``state`` is starting, running, ended, or silent: the loop did not answer in time.
    """

    state: str = "starting"
    snapshot: DashboardSnapshot | None = None
    summary: SessionSummary | None = None
    taken_s: float = 0.0  # on the monotonic clock
    silent_since_s: float = 0.0


class Sampler:
    """Takes pictures of an engine: often while somebody looks, else once a second.

    Threading: a thread of its own takes them; the rest is called from any thread.

    Args:
        engine: Asked through its own entrances for other threads.
        board: Where they are shown.
        updates_per_s: How often while somebody looks.
        wake: Called after each picture.
        watchers: Returns how many are looking.
    """

    def __init__(
        self,
        engine: Watched,
        board: Board,
        *,
        updates_per_s: float,
        wake: Callable[[], None],
        watchers: Callable[[], int],
    ) -> None:
        self._engine: Final = engine
        self._board: Final = board
        self._interval_s: Final = 1.0 / updates_per_s
        self._wake: Final = wake
        self._watchers: Final = watchers
        self._stop: Final = threading.Event()
        self._asked: Final = threading.Event()
        self._thread: Final = threading.Thread(
            target=self._run, name="regimeflow-dashboard-sampler", daemon=True
        )
        self._has_run = False
        self._last_text = ""
        self._drawn_s = 0.0
        # What a picture took, lately: the shortest is its cost, the rest waited for the loop.
        self._took_s: Final[deque[float]] = deque(maxlen=_LATELY)
        self.sample = Sample()
        engine.on_event(self._on_event)
        engine.on_error(self._on_error)

    def start(self) -> None:
        """Begin to take pictures."""
        self._show()
        self._thread.start()

    def stop(self) -> None:
        """Take a last picture and end; harmless the second time."""
        self._stop.set()
        self._asked.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(IDLE_S)

    def hurry(self) -> None:
        """Say that somebody has come to look."""
        self._asked.set()

    def take(self) -> None:
        """Take one picture and show it."""
        engine, before = self._engine, self.sample
        began_s = time.monotonic()
        if not engine.is_running() and not self._has_run:
            self._show()
            return
        state = "running" if engine.is_running() else "ended"
        try:
            snapshot, summary = engine.get_dashboard_snapshot(), engine.summary()
        except RegimeFlowError:  # a strategy or a callback holds the loop
            since_s = before.silent_since_s or began_s
            self.sample = Sample(
                state="silent",
                snapshot=before.snapshot,
                summary=before.summary,
                taken_s=before.taken_s,
                silent_since_s=since_s,
            )
            self._show()
            return
        self._has_run = True
        self.sample = Sample(
            state=state, snapshot=snapshot, summary=summary, taken_s=time.monotonic()
        )
        self._show()

    def _run(self) -> None:
        while not self._stop.is_set():
            began_s = time.monotonic()
            self.take()
            took_s = time.monotonic() - began_s
            self._took_s.append(took_s)
            rest_s = min(min(self._took_s) / _SHARE, IDLE_S)
            wait_s = self._interval_s if self._watchers() else IDLE_S
            is_asked = self._asked.wait(max(wait_s - took_s, rest_s))
            self._asked.clear()
            if is_asked:
                self._stop.wait(rest_s)
        self.take()

    def _show(self) -> None:
        sample, board = self.sample, self._board
        silent_s = round(time.monotonic() - sample.silent_since_s, 1)
        board.put(
            "link",
            {"state": sample.state, "silent_s": silent_s if sample.state == "silent" else 0},
        )
        if sample.snapshot is not None and sample.summary is not None:
            show_snapshot(board, sample.snapshot)
            board.put("totals", totals_of(sample.summary))
            self._draw(sample.snapshot)
        self._wake()

    def _draw(self, snapshot: DashboardSnapshot) -> None:
        now_s = time.monotonic()
        if now_s - self._drawn_s < IDLE_S or self.sample.state != "running":
            return
        self._drawn_s = now_s
        draw(self._board, snapshot)

    def _on_event(self, event: EngineEvent) -> None:
        self._last_text = event.text
        if event.kind not in ("order", "fill"):  # these have tables of their own
            self._board.tell(event.kind, event.ts_ns, event.text)

    def _on_error(self, error: BaseException) -> None:
        text = str(error)
        if not text or text not in self._last_text:  # else it was an event a moment ago
            ts_ns = self.sample.snapshot.ts_ns if self.sample.snapshot is not None else 0
            self._board.tell("error", ts_ns, f"{type(error).__name__}: {text}")


def show_snapshot(board: Board, snapshot: DashboardSnapshot) -> None:
    """Show a snapshot, part by part; lists are cut to what a page can show."""
    board.put("ts_ns", snapshot.ts_ns)
    board.put("status", snapshot.status)
    board.put("health", snapshot.health)
    board.put("regime", snapshot.regime)
    board.put("quotes", snapshot.quotes)
    board.put("positions", snapshot.positions)
    board.put("orders", snapshot.open_orders[-_MOST_ORDERS:])
    board.put("trades", snapshot.recent_trades[-_MOST_TRADES:])
    board.put("strategies", snapshot.strategies)
    board.put("latency", {"bounds_ns": LATENCY_BOUNDS_NS, **fields_of(snapshot.latency)})


def draw(board: Board, snapshot: DashboardSnapshot) -> None:
    """Add a snapshot's point to the curve: time, equity, the day's profit, regime."""
    status = snapshot.status
    if status.equity is not None or status.daily_pnl is not None:
        board.draw(snapshot.ts_ns, status.equity, status.daily_pnl, snapshot.regime.name)


def fields_of(record: Record) -> dict[str, object]:
    """Return a record's fields by name."""
    return {name: getattr(record, name) for name in declared(type(record))}


def totals_of(summary: SessionSummary) -> dict[str, object]:
    """Return what a page shows of a session's counts."""
    names = [
        "started_ns",
        "ended_ns",
        "wall_s",
        "messages",
        "orders",
        "fills",
        "partial_fills",
        "realized_pnl",
        "unrealized_pnl",
        "commission",
        "net_pnl",
        "currency",
        "book_gaps",
        "bad_lines",
        "reconnects",
    ]
    return {name: getattr(summary, name) for name in names}
