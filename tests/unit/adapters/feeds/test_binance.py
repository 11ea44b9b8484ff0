from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from regimeflow.adapters.feeds.binance import BinanceParser, NotAnEvent, Survey, time_ns
from regimeflow.adapters.feeds.feed import (
    DepthEvent,
    QuoteEvent,
    Scale,
    SnapshotEvent,
    TradeEvent,
)
from regimeflow.types.enums import OrderSide

RECV_NS = 1_723_161_254_087_891_268
QUOTE = {
    "u": 50093239212,
    "s": "BTCUSDT",
    "b": "61837.63000000",
    "B": "3.78826000",
    "a": "61837.64000000",
    "A": "1.54698000",
}
TRADE = {
    "e": "trade",
    "E": 1723161255343,
    "s": "BTCUSDT",
    "t": 3735683259,
    "p": "61837.63000000",
    "q": "0.02000000",
    "T": 1723161255342,
    "m": True,
    "M": True,
}
DEPTH = {
    "e": "depthUpdate",
    "E": 1723161255308,
    "s": "BTCUSDT",
    "U": 5,
    "u": 7,
    "b": [["61837.63000000", "0.00000000"]],
    "a": [["61837.64000000", "1.50000000"]],
}
SNAPSHOT = {"lastUpdateId": 6, "bids": [["61837.63000000", "2.00000000"]], "asks": []}


def a_parser(*symbols: str) -> BinanceParser:
    names = symbols or ("BTCUSDT",)
    return BinanceParser(dict.fromkeys(names, Scale(-2, -8)), names)


def a_line(message: object, stream: str | None = None) -> bytes:
    frame = message if stream is None else {"stream": stream, "data": message}
    return f"{RECV_NS} {json.dumps(frame)}\n".encode()


def test_a_book_ticker_is_a_quote_with_exact_numbers_and_no_venue_time() -> None:
    (event,) = a_parser().parse(a_line(QUOTE, "btcusdt@bookTicker"))

    assert (
        QuoteEvent(RECV_NS, "BTCUSDT", 50093239212, 6183763, 378826000, 6183764, 154698000, 0)
        == event
    )


def test_a_trade_of_a_passive_buyer_was_taken_by_a_seller() -> None:
    (event,) = a_parser().parse(a_line(TRADE, "btcusdt@trade"))
    (other,) = a_parser().parse(a_line({**TRADE, "m": False}, "btcusdt@trade"))

    assert isinstance(event, TradeEvent)
    assert isinstance(other, TradeEvent)
    assert [OrderSide.SELL, OrderSide.BUY] == [event.aggressor, other.aggressor]
    assert (6183763, 2000000) == (event.px, event.qty)


def test_the_time_of_a_trade_is_its_own_and_in_its_year() -> None:
    """Neither the trade id, nor milliseconds read as microseconds (1970), nor the event's time."""
    (event,) = a_parser().parse(a_line(TRADE, "btcusdt@trade"))

    assert isinstance(event, TradeEvent)
    assert 3735683259 == event.trade_id
    assert 1723161255342 * 1_000_000 == event.event_ns
    assert 2024 == datetime.fromtimestamp(event.event_ns / 1e9, UTC).year


def test_the_time_of_a_depth_update_is_in_its_year() -> None:
    (event,) = a_parser().parse(a_line(DEPTH, "btcusdt@depth@100ms"))

    assert 2024 == datetime.fromtimestamp(event.event_ns / 1e9, UTC).year


def test_times_in_microseconds_are_told_apart_from_milliseconds() -> None:
    assert time_ns(1723161255342) == time_ns(1723161255342000) == 1723161255342 * 10**6


def test_a_depth_update_and_a_snapshot_keep_all_their_levels() -> None:
    parser = a_parser()

    (depth,) = parser.parse(a_line(DEPTH, "btcusdt@depth@100ms"))
    (snapshot,) = parser.parse(a_line(SNAPSHOT))

    assert isinstance(depth, DepthEvent)
    assert isinstance(snapshot, SnapshotEvent)
    assert (5, 7, [(6183763, 0)], [(6183764, 150000000)]) == depth[2:6]
    assert ("BTCUSDT", 6, [(6183763, 200000000)], []) == snapshot[1:5]


def test_frames_without_their_stream_name_are_known_by_their_fields() -> None:
    parser = a_parser()

    kinds = [type(parser.parse(a_line(data))[0]) for data in (QUOTE, TRADE, DEPTH)]

    assert [QuoteEvent, TradeEvent, DepthEvent] == kinds


