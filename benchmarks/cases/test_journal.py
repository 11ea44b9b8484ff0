"""The journal, and the wire format in C: append, read; with rivals in the same run.

Each case does its work ``N`` times a round and checks its own answer. ``unit`` is U of the goals:
the cost of calling an empty Python function from C.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec
import orjson
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.cases.samples import DICTS, NS, SAMPLES, STRUCTS
from regimeflow._core.bus import EventBus
from regimeflow._core.frames import Command
from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.journal_replay import apply_reports
from regimeflow._core.journal_writer import JournalWriter
from regimeflow._core.order_table import OrderTable
from regimeflow.domain.orders.transitions import as_lookup, status_events
from regimeflow.engine.journal.keeper import Journal
from regimeflow.types.config import JournalSettings

CORE = Path(__file__).parents[2] / "src" / "_core"
N = 2_000
COMMAND = Command(
    NS, 0, 7, 1, 2, 3, 100, -2, 6_000_010, None, -2, 0, "BTCUSDT", "c" * 30, "", "s", ""
)


TO_MSGPACK = msgspec.msgpack.Encoder().encode


def run_each(function: Callable[[object], object], thing: object) -> None:
    """Call a function from C, so that no Python loop is timed."""
    deque(map(function, [thing] * N), maxlen=0)


def measure(
    benchmark: BenchmarkFixture, group: str, function: Callable[..., object], thing: object
) -> None:
    benchmark.group = group
    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(run_each, args=(function, thing), rounds=100, warmup_rounds=10)


def test_unit(benchmark: BenchmarkFixture) -> None:
    def empty(_: object) -> None:
        pass

    measure(benchmark, "U: an empty Python function, called from C", empty, 1)


@pytest.mark.parametrize("kind", ["quote", "report"])
def test_append(benchmark: BenchmarkFixture, tmp_path: Path, kind: str) -> None:
    with JournalWriter(tmp_path) as writer:
        benchmark.group = f"append a {kind} to a journal"
        benchmark.extra_info["per_round"] = N
        arguments = ((writer.append, SAMPLES[kind]), {})

        def setup() -> tuple[tuple[object, ...], dict[str, object]]:
            writer.prepare_next()
            return arguments

        benchmark.pedantic(run_each, setup=setup, rounds=100, warmup_rounds=10)
        assert 110 * N == sum(1 for _ in JournalReader(tmp_path, decode=False))


def test_append_a_command(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    values = tuple(COMMAND)
    with JournalWriter(tmp_path) as writer:

        def append(template: int) -> None:
            writer.append_values(template, values)

        measure(benchmark, "append a command to a journal", append, 105)
        assert COMMAND == JournalReader(tmp_path).read().message


def test_append_a_command_from_its_row(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    table = OrderTable(as_lookup(), status_events(), id_prefix="bench-")
    terms = {"client_order_id": "c" * 30, "strategy": "s"}
    row = table.get(table.submit("BTCUSDT", 1, 2, 3, 100, -2, 6_000_010, None, -2, **terms))
    with JournalWriter(tmp_path) as writer:

        def append(kind: int) -> None:
            writer.append_command(row, kind, NS)

        measure(benchmark, "append a command to a journal", append, 0)
        found = JournalReader(tmp_path).read().message
        assert COMMAND._replace(order_id=row.order_id) == found


@pytest.mark.parametrize("together", [1, 10, 100])
def test_intents_on_disk(benchmark: BenchmarkFixture, tmp_path: Path, together: int) -> None:
    """Durability ``power``: from the first append to the last order that may leave."""
    settings, values = JournalSettings(durability="power"), tuple(COMMAND)
    journal = Journal(str(tmp_path), settings, lambda _: None)
    journal.start()

    async def outbox() -> None:
        waiting = []
        for _ in range(together):
            journal.writer.append_values(105, values)
            waiting.append(journal.synced())
        await asyncio.gather(*waiting)

    benchmark.group = f"intents on disk before their orders leave, {together} at a time"
    benchmark.extra_info["per_round"] = together
    with asyncio.Runner() as runner:
        benchmark.pedantic(lambda: runner.run(outbox()), rounds=100, warmup_rounds=5)
    journal.close(None)
    assert 105 * together == sum(1 for _ in JournalReader(tmp_path, decode=False))


def test_in_c(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Printed and in ``extra_info``; what is timed here is the whole program."""
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    source, program = Path(__file__).with_name("wire_speed.c"), tmp_path / "wire_speed"
    command = ["cc", "-std=gnu11", "-O3", f"-I{CORE}", str(source), "-o", str(program)]
    subprocess.run(command, check=True)  # noqa: S603 - the compiler, with fixed arguments
    benchmark.group = "the wire format in C"
    said = benchmark.pedantic(
        lambda: subprocess.check_output([program], text=True),  # noqa: S603 - just compiled
        rounds=1,
    )
    for line in said.splitlines():
        kind, _, encode, _, decode = line.split()
        benchmark.extra_info[f"{kind}_encode_ns"] = float(encode)
        benchmark.extra_info[f"{kind}_decode_ns"] = float(decode)


