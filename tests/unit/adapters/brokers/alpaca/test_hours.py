from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.adapters.brokers._shared.instants import instant_ns, rfc3339
from regimeflow.adapters.brokers.alpaca.formatting import Asked
from regimeflow.adapters.brokers.alpaca.hours import Hours
from regimeflow.adapters.brokers.alpaca.rules import rules_of
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from regimeflow.types.errors import BrokerError
from regimeflow.types.session import SessionCalendar

DAYS = [
    {"date": day, "open": "09:30", "close": close, "session_open": "0400", "session_close": end}
    for day, close, end in (
        ("2026-11-25", "16:00", "2000"),
        ("2026-11-27", "13:00", "1700"),
        ("2026-11-30", "16:00", "2000"),
    )
]
CLOSED = {
    "is_open": False, "next_open": "2026-11-30T09:30:00-05:00",
    "next_close": "2026-11-30T16:00:00-05:00",
}  # fmt: skip
RULES = rules_of(
    {"symbol": "AAPL", "class": "us_equity", "tradable": True, "fractionable": True},
    Decimal(230),
    SessionCalendar(),
)
PAIR = rules_of({"symbol": "BTC/USD", "class": "crypto", "tradable": True}, None, SessionCalendar())


def hours(*, refuses=True, **said) -> Hours:
    made = Hours(refuses=refuses)
    made.hear_calendar(DAYS)
    made.hear_clock(CLOSED | said)
    return made


def asked(kind=OrderType.LIMIT, *, extended=False) -> Asked:
    return Asked(
        symbol="AAPL",
        side=OrderSide.BUY,
        type=kind,
        time_in_force=TimeInForce.DAY,
        quantity=Decimal(1),
        limit_price=Decimal(230),
        extended_hours=extended,
    )


def test_a_holiday_is_a_day_without_a_session_and_a_weekend_is_no_holiday():
    calendar = Hours(refuses=True).hear_calendar(DAYS)

    assert ("2026-11-26",) == calendar.holidays
    assert ("2026-11-27 13:00",) == calendar.early_closes
    assert calendar.is_open(instant_ns("2026-11-27T17:59:59Z"))
    assert not calendar.is_open(instant_ns("2026-11-27T18:00:00Z"))
    assert calendar.is_open(instant_ns("2026-11-25T14:30:00Z"))
    assert not calendar.is_open(instant_ns("2026-11-26T15:00:00Z"))


def test_what_opens_next_is_open_then_and_until_it_closes():
    found = hours()

    assert [False, True, True] == [
        found.is_open(instant_ns(text))
        for text in ("2026-11-30T14:29:59Z", "2026-11-30T14:30:00Z", "2026-11-30T20:00:00Z")
    ]
    assert found.is_stale(instant_ns("2026-11-30T14:30:00Z"))


@pytest.mark.parametrize(
    ("at", "is_wide"),
    [
        ("2026-11-27T17:59:00Z", True),
        ("2026-11-27T21:59:00Z", True),
        ("2026-11-27T22:01:00Z", False),
        ("2026-11-30T08:59:00Z", False),
        ("2026-11-30T09:01:00Z", True),
    ],
)
def test_extended_hours_are_those_of_the_day(at, is_wide):
    found, now_ns = hours(), instant_ns(at)

    assert is_wide == found.is_wide_open(now_ns)
    if is_wide:
        found.demand_works(asked(extended=True), RULES, now_ns)
    else:
        with pytest.raises(BrokerError, match="opens at 2026-11-30 14:30 UTC"):
            found.demand_works(asked(extended=True), RULES, now_ns)


def test_only_what_cannot_work_now_is_refused():
    night = instant_ns("2026-11-29T03:00:00Z")

    with pytest.raises(BrokerError, match="when_closed"):
        hours().demand_works(asked(), RULES, night)
    hours().demand_works(asked(OrderType.LIMIT_ON_OPEN), RULES, night)
    hours().demand_works(asked(), PAIR, night)
    hours(refuses=False).demand_works(asked(), RULES, night)


@pytest.mark.parametrize("said", [{"next_open": None}, {"next_close": "soon"}])
def test_a_clock_that_cannot_be_read_is_an_error(said):
    with pytest.raises(BrokerError):
        hours(**said)


def test_a_calendar_that_cannot_be_read_is_an_error():
    with pytest.raises(BrokerError):
        Hours(refuses=True).hear_calendar([{"date": "2026-13-01"}])


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-10-08T15:10:18.097465Z", "2026-10-08T15:10:18.097465000Z"),
        ("2026-10-08T11:10:18.123456789-04:00", "2026-10-08T15:10:18.123456789Z"),
        ("2026-10-08T15:10:18+00:00", "2026-10-08T15:10:18.000000000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000000Z"),
    ],
)
def test_an_instant_is_exact_whatever_its_digits_and_offset(text, utc):
    assert utc == rfc3339(instant_ns(text))


@pytest.mark.parametrize("text", ["", "2026-10-08", "yesterday", "2026-10-08T15:10Z"])
def test_what_is_no_instant_is_an_error(text):
    with pytest.raises(ValueError, match="no instant"):
        instant_ns(text)
