from __future__ import annotations

from decimal import Decimal
from itertools import permutations

import pytest

from regimeflow._core import order_table as flags
from regimeflow._core.reports import ExecutionReport
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import LiveOrderStatus as S
from regimeflow.types.enums import OrderSide
from tests.support.order_table import IDS, SYMBOL, Book, a_book_in


def test_a_fill_counts_once_for_the_life_of_the_order() -> None:
    book = Book()
    ids = [f"execution-{n}" for n in range(40)]

    for exec_id in ids:
        book.fill(exec_id, "0.25")
    again = [book.fill(exec_id, "0.25") for exec_id in reversed(ids)]

    assert [flags.DUPLICATE] * 40 == again
    assert (S.FILLED, Decimal(10)) == (S(book.row.status), book.row.cum_qty_dec)


def test_ten_thousand_awkward_partial_fills_leave_no_drift() -> None:
    book = Book()
    book.say(X.REPLACED, order_qty="1234.5678")

    for n in range(10_000):
        book.fill(f"E-{n}", "0.1000003", f"{100 + n % 7}.{n % 997:03d}")

    amounts = [
        Decimal("0.1000003") * Decimal(f"{100 + n % 7}.{n % 997:03d}") for n in range(10_000)
    ]
    row = book.row
    assert Decimal("1000.003") == row.cum_qty_dec
    assert sum(amounts) == Decimal(row.notional_raw).scaleb(row.px_exp + row.qty_exp)
    assert abs(sum(amounts) / Decimal("1000.003") - row.avg_px_dec) < Decimal("1e-20")


def test_a_fill_needs_no_acknowledgement_before_it() -> None:
    book = Book()

    book.fill("E-1")

    assert (S.PARTIALLY_FILLED, 4, 6) == book.state


def test_a_fill_after_a_cancel_moves_quantities_but_not_the_state() -> None:
    book = a_book_in(S.CANCELLED)

    result = book.fill("E-1")

    assert (S.CANCELLED, 4, 0) == book.state
    assert flags.FILL | flags.LATE_FILL == result


def test_a_late_fill_that_completes_the_order_fills_it() -> None:
    book = a_book_in(S.EXPIRED)

    book.fill("E-1", 10)

    assert (S.FILLED, 10, 0) == book.state


def test_an_overfill_is_counted_and_flagged() -> None:
    book = Book()
    book.fill("E-1", 10)

    result = book.fill("E-2", 15)

    assert result & flags.OVERFILL
    assert (S.FILLED, 25, 0) == book.state


@pytest.mark.parametrize(
    "numbers",
    [
        {"last_qty": -1, "last_px": 1},
        {"last_qty": 0, "last_px": 1},
        {"last_px": 1},
        {"last_qty": 1},
    ],
)
def test_a_fill_without_sense_is_flagged_and_counts_nothing(numbers: dict[str, int]) -> None:
    book = Book()

    result = book.say(X.TRADE, exec_id="E-1", **numbers)

    assert flags.BAD_REPORT == result
    assert (S.PENDING_NEW, 0, 10) == book.state


@pytest.mark.parametrize("wrong", [{"symbol": "ETHUSDT"}, {"side": OrderSide.SELL}])
def test_a_report_that_contradicts_the_order_is_flagged(wrong: dict[str, object]) -> None:
    book = Book()
    report = ExecutionReport(
        **{
            "symbol": SYMBOL,
            "exec_type": X.TRADE,
            "ord_status": S.NEW,
            "client_order_id": IDS.make(book.id),
            "exec_id": "E-1",
            "last_qty": 1,
            "last_px": 1,
            **wrong,
        }
    )

    assert flags.BAD_REPORT == book.table.apply(report)


def test_finer_numbers_than_the_instruments_are_kept_exactly() -> None:
    book = Book()
    book.fill("E-1", 4, "100.01")

    book.fill("E-2", "0.000000001", "100.000000009")

    row = book.row
    assert Decimal("4.000000001") == row.cum_qty_dec
    assert Decimal("100.00") == row.limit_px_dec
    exact = 4 * Decimal("100.01") + Decimal("0.000000001") * Decimal("100.000000009")
    assert exact == Decimal(row.notional_raw).scaleb(row.px_exp + row.qty_exp)


def test_numbers_beyond_64_bits_are_flagged_not_wrapped() -> None:
    book = Book()
    book.fill("E-1", 2**62)

    result = book.fill("E-2", 2**62 + 1)

    assert flags.BAD_REPORT == result
    assert 2**62 == book.row.cum_qty_raw


