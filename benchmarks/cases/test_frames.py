"""Binance's frames to messages: ours, and what others would do, in one run.

Each case reads ``N`` frames a round and checks the sum of what it read; numbers differ from frame
to frame. Rivals get text that they need not copy and may keep floats or texts where ours are exact;
what they make holds the same fields. ``test_in_c`` is the way into a slot, without Python.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from regimeflow._core.binance_frames import BinanceFrames
from regimeflow._core.bus import EventBus
from regimeflow._core.intake import Intake
from regimeflow._core.latency import LatencyHistogram
from regimeflow._core.local_book import LocalBook

N = 500
NS = 1_723_161_254_087_891_268
ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "src" / "_core"
PX = [f"618{n % 90 + 10}.63000000" for n in range(N)]
QUOTES = [
    {
        "u": n,
        "s": "BTCUSDT",
        "b": PX[n],
        "B": "3.78826000",
        "a": "99999.64000000",
        "A": "1.54698000",
    }
    for n in range(N)
]
TRADES = [
    {
        "e": "trade",
        "E": 1723161255343,
        "s": "BTCUSDT",
        "t": n,
        "p": PX[n],
        "q": "0.02000000",
        "T": 1723161255342,
        "m": True,
        "M": True,
    }
    for n in range(N)
]
DIFFS = [
    {
        "e": "depthUpdate",
        "E": 1723161255308,
        "s": "BTCUSDT",
        "U": n + 1,
        "u": n + 1,
        "b": [[PX[n], "0.40163000"], ["55653.87000000", "0.00000000"], [PX[n - 1], "0.00000000"]],
        "a": [["99838.04000000", "0.32332000"], [f"9984{n % 10}.30000000", "0.40163000"]],
    }
    for n in range(N)
]
REPORTS = [
    {
        "e": "executionReport",
        "E": 1759347763167,
        "s": "BTCUSDT",
        "c": f"rf-0001-{n:08}",
        "S": "SELL",
        "o": "LIMIT",
        "f": "GTC",
        "q": "0.00042000",
        "p": "117290.77000000",
        "P": "0.00000000",
        "F": "0.00000000",
        "g": -1,
        "C": "",
        "x": "TRADE",
        "X": "FILLED",
        "r": "NONE",
        "i": 2281896601,
        "l": "0.00042000",
        "z": "0.00042000",
        "L": PX[n],
        "n": "0.00492621",
        "N": "USD",
        "T": 1759347763167,
        "t": n,
        "I": 4644480641,
        "w": False,
        "m": False,
        "M": True,
        "O": 1759347763167,
        "Z": "49.26212340",
        "Y": "49.26212340",
        "Q": "0.00000000",
        "W": 1759347763167,
        "V": "EXPIRE_MAKER",
    }
    for n in range(N)
]
EVENTS = {"quote": QUOTES, "trade": TRADES, "diff": DIFFS, "report": REPORTS}


def raw(events: list[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(event, separators=(",", ":")).encode() for event in events]


FRAMES = {kind: raw(events) for kind, events in EVENTS.items()}
TURNED = raw([dict(reversed(event.items())) for event in QUOTES])
EXPECTED = {
    "quote": sum(float(event["b"]) for event in QUOTES),
    "trade": sum(float(event["p"]) for event in TRADES),
    "diff": float(sum(event["u"] for event in DIFFS)),
    "report": sum(float(event["L"]) for event in REPORTS),
}
OURS: dict[str, Callable[[Any], float]] = {
    "quote": lambda m: m.bid_px,
    "trade": lambda m: m.last_px,
    "diff": lambda m: float(m.last_update_id),
    "report": lambda m: m.last_px,
}


class StructQuote(msgspec.Struct, gc=False):
    u: int
    s: str
    b: float
    B: float
    a: float
    A: float


class StructTrade(msgspec.Struct, gc=False):
    s: str
    t: int
    p: float
    q: float
    T: int
    m: bool


class StructDiff(msgspec.Struct):
    s: str
    E: int
    U: int
    u: int
    b: list[tuple[float, float]]
    a: list[tuple[float, float]]


class StructReport(msgspec.Struct):
    s: str
    c: str
    S: str
    o: str
    f: str
    q: float
    p: float
    P: float
    C: str
    x: str
    X: str
    i: int
    l: float  # noqa: E741 - Binance's letter
    z: float
    L: float
    n: float
    N: str | None
    T: int
    t: int
    m: bool


STRUCTS = {"quote": StructQuote, "trade": StructTrade, "diff": StructDiff, "report": StructReport}
LETTER = {"quote": "b", "trade": "p", "diff": "u", "report": "L"}


def with_msgspec(kind: str) -> Callable[[bytes], float]:
    read = msgspec.json.Decoder(STRUCTS[kind], strict=False).decode
    letter = LETTER[kind]
    return lambda frame: float(getattr(read(frame), letter))


def exact(event: dict[str, Any], kind: str) -> float:
    """The numbers that a message needs, as floats, out of a decoded event."""
    if kind == "diff":
        for side in (event["b"], event["a"]):
            [(float(px), float(qty)) for px, qty in side]
        return float(event["u"])
    letters = {"quote": "bBaA", "trade": "pq", "report": "qplzLn"}[kind]
    numbers = {letter: float(event[letter]) for letter in letters}
    return numbers[LETTER[kind]]


def with_orjson(kind: str) -> Callable[[bytes], float]:
    return lambda frame: exact(orjson.loads(frame), kind)


def with_pysimdjson(kind: str) -> Callable[[bytes], float]:
    simdjson = pytest.importorskip("simdjson")
    parser = simdjson.Parser()

    def read(frame: bytes) -> float:
        return exact(parser.parse(frame, recursive=True), kind)

    return read


RIVALS = {"msgspec": with_msgspec, "orjson": with_orjson, "pysimdjson": with_pysimdjson}


def read_all(read: Callable[[bytes], float], frames: list[bytes]) -> float:
    total = 0.0
    for frame in frames:
        total += read(frame)
    return total


def measure(benchmark: BenchmarkFixture, group: str, function: Any, *arguments: Any) -> Any:
    benchmark.group = group
    benchmark.extra_info["per_round"] = N
    return benchmark(function, *arguments)


def test_unit(benchmark: BenchmarkFixture) -> None:
    def empty(_: object) -> None:
        pass

    def run() -> list[None]:
        return list(map(empty, FRAMES["quote"]))

    assert [None] * N == measure(benchmark, "an empty Python function, called from C (U)", run)


@pytest.mark.parametrize("kind", EVENTS)
def test_to_object(benchmark: BenchmarkFixture, kind: str) -> None:
    parse, own = BinanceFrames().parse, OURS[kind]

    def read(frame: bytes) -> float:
        return own(parse(frame, NS))

    group = f"{kind}: bytes to an object, one number of it read"
    assert EXPECTED[kind] == pytest.approx(measure(benchmark, group, read_all, read, FRAMES[kind]))


@pytest.mark.parametrize("rival", RIVALS)
@pytest.mark.parametrize("kind", EVENTS)
def test_rival(benchmark: BenchmarkFixture, kind: str, rival: str) -> None:
    read = RIVALS[rival](kind)

    group = f"{kind}: bytes to an object, one number of it read"
    assert EXPECTED[kind] == pytest.approx(measure(benchmark, group, read_all, read, FRAMES[kind]))


@pytest.mark.parametrize("order", ["as Binance has it", "turned round"])
def test_to_strategy(benchmark: BenchmarkFixture, order: str) -> None:
    """From the bytes to a method that reads one price: through the bus, in one call."""
    frames = FRAMES["quote"] if order == "as Binance has it" else TURNED
    bus, total = EventBus(), [0.0]

    class Strategy:
        def on_quote(self, quote: Any) -> None:
            total[0] += quote.bid_px

    bus.subscribe_payload(1, Strategy().on_quote)
    take = BinanceFrames(on_market_data=Intake(bus, LatencyHistogram())).take

    def run() -> float:
        total[0] = 0.0
        for frame in frames:
            take(frame, NS)
        return total[0]

    assert EXPECTED["quote"] == pytest.approx(measure(benchmark, "quote: to a strategy", run))


def test_diff_to_book(benchmark: BenchmarkFixture) -> None:
    """A diff into a book of 10,000 levels, and the ten best out of it, through the bus."""
    bus, seen = EventBus(), [0]

    def count(_: object) -> None:
        seen[0] += 1

    bus.subscribe_payload(4, count)
    frames = BinanceFrames(on_market_data=Intake(bus, LatencyHistogram()))
    book = LocalBook("BTCUSDT")
    frames.attach(book)
    bids = [[f"{61000 - n}.00000000", "1"] for n in range(5000)]
    asks = [[f"{99999 + n}.00000000", "1"] for n in range(5000)]
    snapshot = json.dumps({"lastUpdateId": 0, "bids": bids, "asks": asks}).encode()

    def setup() -> None:
        book.reset()
        book.apply_snapshot(snapshot, NS)
        seen[0] = 0

    def run() -> None:
        for frame in FRAMES["diff"]:
            frames.take(frame, NS)

    benchmark.group = "diff: into a book, shown to a callback"
    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(run, setup=setup, rounds=30)
    assert (N, N) == (seen[0], book.last_update_id)


def test_in_c(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Bytes to a slot; the figures are in the extra info, the time is that of the program."""
    compiler, spec = shutil.which("c++"), find_spec("simdjson")
    if compiler is None or spec is None or spec.origin is None:
        pytest.skip("needs a C++ compiler and pysimdjson")
    simdjson, program = Path(spec.origin).parent, tmp_path / "frame_speed"
    sources = Path(__file__).with_name("frame_speed.cpp"), CORE / "binance_json.cpp"
    flags = ["-std=gnu++17", "-O3", "-DNDEBUG", "-DSIMDJSON_EXCEPTIONS=0", "-fno-exceptions"]
    paths = [f"-I{CORE}", "-isystem", simdjson]
    command = [compiler, *flags, *paths, *sources, simdjson / "simdjson.cpp", "-o", program]
    subprocess.run(command, check=True)  # noqa: S603 - the compiler, with fixed arguments

    done = benchmark.pedantic(
        lambda: subprocess.check_output([program], text=True),  # noqa: S603 - just compiled
        rounds=1,
    )

    figures = dict(line.split() for line in done.splitlines())
    benchmark.extra_info["ns"] = figures
    print(figures)
    assert {"bookTicker", "bookTicker-any-order", "trade"} <= figures.keys()


def test_nautilus_trader(benchmark: BenchmarkFixture) -> None:
    """Its decoder and its quote, where it is installed."""
    schemas = pytest.importorskip("nautilus_trader.adapters.binance.common.schemas.market")
    identifiers = pytest.importorskip("nautilus_trader.model.identifiers")
    wrapped = raw([{"stream": "btcusdt@bookTicker", "data": event} for event in QUOTES])
    decode = msgspec.json.Decoder(schemas.BinanceQuoteMsg).decode
    instrument = identifiers.InstrumentId.from_str("BTCUSDT.BINANCE")

    def read(frame: bytes) -> float:
        return float(decode(frame).data.parse_to_quote_tick(instrument, NS).bid_price)

    group = "quote: bytes to an object, one number of it read"
    assert EXPECTED["quote"] == pytest.approx(measure(benchmark, group, read_all, read, wrapped))
