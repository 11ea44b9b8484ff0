from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow._core import order_table as flags
from regimeflow._core.order_table import OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.transitions import (
    as_lookup,
    status_events,
)
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import LiveOrderStatus as S
from tests.support.order_table import IDS, SYMBOL, Book, a_book_in, a_report


def test_the_table_writes_the_client_order_ids_that_python_reads() -> None:
    book = Book()

    assert IDS.make(book.id) == book.row.client_order_id
    assert book.id == IDS.order_id_of(book.row.client_order_id)
    assert book.id == book.table.find_by_client_id(book.row.client_order_id)


def test_an_order_is_found_by_every_broker_id_that_it_ever_had() -> None:
    book = a_book_in(S.NEW)
    far = "a-broker-order-id-that-is-longer-than-its-inline-room-"

    book.say(X.REPLACED, broker_order_id=far + "2")
    book.say(X.REPLACED, broker_order_id=far + "3")

    ids = ["B-1", far + "2", far + "3"]
    assert [book.id] * 3 == [book.table.find_by_broker_id(broker_id) for broker_id in ids]
    assert far + "3" == book.row.broker_order_id


def test_one_broker_id_may_name_an_order_of_each_symbol() -> None:
    book = Book()
    other = book.table.submit("ETHUSDT", 1, 2, 2, 10, 0, 10_000, None, -2)

    book.say(X.NEW, broker_order_id="77")
    book.table.apply(
        ExecutionReport(
            symbol="ETHUSDT",
            exec_type=X.NEW,
            ord_status=S.NEW,
            client_order_id=IDS.make(other),
            broker_order_id="77",
        )
    )

    assert book.id == book.table.find_by_broker_id("77", SYMBOL)
    assert other == book.table.find_by_broker_id("77", "ETHUSDT")


def test_a_client_order_id_is_taken_once() -> None:
    book = Book()
    book.submit(client_order_id="mine")

    assert flags.EXISTS == book.submit(client_order_id="mine")
    assert flags.EXISTS == book.submit(client_order_id=IDS.make(book.id))


def test_our_client_order_id_outweighs_a_stale_internal_id() -> None:
    book = Book()
    other = book.submit()

    book.table.apply(book.report(X.NEW, order_id=other))

    assert (S.NEW, S.PENDING_NEW) == (S(book.row.status), S(book.row_of(other).status))


def test_a_report_of_the_old_leg_does_not_end_the_replaced_order() -> None:
    book = a_book_in(S.PENDING_REPLACE)
    book.say(X.REPLACED, broker_order_id="B-2", order_qty=12)

    result = book.table.apply(a_report(X.CANCELED, broker_order_id="B-1"))

    assert flags.OLD_LEG == result
    assert (S.NEW, 0, 12) == book.state


def test_a_replace_by_a_new_order_revives_what_looked_cancelled() -> None:
    book = a_book_in(S.PENDING_REPLACE)
    book.say(X.CANCELED, broker_order_id="B-1")

    result = book.say(X.REPLACED, broker_order_id="B-2", order_qty=12)

    assert result & flags.REVIVED
    assert (S.NEW, 0, 12) == book.state


@pytest.mark.parametrize("ended", [S.CANCELLED, S.EXPIRED], ids=lambda state: state.name)
def test_a_new_leg_that_is_only_seen_when_asked_for_revives_what_looked_cancelled(ended: S) -> None:
    book = a_book_in(ended)
    book.say(X.ORDER_STATUS, ord_status=ended, broker_order_id="B-1")

    result = book.say(X.ORDER_STATUS, ord_status=S.NEW, broker_order_id="B-2", order_qty=12)

    assert result & flags.REVIVED
    assert (S.NEW, 0, 12) == book.state


def test_a_fill_of_a_new_leg_that_we_never_heard_of_revives_what_looked_cancelled() -> None:
    book = a_book_in(S.PENDING_REPLACE)
    book.say(X.CANCELED, broker_order_id="B-1")

    result = book.fill("E-1", 3, broker_order_id="B-2", order_qty=12)

    assert result & flags.REVIVED
    assert (S.PARTIALLY_FILLED, 3, 9) == book.state


def test_a_new_leg_ends_the_change_that_made_it() -> None:
    book = a_book_in(S.PENDING_REPLACE)
    book.say(X.ORDER_STATUS, ord_status=S.PENDING_REPLACE, broker_order_id="B-1")

    book.say(X.ORDER_STATUS, ord_status=S.NEW, broker_order_id="B-2", order_qty=12)

    assert (S.NEW, 0, 12) == book.state


def a_book_with_two_legs() -> Book:
    book = a_book_in(S.PENDING_REPLACE)
    book.say(X.ORDER_STATUS, ord_status=S.PENDING_REPLACE, broker_order_id="B-1")
    book.say(X.REPLACED, broker_order_id="B-2", order_qty=12)
    return book