def test_rival_append_lines(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    with (tmp_path / "lines").open("ab", buffering=0) as file:

        def append(thing: object) -> None:
            file.write(orjson.dumps(thing) + b"\n")

        measure(benchmark, "append a quote to a journal", append, DICTS["quote"])
    assert 110 * N == len((tmp_path / "lines").read_bytes().splitlines())


def test_rival_append_msgpack_by_write(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "frames", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def append(thing: object) -> None:
        raw = TO_MSGPACK(thing)
        os.write(descriptor, len(raw).to_bytes(4, "little") + raw)

    measure(benchmark, "append a quote to a journal", append, STRUCTS["quote"])
    os.close(descriptor)


@pytest.mark.parametrize("journal", ["without", "with"])
def test_dispatch_with_a_journal(benchmark: BenchmarkFixture, tmp_path: Path, journal: str) -> None:
    bus = EventBus(4096)
    bus.subscribe_payload(1, lambda quote: None)
    with JournalWriter(tmp_path) as writer:
        if journal == "with":
            bus.set_journal(writer)

        def setup() -> tuple[tuple[object, ...], dict[str, object]]:
            writer.prepare_next()
            return (bus.dispatch, SAMPLES["quote"]), {}

        benchmark.group = "dispatch a quote to one callback, without and with a journal"
        benchmark.extra_info["per_round"] = N
        benchmark.pedantic(run_each, setup=setup, rounds=100, warmup_rounds=10)
    assert (110 * N if journal == "with" else 0) == sum(
        1 for _ in JournalReader(tmp_path, decode=False)
    )


def a_journal(folder: Path, kind: str, count: int) -> None:
    with JournalWriter(folder) as writer:
        for _ in range(count):
            writer.append(SAMPLES[kind])


@pytest.mark.parametrize("kind", ["quote", "report"])
def test_read_objects(benchmark: BenchmarkFixture, tmp_path: Path, kind: str) -> None:
    a_journal(tmp_path, kind, N)
    benchmark.group = f"read a {kind} from a journal"
    benchmark.extra_info["per_round"] = N
    found = benchmark.pedantic(
        lambda: [frame.message for frame in JournalReader(tmp_path)], rounds=20, warmup_rounds=2
    )
    assert [SAMPLES[kind]] * N == [live.payload for live in found]


@pytest.mark.parametrize("kind", ["quote", "report"])
def test_replay_through_the_order_table(
    benchmark: BenchmarkFixture, tmp_path: Path, kind: str
) -> None:
    a_journal(tmp_path, kind, 100 * N)
    table = OrderTable(as_lookup(), status_events(), id_prefix="bench-")
    benchmark.group = f"replay a {kind} from a journal through the order table"
    benchmark.extra_info["per_round"] = 100 * N
    found = benchmark.pedantic(
        lambda: apply_reports(JournalReader(tmp_path), table), rounds=10, warmup_rounds=1
    )
    assert (100 * N, 100 * N if kind == "report" else 0) == found
