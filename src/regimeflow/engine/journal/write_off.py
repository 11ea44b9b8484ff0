"""A person's word that an order is gone: the one that the venue knew, and knows no more."""

from __future__ import annotations

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.frames import Note
from regimeflow._core.order_rows import OrderRow
from regimeflow.domain.orders.anomalies import is_lost
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.domain.orders.pictures import live_order, own_report
from regimeflow.engine.journal.answers import dump
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.engine.journal.keeper import open_writer
from regimeflow.engine.journal.recovery import read_books
from regimeflow.types.config.policies import JournalSettings
from regimeflow.types.enums import ExecType, LiveOrderStatus
from regimeflow.types.errors import InvalidState, NotFound

_WHAT_TO_DO = {
    True: "it has ended, so there is nothing to write off",
    False: "only an order that the venue has lost can be written off: run the engine, which asks"
    " the venue, or cancel it",
}


def write_off(
    folder: str, wanted: str, because: str, now_ns: int, settings: JournalSettings | None = None
) -> LiveOrder:
    """Count an order that the venue has lost as cancelled, with the fills that are known.

    It is written into the journal with the reason. Should the venue show the order again, the next
    session takes it up again.

    Args:
        folder: Of the journal, which no session is using.
        wanted: Any of the order's ids.
        because: A person's reason.
        now_ns: When, UTC.
        settings: Of the journal.

    Returns:
        The order as it was until now.

    Raises:
        NotFound: there is no journal, or no such order; nothing is written.
        InvalidState: the venue has not lost that order, or the journal is in use; likewise.
        OSError: it could not be written.
    """
    _demand_lost(_found(read_books(folder, id_prefix="books-").books, wanted))
    writer = open_writer(folder, settings or JournalSettings())
    try:  # from here on nobody else writes: what the books say now holds
        row = _found(read_books(folder, id_prefix="books-").books, wanted)
        _demand_lost(row)
        report = own_report(row, ExecType.CANCELED, now_ns=now_ns, text=f"written off: {because}")
        body = {
            "client_order_id": row.client_order_id,
            "because": because,
            "report": LiveMessageCodec().encode(report).hex(),
        }
        writer.append(Note(now_ns, NoteCode.WRITTEN_OFF, dump(body)))
    finally:
        writer.close()  # which puts it on disk
    return live_order(row)


def _found(books: Books, wanted: str) -> OrderRow:
    rows = (books.table.get(order_id) for order_id in books.table.ids())
    for row in rows:
        if row and wanted in (str(row.order_id), row.client_order_id, row.broker_order_id):
            return row
    raise NotFound(f"the journal has no order {wanted!r}; `regimeflow-live books` lists them")


def _demand_lost(row: OrderRow) -> None:
    if is_lost(row):
        return
    status = LiveOrderStatus(row.status)
    name = row.client_order_id or row.broker_order_id
    raise InvalidState(f"order {name} is {status.name}: {_WHAT_TO_DO[status.is_terminal]}")
