"""Every kind of difference between our books and a broker's is a line with both sides."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.apps.cli.comparison import Theirs, differences
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.recovery import read_books
from regimeflow.live import AccountInfo, ExecutionReport, Position
from tests.support.journalled import a_journal_with_a_fill
from tests.support.keeping import KeepingVenue


@pytest.fixture
def venue(tmp_path: Path) -> KeepingVenue:
    """A venue with an order for 1 at 100, of which 0.4 has filled."""
    return a_journal_with_a_fill(tmp_path)


@pytest.fixture
def books(venue: KeepingVenue, tmp_path: Path) -> Books:
    return read_books(str(tmp_path), id_prefix="x-").books


def theirs(
    books: Books, venue: KeepingVenue, works: Sequence[ExecutionReport] | None = None
) -> Theirs:
    """What the venue says; it keeps no cash, so that is as we have it."""

    async def ask() -> Theirs:
        listed = await venue.get_open_orders() if works is None else works
        return Theirs(
            account(cash_of(books)), await venue.get_positions(), listed, venue.executions, {}
        )

    return asyncio.run(ask())


def cash_of(books: Books) -> Decimal:
    return (books.portfolio.cash() or {})["USDT"]


def account(cash: Decimal) -> AccountInfo:
    return AccountInfo(currency="USDT", equity=cash, cash=cash, buying_power=cash, ts_event_ns=1)


def test_books_that_agree_differ_in_nothing(books: Books, venue: KeepingVenue) -> None:
    assert [] == differences(books, theirs(books, venue))


def test_another_price_is_a_difference(books: Books, venue: KeepingVenue) -> None:
    venue.orders["V1"] = replace(venue.orders["V1"], limit_price=Decimal(200))

    (line,) = differences(books, theirs(books, venue))

    assert "ours PARTIALLY_FILLED, 0.40000 of 1.00000 filled, limit 100.00; theirs" in line
    assert line.endswith("0.40000 of 1.00000 filled, limit 200")


def test_a_fill_that_we_missed_is_shown_as_execution_order_and_position(
    books: Books, venue: KeepingVenue
) -> None:
    venue.is_up = False
    venue.fill("V1", "E2", "0.2")

    order, execution, position = differences(books, theirs(books, venue))

    assert "ours PARTIALLY_FILLED, 0.40000 of 1.00000" in order
    assert "theirs PARTIALLY_FILLED, 0.60000 of 1.00000" in order
    assert "execution E2 BTCUSDT: ours not booked; theirs BUY 0.20000 at 60000.00" == execution
    assert "position BTCUSDT: ours 0.40000; theirs 0.6" == position


def test_an_order_that_is_gone_there_is_asked_for_by_its_name(
    books: Books, venue: KeepingVenue
) -> None:
    order_id = next(iter(books.table.open_ids()))
    venue.ended.add("V1")
    found = asyncio.run(venue.find_order(venue.orders["V1"].client_order_id))

    (ended,) = differences(books, replace(theirs(books, venue, []), others={order_id: found}))
    (unknown,) = differences(books, replace(theirs(books, venue, []), others={order_id: None}))

    assert "ours PARTIALLY_FILLED" in ended
    assert "theirs CANCELLED, 0.40000 of 1.00000 filled" in ended
    assert unknown.endswith("theirs no such order")


def test_orders_of_others_differ_unless_they_are_to_be_ignored(
    books: Books, venue: KeepingVenue
) -> None:
    venue.by_hand("H1")

    (line,) = differences(books, theirs(books, venue))
    books.external_orders = "ignore"

    assert line.startswith("order hand-H1 BTCUSDT: ours no such order; theirs NEW, 0 of 1")
    assert [] == differences(books, theirs(books, venue))


def test_cash_and_positions_are_shown_with_both_sides(books: Books, venue: KeepingVenue) -> None:
    said = theirs(books, venue)
    other = account(cash_of(books) + 5)
    short = Position(symbol="ETHUSDT", quantity=Decimal(-3))

    lines = differences(books, replace(said, account=other, positions=[short]))

    assert "position BTCUSDT: ours 0.40000; theirs 0" in lines
    assert "position ETHUSDT: ours 0; theirs -3" in lines
    assert any(each.startswith("cash: ours ") and "; theirs " in each for each in lines)
