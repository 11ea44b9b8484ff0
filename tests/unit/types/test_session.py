"""When markets are open."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from regimeflow.types.errors import InvalidArgument
from regimeflow.types.session import SessionCalendar

NEW_YORK = SessionCalendar(
    timezone="America/New_York",
    open_time="09:30",
    close_time="16:00",
    holidays=("2024-12-25",),
)
FOREX = SessionCalendar(
    timezone="America/New_York",
    open_time="17:00",
    close_time="17:00",
    weekdays=("sun", "mon", "tue", "wed", "thu"),
)


def at(text: str, zone: str = "America/New_York") -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return int(moment.timestamp()) * 1_000_000_000


def test_without_hours_a_market_never_closes():
    always = SessionCalendar()

    assert always.never_closes
    assert always.is_open(0)
    assert (None, None) == (always.next_open_ns(0), always.next_close_ns(0))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2024-08-08 09:29:59", False),
        ("2024-08-08 09:30:00", True),
        ("2024-08-08 15:59:59", True),
        ("2024-08-08 16:00:00", False),
        ("2024-08-10 12:00:00", False),
        ("2024-12-25 12:00:00", False),
    ],
)
def test_a_day_session_is_open_from_its_open_until_before_its_close(moment, is_open):
    assert is_open is NEW_YORK.is_open(at(moment))


def test_daylight_saving_moves_the_hours_in_utc():
    winter, summer = at("2024-03-08 09:30"), at("2024-03-11 09:30")

    assert winter % (86_400 * 10**9) - 3600 * 10**9 == summer % (86_400 * 10**9)
    assert NEW_YORK.is_open(winter)
    assert NEW_YORK.is_open(summer)
    assert not NEW_YORK.is_open(summer - 1)
    assert summer == NEW_YORK.next_open_ns(at("2024-03-08 16:00"))


def test_the_next_open_skips_the_weekend_and_a_holiday():
    assert at("2024-12-26 09:30") == NEW_YORK.next_open_ns(at("2024-12-24 16:00"))
    assert at("2024-08-12 09:30") == NEW_YORK.next_open_ns(at("2024-08-09 09:30"))


def test_the_next_close_is_of_this_session_or_the_next():
    assert at("2024-08-08 16:00") == NEW_YORK.next_close_ns(at("2024-08-08 12:00"))
    assert at("2024-08-09 16:00") == NEW_YORK.next_close_ns(at("2024-08-08 16:00"))


def test_sessions_that_touch_are_one():
    assert FOREX.is_open(at("2024-08-06 17:00"))
    assert at("2024-08-09 17:00") == FOREX.next_close_ns(at("2024-08-05 12:00"))
    assert at("2024-08-11 17:00") == FOREX.next_open_ns(at("2024-08-05 12:00"))
    assert not FOREX.is_open(at("2024-08-10 12:00"))


def test_a_session_over_midnight_closes_on_the_next_day():
    night = SessionCalendar(open_time="22:00", close_time="05:00", weekdays=("fri",))

    assert night.is_open(at("2024-08-10 04:59", "UTC"))
    assert not night.is_open(at("2024-08-10 05:00", "UTC"))
    assert not night.is_open(at("2024-08-09 21:59", "UTC"))


def test_round_the_clock_on_every_day_never_closes():
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    always = SessionCalendar(open_time="00:00", close_time="00:00", weekdays=days)

    assert always.is_open(at("2024-08-10 12:00", "UTC"))
    assert always.next_close_ns(at("2024-08-10 12:00", "UTC")) is None


def test_time_before_1970_and_at_the_ends_of_the_calendar_is_no_error():
    assert not NEW_YORK.is_open(at("1969-12-28 12:00"))
    for ns in (-(2**63), 2**63 - 1):
        assert isinstance(NEW_YORK.is_open(ns), bool)
        NEW_YORK.next_open_ns(ns)


def test_many_days_are_asked_without_growing_for_ever():
    for day in range(1100):
        NEW_YORK.is_open(day * 86_400 * 10**9)

    assert len(NEW_YORK._by_day) <= 1024


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"open_time": "9:30", "close_time": "16:00"}, "open_time"),
        ({"open_time": "09:30"}, "close_time"),
        ({"close_time": "24:00", "open_time": "09:00"}, "close_time"),
        ({"close_time": "ab:cd", "open_time": "09:00"}, "close_time"),
        ({"weekdays": ["monday"]}, "weekdays[0]"),
        ({"weekdays": []}, "weekdays"),
        ({"holidays": ["25.12.2024"]}, "holidays[0]"),
    ],
)
def test_hours_that_cannot_be_are_refused(given, path):
    with pytest.raises(InvalidArgument) as caught:
        SessionCalendar(**given)

    assert [path] == [fault.path for fault in caught.value.faults]
