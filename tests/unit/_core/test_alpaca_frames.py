"""AlpacaFrames: market data in JSON and MessagePack, exactly, and what is no frame at all."""

from __future__ import annotations

import math
import random
import struct
from decimal import Context, Decimal
from typing import Any

import msgspec
import pytest

from regimeflow._core.alpaca_frames import AlpacaFrames, Control, FrameError, TradingStatus
from regimeflow._core.board import QuoteBoard
from regimeflow._core.messages import Bar, Quote, Tick
from regimeflow.types.enums import OrderSide
from tests.support.alpaca_frames import (
    BAR,
    QUOTE,
    RECV_NS,
    STATUS,
    T_NS,
    TRADE,
    a_frame,
    parsed,
)

WIDE = Context(prec=60)


def packed_instant(seconds: int, fraction_ns: int, size: int) -> msgspec.msgpack.Ext:
    if size == 4:
        return msgspec.msgpack.Ext(-1, struct.pack(">I", seconds))
    if size == 8:
        return msgspec.msgpack.Ext(-1, struct.pack(">Q", fraction_ns << 34 | seconds))
    return msgspec.msgpack.Ext(-1, struct.pack(">Iq", fraction_ns, seconds))


def test_every_message_of_a_frame_is_told_in_its_order() -> None:
    frame = a_frame(*({**QUOTE, "bs": size} for size in range(1, 51)), TRADE, BAR)

    found = AlpacaFrames().parse(frame, RECV_NS)

    assert [*range(1, 51)] == [one.bid_qty for one in found[:50]]
    assert [Tick, Bar] == [type(one) for one in found[50:]]


def test_a_quote_is_exact_and_at_its_own_time() -> None:
    quote = parsed(QUOTE, ap=87.6801)

    assert ("AMD", T_NS, RECV_NS) == (quote.symbol, quote.ts_event_ns, quote.ts_recv_ns)
    assert (Decimal("87.66"), Decimal("87.6801")) == (quote.bid_px_dec, quote.ask_px_dec)
    assert (1, 4) == (quote.bid_qty, quote.ask_qty)


def test_a_trade_of_crypto_has_a_taker_and_its_symbol_a_slash() -> None:
    sides = [parsed(TRADE, tks=taker).side for taker in ("B", "S", "-")]
    trade = parsed(TRADE)

    assert [OrderSide.BUY, OrderSide.SELL, OrderSide.NONE] == sides
    assert ("BTC/USD", 77, OrderSide.NONE) == (trade.symbol, trade.trade_id, trade.side)
    assert (T_NS, RECV_NS) == (trade.ts_event_ns, trade.ts_recv_ns)
    assert (Decimal("65432.125"), Decimal("1e-8")) == (trade.last_px_dec, trade.last_qty_dec)


def test_a_bar_is_named_after_its_end_and_what_revises_it_says_so() -> None:
    bars: list[Bar] = []
    parser = AlpacaFrames(on_market_data=bars.append)

    parser.take(a_frame(BAR, {**BAR, "T": "u", "v": 50000}), RECV_NS)

    bar, later = bars
    assert [False, True] == [bar.is_revised, later.is_revised]
    assert 1_614_021_360 * 10**9 == bar.ts_event_ns == later.ts_event_ns
    assert (60 * 10**9, 461, Decimal("389.062639")) == (
        bar.interval_ns,
        bar.trade_count,
        bar.vwap_px_dec,
    )
    assert [49378.0, 50000.0] == [bar.volume, later.volume]
    assert {"bars": 1, "updated_bars": 1} == parser.counts()


@pytest.mark.parametrize("changes", [{"bp": 0}, {"bs": 0}, {"bp": 0, "bs": 0, "ap": 0}])
def test_a_side_without_price_or_size_is_none(changes: dict[str, int]) -> None:
    board = QuoteBoard()

    quote = parsed(QUOTE, **changes)
    board.observe(quote)

    assert math.isnan(quote.bid_px)
    assert 0 == quote.bid_qty
    assert (None, None) == (board.bid_dec("AMD"), board.mid_dec("AMD"))
    assert (None if "ap" in changes else Decimal("87.68")) == board.ask_dec("AMD")


