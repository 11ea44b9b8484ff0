from __future__ import annotations

import pytest

from regimeflow._core import order_table as flags
from regimeflow._core.order_rows import OrderRow
from regimeflow._core.order_table import OrderTable
from regimeflow.domain.orders.transitions import (
    ILLEGAL,
    STATUS_EVENT,
    TRANSITIONS,
    WORKING,
    OrderEvent,
    as_lookup,
    status_events,
)
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import LiveOrderStatus as S
from tests.support.order_table import IDS, Book, a_book_in, a_report


def picture(row: OrderRow) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in sorted(dir(row)) if not name.startswith("_"))


@pytest.mark.parametrize("nothing_left", [False, True])
@pytest.mark.parametrize("event", list(OrderEvent), ids=lambda event: event.name)
@pytest.mark.parametrize("state", list(S), ids=lambda state: state.name)
def test_the_compiled_lookup_is_the_table(state: S, event: OrderEvent, nothing_left: bool) -> None:
    expected = TRANSITIONS.get((state, event, nothing_left), ILLEGAL)

    assert expected == Book().table.next_status(state, event, nothing_left)


MOVES = [
    event for event in OrderEvent if event not in (OrderEvent.NEW_LEG, OrderEvent.ORDER_STATUS)
]


@pytest.mark.parametrize("event", MOVES, ids=lambda event: event.name)
@pytest.mark.parametrize("state", list(S), ids=lambda state: state.name)
def test_an_order_goes_where_its_row_says(state: S, event: OrderEvent) -> None:
    book = a_book_in(state)
    before = book.row
    nothing_left = before.leaves_qty_raw == 0 and before.cum_qty_raw == 10

    result = happen(book, event)

    nothing_left = nothing_left and event is not OrderEvent.TRADE_CANCEL
    after = TRANSITIONS.get((state, event, nothing_left))
    row = book.row
    if after is None:
        assert result & flags.BAD_TRANSITION
        assert picture(before) == picture(row)
    elif after in WORKING:
        assert (S.PARTIALLY_FILLED if row.cum_qty_raw else S.NEW) is S(row.status)
    else:
        assert after is S(row.status)


def happen(book: Book, event: OrderEvent) -> int:
    if event >= len(X):
        return book.table.request(book.id, event)
    if event is OrderEvent.TRADE:
        return book.fill("E-9", 1)
    if event is OrderEvent.TRADE_CORRECT:
        book_ref = "E-0" if book.table.has_execution(book.id, "E-0") else "none"
        kept = book.row.cum_qty_raw or 1
        return book.say(X(event), exec_id="C-9", exec_ref_id=book_ref, last_qty=kept, last_px=1)
    if event is OrderEvent.TRADE_CANCEL:
        return book.say(X(event), exec_id="C-9", exec_ref_id="E-0")
    return book.say(X(event))


@pytest.mark.parametrize("said", list(S), ids=lambda state: state.name)
@pytest.mark.parametrize("state", list(S), ids=lambda state: state.name)
def test_a_status_report_moves_by_the_event_of_its_status(state: S, said: S) -> None:
    by_status, by_event = a_book_in(state), a_book_in(state)
    event = STATUS_EVENT[said]

    by_status.say(X.ORDER_STATUS, ord_status=said)
    by_event.say(X(event), ord_status=said)

    assert by_event.state == by_status.state


def test_an_impossible_transition_keeps_the_order_bit_for_bit() -> None:
    book = a_book_in(S.FILLED)
    before = picture(book.row)

    result = book.say(X.CANCELED)

    assert flags.BAD_TRANSITION == result
    assert before == picture(book.row)


@pytest.mark.parametrize("state", [S.PENDING_NEW, S.PENDING_CANCEL, S.PENDING_REPLACE])
def test_a_request_without_an_answer_is_in_doubt_until_evidence_comes(state: S) -> None:
    book = a_book_in(state)

    book.say(X.UNKNOWN_OUTCOME)
    in_doubt = book.row.in_doubt
    book.say(X.EXPIRED)

    assert in_doubt
    assert not book.row.in_doubt
    assert [] == book.table.ids_in_doubt()


