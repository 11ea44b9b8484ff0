"""Messages: made in Python, read in a callback, made out of records; with rivals in the same run.

Each case does its work ``N`` times a round and checks its own answer. ``unit`` is U of the goals:
the cost of calling an empty Python function from C.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from regimeflow._core.messages import ExecutionReport, Quote, from_array, to_array

N = 1000
PX, QTY, NS = 60000.1, 1.5, 1_722_000_000_000_000_000
BID, ASK = "60000.10", "60000.11"
EXPECTED = sum([PX] * N)


@dataclass(slots=True)
class DataclassQuote:
    symbol: str
    bid_px: float
    bid_qty: float
    ask_px: float
    ask_qty: float
    ts_event_ns: int = 0
    ts_recv_ns: int = 0
    update_id: int = 0


class TupleQuote(NamedTuple):
    symbol: str
    bid_px: float
    bid_qty: float
    ask_px: float
    ask_qty: float
    ts_event_ns: int = 0
    ts_recv_ns: int = 0
    update_id: int = 0


class StructQuote(msgspec.Struct, gc=False):
    symbol: str
    bid_px: float
    bid_qty: float
    ask_px: float
    ask_qty: float
    ts_event_ns: int = 0
    ts_recv_ns: int = 0
    update_id: int = 0


KINDS: dict[str, type] = {
    "regimeflow": Quote,
    "dataclass(slots)": DataclassQuote,
    "NamedTuple": TupleQuote,
    "msgspec.Struct": StructQuote,
}
PLAIN = {name: KINDS[name] for name in ("dataclass(slots)", "NamedTuple")}


def from_floats(kind: type) -> float:
    total = 0.0
    for _ in range(N):
        quote = kind("BTCUSDT", PX, QTY, PX, QTY, ts_event_ns=NS, ts_recv_ns=NS, update_id=1)
        total += quote.bid_px
    return total


def from_texts() -> float:
    total = 0.0
    for _ in range(N):
        total += Quote("BTCUSDT", BID, "1.5", ASK, "2", ts_event_ns=NS, ts_recv_ns=NS).bid_px
    return total


def from_texts_by_float() -> float:
    total = 0.0
    for _ in range(N):
        quote = DataclassQuote("BTCUSDT", float(BID), float("1.5"), float(ASK), float("2"), NS, NS)
        total += quote.bid_px
    return total


def from_integers() -> float:
    total = 0.0
    for _ in range(N):
        quote = Quote.from_raw(
            "BTCUSDT", 600001, 15, 600002, 20, px_exp=-1, qty_exp=-1, ts_event_ns=NS, ts_recv_ns=NS
        )
        total += quote.bid_px
    return total


def a_report() -> float:
    total = 0.0
    for number in range(N):
        report = ExecutionReport(
            symbol="BTCUSDT",
            exec_type=1,
            ord_status=2,
            side=1,
            order_id=number,
            client_order_id="rf-0001-00000001",
            exec_id="P-00000001",
            order_qty="3",
            cum_qty="2",
            leaves_qty="1",
            last_qty="1",
            last_px="60000.1",
        )
        total += report.last_px or 0.0
    return total


def read_five(quote: Quote) -> float:
    total = 0.0
    for _ in range(N):
        mid = (quote.bid_px + quote.ask_px) * 0.5
        if quote.bid_qty + quote.ask_qty > 0.0 and quote.ts_event_ns:
            total += mid
    return total


def test_unit(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "unit: an empty Python function called from C"
    calls = [0]

    def empty(_: int) -> None:
        pass

    def run() -> int:
        deque(map(empty, range(N)), maxlen=0)
        calls[0] += N
        return calls[0]

    assert 0 == benchmark(run) % N


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_make_a_quote_of_floats(benchmark: BenchmarkFixture, kind: type) -> None:
    benchmark.group = "make a quote in Python, 8 fields"

    assert EXPECTED == benchmark(from_floats, kind)


@pytest.mark.parametrize("run", [from_texts, from_texts_by_float, from_integers])
def test_make_a_quote_of_what_a_venue_sends(
    benchmark: BenchmarkFixture, run: Callable[[], float]
) -> None:
    benchmark.group = "make a quote of decimal text (ours exactly; the dataclass by float)"

    assert EXPECTED == benchmark(run)


def test_make_a_report(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "make an execution report in Python, 12 fields"

    assert EXPECTED == benchmark(a_report)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_read_five_fields(benchmark: BenchmarkFixture, kind: type) -> None:
    benchmark.group = "read five fields of a quote"
    quote = kind("BTCUSDT", PX, QTY, PX, QTY, ts_event_ns=NS)

    assert EXPECTED == benchmark(read_five, quote)


def test_make_messages_out_of_records(benchmark: BenchmarkFixture) -> None:
    benchmark.group = f"make {N} messages out of a batch"
    array = to_array([Quote("BTCUSDT", PX, QTY, PX, QTY, ts_event_ns=NS)] * N)

    made = benchmark(from_array, array)

    assert EXPECTED == sum(quote.bid_px for quote in made)


def test_make_structs_out_of_msgpack(benchmark: BenchmarkFixture) -> None:
    benchmark.group = f"make {N} messages out of a batch"
    batch = msgspec.msgpack.encode([StructQuote("BTCUSDT", PX, QTY, PX, QTY, NS)] * N)
    decoder = msgspec.msgpack.Decoder(list[StructQuote])

    made = benchmark(decoder.decode, batch)

    assert EXPECTED == sum(quote.bid_px for quote in made)


@pytest.mark.parametrize("kind", PLAIN.values(), ids=PLAIN)
def test_make_python_objects_out_of_rows(benchmark: BenchmarkFixture, kind: type) -> None:
    benchmark.group = f"make {N} messages out of a batch"
    rows = [("BTCUSDT", PX, QTY, PX, QTY, NS)] * N

    made = benchmark(lambda: [kind(*row) for row in rows])

    assert EXPECTED == sum(quote.bid_px for quote in made)