def test_a_halt_is_told_with_its_reason() -> None:
    halted: list[TradingStatus] = []

    AlpacaFrames(on_status=halted.append).take(a_frame(STATUS), RECV_NS)

    (status,) = halted
    assert ("AAPL", "H", "Halted") == (status.symbol, status.status_code, status.status_message)
    assert ("T12", "News", "C") == (status.reason_code, status.reason_message, status.tape)
    assert (T_NS, RECV_NS) == (status.ts_event_ns, status.ts_recv_ns)


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("2021-02-22T15:51:45Z", 1_614_009_105_000_000_000),
        ("2021-02-22T15:51:45.3Z", 1_614_009_105_300_000_000),
        ("2021-02-22T11:51:45.335689322-04:00", T_NS),
        ("2021-02-22t21:21:45.335689322+05:30", T_NS),
        ("2020-02-29T23:59:60Z", 1_583_020_800_000_000_000),
        ("1970-01-01T00:00:00Z", 0),
        ("2262-04-11T23:47:16.854775807Z", 2**63 - 1),
    ],
)
def test_an_instant_may_be_written_in_many_ways(text: str, ns: int) -> None:
    assert ns == parsed(QUOTE, t=text).ts_event_ns


@pytest.mark.parametrize(
    "text",
    ["2021-02-22", "2021-02-22T15:51:45", "2021-02-29T00:00:00Z", "2021-13-01T00:00:00Z",
     "2021-02-22T24:00:00Z", "2021-02-22T15:51:45.Z", "2021-02-22T15:51:45ZZ",
     "1969-12-31T23:59:59Z", "2262-04-11T23:47:16.854775808Z", "2021-02-22T15:51:45+24:00",
     "", 1_614_009_105, None],
)  # fmt: skip
def test_what_is_no_instant_is_an_error(text: object) -> None:
    with pytest.raises(FrameError, match="field 't' is no instant"):
        parsed(QUOTE, t=text)


@pytest.mark.parametrize("size", [4, 8, 12])
def test_an_instant_of_messagepack_is_as_exact(size: int) -> None:
    fraction_ns = 0 if size == 4 else 335_689_322
    quote = QUOTE | {"t": packed_instant(1_614_009_105, fraction_ns, size)}

    (found,) = AlpacaFrames().parse(msgspec.msgpack.encode([quote]), RECV_NS)

    assert 1_614_009_105_000_000_000 + fraction_ns == found.ts_event_ns


def doubles(count: int) -> list[float]:
    draw = random.Random(5)
    found = [0.1 + 0.2, 5e-18, 1e15 + 0.5, 2.0**54 - 2, 9.2e18, 1e-7, 123456.123456789, 2.0**60]
    for _ in range(count):
        found.append(draw.random() * 10.0 ** draw.randint(-6, 12))
        found.append(math.ldexp(draw.getrandbits(52) | 1 << 52, draw.randint(-70, 10)))
        found.append(math.ldexp(1, draw.randint(-18, 62)))
        found.append(round(draw.random() * 10 ** draw.randint(0, 6), draw.randint(0, 9)))
    return found


def test_a_float_of_messagepack_is_the_decimal_that_its_repr_is() -> None:
    parser, compared = AlpacaFrames(), 0

    for value in doubles(5_000):
        want = Decimal(repr(value))
        fits = want == want.quantize(Decimal("1e-18"), context=WIDE) and want < 2**63
        if not fits or len(want.normalize().as_tuple().digits) > 18:
            continue
        (trade,) = parser.parse(msgspec.msgpack.encode(TRADE | {"p": value}), RECV_NS)
        compared += 1
        assert want == trade.last_px_dec

    assert compared > 15_000


@pytest.mark.parametrize("value", [5e-324, 1e-19, 1e19, -1e300, math.nan, math.inf, 2**64 - 1])
def test_a_number_that_does_not_fit_is_refused_by_its_field(value: float) -> None:
    with pytest.raises(FrameError, match="field 'p'"):
        AlpacaFrames().parse(msgspec.msgpack.encode(TRADE | {"p": value}), RECV_NS)


