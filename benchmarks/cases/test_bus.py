"""The event bus: publish alone, publish to Python callbacks, batches; with rivals in the same run.

Each case does its work ``N`` times a round and checks its own answer. ``benchmarks/table.py`` turns
the JSON of a run into the README's table, as ratios to U: the cost of calling an empty Python
function from C, which ``test_unit`` measures in the same run.
"""

from __future__ import annotations

import asyncio
import importlib.util
import queue
from collections import deque
from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from regimeflow.live import EventBus, LiveMessage, LiveTopic, Quote

N = 2_000  # below the bus's capacity: nothing waits, nothing is refused
QUOTES = [Quote("BTCUSDT", "60000.1", "1.5", "60000.2", "2", update_id=n + 1) for n in range(N)]
KIND_QUOTE = 1


def run_each(function: Callable[[Quote], object], things: list[Quote]) -> None:
    """Call a function for each thing from C, so that no Python loop is timed."""
    deque(map(function, things), maxlen=0)


def test_unit(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "U: an empty Python function, called from C"

    def empty(_: object) -> None:
        pass

    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(run_each, args=(empty, QUOTES), rounds=200, warmup_rounds=20)


def test_publish_alone(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "publish a message object, nobody listens yet"
    buses: list[EventBus] = []

    def setup() -> tuple[tuple[object, ...], dict[str, object]]:
        buses[:] = [EventBus(4096)]
        return (buses[0].publish, QUOTES), {}

    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(run_each, setup=setup, rounds=200, warmup_rounds=20)
    assert N == buses[0].stats().published


@pytest.mark.parametrize("callbacks", [1, 4])
@pytest.mark.parametrize("form", ["payload", "LiveMessage"])
def test_deliver_what_is_queued(benchmark: BenchmarkFixture, form: str, callbacks: int) -> None:
    benchmark.group = f"slot to {callbacks} Python callback(s), fresh object"
    bus = EventBus(4096)
    for _ in range(callbacks):

        def empty(_: object) -> None:
            pass

        if form == "payload":
            bus.subscribe_payload(KIND_QUOTE, empty)
        else:
            bus.subscribe(LiveTopic.MARKET_DATA, empty)

    def setup() -> None:
        run_each(bus.publish, QUOTES)

    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(bus.drain, args=(N,), setup=setup, rounds=200, warmup_rounds=20)
    assert 220 * N == bus.stats().delivered


@pytest.mark.parametrize("form", ["payload", "LiveMessage"])
def test_publish_and_dispatch_inline(benchmark: BenchmarkFixture, form: str) -> None:
    benchmark.group = "publish to one Python callback, inline"
    bus = EventBus(4096)

    def empty(_: object) -> None:
        pass

    if form == "payload":
        bus.subscribe_payload(KIND_QUOTE, empty)
    else:
        bus.subscribe(LiveTopic.MARKET_DATA, empty)
    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(run_each, args=(bus.dispatch, QUOTES), rounds=200, warmup_rounds=20)
    assert 220 * N == bus.stats().delivered


def test_deliver_batches(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "slot to a NumPy batch of 2,000"
    seen = [0, 0]
    bus = EventBus(4096)

    def take(rows: object) -> None:
        seen[0] += len(rows)  # type: ignore[arg-type]
        seen[1] += 1

    bus.subscribe_batch(KIND_QUOTE, take)

    def setup() -> None:
        run_each(bus.publish, QUOTES)

    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(bus.drain, args=(N,), setup=setup, rounds=200, warmup_rounds=20)
    assert 220 * N == seen[0]


def test_rival_simple_queue(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "publish to one Python callback, inline"
    lane: queue.SimpleQueue[object] = queue.SimpleQueue()

    def empty(_: object) -> None:
        pass

    def step(message: object) -> None:
        lane.put(message)
        empty(lane.get())

    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(run_each, args=(step, QUOTES), rounds=200, warmup_rounds=20)
    assert lane.empty()


def test_rival_deque(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "publish to one Python callback, inline"
    lane: deque[object] = deque()

    def empty(_: object) -> None:
        pass

    def step(message: object) -> None:
        lane.append(message)
        empty(lane.popleft())

    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(run_each, args=(step, QUOTES), rounds=200, warmup_rounds=20)
    assert not lane


def test_rival_asyncio_queue(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "publish to one Python callback, inline"

    def empty(_: object) -> None:
        pass

    async def play() -> None:
        lane: asyncio.Queue[object] = asyncio.Queue()
        for message in QUOTES:
            lane.put_nowait(message)
            empty(lane.get_nowait())

    loop = asyncio.new_event_loop()
    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(lambda: loop.run_until_complete(play()), rounds=100, warmup_rounds=10)
    loop.close()


@pytest.mark.skipif(
    importlib.util.find_spec("nautilus_trader") is None, reason="nautilus_trader is not installed"
)
def test_rival_nautilus_message_bus(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "publish to one Python callback, inline"
    from nautilus_trader.common.component import MessageBus, TestClock
    from nautilus_trader.model.identifiers import TraderId

    bus = MessageBus(trader_id=TraderId("TESTER-001"), clock=TestClock())

    def empty(_: object) -> None:
        pass

    bus.subscribe(topic="data.quotes", handler=empty)

    def run() -> None:
        for message in QUOTES:
            bus.publish("data.quotes", message)

    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(run, rounds=100, warmup_rounds=10)


def test_the_answer_is_right() -> None:
    """What is timed above with empty callbacks delivers each message once, in order."""
    bus = EventBus(4096)
    heard: list[int] = []
    rows: list[int] = []

    def hear(message: LiveMessage) -> None:
        heard.append(message.payload.update_id)  # type: ignore[union-attr]

    bus.subscribe(LiveTopic.MARKET_DATA, hear)
    bus.subscribe_batch(KIND_QUOTE, lambda array: rows.extend(array["update_id"].tolist()))
    run_each(bus.publish, QUOTES)
    bus.drain(N)

    assert list(range(1, N + 1)) == heard == rows
