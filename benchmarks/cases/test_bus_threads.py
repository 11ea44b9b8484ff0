"""The bus between threads, and the ring by itself; with ``queue.SimpleQueue`` in the same run.

Each case checks its own answer. Run it with ``test_bus.py``: its ``test_unit`` is the U.
"""

from __future__ import annotations

import queue
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from regimeflow.live import EventBus, Quote

N = 100_000
KIND_QUOTE = 1
QUOTE = Quote("BTCUSDT", "60000.1", "1.5", "60000.2", "2")
CORE = Path(__file__).parents[2] / "src" / "_core"
CALLS = [0]


def count(_: object) -> None:
    CALLS[0] += 1


def empty(_: object) -> None:
    pass


def test_a_producer_without_the_gil_to_a_python_callback(benchmark: BenchmarkFixture) -> None:
    """A thread that publishes rows in C; this thread drains as fast as it can."""
    from regimeflow._core.messages import to_array

    benchmark.group = "producer thread to a Python callback, flat out"
    rows = to_array([QUOTE] * N)
    bus = EventBus(4096)
    bus.subscribe_payload(KIND_QUOTE, empty)

    def run() -> None:
        producer = threading.Thread(target=bus.publish_rows, args=(rows,))
        producer.start()
        drained = 0
        while drained < N:
            drained += bus.drain(4096)
        producer.join()

    bus.drain()
    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(run, rounds=20, warmup_rounds=2)
    assert 22 * N == bus.stats().delivered


def test_a_python_producer_to_the_thread_of_the_bus(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "Python thread to a Python callback of another thread"

    def run() -> None:
        bus = EventBus(4096)
        bus.subscribe_payload(KIND_QUOTE, count)
        bus.start()
        publish = bus.publish
        for _ in range(N):
            publish(QUOTE)
        bus.stop()

    CALLS[0] = 0
    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(run, rounds=10, warmup_rounds=1)
    assert 11 * N == CALLS[0]


def test_rival_simple_queue_between_threads(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "Python thread to a Python callback of another thread"

    def run() -> None:
        lane: queue.SimpleQueue[object] = queue.SimpleQueue()

        def consume() -> None:
            take = lane.get
            while (message := take()) is not None:
                count(message)

        consumer = threading.Thread(target=consume)
        consumer.start()
        put = lane.put
        for _ in range(N):
            put(QUOTE)
        put(None)
        consumer.join()

    CALLS[0] = 0
    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(run, rounds=10, warmup_rounds=1)
    assert 11 * N == CALLS[0]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
def test_ring_in_c(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Nanoseconds are the program's own, of CPU time; the time of its process means nothing."""
    benchmark.group = "C publish and consume"
    program = tmp_path / "ring_speed"
    source = Path(__file__).with_name("ring_speed.c")
    command = ["gcc", "-std=gnu11", "-O3", f"-I{CORE}", str(source), "-o", str(program)]
    subprocess.run(command, check=True)  # noqa: S603 - the compiler, with fixed arguments

    def run() -> float:
        done = subprocess.run(  # noqa: S603 - what was just compiled
            [program, "1000000", "9"], check=True, capture_output=True, text=True
        )
        return float(done.stdout)

    best_ns = benchmark.pedantic(run, rounds=3)
    benchmark.extra_info["ns_per_message"] = best_ns
    print(f"\nring in C, publish and consume: {best_ns:.2f} ns of CPU per message")