def test_every_item_of_an_array_is_an_event() -> None:
    """Rivals read only the first item of an array frame."""
    events = a_parser().parse(a_line([TRADE, {"stream": "x", "data": QUOTE}, TRADE]))

    assert [TradeEvent, QuoteEvent, TradeEvent] == [type(event) for event in events]


def test_a_snapshot_belongs_to_the_symbol_with_the_nearest_update_id() -> None:
    parser = a_parser("BTCUSDT", "ETHUSDT")
    parser.parse(a_line({**QUOTE, "u": 1_000}))
    parser.parse(a_line({**QUOTE, "s": "ETHUSDT", "u": 9_000}))

    (near_btc,) = parser.parse(a_line({**SNAPSHOT, "lastUpdateId": 1_010}))
    (near_eth,) = parser.parse(a_line({**SNAPSHOT, "lastUpdateId": 8_990}))

    assert ["BTCUSDT", "ETHUSDT"] == [near_btc.symbol, near_eth.symbol]


def test_a_snapshot_of_no_known_symbol_is_no_event() -> None:
    with pytest.raises(NotAnEvent, match="of which symbol"):
        BinanceParser({}, ()).parse(a_line(SNAPSHOT))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"garbage\n", "receive time"),
        (b"\n", "receive time"),
        (b"123 {}\n", "receive time"),
        (b"9999999999999999999 {}\n", "64 bits"),
        (b"1723161254087891268", "broken JSON"),
        (b'1723161254087891268 {"u": 1, "s"\n', "broken JSON"),
        (b"1723161254087891268 \xff\xfe\n", "broken JSON"),
        (b"1723161254087891268 17\n", "not what it should be"),
        (b"1723161254087891268 null\n", "not what it should be"),
        (b'1723161254087891268 "text"\n', "not what it should be"),
        (a_line({"result": None, "id": 1}), "unknown message"),
        (a_line({"e": "kline", "s": "BTCUSDT"}), "unknown event 'kline'"),
        (a_line({**QUOTE, "s": "DOGEUSDT"}), "DOGEUSDT"),
        (a_line({**QUOTE, "u": "7"}), "no id"),
        (a_line({**QUOTE, "u": True}), "no id"),
        (a_line({**QUOTE, "u": 2**63}), "no id"),
        (a_line({**QUOTE, "b": 61837.63}), "not what it should be"),
        (a_line({**QUOTE, "b": "-1.00"}), "no plain decimal"),
        (a_line({**QUOTE, "b": "61837.63100000"}), "finer"),
        (a_line({**QUOTE, "b": ["1"]}), "not what it should be"),
        (a_line({key: QUOTE[key] for key in ("u", "s", "b", "B", "A")}), "no field"),
        (a_line({**TRADE, "T": -1}), "no id"),
        (a_line({**TRADE, "T": 2**62}), "no id"),
        (a_line({**DEPTH, "U": 9}), "above u"),
        (a_line({**DEPTH, "b": [["1.00"]]}), "not what it should be"),
        (a_line({**DEPTH, "b": None}), "not what it should be"),
        (a_line({"stream": "x", "data": None}), "not what it should be"),
    ],
)
def test_a_line_that_is_no_event_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(NotAnEvent, match=reason):
        a_parser().parse(line)


def test_one_bad_item_of_an_array_leaves_out_the_line() -> None:
    with pytest.raises(NotAnEvent, match="unknown event"):
        a_parser().parse(a_line([QUOTE, {"e": "kline"}]))


def test_a_survey_learns_symbols_steps_and_the_beginning() -> None:
    survey = Survey()

    for data in (QUOTE, {**TRADE, "q": "0.00250000"}, {**DEPTH, "s": "ETHUSDT"}):
        survey.look_at(a_line(data))
    survey.look_at(b"garbage")
    survey.look_at(a_line({**QUOTE, "s": "not a symbol"}))
    survey.look_at(a_line({**QUOTE, "s": "X" * 40}))
    survey.look_at(a_line({**QUOTE, "s": 5}))

    assert ("BTCUSDT", "ETHUSDT") == survey.symbols
    assert {"BTCUSDT": 2, "ETHUSDT": 2} == survey.px_decimals
    assert {"BTCUSDT": 4} == survey.traded_decimals
    assert RECV_NS == survey.first_recv_ns
