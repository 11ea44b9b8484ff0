"""The order table: submit, apply an execution, look up, at 100, 10,000 and 1,000,000 live orders.

The rival is what one writes first in Python: a dict of slotted dataclasses, integers for prices,
the same de-duplication. Both are called ``N`` times a round from C (``map`` into a ``deque``), and
each case checks its own answer. ``unit`` is U of the goals: the cost of calling an empty Python
function from C. Read the minimum per call, over ``unit``'s in the same run.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from regimeflow._core.order_table import FILL, OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.transitions import as_lookup, status_events
from regimeflow.types.enums import ExecType, LiveOrderStatus

N = 200
ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "src" / "_core"
SIZES = [100, 10_000, 1_000_000]
SUBMIT = ("BTCUSDT", 1, 2, 2, 1_000_000, -5, 6_000_000, None, -2)


@dataclass(slots=True)
class PlainOrder:
    order_id: int
    client_order_id: str
    symbol: str
    side: int
    order_qty: int
    limit_px: int
    status: int = 0
    cum_qty: int = 0
    notional: int = 0
    broker_order_id: str = ""
    exec_ids: set[str] = field(default_factory=set)


class PlainTable:
    """The rival: dicts by each id."""

    def __init__(self) -> None:
        self.orders: dict[int, PlainOrder] = {}
        self.by_client: dict[str, PlainOrder] = {}
        self.by_broker: dict[str, PlainOrder] = {}

    def submit(self, symbol: str, side: int, qty: int, px: int) -> int:
        order_id = len(self.orders) + 1
        name = f"bench-{order_id:013d}"
        order = PlainOrder(order_id, name, symbol, side, qty, px)
        self.orders[order_id] = self.by_client[name] = order
        return order_id

    def acknowledge(self, order_id: int, broker_order_id: str) -> None:
        order = self.orders[order_id]
        order.status, order.broker_order_id = 1, broker_order_id
        self.by_broker[broker_order_id] = order

    def apply(self, execution: tuple[str, str, int, int]) -> int:
        broker_order_id, exec_id, qty, px = execution
        order = self.by_broker[broker_order_id]
        if exec_id in order.exec_ids:
            return 4
        order.exec_ids.add(exec_id)
        order.cum_qty += qty
        order.notional += qty * px
        order.status = 3 if order.cum_qty >= order.order_qty else 2
        return 2


def broker_id(n: int) -> str:
    return f"broker-order-id-{n:012d}"


def a_report(exec_type: ExecType, n: int, **fields: object) -> ExecutionReport:
    return ExecutionReport(
        symbol="BTCUSDT",
        exec_type=exec_type,
        ord_status=LiveOrderStatus.NEW,
        broker_order_id=broker_id(n),
        **fields,
    )


def an_execution(n: int, exec_id: str) -> ExecutionReport:
    return a_report(ExecType.TRADE, n, exec_id=exec_id, last_qty="0.00001", last_px="60000.00")


def an_order_table() -> OrderTable:
    return OrderTable(as_lookup(), status_events(), id_prefix="bench-", max_orders=2_000_000)


class Filled:
    """Both tables with so many live, acknowledged orders; made once for every case of a size."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.table, self.plain = an_order_table(), PlainTable()
        self.table.prepare(size)
        self.ids = [self.table.submit(*SUBMIT) for _ in range(size)]
        for n, order_id in enumerate(self.ids):
            self.table.apply(a_report(ExecType.NEW, n, order_id=order_id))
            self.plain.acknowledge(
                self.plain.submit("BTCUSDT", 1, 1_000_000, 6_000_000), broker_id(n)
            )
        self.picks = random.Random(size)
        self.count = 0

    def some(self) -> list[int]:
        return self.picks.choices(range(self.size), k=N)

    def exec_ids(self) -> list[str]:
        self.count += N
        return [f"{self.count + n:011d}" for n in range(N)]

    def executions(self) -> tuple[tuple[list[ExecutionReport]], dict[str, object]]:
        picked = zip(self.some(), self.exec_ids(), strict=True)
        return ([an_execution(n, exec_id) for n, exec_id in picked],), {}

    def plain_executions(self) -> tuple[tuple[list[tuple[str, str, int, int]]], dict[str, object]]:
        picked = zip(self.some(), self.exec_ids(), strict=True)
        return ([(broker_id(n), exec_id, 1, 6_000_000) for n, exec_id in picked],), {}


_filled: dict[int, Filled] = {}


def filled(size: int) -> Filled:
    if size not in _filled:
        _filled[size] = Filled(size)
    return _filled[size]


def calls(function: Callable[..., object], *arguments: object) -> object:
    """Call a function once for each argument from C; what the last call returned."""
    return deque(map(function, *arguments), maxlen=1)[-1]


def run(benchmark: BenchmarkFixture, work: Callable[..., object], **given: object) -> object:
    benchmark.extra_info["per_round"] = N
    return benchmark.pedantic(work, rounds=200, warmup_rounds=5, **given)