def test_what_the_venue_says_when_asked_ends_the_order_whatever_its_leg() -> None:
    book = a_book_with_two_legs()

    result = book.say(X.ORDER_STATUS, ord_status=S.CANCELLED, broker_order_id="B-1")

    assert result & flags.ENDED
    assert book.id == book.table.find_by_broker_id("B-2")


def test_an_old_answer_does_not_bring_an_old_leg_back() -> None:
    book = a_book_with_two_legs()

    book.say(X.ORDER_STATUS, ord_status=S.NEW, broker_order_id="B-1", order_qty=10)

    assert ("B-2", S.NEW, 12) == (book.row.broker_order_id, *book.state[::2])


def test_the_leg_that_the_venue_restates_is_the_one_to_cancel() -> None:
    book = a_book_with_two_legs()

    book.say(X.RESTATED, broker_order_id="B-1", order_qty=10)

    assert ("B-1", S.NEW, 10) == (book.row.broker_order_id, *book.state[::2])
    assert book.id == book.table.find_by_broker_id("B-2")


def test_a_leg_that_is_restated_while_it_is_being_replaced_is_not_the_one_to_cancel() -> None:
    book = a_book_in(S.PENDING_REPLACE)
    book.say(X.ORDER_STATUS, ord_status=S.PENDING_REPLACE, broker_order_id="B-1")
    book.say(X.PENDING_REPLACE, broker_order_id="B-2")

    assert flags.OLD_LEG == book.say(X.RESTATED, broker_order_id="B-1", order_qty=10)
    book.say(X.REPLACED, broker_order_id="B-2", order_qty=12)

    assert ("B-2", S.NEW, 12) == (book.row.broker_order_id, *book.state[::2])


def test_a_refused_change_leaves_the_old_leg_as_the_one_to_cancel() -> None:
    book = a_book_in(S.PENDING_REPLACE)
    book.say(X.ORDER_STATUS, ord_status=S.PENDING_REPLACE, broker_order_id="B-1")
    book.say(X.PENDING_REPLACE, broker_order_id="B-2")

    book.say(X.REPLACE_REJECTED, broker_order_id="B-1")

    assert ("B-1", S.NEW) == (book.row.broker_order_id, S(book.row.status))


def test_a_full_table_refuses_orders_and_never_a_report() -> None:
    book = Book(max_orders=2)
    book.submit()

    assert flags.FULL == book.submit()
    assert flags.FILL & book.fill("E-1")


def test_external_orders_are_taken_in_when_the_table_is_full() -> None:
    book = Book(max_orders=1)
    report = a_report(X.ORDER_STATUS, side=2, ord_type=2, broker_order_id="M-1", order_qty=5)

    order_id = book.table.adopt(report)

    assert order_id > 0
    assert ("external", True) == (book.row_of(order_id).strategy, book.row_of(order_id).is_external)


def test_what_an_adopted_order_had_filled_is_its_base_and_not_a_fill() -> None:
    book = Book()
    report = a_report(X.ORDER_STATUS, broker_order_id="M-1", order_qty=5, cum_qty=2)
    order_id = book.table.adopt(report, base_qty=2, base_notional=200)

    result = book.table.apply(report)

    row = book.row_of(order_id)
    assert not result & (flags.FILL | flags.MISSING_FILLS)
    assert (S.PARTIALLY_FILLED, 2, 3) == (S(row.status), row.cum_qty_raw, row.leaves_qty_raw)
    assert Decimal(100) == row.avg_px_dec


def test_retired_orders_make_room_and_their_ids_still_guard() -> None:
    book = Book()
    mine = book.submit(client_order_id="mine")
    for order_id, name in ((book.id, IDS.make(book.id)), (mine, "mine")):
        for n in range(6):
            report = a_report(
                X.TRADE, client_order_id=name, exec_id=f"{order_id}-{n}", last_qty=2, last_px=1
            )
            book.table.apply(report)
    book.table.apply(a_report(X.ORDER_STATUS, client_order_id="mine", broker_order_id="B-9"))

    retired = book.table.retire(before_ns=1, now_ns=10, keep_ns=100)

    assert (2, 0) == (retired, len(book.table))
    assert flags.EXISTS == book.submit(client_order_id="mine")
    assert book.table.was_used(IDS.make(book.id))
    again = a_report(X.TRADE, client_order_id="mine", exec_id=f"{mine}-0", last_qty=2, last_px=1)
    assert flags.UNKNOWN | flags.RETIRED | flags.DUPLICATE == book.table.apply(again)
    by_broker = a_report(X.CANCELED, broker_order_id="B-9")
    assert flags.UNKNOWN | flags.RETIRED == book.table.apply(by_broker)