def test_a_status_never_makes_a_fill_and_says_what_is_missing() -> None:
    book = a_book_in(S.NEW)

    result = book.say(X.ORDER_STATUS, ord_status=S.FILLED, cum_qty=10)

    assert result & flags.MISSING_FILLS
    assert (S.NEW, 0, 10) == book.state
    assert 10 == book.row.missing_qty_raw


def test_what_was_missing_is_no_longer_when_its_executions_come() -> None:
    book = a_book_in(S.NEW)
    book.say(X.ORDER_STATUS, ord_status=S.FILLED, cum_qty=10)

    book.fill("E-1", 4)
    book.fill("E-2", 6)

    assert (S.FILLED, 10, 0) == book.state
    assert 0 == book.row.missing_qty_raw


def test_a_later_fill_that_comes_first_shows_the_gap_until_the_earlier_one_comes() -> None:
    book = a_book_in(S.NEW)

    first = book.fill("E-2", 3, cum_qty=5)
    second = book.fill("E-1", 2, cum_qty=2)

    assert first & flags.MISSING_FILLS
    assert not second & flags.MISSING_FILLS
    assert (5, 0) == (book.row.cum_qty_raw, book.row.missing_qty_raw)


def test_executions_without_an_id_count_once_by_the_interval_that_they_cover() -> None:
    book = a_book_in(S.NEW)

    first = book.say(X.TRADE, last_qty=4, last_px=100, cum_qty=4)
    again = book.say(X.TRADE, last_qty=4, last_px=100, cum_qty=4)
    second = book.say(X.TRADE, last_qty=6, last_px=101, cum_qty=10)

    assert flags.FILL & first
    assert flags.DUPLICATE == again
    assert flags.FILL & second
    assert (S.FILLED, 10, 0) == book.state


def test_an_interval_that_starts_beyond_our_fills_waits_for_those_before_it() -> None:
    book = a_book_in(S.NEW)

    result = book.say(X.TRADE, last_qty=6, last_px=101, cum_qty=10)

    assert flags.MISSING_FILLS == result
    assert (0, 10) == (book.row.cum_qty_raw, book.row.missing_qty_raw)


def test_a_correction_replaces_quantity_and_price() -> None:
    book = a_book_in(S.NEW)
    book.fill("E-1", 4, 100)

    result = book.say(X.TRADE_CORRECT, exec_id="E-2", exec_ref_id="E-1", last_qty=3, last_px=101)

    assert flags.ADJUSTED & result
    assert ((4, 10_000), (3, 10_100)) == (book.table.last_undone, book.table.last_booked)
    assert (S.PARTIALLY_FILLED, 3, 7) == book.state
    assert Decimal(101) == book.row.avg_px_dec


def test_a_bust_opens_a_filled_order_again() -> None:
    book = a_book_in(S.NEW)
    book.fill("E-1", 10)

    result = book.say(X.TRADE_CANCEL, exec_id="X-1", exec_ref_id="E-1")

    assert flags.REVIVED & result
    assert (S.NEW, 0, 10) == book.state
    assert [book.id] == book.table.open_ids()


def test_a_bust_after_which_nothing_is_left_ends_the_order() -> None:
    book = a_book_in(S.NEW)
    book.fill("E-1", 10)

    book.say(X.TRADE_CANCEL, exec_id="X-1", exec_ref_id="E-1", leaves_qty=0)

    assert (S.CANCELLED, 0, 0) == book.state


def test_a_chain_of_corrections_ends_the_same_in_every_order_of_arrival() -> None:
    chain = [
        {"exec_type": X.TRADE, "exec_id": "A", "last_qty": 4, "last_px": 100},
        {
            "exec_type": X.TRADE_CORRECT,
            "exec_id": "B",
            "exec_ref_id": "A",
            "last_qty": 3,
            "last_px": 101,
        },
        {
            "exec_type": X.TRADE_CORRECT,
            "exec_id": "C",
            "exec_ref_id": "B",
            "last_qty": 2,
            "last_px": 102,
        },
        {"exec_type": X.TRADE, "exec_id": "D", "last_qty": 1, "last_px": 90},
        {"exec_type": X.TRADE_CANCEL, "exec_id": "F", "exec_ref_id": "D"},
    ]

    ends = set()
    for arrival in permutations(chain):
        book = a_book_in(S.NEW)
        for said in (*arrival, *arrival):
            fields = dict(said)
            book.say(fields.pop("exec_type"), **fields)
        ends.add((book.state, book.row.notional_raw))

    assert {((S.PARTIALLY_FILLED, 2, 8), 2 * 10_200)} == ends


