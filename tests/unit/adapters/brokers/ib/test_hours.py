"""Hours as IB lists them, as calendars: lists that real clients recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from regimeflow.adapters.brokers.ib.hours import calendar_of
from regimeflow.types.session import SessionCalendar

SHARES = (
    "20221229:0930-20221229:1600;20221230:0930-20221230:1600;20221231:CLOSED;20230101:CLOSED;"
    "20230102:CLOSED;20230103:0930-20230103:1600"
)
FUTURES = (
    "20250521:1700-20250522:1600;20250522:1700-20250523:1600;20250524:CLOSED;"
    "20250525:1700-20250526:1200;20250526:1700-20250527:1600;20250527:1700-20250528:1600"
)
FUTURES_OF_ONE_DAY = (
    "20240617:CLOSED;20240618:1700-20240618:1600;20240619:1700-20240619:1600;"
    "20240620:1700-20240620:1600;20240621:1700-20240621:0900"
)
OLDER = "20240122:0930-1600;20240123:0930-1600"


def of(text: str, *, kind: str = "STK", zone: str = "US/Eastern") -> SessionCalendar:
    contract = SimpleNamespace(secType=kind)
    return calendar_of(
        SimpleNamespace(contract=contract, liquidHours=text, tradingHours=text, timeZoneId=zone)
    )


def is_open(calendar: SessionCalendar, at: str) -> bool:
    return calendar.is_open(int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()) * 10**9)


def test_shares_have_regular_hours_weekends_and_the_holidays_that_are_listed() -> None:
    calendar = of(SHARES)

    assert ("09:30", "16:00", ("2023-01-02",)) == (
        calendar.open_time,
        calendar.close_time,
        calendar.holidays,
    )
    assert ("mon", "tue", "wed", "thu", "fri") == calendar.weekdays


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2025-05-22T20:59:00", True),
        ("2025-05-22T21:30:00", False),  # the hour between two sessions
        ("2025-05-22T22:00:00", True),
        ("2025-05-23T22:00:00", False),  # Friday evening
        ("2025-05-25T22:00:00", True),  # Sunday evening
        ("2025-05-26T17:30:00", False),  # Memorial Day ends at noon
        ("2025-05-26T22:00:00", True),
    ],
)
def test_futures_open_the_evening_before_and_close_early_on_some_days(at, expected) -> None:
    assert expected is is_open(of(FUTURES, kind="FUT", zone="US/Central"), at)


def test_a_session_that_names_its_last_day_twice_began_the_day_before() -> None:
    calendar = of(FUTURES_OF_ONE_DAY, kind="FUT", zone="US/Central")

    assert ("17:00", "16:00", ("2024-06-16",), ("2024-06-20 09:00",)) == (
        calendar.open_time,
        calendar.close_time,
        calendar.holidays,
        calendar.early_closes,
    )
    assert is_open(calendar, "2024-06-17T23:00:00")


def test_the_older_form_names_each_day_once() -> None:
    assert ("09:30", "16:00") == (of(OLDER).open_time, of(OLDER).close_time)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20090508:CLOSED",
        "20090507:0700-1830,1830-2330;20090508:CLOSED",  # two sessions in a day
        "20250522:0830-20250522:1600;20250523:0930-20250523:1600",  # one opens late
        "20261123:0000-20261123:2359;20261124:0000-20261124:2359",
        "20261123:0930-20261127:1600",
        "20261123:0930-20261123:2561",
        "noon to midnight",
    ],
)
def test_what_is_no_calendar_never_closes(text: str) -> None:
    assert of(text).never_closes


def test_a_zone_that_nobody_knows_gives_no_calendar() -> None:
    assert of(SHARES, zone="Middle Earth").never_closes
    assert "US/Eastern" == of(SHARES, zone="EST").timezone