def test_unit(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "orders: U"
    assert run(benchmark, partial(calls, lambda _: None, [None] * N)) is None


def test_submit(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "orders: submit"
    tables: list[OrderTable] = []

    def fresh() -> tuple[tuple[object, ...], dict[str, object]]:
        tables[:] = [an_order_table()]
        tables[0].prepare(N)
        return (tables[0].submit, *(repeat(field, N) for field in SUBMIT)), {}

    assert (1 << 32) + N - 1 == run(benchmark, calls, setup=fresh)


def test_submit_rival(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "orders: submit"
    fields = ("BTCUSDT", 1, 1_000_000, 6_000_000)

    def fresh() -> tuple[tuple[object, ...], dict[str, object]]:
        return (PlainTable().submit, *(repeat(field, N) for field in fields)), {}

    assert N == run(benchmark, calls, setup=fresh)


@pytest.mark.parametrize("size", SIZES)
def test_apply(benchmark: BenchmarkFixture, size: int) -> None:
    benchmark.group = f"orders: apply an execution, {size:,} live"
    book = filled(size)
    before = int(book.table.to_array()["cum_qty_raw"].sum())

    work = partial(calls, book.table.apply)
    assert FILL & run(benchmark, work, setup=book.executions)

    counted = int(book.table.to_array(open_only=False)["cum_qty_raw"].sum()) - before
    assert counted >= 200 * N
    assert 0 == counted % N


@pytest.mark.parametrize("size", SIZES)
def test_apply_rival(benchmark: BenchmarkFixture, size: int) -> None:
    benchmark.group = f"orders: apply an execution, {size:,} live"
    book = filled(size)
    work = partial(calls, book.plain.apply)
    assert FILL & run(benchmark, work, setup=book.plain_executions)


@pytest.mark.parametrize("size", SIZES)
def test_get(benchmark: BenchmarkFixture, size: int) -> None:
    benchmark.group = f"orders: get, {size:,} live"
    book = filled(size)
    picked = [book.ids[n] for n in book.some()]
    last = run(benchmark, calls, args=(book.table.get, picked))
    assert picked[-1] == last.order_id


@pytest.mark.parametrize("size", SIZES)
def test_get_rival(benchmark: BenchmarkFixture, size: int) -> None:
    benchmark.group = f"orders: get, {size:,} live"
    book = filled(size)
    picked = [n + 1 for n in book.some()]
    last = run(benchmark, calls, args=(book.plain.orders.get, picked))
    assert picked[-1] == last.order_id


@pytest.mark.parametrize("size", SIZES)
def test_open_orders(benchmark: BenchmarkFixture, size: int) -> None:
    """A NumPy table of every open order; ``per_round`` is the orders in it."""
    benchmark.group = f"orders: the open ones as an array, {size:,} live"
    book = filled(size)
    benchmark.extra_info["per_round"] = size
    array = benchmark.pedantic(book.table.to_array, rounds=5)
    assert book.table.open_count == len(array)


@pytest.fixture(scope="module")
def in_c(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], tuple[float, float]]:
    """Return what measures apply and submit in C at so many live orders [ns]."""
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("order_speed")
    source, program = Path(__file__).with_name("order_speed.c"), folder / "order_speed"
    (folder / "lookup").write_bytes(as_lookup())
    command = ["cc", "-std=gnu11", "-O3", f"-I{CORE}", str(source), "-o", str(program)]
    subprocess.run(command, check=True)  # noqa: S603 - the compiler, with fixed arguments

    def measured(size: int) -> tuple[float, float]:
        given = [str(program), str(folder / "lookup"), str(size)]
        said = subprocess.check_output(given, text=True)  # noqa: S603 - what was just compiled
        apply, submit = said.split()
        return float(apply), float(submit)

    return measured


@pytest.mark.parametrize("size", SIZES)
def test_in_c(
    benchmark: BenchmarkFixture, in_c: Callable[[int], tuple[float, float]], size: int
) -> None:
    """Printed and in ``extra_info``; what is timed here is the whole program."""
    benchmark.group = "orders: in C"
    benchmark.extra_info["apply_ns"], benchmark.extra_info["submit_ns"] = benchmark.pedantic(
        in_c, args=(size,), rounds=1
    )
    print(f"{size:,} live, in C: apply, submit [ns]", benchmark.extra_info)


def test_bytes_per_order(benchmark: BenchmarkFixture) -> None:
    """What the process grows by for each acknowledged order, in a process of its own."""
    benchmark.group = "orders: bytes"
    size = 200_000
    program = f"""
from benchmarks.order_memory import a_report, a_table, resident_kib
from regimeflow.types.enums import ExecType
table = a_table()
table.apply(a_report(ExecType.NEW, 1, 1))
before = resident_kib()
for n in range({size}):
    order_id = table.submit("BTCUSDT", 1, 2, 2, 2, 0, 100, None, 0)
    table.apply(a_report(ExecType.NEW, order_id, n))
print((resident_kib() - before) * 1024 / {size})
"""

    def measured() -> float:
        command = [sys.executable, "-c", program]
        return float(subprocess.check_output(command, text=True, cwd=ROOT))  # noqa: S603 - as above

    benchmark.extra_info["bytes"] = benchmark.pedantic(measured, rounds=1)
    print("bytes per order", benchmark.extra_info)
    assert benchmark.extra_info["bytes"] <= 400
