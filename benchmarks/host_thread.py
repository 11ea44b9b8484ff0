"""What a host's thread that computes in Python beside the engine does to the engine's loop.

Run: ``python -m benchmarks.host_thread [SECONDS]``. Prints how late the loop ran what was due (the
lag that ``SystemHealth`` shows), alone, beside the burning thread, and with a shorter switch
interval.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from regimeflow._core.latency import LatencyHistogram
from regimeflow.live import LiveConfig, LiveTradingEngine

_TURN_S = 0.002


@contextmanager
def burning() -> Iterator[None]:
    """Keep a thread busy with arithmetic in Python."""
    is_over = threading.Event()

    def burn() -> None:
        total = 0
        while not is_over.is_set():
            for number in range(10_000):
                total += number * number

    thread = threading.Thread(target=burn, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def measure(seconds: float) -> LatencyHistogram:
    """Return how late an engine's loop ran what was due every two milliseconds."""
    config = LiveConfig.from_dict(
        {"broker_type": "paper", "symbols": ["BTCUSDT"], "broker": {"speed": 1.0}}
    )
    lag, done = LatencyHistogram(), threading.Event()
    with LiveTradingEngine(config) as engine:
        loop = engine._parts.loop  # noqa: SLF001 - the benchmark times the loop itself
        assert loop is not None
        until_s = time.monotonic() + seconds

        def turn(due_s: float) -> None:
            lag.record(int((loop.time() - due_s) * 1e9))
            if time.monotonic() < until_s:
                loop.call_at(loop.time() + _TURN_S, turn, loop.time() + _TURN_S)
            else:
                done.set()

        loop.call_soon_threadsafe(lambda: turn(loop.time()))
        done.wait(seconds + 30)
    return lag


def main() -> None:
    """Measure the three and print a table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    before_s = sys.getswitchinterval()
    rows = [("the engine alone", measure(seconds))]
    with burning():
        rows.append(
            (f"beside a busy thread, switch interval {before_s * 1e3:g} ms", measure(seconds))
        )
        sys.setswitchinterval(0.0005)
        rows.append(("beside a busy thread, switch interval 0.5 ms", measure(seconds)))
    sys.setswitchinterval(before_s)
    print(f"{'lag of the loop [us]':52} {'p50':>8} {'p90':>8} {'p99':>8} {'max':>8} {'count':>7}")
    for label, lag in rows:
        cells = [lag.percentile(percent) / 1e3 for percent in (50, 90, 99)]
        print(f"{label:52}", *(f"{c:8.0f}" for c in (*cells, lag.max_ns / 1e3)), f"{lag.count:7}")


if __name__ == "__main__":
    main()
