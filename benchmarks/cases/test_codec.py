"""The codec: each kind, a batch of 1,000, slots of a ring; with rivals in the same run.

Each case does its work ``N`` times a round and checks its own answer. ``unit`` is U of the goals:
the cost of calling an empty Python function from C. Rivals carry the same numbers: integers and an
exponent, where they have no decimals.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from importlib import import_module
from typing import Any

import msgspec
import orjson
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.cases.samples import DICTS, SAMPLES, STRUCTS
from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.messages import Quote, from_array
from regimeflow._core.ring import Ring
from regimeflow.live import decode_json, encode_json

N = 1_000
CODEC = LiveMessageCodec()
EACH = pytest.mark.parametrize("kind", SAMPLES)
RIVALS = pytest.mark.parametrize("kind", STRUCTS)
TO_MSGPACK = msgspec.msgpack.Encoder().encode
FROM_MSGPACK = {kind: msgspec.msgpack.Decoder(type(one)).decode for kind, one in STRUCTS.items()}
QUOTES = [
    Quote("BTCUSDT", f"{60_000 + n}.25", "1.5", f"{60_000 + n}.5", 2, update_id=n) for n in range(N)
]
BATCH = CODEC.encode_batch(QUOTES)


def run_each(function: Callable[[Any], object], thing: object) -> None:
    """Call a function from C, so that no Python loop is timed."""
    deque(map(function, [thing] * N), maxlen=0)


def measure(
    benchmark: BenchmarkFixture, group: str, function: Callable[..., object], thing: object
) -> None:
    benchmark.group = group
    benchmark.extra_info["per_round"] = N
    benchmark.pedantic(run_each, args=(function, thing), rounds=200, warmup_rounds=10)


def batch(benchmark: BenchmarkFixture, group: str, function: Callable[[], Any]) -> Any:
    benchmark.group = group
    benchmark.extra_info["per_round"] = N
    return benchmark.pedantic(function, rounds=200, warmup_rounds=10)


def protobuf() -> Any:
    """Return a message of protobuf's own kind for each sample; its fields are those of DICTS."""
    pool = pytest.importorskip("google.protobuf.descriptor_pool", reason="needs protobuf")
    pb2 = import_module("google.protobuf.descriptor_pb2")
    factory = import_module("google.protobuf.message_factory")
    file = pb2.FileDescriptorProto(name="bench.proto", package="bench", syntax="proto3")
    for kind, values in DICTS.items():
        message = file.message_type.add(name=kind)
        for number, (name, value) in enumerate(values.items(), 1):
            is_many = isinstance(value, tuple)
            message.field.add(
                name=name, number=number, type=9 if isinstance(value, str) else 18,
                label=3 if is_many else 1,
            )  # fmt: skip
    found = factory.GetMessages([file], pool=pool.DescriptorPool())
    return {kind: found[f"bench.{kind}"] for kind in DICTS}


def test_unit(benchmark: BenchmarkFixture) -> None:
    def empty(_: object) -> None:
        pass

    measure(benchmark, "U: an empty Python function, called from C", empty, 1)


@EACH
def test_encode(benchmark: BenchmarkFixture, kind: str) -> None:
    measure(benchmark, f"encode a {kind}", CODEC.encode, SAMPLES[kind])
    assert SAMPLES[kind] == CODEC.decode(CODEC.encode(SAMPLES[kind])).payload


@EACH
def test_decode(benchmark: BenchmarkFixture, kind: str) -> None:
    raw = CODEC.encode(SAMPLES[kind])
    measure(benchmark, f"decode a {kind}", CODEC.decode, raw)
    assert raw == CODEC.encode(CODEC.decode(raw))


@EACH
def test_json_encode(benchmark: BenchmarkFixture, kind: str) -> None:
    measure(benchmark, f"encode a {kind}", encode_json, SAMPLES[kind])


@EACH
def test_json_decode(benchmark: BenchmarkFixture, kind: str) -> None:
    measure(benchmark, f"decode a {kind}", decode_json, encode_json(SAMPLES[kind]))
    assert SAMPLES[kind] == decode_json(encode_json(SAMPLES[kind])).payload