def test_a_fill_that_says_of_a_raised_quantity_does_not_fill_the_order() -> None:
    book = a_book_in(S.PENDING_REPLACE)

    result = book.fill("E-1", 10, order_qty=12, leaves_qty=2)

    assert not result & flags.OVERFILL
    assert (S.PENDING_REPLACE, 10, 2) == book.state


def test_a_fill_after_what_looked_like_the_last_works_on_when_the_venue_says_so() -> None:
    book = a_book_in(S.NEW)
    book.fill("E-1", 10)

    result = book.fill("E-2", 1, order_qty=12, leaves_qty=1)

    assert result & flags.REVIVED
    assert not result & flags.OVERFILL
    assert (S.PARTIALLY_FILLED, 11, 1) == book.state


def test_an_order_that_was_lowered_to_what_has_filled_is_filled() -> None:
    by_fill, by_status = a_book_in(S.NEW), a_book_in(S.NEW)
    by_status.fill("E-1", 4)

    by_fill.fill("E-1", 4, order_qty=4, ord_status=S.FILLED)
    by_status.say(X.ORDER_STATUS, order_qty=4, cum_qty=4, ord_status=S.FILLED)

    assert (S.FILLED, 4, 0) == by_fill.state
    assert (S.FILLED, 4, 0) == by_status.state


@pytest.mark.parametrize("told_by", [X.ORDER_STATUS, X.EXPIRED])
def test_what_an_order_ended_with_is_its_quantity(told_by: X) -> None:
    book = a_book_in(S.PENDING_REPLACE)

    book.say(told_by, order_qty=12, cum_qty=11, ord_status=S.EXPIRED)
    result = book.fill("E-1", 11)

    assert not result & flags.OVERFILL
    assert (S.EXPIRED, 11, 0) == book.state


def test_a_cancelled_order_whose_quantity_was_raised_unheard_is_not_filled_by_a_late_fill() -> None:
    book = a_book_in(S.NEW)

    book.say(X.CANCELED, order_qty=15, cum_qty=10, ord_status=S.CANCELLED)
    book.fill("E-1", 10)

    assert (S.CANCELLED, 10, 0) == book.state


def test_a_raised_order_that_is_rejected_after_a_fill_is_not_filled() -> None:
    book = a_book_in(S.PENDING_REPLACE)
    book.fill("E-1", 10)

    book.say(X.REJECTED, order_qty=15, cum_qty=10, ord_status=S.REJECTED)

    assert (S.REJECTED, 10, 0) == book.state


def test_the_end_of_an_old_leg_says_nothing_of_the_quantity() -> None:
    book = a_book_in(S.NEW)
    book.say(X.REPLACED, order_qty=15, broker_order_id="B-2")

    book.say(X.CANCELED, order_qty=10, broker_order_id="B-1", ord_status=S.CANCELLED)

    assert (S.NEW, 0, 15) == book.state


def test_an_order_ends_on_the_price_that_its_last_fill_or_its_end_tells() -> None:
    by_fill, by_status = a_book_in(S.PENDING_REPLACE), a_book_in(S.PENDING_REPLACE)

    told = by_fill.fill("E-1", 10, limit_px="99.5", ord_status=S.FILLED)
    by_status.say(X.ORDER_STATUS, limit_px="99.5", ord_status=S.CANCELLED)

    assert told & flags.TERMS_CHANGED
    assert [Decimal("99.5")] * 2 == [book.row.limit_px_dec for book in (by_fill, by_status)]


def test_a_fill_that_is_not_the_last_says_nothing_of_the_price() -> None:
    book = a_book_in(S.PENDING_REPLACE)

    book.fill("E-1", 4, limit_px="99.5", ord_status=S.PARTIALLY_FILLED)

    assert Decimal("99.5") != book.row.limit_px_dec


def test_a_status_from_before_our_fills_does_not_raise_the_quantity_again() -> None:
    book = a_book_in(S.NEW)
    book.say(X.REPLACED, order_qty=4)
    book.fill("E-1", 4)

    book.say(X.ORDER_STATUS, order_qty=10, cum_qty=3, ord_status=S.PARTIALLY_FILLED)

    assert (S.FILLED, 4, 0) == book.state


def test_a_fill_that_was_busted_before_it_came_says_so() -> None:
    book = Book()
    book.say(X.TRADE_CANCEL, exec_id="X-1", exec_ref_id="E-1")

    first, again = book.fill("E-1", 3), book.fill("E-1", 3)

    assert flags.DUPLICATE | flags.FORETOLD == first
    assert flags.DUPLICATE == again
