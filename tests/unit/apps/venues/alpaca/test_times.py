"""Instants as Alpaca writes them, and the calendar of New York."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from regimeflow.apps.venues.alpaca.calendar import holidays, trading_day, trading_days
from regimeflow.apps.venues.alpaca.framing import (
    Codec,
    FrameError,
    Instant,
    decode,
    encode,
    timestamp_ext,
)
from regimeflow.apps.venues.alpaca.identifiers import Identifiers
from regimeflow.apps.venues.alpaca.sessions import Phase, Sessions
from regimeflow.apps.venues.alpaca.times import (
    at_new_york,
    new_york,
    parse_instant,
    rfc3339,
    rfc3339_new_york,
)

S = 10**9
NOON = 1_791_472_218 * S  # 2026-10-08T15:10:18Z


@pytest.mark.parametrize(
    ("instant_ns", "text"),
    [
        (NOON, "2026-10-08T15:10:18Z"),
        (NOON + 909_428_548, "2026-10-08T15:10:18.909428548Z"),
        (NOON + 34_510_000, "2026-10-08T15:10:18.03451Z"),
    ],
)
def test_an_instant_has_no_trailing_zeros(instant_ns, text):
    assert text == rfc3339(instant_ns)
    assert instant_ns == parse_instant(text)


def test_zones_and_fractions_of_any_length_are_read():
    assert NOON == parse_instant("2026-10-08T11:10:18-04:00")
    assert NOON + 1 == parse_instant("2026-10-08T15:10:18.000000001Z")
    assert NOON == parse_instant("2026-10-08T15:10:18+00:00")
    assert "2026-10-08T11:10:18-04:00" == rfc3339_new_york(NOON)
    with pytest.raises(ValueError, match="no instant"):
        parse_instant("yesterday")


def test_new_york_changes_its_clocks():
    summer, winter = at_new_york(date(2026, 7, 1), 9, 30), at_new_york(date(2026, 12, 1), 9, 30)

    assert ("13:30", "14:30") == tuple(rfc3339(one)[11:16] for one in (summer, winter))
    assert 9 == new_york(winter).hour


def test_the_market_keeps_its_holidays_and_half_days():
    assert {
        date(2026, 1, 1),
        date(2026, 1, 19),
        date(2026, 2, 16),
        date(2026, 4, 3),
        date(2026, 5, 25),
        date(2026, 6, 19),
        date(2026, 7, 3),
        date(2026, 9, 7),
        date(2026, 11, 26),
        date(2026, 12, 25),
    } == holidays(2026)
    half = [
        day.day
        for day in trading_days(date(2026, 1, 1), date(2026, 12, 31))
        if day.close_hour == 13
    ]
    assert [date(2026, 11, 27), date(2026, 12, 24)] == half
    assert trading_day(date(2026, 11, 22)) is None
    assert 251 == sum(1 for _ in trading_days(date(2026, 1, 1), date(2026, 12, 31)))


@pytest.mark.parametrize(
    ("hour", "minute", "phase", "opg", "cls"),
    [
        (3, 59, Phase.CLOSED, True, True),
        (4, 0, Phase.PRE, True, True),
        (9, 28, Phase.PRE, False, True),
        (9, 30, Phase.OPEN, False, True),
        (15, 50, Phase.OPEN, False, False),
        (16, 0, Phase.AFTER, False, False),
        (19, 0, Phase.AFTER, True, True),
        (20, 0, Phase.CLOSED, True, True),
    ],
)
def test_a_day_has_its_phases_and_windows(hour, minute, phase, opg, cls):
    sessions = Sessions("calendar")
    now_ns = at_new_york(date(2026, 11, 24), hour, minute)

    assert (phase, opg, cls) == (
        sessions.phase(now_ns),
        sessions.takes_opg(now_ns),
        sessions.takes_cls(now_ns),
    )


def test_the_next_open_and_close_skip_nights_and_holidays():
    sessions = Sessions("calendar")
    evening = at_new_york(date(2026, 11, 25), 17)

    assert at_new_york(date(2026, 11, 27), 9, 30) == sessions.next_open(evening)
    assert at_new_york(date(2026, 11, 27), 13) == sessions.next_close(evening)
    assert date(2026, 11, 25) == sessions.day_of(evening).day
    with pytest.raises(ValueError, match="no session"):
        sessions.tell("lunch")


@pytest.mark.parametrize(
    ("instant_ns", "packed"),
    [
        (0, "00000000"),
        (NOON, "6ac7b25a"),
        (NOON + 1, "000000046ac7b25a"),
        ((1 << 34) * S + 5, "000000050000000400000000"),
    ],
)
def test_instants_are_messagepack_timestamps_to_the_nanosecond(instant_ns, packed):
    frame = encode([{"t": Instant(instant_ns)}], Codec.MSGPACK)

    assert packed == timestamp_ext(instant_ns).hex()
    (message,) = msgspec.msgpack.decode(frame)
    assert instant_ns // S == int(message["t"].timestamp())


def test_both_codecs_read_what_clients_write_and_refuse_the_rest():
    asked = {"action": "subscribe", "trades": ["AAPL"]}

    assert asked == decode(msgspec.msgpack.encode(asked), Codec.MSGPACK)
    assert asked == decode('{"action":"subscribe","trades":["AAPL"]}', Codec.JSON)
    for frame, codec in ((b"\xc1", Codec.MSGPACK), (b"{", Codec.JSON)):
        with pytest.raises(FrameError):
            decode(frame, codec)


def test_ids_are_the_same_with_the_same_seed_and_look_like_alpacas():
    one, two, other = Identifiers(1), Identifiers(1), Identifiers(2)

    assert one.uuid() == two.uuid() != other.uuid()
    assert one.execution(7) == two.execution(7) != one.execution(8)
    assert one.ulid(NOON)[:9] == two.ulid(NOON + 10**6)[:9]
    assert one.activity(NOON + 97_000_000).startswith("20261008111018097::")
