"""Our books and the venue's truth, side by side."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from regimeflow._core.order_rows import OrderRow
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.recovery import read_books
from regimeflow.types.enums import LiveOrderStatus

# What an order of ours may be that never reached the venue.
NEVER_THERE = {LiveOrderStatus.ERROR, LiveOrderStatus.REJECTED, LiveOrderStatus.CANCELLED}


def differences(folder: str, truth: dict[str, Any]) -> list[str]:
    """Return what differs, a sentence each; both sides must be at rest."""
    books = read_books(folder, id_prefix="compare-").books
    found = [f"the venue received it twice: {name}" for name in truth["sent_twice"]]
    theirs = {each["client_order_id"]: each for each in truth["orders"]}
    for order_id in books.table.ids():
        row = books.table.get(order_id)
        if row is None:
            continue
        order = theirs.pop(row.client_order_id, None)
        if order is not None:
            found += _of_order(books, row, order)
        elif LiveOrderStatus(row.status) not in NEVER_THERE or row.cum_qty_raw:
            found.append(f"{row.client_order_id}: {_status(row)} here, unknown there")
        if row.in_doubt:
            found.append(f"{row.client_order_id}: still in doubt")
        if row.is_external:
            found.append(f"{row.client_order_id}: the journal had lost it")
    found += [f"{name}: unknown here, {each['status']} there" for name, each in theirs.items()]
    found += [f"order {order_id}: a request without an answer" for order_id in books.in_flight()]
    return found + _of_money(books, truth)


def _of_order(books: Books, row: OrderRow, theirs: dict[str, Any]) -> list[str]:
    cum = Decimal(theirs["cum_qty"])
    # The table says an average in so many digits: as many of the venue's.
    avg_px = None if row.avg_px_dec is None else row.avg_px_dec * cum
    pairs = {
        "status": (_status(row), theirs["status"]),
        "cum_qty": (row.cum_qty_dec, cum),
        "quantity": (row.order_qty_dec, Decimal(theirs["quantity"])),
        "limit_px": (row.limit_px_dec, theirs["limit_px"] and Decimal(theirs["limit_px"])),
        "notional": (
            Decimal(row.notional_raw).scaleb(row.px_exp + row.qty_exp),
            Decimal(theirs["notional"]),
        ),
    }
    if row.broker_order_id:
        pairs["broker_order_id"] = row.broker_order_id, theirs["broker_order_id"]
    name = row.client_order_id
    found = [f"{name}: {what} {a} here, {b} there" for what, (a, b) in pairs.items() if a != b]
    if avg_px is not None and abs(avg_px - Decimal(theirs["notional"])) > cum * Decimal("1e-9"):
        found.append(f"{name}: average price {row.avg_px_dec} here")
    return found + [
        f"{name}: execution {exec_id} is missing"
        for exec_id in theirs["exec_ids"]
        if not books.table.has_execution(row.order_id, exec_id)
    ]


def _status(row: OrderRow) -> str:
    return LiveOrderStatus(row.status).name


def _of_money(books: Books, truth: dict[str, Any]) -> list[str]:
    positions = books.portfolio.positions()
    pairs = {
        "fills": (books.portfolio.fills(), truth["fills"]),
        "cash": ((books.portfolio.cash() or {}).get("USDT"), Decimal(truth["cash"])),
        "positions": (
            {each.symbol: each.quantity for each in positions if each.quantity},
            {name: Decimal(held) for name, held in truth["positions"].items()},
        ),
    }
    return [
        f"{what}: {ours} here, {there} there"
        for what, (ours, there) in pairs.items()
        if ours != there
    ]