def test_the_guard_forgets_after_its_time() -> None:
    book = Book()
    mine = book.submit(client_order_id="mine")
    book.table.apply(a_report(X.CANCELED, client_order_id="mine"))
    book.table.retire(before_ns=1, now_ns=10, keep_ns=100)

    book.table.retire(before_ns=1, now_ns=110, keep_ns=100)
    still = book.table.was_used("mine")
    book.table.retire(before_ns=1, now_ns=210, keep_ns=100)

    assert still
    assert not book.table.was_used("mine")
    assert book.table.get(mine) is None


def test_an_order_that_lives_again_is_not_retired() -> None:
    book = a_book_in(S.NEW)
    book.fill("E-1", 10)
    book.say(X.TRADE_CANCEL, exec_id="X-1", exec_ref_id="E-1")

    retired = book.table.retire(before_ns=100, now_ns=100, keep_ns=100)

    assert 0 == retired
    assert (S.NEW, 0, 10) == book.state


def test_slots_are_used_again_under_new_ids() -> None:
    book = Book()
    first = book.id
    book.say(X.CANCELED)
    book.table.retire(before_ns=1, now_ns=1, keep_ns=1)

    second = book.submit()

    assert first != second
    assert first & 0xFFFFFFFF == second & 0xFFFFFFFF
    assert book.table.get(first) is None
    assert book.table.find_by_client_id(IDS.make(first)) == 0


def test_memory_stays_where_it_is_when_orders_come_and_go() -> None:
    book = Book(max_orders=100)
    longer = "a-client-order-id-of-someone-else-" + "x" * 4

    for n in range(3_000):
        order_id = book.submit(
            client_order_id=f"{longer}{n % 100:02d}" if n % 2 else None, now_ns=n
        )
        if order_id == flags.EXISTS:
            order_id = book.submit(now_ns=n)
        name = book.row_of(order_id).client_order_id
        book.table.apply(a_report(X.NEW, client_order_id=name, broker_order_id=f"B-{n}"))
        book.table.apply(a_report(X.CANCELED, client_order_id=name))
        book.table.retire(before_ns=n, now_ns=n, keep_ns=10)

    assert len(book.table) <= 100
    assert 1 == book.table.open_count


def test_slabs_grow_beyond_the_first() -> None:
    book = Book()
    ids = [book.id, *(book.submit() for _ in range(40_000))]

    for order_id in ids[::977]:
        name = IDS.make(order_id)
        report = a_report(X.NEW, client_order_id=name, broker_order_id=f"broker-{order_id}")
        book.table.apply(report)

    found = [book.table.find_by_broker_id(f"broker-{order_id}") for order_id in ids[::977]]
    assert ids[::977] == found
    assert len(ids) == len(set(ids)) == book.table.open_count


def test_an_unknown_order_is_flagged() -> None:
    assert flags.UNKNOWN == Book().table.apply(a_report(X.NEW, client_order_id="nobody's"))


@pytest.mark.parametrize("prefix", ["", "x" * 23])
def test_a_prefix_that_does_not_fit_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="id_prefix"):
        OrderTable(as_lookup(), status_events(), id_prefix=prefix)


def test_a_table_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="transitions"):
        OrderTable(as_lookup()[:-1], status_events(), id_prefix="x")


def test_the_orders_are_seen_as_an_array() -> None:
    book = Book()
    other = book.submit(20, strategy="alpha", now_ns=7)
    book.fill("E-1", 4)
    book.table.apply(a_report(X.CANCELED, client_order_id=IDS.make(other)))

    everything = book.table.to_array(open_only=False)
    still_open = book.table.to_array()

    assert [book.id, other] == everything["order_id"].tolist()
    assert [4, 0] == everything["cum_qty_raw"].tolist()
    assert [S.PARTIALLY_FILLED, S.CANCELLED] == everything["status"].tolist()
    assert [(book.id, 10, 6, 10_000, -2)] == [
        (
            row["order_id"],
            row["order_qty_raw"],
            row["leaves_qty_raw"],
            row["limit_px_raw"],
            row["px_exp"],
        )
        for row in still_open
    ]


def test_an_internal_id_of_another_session_names_no_order_of_ours() -> None:
    book = a_book_in(S.NEW)

    result = book.say(X.CANCELED, order_id=book.id, client_order_id="another-session-0000004000000")

    assert flags.UNKNOWN == result
    assert S.NEW == book.row.status


def test_of_two_orders_under_one_broker_id_the_open_one_is_meant_then_the_newer() -> None:
    book = Book()
    ids = [book.id, *(book.submit(now_ns=n) for n in (30, 20))]
    for order_id in ids:
        book.say(X.NEW, client_order_id=IDS.make(order_id), broker_order_id="B-1")

    assert ids[1] == book.table.find_by_broker_id("B-1")
    book.say(X.CANCELED, client_order_id=IDS.make(ids[1]))
    assert ids[2] == book.table.find_by_broker_id("B-1")
