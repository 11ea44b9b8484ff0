"""Fills are asked for whole, and what was quiet is not asked for again and again."""

from __future__ import annotations

import asyncio

import pytest

from regimeflow.adapters.brokers.binance.fills import Fills
from regimeflow.adapters.brokers.binance.orders import KnownOrders
from regimeflow.types.errors import BrokerError

DAY_MS = 86_400_000
NOW_MS = 2_000 * DAY_MS


class Venue:
    """Answers myTrades as Binance does: a window of time, or from an id on, 1,000 rows at most."""

    def __init__(self, *times_ms: int) -> None:
        self.rows = [
            {"id": number, "symbol": "BTCUSDT", "time": time_ms}
            for number, time_ms in enumerate(sorted(times_ms), 1)
        ]
        self.asked: list[dict[str, object]] = []

    async def read(self, path, params, *, weight):
        self.asked.append(dict(params))
        if "fromId" in params:
            found = [row for row in self.rows if row["id"] >= params["fromId"]]
        else:
            assert params["endTime"] - params["startTime"] < DAY_MS
            low, high = params["startTime"], params["endTime"]
            found = [row for row in self.rows if low <= row["time"] <= high]
        return found[: params["limit"]]


class Now:
    def now_ms(self) -> int:
        return NOW_MS


def since(venue: Venue, *times_ms: int) -> list[list[int]]:
    async def ask(symbol, params):
        return None

    async def main():
        fills = Fills(venue, Now(), KnownOrders(), ask=ask)
        return [[row["id"] for row in await fills.since("BTCUSDT", at)] for at in times_ms]

    return asyncio.run(main())


def test_fills_of_days_ago_are_found_and_all_that_came_after():
    venue = Venue(NOW_MS - 5 * DAY_MS, NOW_MS - 2 * DAY_MS, NOW_MS - 1)

    assert [[1, 2, 3]] == since(venue, NOW_MS - 6 * DAY_MS)


@pytest.mark.parametrize("count", [999, 1_000, 1_001, 2_500])
def test_more_than_a_page_is_read_to_the_end(count):
    venue = Venue(*(NOW_MS - 10_000 + number for number in range(count)))

    assert [list(range(1, count + 1))] == since(venue, NOW_MS - 10_000)


def test_days_in_which_nothing_happened_are_asked_for_once():
    venue = Venue()

    since(venue, NOW_MS - 30 * DAY_MS, NOW_MS - 30 * DAY_MS, NOW_MS - 29 * DAY_MS)

    assert 31 + 1 + 1 == len(venue.asked)


def test_what_was_quiet_from_a_later_time_on_says_nothing_of_what_was_before():
    venue = Venue(NOW_MS - 3 * DAY_MS)

    assert [[], [1]] == since(venue, NOW_MS - 2 * DAY_MS, NOW_MS - 4 * DAY_MS)


def reported(age_ms: int) -> list[str]:
    row = {"id": 1, "orderId": 7, "symbol": "BTCUSDT", "time": NOW_MS - age_ms, "isBuyer": True}
    numbers = {"price": "100", "qty": "1", "commission": "0", "commissionAsset": "BNB"}

    async def ask(symbol, params):
        return None  # the venue shows fills, and the order later

    async def main():
        fills = Fills(Venue(), Now(), KnownOrders(), ask=ask)
        return await fills.reports([{**row, **numbers, "isMaker": False}])

    return [report.client_order_id for report in asyncio.run(main())]


def test_a_new_fill_of_an_order_that_the_venue_does_not_show_yet_fails_the_question():
    with pytest.raises(BrokerError, match="a fill of order 7 of BTCUSDT, and knows no such order"):
        reported(age_ms=2_000)


def test_an_old_fill_of_an_order_that_the_venue_shows_no_more_has_no_name():
    assert [""] == reported(age_ms=2 * 3_600_000)
