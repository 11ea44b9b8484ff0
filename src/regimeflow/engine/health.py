"""How the process is doing: processor, memory, the loop's lag, the lanes."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from typing import TYPE_CHECKING

from regimeflow._core.latency import LatencyHistogram
from regimeflow.engine.parts import Parts
from regimeflow.engine.queue.watch import QueueWatch
from regimeflow.engine.session import Session
from regimeflow.types.snapshots import LoopLag, SystemHealth

if TYPE_CHECKING:
    import asyncio

_LAG_INTERVAL_S = 0.1
_LANES = ("executions", "market_data", "system")
# Cells of each of the bus's lanes: half a megabyte, so that the three stay in a core's cache.
LANE_CELLS = 4096
_STATM = "/proc/self/statm"


def resident_bytes() -> int:
    """Return this process's resident memory [bytes]; its peak where the system tells no more."""
    from pathlib import Path  # not before it is needed: it brings urllib

    try:
        pages = int(Path(_STATM).read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        # No /proc here (macOS): the peak is the best that the standard library knows, in bytes
        # there and in KiB elsewhere.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


class HealthProbe:
    """Measures the loop's lag on a timer and reads the rest when asked.

    Threading: ``start`` and ``stop`` on the loop, ``read`` from any thread.
    """

    def __init__(self, parts: Parts, session: Session) -> None:
        self._parts = parts
        self._session = session
        self._lag = LatencyHistogram()
        self._started_s = time.monotonic()
        self._read_s = self._started_s
        self._read_cpu_s = time.process_time()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to measure the loop's lag."""
        import asyncio

        self._arm(asyncio.get_running_loop())

    def stop(self) -> None:
        """Stop measuring; harmless the second time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def read(self) -> SystemHealth:
        """Return the health now; ``cpu_pct`` covers the time since the last reading."""
        now_s, cpu_s = time.monotonic(), time.process_time()
        elapsed_s = now_s - self._read_s
        cpu_pct = 100.0 * (cpu_s - self._read_cpu_s) / elapsed_s if elapsed_s > 0 else 0.0
        self._read_s, self._read_cpu_s = now_s, cpu_s
        parts = self._parts
        stats = parts.bus.stats()
        return SystemHealth(
            ts_ns=parts.clock.now_ns(),
            uptime_s=now_s - self._started_s,
            cpu_pct=cpu_pct,
            memory_bytes=resident_bytes(),
            loop_lag=LoopLag(
                p50_ns=self._lag.percentile(50),
                p99_ns=self._lag.percentile(99),
                max_ns=self._lag.max_ns,
            ),
            ring_depth=dict(zip(_LANES, stats.depth, strict=True)),
            ring_capacity=LANE_CELLS,
            drops=0,
            conflated=stats.conflated,
            waits=stats.waits,
            callback_errors=stats.callback_errors,
            halted=parts.bus.halted,
            last_data_ns={symbol: parts.board.last_recv_ns(symbol) for symbol in parts.symbols},
            reconnects=self._session.reconnect_count,
            messages=stats.delivered - parts.seq_before,
            threads=threading.active_count(),
            queue=QueueWatch(parts).health(),
        )

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        due_s = loop.time() + _LAG_INTERVAL_S
        self._timer = loop.call_at(due_s, self._measure, loop, due_s)

    def _measure(self, loop: asyncio.AbstractEventLoop, due_s: float) -> None:
        self._lag.record(int((loop.time() - due_s) * 1e9))
        self._arm(loop)
