from __future__ import annotations

import pytest

from regimeflow._core import order_table as flags
from regimeflow._core.order_table import OrderTable
from regimeflow.domain.orders.client_order_ids import ClientOrderIds
from regimeflow.domain.orders.transitions import OrderEvent, as_lookup, status_events
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import LiveOrderStatus as S
from tests.support.order_table import IDS, Book, a_report

LATER = ClientOrderIds("later")


def a_table(prefix: str = LATER.prefix) -> OrderTable:
    return OrderTable(as_lookup(), status_events(), id_prefix=prefix)


def restored(book: Book, prefix: str = LATER.prefix) -> OrderTable:
    table = a_table(prefix)
    table.restore(book.table.image())
    return table


def put_back(table: OrderTable, order_id: int, client_order_id: str | None = None) -> int:
    terms = ("BTCUSDT", 1, 2, 2, 10, 0, 10_000, None, -2)
    return table.submit(*terms, order_id=order_id, client_order_id=client_order_id)


def test_row_18_an_order_comes_back_with_side_and_quantities() -> None:
    book = Book()
    book.id = book.table.submit("BTCUSDT", 2, 2, 2, 3, 0, 10_000, None, -2, strategy="trend")
    book.fill("E-1", 1, 99)

    row = restored(book).get(book.id)

    assert row is not None
    assert (2, 3, 1, 2) == (row.side, row.order_qty_raw, row.cum_qty_raw, row.leaves_qty_raw)
    assert (10_000, "trend", S.PARTIALLY_FILLED) == (row.limit_px_raw, row.strategy, row.status)
    assert IDS.make(book.id) == row.client_order_id


@pytest.mark.parametrize("fills", [1, 9])
def test_row_9_an_execution_counted_before_the_restart_counts_once(fills: int) -> None:
    book = Book()
    reports = [book.report(X.TRADE, exec_id=f"E-{n}", last_qty=1, last_px=1) for n in range(fills)]
    for report in reports:
        book.table.apply(report)
    table = restored(book)

    assert [flags.DUPLICATE] * fills == [table.apply(report) for report in reports]


def test_row_9_the_guard_remembers_over_a_restart() -> None:
    book = Book()
    about = {"broker_order_id": "B-1", "exec_id": "E-1", "client_order_id": ""}
    book.say(X.NEW, broker_order_id="B-1")
    fill = book.report(X.TRADE, last_qty=10, last_px=100, **about)
    book.table.apply(fill)
    book.table.retire(before_ns=1, now_ns=10, keep_ns=100)

    table = restored(book)

    assert flags.UNKNOWN | flags.RETIRED | flags.DUPLICATE == table.apply(fill)
    assert table.was_used(IDS.make(book.id))
    assert flags.UNKNOWN | flags.RETIRED == table.apply(book.report(X.CANCELED))


def test_what_is_in_doubt_comes_back_in_doubt() -> None:
    book = Book()
    book.say(X.UNKNOWN_OUTCOME)

    table = restored(book)

    assert [book.id] == table.ids_in_doubt()
    assert flags.DOUBT_CHANGED & table.apply(book.report(X.NEW))
    assert [] == table.ids_in_doubt()


def test_ids_continue_above_those_of_an_image() -> None:
    book = Book()
    for _ in range(3):
        book.submit()
    book.say(X.CANCELED)
    book.table.retire(before_ns=1, now_ns=1, keep_ns=100)

    table = restored(book)

    assert book.table.next_order_id() == table.next_order_id()
    assert LATER.make(table.next_order_id()) == client_id_of(table, put_back(table, 0))


def client_id_of(table: OrderTable, order_id: int) -> str:
    row = table.get(order_id)
    assert row is not None
    return row.client_order_id


def test_an_order_of_the_journal_is_put_back_under_its_ids() -> None:
    table, order_id = a_table(), 7 << 32 | 5

    assert order_id == put_back(table, order_id, IDS.make(order_id))
    assert order_id == table.find_by_client_id(IDS.make(order_id))
    assert [flags.EXISTS] * 2 == [put_back(table, order_id, name) for name in (None, "other")]


