"""An order table with one order in it, and short ways to say things about it."""

from __future__ import annotations

from regimeflow._core.order_rows import OrderRow
from regimeflow._core.order_table import OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.client_order_ids import ClientOrderIds
from regimeflow.domain.orders.transitions import OrderEvent, as_lookup, status_events
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