@pytest.mark.parametrize("size", [0, 1, -1, 127, -32, -33, 255, 2**16, -(2**31), 2**40, 2**63 - 1])
def test_every_integer_of_messagepack_is_read(size: int) -> None:
    (trade,) = AlpacaFrames().parse(msgspec.msgpack.encode(TRADE | {"s": size}), RECV_NS)

    assert size == trade.last_qty_raw


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"bp": None}, "bp"),
        ({"ap": "87,68"}, "ap"),
        ({"bs": True}, "bs"),
        ({"as": [4]}, "as"),
        ({"bp": 1e400}, "bp"),
        ({"S": 7}, "S"),
        ({"S": ""}, "S"),
    ],
)
def test_a_field_that_is_not_what_it_must_be_is_named(changes: dict[str, Any], field: str) -> None:
    frame = a_frame(QUOTE, QUOTE | changes).replace(b"Infinity", b"1e400")
    told: list[object] = []

    with pytest.raises(FrameError, match=f"field '{field}'"):
        AlpacaFrames(on_market_data=told.append).take(frame, RECV_NS)

    assert [] == told


def test_a_frame_with_something_wrong_at_its_end_leaves_nothing_behind() -> None:
    told: list[object] = []
    parser = AlpacaFrames(on_market_data=told.append)

    for end in (b"]]", b"", b",]", b",7]", b',{"T":"q","S":"S AMD","bp":1}]'):
        with pytest.raises(FrameError):
            parser.take(a_frame(QUOTE, TRADE)[:-1] + end, RECV_NS)
    with pytest.raises(FrameError, match="a symbol is none"):
        parser.take(a_frame(QUOTE, QUOTE | {"S": "TWO WORDS"}), RECV_NS)

    assert [] == told
    assert {"broken": 6} == parser.counts()
    assert 0 == parser.last_recv_ns("AMD", 1)


@pytest.mark.parametrize(
    "frame", [b"", b"7", b'"q"', b"\xc0", b"\x91\xc1", b"\xdd\xff\xff\xff\xff", b"\x9f"]
)
def test_what_is_no_frame_is_an_error(frame: bytes) -> None:
    with pytest.raises(FrameError):
        AlpacaFrames().parse(frame, RECV_NS)


def test_deep_nesting_is_passed_over_or_an_error() -> None:
    deep = b"\x91" * 100_000 + b"\xc0"

    with pytest.raises(FrameError, match="is no object"):
        AlpacaFrames().parse(deep, RECV_NS)
    (quote,) = AlpacaFrames().parse(
        msgspec.msgpack.encode(QUOTE)[:0]
        + b"\x8c\xa3new"
        + deep
        + msgspec.msgpack.encode(QUOTE)[1:],
        RECV_NS,
    )

    assert "AMD" == quote.symbol


def test_kinds_that_are_of_no_use_are_counted_and_new_ones_named() -> None:
    parser = AlpacaFrames()

    found = parser.parse(
        a_frame(*({"T": kind, "S": "A"} for kind in "dcxlino"), {"T": "zz"}, QUOTE), RECV_NS
    )

    assert [Control, Quote] == [type(one) for one in found]
    assert ("other", "T=zz") == (found[0].kind, found[0].text)
    assert {"others": 7, "controls": 1, "quotes": 1} == parser.counts()
    assert {"T=zz": 1} == parser.unknown()


@pytest.mark.parametrize(
    "change",
    [
        (b'"S":"AMD"', b'"S":"\\u0041MD"'),
        (b'"S"', b'"\\u0053"'),
        (b'"bp":', b'"bp": '),
        (b"87.66", b"8766e-2"),
        (b'"z":"C"', b'"z":"\xc3\xa9","\\"":1'),
        (b'"z":"C"', b'"z":[[{"a":[]},{}],true,-1.5e3,null]'),
        (b"[{", b"\n[ {"),
    ],
)
def test_what_is_less_plain_is_read_as_well(change: tuple[bytes, bytes]) -> None:
    frame = a_frame(QUOTE)
    assert change[0] in frame

    assert [parsed(QUOTE)] == AlpacaFrames().parse(frame.replace(*change, 1), RECV_NS)


def test_the_minute_of_an_instant_is_not_that_of_the_one_before() -> None:
    times = ["2021-02-22T15:51:45Z", "2021-02-22T15:51:61Z", "2021-02-22T15:52:45Z"]
    times += ["2021-02-22T15:52:45-00:01", "2021-02-22T15:52:4xZ", "\0" * 16 + ":00Z"]
    parser, seconds = AlpacaFrames(), []

    for time in times:
        try:
            (quote,) = parser.parse(msgspec.msgpack.encode(QUOTE | {"t": time}), RECV_NS)
        except FrameError:
            seconds.append(-1)
        else:
            seconds.append(quote.ts_event_ns // 10**9 - 1_614_009_105)

    assert [0, -1, 60, 120, -1, -1] == seconds
