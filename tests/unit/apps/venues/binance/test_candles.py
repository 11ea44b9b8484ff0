"""Candles of every interval, from the trades of one symbol."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from regimeflow.apps.venues.binance.candles import MINUTE, Candles, bounds, one_trade
from regimeflow.apps.venues.binance.catalog import Row
from regimeflow.apps.venues.binance.made_up import minutes_before

MIDNIGHT = 1_704_067_200 * 10**9  # 2024-01-01, a Monday
ROW = Row(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    tick=Decimal("0.01"),
    lot=Decimal("0.00001"),
    least_price=Decimal("0.01"),
    most_price=Decimal(10**6),
    least_qty=Decimal("0.00001"),
    most_qty=Decimal(9000),
)


def candles(*trades: tuple[int, str, str, bool]) -> Candles:
    made = Candles()
    for number, (second, price, quantity, buyer_is_maker) in enumerate(trades):
        at = MIDNIGHT + second * 10**9
        made.add(
            one_trade(at, number, Decimal(price), Decimal(quantity), buyer_is_maker=buyer_is_maker)
        )
    return made


@pytest.mark.parametrize(
    ("interval", "before", "after"),
    [
        ("1s", 0, 1),
        ("1m", 0, 60),
        ("4h", 0, 14_400),
        ("1d", 0, 86_400),
        ("1w", 0, 7 * 86_400),
        ("1M", 0, 31 * 86_400),
    ],
)
def test_a_candle_begins_and_ends_where_the_calendar_says(interval, before, after) -> None:
    opens, closes = bounds(interval, MIDNIGHT + 10**8)

    assert (before, after) == ((opens - MIDNIGHT) / 10**9, (closes - MIDNIGHT) / 10**9)


def test_the_last_month_of_a_year_ends_with_it() -> None:
    assert MIDNIGHT == bounds("1M", MIDNIGHT - 1)[1]


def test_a_candle_has_what_was_traded_within_it() -> None:
    made = candles((0, "10", "1", False), (30, "12", "2", True), (59, "9", "3", False))

    (candle,) = made.of("1m", MIDNIGHT, MIDNIGHT)

    assert (10, 12, 9, 9) == (candle.open, candle.high, candle.low, candle.close)
    assert (6, 61, 4, 37) == (
        candle.volume,
        candle.quote_volume,
        candle.taker_volume,
        candle.taker_quote_volume,
    )
    assert (0, 2, 3) == (candle.first_id, candle.last_id, candle.count)


def test_a_time_without_a_trade_repeats_the_price_with_no_volume() -> None:
    made = candles((0, "10", "1", False), (150, "12", "1", False))

    found = made.of("1m", MIDNIGHT, MIDNIGHT + 3 * MINUTE)

    assert [10, 10, 12, 12] == [each.close for each in found]
    assert [1, 0, 1, 0] == [each.volume for each in found]


def test_longer_candles_hold_the_shorter_ones() -> None:
    made = candles((0, "10", "1", False), (70, "12", "1", False), (400, "11", "1", False))

    five = made.of("5m", MIDNIGHT, MIDNIGHT + 5 * MINUTE)

    assert [(10, 12, 2), (11, 11, 1)] == [(each.open, each.close, each.volume) for each in five]


def test_the_current_candle_is_the_last_of_the_list() -> None:
    made = candles((0, "10", "1", False), (70, "12", "1", False))
    now = MIDNIGHT + 90 * 10**9

    assert made.of("1m", MIDNIGHT, now)[-1] == made.at("1m", now)


def test_what_is_made_up_leads_to_the_first_trade_and_counts_nowhere_else() -> None:
    trade = one_trade(MIDNIGHT, 10**9, Decimal(60_000), Decimal(1), buyer_is_maker=False)
    made = Candles()
    made.add(trade)
    made.before = minutes_before(ROW, 1, trade)

    found = made.of("1m", 0, MIDNIGHT)

    assert 1_501 == len(found)
    assert all(one.close == two.open for one, two in pairwise(found))
    assert all(each.low <= min(each.open, each.close) for each in found)
    assert all(each.last_id + 1 == later.first_id for each, later in pairwise(found))
    assert [1] == [each.volume for each in made.within(0)]
    assert made.before == minutes_before(ROW, 1, trade)