def test_an_order_of_this_session_is_put_back_as_its_own() -> None:
    table, order_id = a_table(), 1 << 32

    put_back(table, order_id, LATER.make(order_id))

    assert order_id == table.find_by_client_id(LATER.make(order_id))
    assert flags.MOVED & table.apply(a_report(X.NEW, client_order_id=LATER.make(order_id)))


def test_ids_given_after_a_recovery_were_never_given_before() -> None:
    table, order_id = a_table(), 7 << 32 | 5
    put_back(table, order_id, IDS.make(order_id))

    given = {put_back(table, 0) for _ in range(8)}

    assert 8 == len(given)
    assert all(new == table.find_by_client_id(LATER.make(new)) for new in given)
    assert all(new >> 32 > 7 or new & 0xFFFFFFFF > 5 for new in given)


def test_an_order_put_back_takes_the_slot_of_one_that_had_been_retired() -> None:
    table = a_table()
    put_back(table, 1 << 32, "first")
    table.apply(a_report(X.CANCELED, client_order_id="first"))

    assert 2 << 32 == put_back(table, 2 << 32, "second")
    assert (0, True) == (table.find_by_client_id("first"), table.was_used("first"))
    assert flags.EXISTS == put_back(table, 1 << 32, "again")


def test_an_order_put_back_never_takes_the_slot_of_an_open_one() -> None:
    table = a_table()
    put_back(table, 1 << 32, "first")

    assert flags.EXISTS == put_back(table, 2 << 32, "second")
    assert 1 << 32 == table.find_by_client_id("first")


def test_an_id_far_beyond_the_table_is_refused() -> None:
    assert flags.FULL == put_back(a_table(), 1 << 32 | 0xFFFFFFF0, "far")
    assert flags.EXISTS == put_back(a_table(), 5, "without a generation")


def test_an_adopted_order_is_put_back_under_its_id() -> None:
    table = a_table()
    report = a_report(X.ORDER_STATUS, order_qty=10, broker_order_id="B-9", client_order_id="theirs")

    order_id = table.adopt(report, order_id=3 << 32 | 2, base_qty=4, base_notional=400)

    row = table.get(order_id)
    assert row is not None
    assert (3 << 32 | 2, 4, True) == (order_id, row.cum_qty_raw, row.is_external)
    assert order_id == table.find_by_broker_id("B-9")


def test_requests_that_were_out_are_out_after_a_restart() -> None:
    book = Book()
    book.say(X.NEW, broker_order_id="B-1")
    book.table.request(book.id, OrderEvent.CANCEL_REQUESTED)

    table = restored(book)

    assert S.PENDING_CANCEL == table.status_of(book.id)
    table.apply(book.report(X.CANCELED))
    assert S.CANCELLED == table.status_of(book.id)


def test_orders_of_many_sessions_are_known_by_their_names() -> None:
    book = Book()
    table, names = book.table, [IDS.make(book.id)]
    for session in range(40):
        ids = ClientOrderIds(f"session{session}")
        later = a_table(ids.prefix)
        later.restore(table.image())
        table = later
        names.append(client_id_of(table, put_back(table, 0)))

    assert 41 == len(table) == len({table.find_by_client_id(name) for name in names} - {0})


@pytest.mark.parametrize(("sessions", "is_trading"), [(400, False), (100, True)])
def test_an_id_that_was_used_is_known_many_sessions_later(sessions: int, is_trading: bool) -> None:
    book = Book()
    book.say(X.REJECTED)
    book.table.retire(before_ns=10**18, now_ns=1, keep_ns=10**18)
    table = book.table
    for session in range(sessions):
        later = a_table(ClientOrderIds(f"session{session}").prefix)
        later.restore(table.image())
        table = later
        if is_trading:
            put_back(table, 0)

    assert table.was_used(IDS.make(book.id))