@RIVALS
def test_rival_msgpack_encode(benchmark: BenchmarkFixture, kind: str) -> None:
    measure(benchmark, f"encode a {kind}", TO_MSGPACK, STRUCTS[kind])
    assert STRUCTS[kind] == FROM_MSGPACK[kind](TO_MSGPACK(STRUCTS[kind]))


@RIVALS
def test_rival_msgpack_decode(benchmark: BenchmarkFixture, kind: str) -> None:
    measure(benchmark, f"decode a {kind}", FROM_MSGPACK[kind], TO_MSGPACK(STRUCTS[kind]))


@RIVALS
def test_rival_orjson_encode(benchmark: BenchmarkFixture, kind: str) -> None:
    measure(benchmark, f"encode a {kind}", orjson.dumps, DICTS[kind])


@RIVALS
def test_rival_orjson_decode(benchmark: BenchmarkFixture, kind: str) -> None:
    measure(benchmark, f"decode a {kind}", orjson.loads, orjson.dumps(DICTS[kind]))


@RIVALS
def test_rival_protobuf_encode(benchmark: BenchmarkFixture, kind: str) -> None:
    cls, values = protobuf()[kind], DICTS[kind]
    measure(benchmark, f"encode a {kind}", lambda _: cls(**values).SerializeToString(), 1)


@RIVALS
def test_rival_protobuf_decode(benchmark: BenchmarkFixture, kind: str) -> None:
    cls = protobuf()[kind]
    names, raw = tuple(DICTS[kind]), cls(**DICTS[kind]).SerializeToString()

    def read_all(data: bytes) -> list[object]:
        found = cls.FromString(data)
        return [getattr(found, name) for name in names]

    measure(benchmark, f"decode a {kind}", read_all, raw)
    assert DICTS[kind]["symbol"] == read_all(raw)[names.index("symbol")]


def test_batch_encode(benchmark: BenchmarkFixture) -> None:
    assert BATCH == batch(benchmark, "1,000 quotes, encode", lambda: CODEC.encode_batch(QUOTES))


def test_batch_decode(benchmark: BenchmarkFixture) -> None:
    found = batch(benchmark, "1,000 quotes, decode", lambda: CODEC.decode_batch(BATCH))
    assert QUOTES == [live.payload for live in found]


def test_array_encode(benchmark: BenchmarkFixture) -> None:
    rows = CODEC.decode_array(BATCH, Quote)
    assert BATCH == batch(benchmark, "1,000 quotes, encode", lambda: CODEC.encode_array(rows))


def test_array_decode(benchmark: BenchmarkFixture) -> None:
    rows = batch(benchmark, "1,000 quotes, decode", lambda: CODEC.decode_array(BATCH, Quote))
    assert QUOTES == from_array(rows)


def test_ring(benchmark: BenchmarkFixture) -> None:
    ring = Ring(1024)
    reader = ring.reader(0)

    def through() -> bytes:
        assert len(BATCH) == CODEC.decode_ring(BATCH, ring)
        return CODEC.encode_ring(reader, N)

    assert BATCH == batch(benchmark, "1,000 quotes, bytes to slots and slots to bytes", through)


def test_rival_msgpack_batch_encode(benchmark: BenchmarkFixture) -> None:
    many = [STRUCTS["quote"]] * N
    batch(benchmark, "1,000 quotes, encode", lambda: TO_MSGPACK(many))


def test_rival_msgpack_batch_decode(benchmark: BenchmarkFixture) -> None:
    many = [STRUCTS["quote"]] * N
    raw, read = TO_MSGPACK(many), msgspec.msgpack.Decoder(list[type(STRUCTS["quote"])]).decode
    assert many == batch(benchmark, "1,000 quotes, decode", lambda: read(raw))


def test_rival_orjson_batch_encode(benchmark: BenchmarkFixture) -> None:
    many = [DICTS["quote"]] * N
    batch(benchmark, "1,000 quotes, encode", lambda: orjson.dumps(many))


def test_rival_orjson_batch_decode(benchmark: BenchmarkFixture) -> None:
    raw = orjson.dumps([DICTS["quote"]] * N)
    assert N == len(batch(benchmark, "1,000 quotes, decode", lambda: orjson.loads(raw)))
