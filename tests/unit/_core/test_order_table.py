from __future__ import annotations

from decimal import Decimal
from itertools import permutations

import pytest

from regimeflow._core import order_table as flags
from regimeflow._core.order_rows import OrderRow
from regimeflow._core.order_table import OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.client_order_ids import ClientOrderIds
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
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce

IDS = ClientOrderIds("test")
SYMBOL = "BTCUSDT"


class Book:
    """A table with one order in it, of 10 at 100.00, and short ways to say things about it."""

    def __init__(self, **limits: int) -> None:
        self.table = OrderTable(as_lookup(), status_events(), id_prefix=IDS.prefix, **limits)
        self.id = self.submit()

    def submit(self, qty: int = 10, **fields: object) -> int:
        return self.table.submit(
            SYMBOL,
            OrderSide.BUY,
            OrderType.LIMIT,
            TimeInForce.GTC,
            qty,
            0,
            10_000,
            None,
            -2,
            **fields,
        )

    @property
    def row(self) -> OrderRow:
        return self.row_of(self.id)

    def row_of(self, order_id: int) -> OrderRow:
        row = self.table.get(order_id)
        assert row is not None
        return row

    @property
    def state(self) -> tuple[S, int, int]:
        row = self.row
        return S(row.status), row.cum_qty_raw, row.leaves_qty_raw

    def say(self, exec_type: X, **fields: object) -> int:
        return self.table.apply(self.report(exec_type, **fields))

    def report(self, exec_type: X, **fields: object) -> ExecutionReport:
        fields.setdefault("client_order_id", IDS.make(self.id))
        return a_report(exec_type, **fields)

    def fill(self, exec_id: str, qty: object = 4, px: object = 100, **fields: object) -> int:
        return self.say(X.TRADE, exec_id=exec_id, last_qty=qty, last_px=px, **fields)


def a_report(exec_type: X, **fields: object) -> ExecutionReport:
    fields.setdefault("ord_status", S.NEW)
    return ExecutionReport(symbol=SYMBOL, exec_type=exec_type, **fields)


def a_book_in(state: S) -> Book:
    book = Book()
    if state in (S.NEW, S.PENDING_CANCEL, S.PENDING_REPLACE):
        book.say(X.NEW, broker_order_id="B-1")
    match state:
        case S.PARTIALLY_FILLED:
            book.fill("E-0", 1)
        case S.FILLED:
            book.fill("E-0", 10)
        case S.PENDING_CANCEL:
            book.table.request(book.id, OrderEvent.CANCEL_REQUESTED)
        case S.PENDING_REPLACE:
            book.table.request(book.id, OrderEvent.REPLACE_REQUESTED)
        case S.CANCELLED:
            book.say(X.CANCELED)
        case S.REJECTED:
            book.say(X.REJECTED)
        case S.EXPIRED:
            book.say(X.EXPIRED)
        case S.INACTIVE:
            book.say(X.SUSPENDED)
        case S.ERROR:
            book.table.request(book.id, OrderEvent.NOT_FOUND)
        case _:
            pass
    assert state is S(book.row.status)
    return book


def picture(row: OrderRow) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in sorted(dir(row)) if not name.startswith("_"))


# ---- transitions


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


# ---- fills


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


# ---- corrections


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


# ---- ids


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


# ---- doubt


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


# ---- room, retirement


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
