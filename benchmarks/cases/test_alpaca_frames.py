"""Alpaca's frames to messages: ours, and what others would do, in one run.

A round reads ``QUOTES`` quotes, in frames of 1 or of 50, or ``UPDATES`` trade updates, and checks
the sum of what it read; numbers differ from message to message. Rivals may keep floats, and texts
for instants, where ours are exact. ``test_in_c`` is the way into slots, without Python.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from regimeflow._core.alpaca_frames import AlpacaFrames
from regimeflow._core.bus import EventBus
from regimeflow._core.intake import Intake
from regimeflow._core.latency import LatencyHistogram

QUOTES = 500
UPDATES = 100
WIRES = ("json", "msgpack")
NS = 1_723_161_254_087_891_268
ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "src" / "_core"
AT = "2021-02-22T15:51:45.335689322Z"
SEEN = msgspec.msgpack.Ext(-1, (335_689_322 << 34 | 1_614_009_105).to_bytes(8))
QUOTE = {"T": "q", "S": "AAPL", "bx": "U", "bp": 87.66, "bs": 1, "ax": "Q", "ap": 987.68, "as": 4}
QUOTE |= {"c": ["R"], "z": "C"}
ALL = [QUOTE | {"bp": 87 + n / 1000} for n in range(QUOTES)]
ORDER = {
    "id": "b28e2b24-b1b2-40cc-8979-63f45e8edc02",
    "client_order_id": "ccxt_214efabb8ba04f9fbda29883611402a6",
    "created_at": "2026-09-18T13:24:50.018261663Z",
    "updated_at": "2026-09-18T13:24:50.034148789Z",
    "submitted_at": "2026-09-18T13:24:50.018261663Z",
    "filled_at": "2026-09-18T13:24:50.019957863Z",
    "expired_at": None,
    "cancel_requested_at": None,
    "canceled_at": None,
    "failed_at": None,
    "replaced_at": None,
    "replaced_by": None,
    "replaces": None,
    "asset_id": "03e005f7-4bfc-4616-b1b0-225dd64074fa",
    "symbol": "BTC/USD",
    "asset_class": "crypto",
    "notional": None,
    "qty": "129.7",
    "filled_qty": "129.7",
    "filled_avg_price": "0.0851119",
    "order_class": "",
    "order_type": "market",
    "type": "market",
    "side": "sell",
    "position_intent": "sell_to_close",
    "time_in_force": "gtc",
    "limit_price": None,
    "stop_price": None,
    "status": "filled",
    "extended_hours": False,
    "legs": None,
    "trail_percent": None,
    "trail_price": None,
    "hwm": None,
    "expires_at": "2026-12-16T21:00:00Z",
}
DATA = {
    "at": "2026-09-18T13:24:50.034555Z",
    "event_id": "01M2TB1W7J21FPR8S4CTGVBY7J",
    "event": "fill",
    "timestamp": "2026-09-18T13:24:50.019957863Z",
    "order": ORDER,
    "qty": "129.7",
    "position_qty": "0",
    "execution_id": "a0b4b946-3ed9-4fd6-bb10-d1c5f28415aa",
    "swap_rate": "1",
    "settle_date": "2026-09-18",
}


def compact(form: object) -> bytes:
    return json.dumps(form, separators=(",", ":")).encode()


def frames_of(size: int, wire: str) -> list[bytes]:
    if wire == "json":
        forms = [one | {"t": AT} for one in ALL]
        return [compact(forms[n : n + size]) for n in range(0, QUOTES, size)]
    packed = [one | {"t": SEEN} for one in ALL]
    return [msgspec.msgpack.encode(packed[n : n + size]) for n in range(0, QUOTES, size)]


PRICES = [f"0.085{n:04}" for n in range(UPDATES)]
UPDATE_FRAMES = [
    compact({"stream": "trade_updates", "data": DATA | {"price": price}}) for price in PRICES
]
WANT_QUOTES = sum(float(one["bp"]) for one in ALL)
WANT_UPDATES = sum(float(price) for price in PRICES)


class StructQuote(msgspec.Struct, gc=False, rename={"ask_qty": "as"}):
    S: str
    bp: float
    bs: float
    ap: float
    ask_qty: float
    t: str


class PackedQuote(msgspec.Struct, gc=False, rename={"ask_qty": "as"}):
    S: str
    bp: float
    bs: float
    ap: float
    ask_qty: float
    t: datetime


class StructOrder(msgspec.Struct):
    id: str
    client_order_id: str
    symbol: str
    qty: float | None
    filled_qty: float
    filled_avg_price: float | None
    order_class: str
    type: str
    side: str
    time_in_force: str
    limit_price: float | None
    stop_price: float | None
    status: str
    replaced_by: str | None
    replaces: str | None
    updated_at: str


class StructData(msgspec.Struct):
    event: str
    timestamp: str
    at: str
    order: StructOrder
    price: float | None = None
    qty: float | None = None
    position_qty: float | None = None
    execution_id: str | None = None


class StructUpdate(msgspec.Struct):
    stream: str
    data: StructData


def with_ours(_: str) -> Callable[[bytes], float]:
    parse = AlpacaFrames().parse
    return lambda frame: sum([quote.bid_px for quote in parse(frame, NS)])


def with_msgspec(wire: str) -> Callable[[bytes], float]:
    if wire == "json":
        read = msgspec.json.Decoder(list[StructQuote]).decode
        return lambda frame: sum([quote.bp for quote in read(frame)])
    unpack = msgspec.msgpack.Decoder(list[PackedQuote]).decode
    return lambda frame: sum([quote.bp for quote in unpack(frame)])


def numbers(quote: dict[str, Any]) -> tuple[str, float, float, float, float, str]:
    return quote["S"], quote["bp"], quote["bs"], quote["ap"], quote["as"], quote["t"]


def with_orjson(wire: str) -> Callable[[bytes], float]:
    if wire != "json":
        pytest.skip("reads JSON only")
    return lambda frame: sum([numbers(quote)[1] for quote in orjson.loads(frame)])


def with_alpaca_py(wire: str) -> Callable[[bytes], float]:
    if wire == "json":
        pytest.skip("speaks MessagePack on this stream")
    live = pytest.importorskip("alpaca.data.live")
    unpack = pytest.importorskip("msgpack").unpackb
    cast = live.StockDataStream("key", "secret")._cast  # noqa: SLF001 - what it reads with

    def read(frame: bytes) -> float:
        return sum([cast(message).bid_price for message in unpack(frame)])

    return read


READERS = {
    "ours": with_ours,
    "msgspec": with_msgspec,
    "orjson": with_orjson,
    "alpaca-py": with_alpaca_py,
}


def read_all(read: Callable[[bytes], float], frames: list[bytes]) -> float:
    total = 0.0
    for frame in frames:
        total += read(frame)
    return total


def measure(
    benchmark: BenchmarkFixture, group: str, per_round: int, function: Any, *arguments: Any
) -> Any:
    benchmark.group = group
    benchmark.extra_info["per_round"] = per_round
    return benchmark(function, *arguments)


def test_unit(benchmark: BenchmarkFixture) -> None:
    def empty(_: object) -> None:
        pass

    def run() -> list[None]:
        return list(map(empty, ALL))

    group = "an empty Python function, called from C (U)"
    assert [None] * QUOTES == measure(benchmark, group, QUOTES, run)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("wire", ["json", "msgpack"])
@pytest.mark.parametrize("size", [1, 50])
def test_quotes(benchmark: BenchmarkFixture, size: int, wire: str, reader: str) -> None:
    """Per quote: bytes to objects, one number of each read."""
    read, frames = READERS[reader](wire), frames_of(size, wire)

    total = measure(benchmark, f"quotes, {size} a frame, {wire}", QUOTES, read_all, read, frames)

    assert pytest.approx(WANT_QUOTES) == total


def update_with_ours() -> Callable[[bytes], float]:
    parse = AlpacaFrames().parse
    return lambda frame: parse(frame, NS)[0].report.last_px


def update_with_msgspec() -> Callable[[bytes], float]:
    read = msgspec.json.Decoder(StructUpdate, strict=False).decode
    return lambda frame: read(frame).data.price or 0.0


def update_with_orjson() -> Callable[[bytes], float]:
    def read(frame: bytes) -> float:
        data = orjson.loads(frame)["data"]
        order = data["order"]
        found = [float(order[name]) for name in ("qty", "filled_qty", "filled_avg_price")]
        return float(data["price"]) + 0.0 * float(data["qty"]) * found[0]

    return read


def update_with_alpaca_py() -> Callable[[bytes], float]:
    stream = pytest.importorskip("alpaca.trading.stream").TradingStream("key", "secret")
    cast = stream._cast  # noqa: SLF001 - what it reads with
    return lambda frame: float(cast(json.loads(frame)).price)


UPDATE_READERS = {
    "ours": update_with_ours,
    "msgspec": update_with_msgspec,
    "orjson": update_with_orjson,
    "alpaca-py": update_with_alpaca_py,
}


@pytest.mark.parametrize("reader", UPDATE_READERS)
def test_update(benchmark: BenchmarkFixture, reader: str) -> None:
    read = UPDATE_READERS[reader]()

    group = "a trade update, json"
    total = measure(benchmark, group, UPDATES, read_all, read, UPDATE_FRAMES)

    assert pytest.approx(WANT_UPDATES) == total


@pytest.mark.parametrize("wire", ["json", "msgpack"])
@pytest.mark.parametrize("size", [1, 50])
def test_to_strategy(benchmark: BenchmarkFixture, size: int, wire: str) -> None:
    """From the bytes to a method that reads one price: through the bus, in one call."""
    bus, total, frames = EventBus(), [0.0], frames_of(size, wire)

    class Strategy:
        def on_quote(self, quote: Any) -> None:
            total[0] += quote.bid_px

    bus.subscribe_payload(1, Strategy().on_quote)
    take = AlpacaFrames(on_market_data=Intake(bus, LatencyHistogram())).take

    def run() -> float:
        total[0] = 0.0
        for frame in frames:
            take(frame, NS)
        return total[0]

    group = f"quotes, {size} a frame, {wire}: to a strategy"
    assert pytest.approx(WANT_QUOTES) == measure(benchmark, group, QUOTES, run)


def test_in_c(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Bytes to slots; the figures are in the extra info, the time is that of the program."""
    compiler, spec = shutil.which("c++"), find_spec("simdjson")
    if compiler is None or spec is None or spec.origin is None:
        pytest.skip("needs a C++ compiler and pysimdjson")
    simdjson, program = Path(spec.origin).parent, tmp_path / "alpaca_speed"
    parsers = CORE / "alpaca_frames.cpp", CORE / "binance_json.cpp"
    sources = Path(__file__).with_name("alpaca_speed.cpp"), *parsers
    flags = ["-std=gnu++17", "-O3", "-DNDEBUG", "-DSIMDJSON_EXCEPTIONS=0", "-fno-exceptions"]
    paths = [f"-I{CORE}", "-isystem", simdjson]
    command = [compiler, *flags, *paths, *sources, simdjson / "simdjson.cpp", "-o", program]
    subprocess.run(command, check=True)  # noqa: S603 - the compiler, with fixed arguments
    files = {f"{size}-{wire}": frames_of(size, wire)[0] for size in (1, 50) for wire in WIRES}
    for name, frame in (files | {"update": UPDATE_FRAMES[0]}).items():
        (tmp_path / name).write_bytes(frame)

    done = benchmark.pedantic(
        lambda: subprocess.check_output(  # noqa: S603 - just compiled
            [program, *files, "update"], text=True, cwd=tmp_path
        ),
        rounds=1,
    )

    figures = {line.split()[0]: line.split()[1:] for line in done.splitlines()}
    benchmark.extra_info["messages and ns"] = figures
    print(figures)
    assert ["1", "1", "50", "50", "1"] == [count for count, _ in figures.values()]