def test_a_partial_fill_says_nothing_of_a_cancel_in_doubt() -> None:
    book = a_book_in(S.PENDING_CANCEL)
    book.say(X.UNKNOWN_OUTCOME)

    book.fill("E-1", 1)

    assert (S.PENDING_CANCEL, True) == (S(book.row.status), book.row.in_doubt)


def test_an_order_presumed_not_sent_lives_again_when_it_appears() -> None:
    book = a_book_in(S.PENDING_NEW)
    book.say(X.UNKNOWN_OUTCOME)
    book.table.request(book.id, OrderEvent.NOT_FOUND)
    presumed = (S(book.row.status), book.row.in_doubt)

    result = book.fill("E-1")

    assert (S.ERROR, False) == presumed
    assert result & flags.REVIVED
    assert (S.PARTIALLY_FILLED, 4, 6) == book.state


def test_an_order_that_the_venue_has_lost_stays_in_doubt() -> None:
    book = a_book_in(S.NEW)

    book.table.request(book.id, OrderEvent.NOT_FOUND)

    assert (S.ERROR, True) == (S(book.row.status), book.row.in_doubt)
    assert [book.id] == book.table.open_ids()


def test_a_presumed_order_is_in_no_list_of_open_ones_also_after_an_image() -> None:
    book = a_book_in(S.ERROR)
    fresh = OrderTable(as_lookup(), status_events(), id_prefix=IDS.prefix)

    fresh.restore(book.table.image())

    assert ([], 0) == (book.table.open_ids(), book.table.open_count)
    assert ([], [book.id]) == (fresh.open_ids(), fresh.ids())


def test_a_presumed_order_too_young_to_go_holds_up_no_other() -> None:
    book = a_book_in(S.ERROR)
    others = [book.submit() for _ in range(3)]
    for each in others:
        book.table.apply(a_report(X.CANCELED, client_order_id=IDS.make(each)))

    first = book.table.retire(before_ns=10, now_ns=10, keep_ns=100)
    then = book.table.retire(before_ns=1_000, now_ns=1_000, keep_ns=100)

    assert (3, 1) == (first, then)


def test_an_order_whose_fill_was_corrected_before_it_came_waits_for_that_fill() -> None:
    book = a_book_in(S.CANCELLED)
    book.say(X.TRADE_CORRECT, exec_id="E-2", exec_ref_id="E-1", last_qty=3, last_px=101)

    young = book.table.retire(before_ns=10, now_ns=10, keep_ns=100)
    result = book.fill("E-1")
    heard = book.table.retire(before_ns=10, now_ns=10, keep_ns=100)

    assert flags.DUPLICATE | flags.FORETOLD == result
    assert (0, 1) == (young, heard)


def test_the_table_counts_how_often_each_row_was_looked_in() -> None:
    book = Book()
    book.say(X.NEW)
    book.say(X.NEW)
    book.table.request(book.id, OrderEvent.CANCEL_REQUESTED)

    places = [
        ((state, event, done), count)
        for (state, event, done), count in zip(
            ((s, e, d) for s in S for e in OrderEvent for d in (False, True)),
            book.table.hits(),
            strict=True,
        )
        if count
    ]

    assert [
        ((S.PENDING_NEW, OrderEvent.NEW, False), 1),
        ((S.NEW, OrderEvent.NEW, False), 1),
        ((S.NEW, OrderEvent.CANCEL_REQUESTED, False), 1),
    ] == places


def test_terms_stay_with_their_order_for_as_long_as_it_is_here() -> None:
    book = Book()
    one, other = book.submit(terms="resting"), book.submit(terms="trailing")

    assert (None, "resting", "trailing") == tuple(
        book.row_of(order_id).terms for order_id in (book.id, one, other)
    )
    book.say(X.CANCELED, client_order_id=IDS.make(one))
    held = book.row_of(one)
    assert 1 == book.table.retire(10, 10, 10)
    assert ({other: "trailing"}, "resting") == (book.table.terms, held.terms)


def test_an_order_that_is_refused_leaves_no_terms() -> None:
    book = Book()
    book.submit(client_order_id="mine", terms="first")

    assert flags.EXISTS == book.submit(client_order_id="mine", terms="second")
    assert ["first"] == list(book.table.terms.values())
