"""Sessions at the local TWS: what goes wrong there, and both books side by side."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.recovery import read_books
from regimeflow.types.enums import LiveOrderStatus

SYMBOL = "AAPL"
ACCOUNT = "DU1"
PLACE, MODIFY, CANCEL, FILL = ({"at": what} for what in ("place", "modify", "cancel", "fill"))
FAULTS: tuple[Mapping[str, object], ...] = (
    {"name": "fill_without_status"},
    {"name": "repeat_status", "times": 2},
    {"name": "repeat_execution", "times": 2},
    {"name": "new_field", "fields": 2},
    {"name": "late_answer", "seconds": 0.3},
    {"name": "late_answer", "seconds": 2.5},
    {"name": "reject_order"},
    {"name": "reject_order", "status_first": True},
    {"name": "reject_order", "then_cancelled": True},
    {"name": "reject_order", "alone": True},
    {"name": "hold_order", "seconds": 0.1},
    {"name": "late_acknowledgement", "seconds": 0.1},
    {"name": "odd_status"},
    {"name": "tif_preset"},
    {"name": "order_message"},
    {"name": "late_commission", "seconds": 0.1},
    {"name": "late_commission", "seconds": 0},
    {"name": "commission_first"},
    {"name": "correct_execution", "ticks": 1},
    {"name": "revise_price_later"},
    {"name": "outage", "where": PLACE, "seconds": 0.2},
    {"name": "outage", "where": MODIFY, "seconds": 0.2, "code": 1102},
    {"name": "outage", "where": CANCEL, "seconds": 0.2},
    {"name": "outage", "where": FILL, "seconds": 0.3},
    {"name": "outage", "where": FILL, "seconds": 0.3, "code": 1102},
    {"name": "cancel_refused", "code": 10147},
    {"name": "cancel_refused", "code": 10148},
    {"name": "modify_refused"},
    {"name": "pacing"},
    {"name": "split_segments", "bytes": 7},
    {"name": "disconnect", "where": PLACE, "after_effect": True},
    {"name": "disconnect", "where": PLACE, "after_effect": False},
    {"name": "disconnect", "where": MODIFY, "after_effect": True},
    {"name": "disconnect", "where": CANCEL, "after_effect": False},
    {"name": "disconnect", "where": FILL, "after_effect": True},
    {"name": "restart", "where": MODIFY, "after_effect": True, "seconds": 0.2},
    {"name": "restart", "where": MODIFY, "after_effect": False, "seconds": 0.2},
    {"name": "restart", "where": FILL, "after_effect": True, "seconds": 0.2},
    {"name": "silent", "where": PLACE},
    {"name": "client_id_in_use"},
)
ACTIONS: tuple[Mapping[str, object], ...] = (
    {"name": "disconnect"},
    {"name": "restart", "seconds": 0.1},
    {"name": "outage", "seconds": 0.3, "code": 1101},
    {"name": "outage", "seconds": 0.3, "code": 1102},
)
ENDS = {
    "Filled": {"FILLED"},
    "Cancelled": {"CANCELLED", "EXPIRED", "REJECTED"},
    "ApiCancelled": {"CANCELLED"},
    "Inactive": {"REJECTED", "CANCELLED"},
}
NEVER_THERE = {LiveOrderStatus.ERROR, LiveOrderStatus.REJECTED, LiveOrderStatus.CANCELLED}


def settings(port: int) -> dict[str, object]:
    """What the adapter is told."""
    return {
        "environment": "local",
        "port": port,
        "request_timeout_s": 2.0,
        "heartbeat_s": 0.5,
        "bar_interval_s": 0,
    }


def differences(folder: str, truth: dict[str, Any]) -> list[str]:
    """Return what differs, a sentence each; both sides must be at rest."""
    books = read_books(folder, id_prefix="compare-").books
    there = truth["ib"]
    theirs = {each["orderRef"]: each for each in there["orders"] if each["account"] == ACCOUNT}
    executions = [each for each in there["executions"] if each["account"] == ACCOUNT]
    found = []
    for order_id in books.table.ids():
        row = books.table.get(order_id)
        if row is None:
            continue
        name, status = row.client_order_id, LiveOrderStatus(row.status)
        order = theirs.pop(name, None)
        if row.in_doubt:
            found.append(f"{name}: still in doubt")
        if order is None:
            if status not in NEVER_THERE or row.cum_qty_raw:
                found.append(f"{name}: {status.name} here, unknown there")
            continue
        fills = [each for each in executions if each["orderRef"] == name]
        money = sum(
            (Decimal(each["shares"]) * Decimal(each["price"]) for each in fills), Decimal(0)
        )
        ours = Decimal(row.notional_raw).scaleb(row.px_exp + row.qty_exp)
        if (row.cum_qty_dec, ours) != (Decimal(order["filled"]), money):
            found.append(
                f"{name}: {row.cum_qty_dec} for {ours} here, {order['filled']} for {money} there"
            )
        if not order["isEnded"] or status.name not in ENDS.get(order["status"], set()):
            found.append(f"{name}: {status.name} here, {order['status']} there")
        found += [
            f"{name}: execution {each['execId']} is missing"
            for each in fills
            if not books.table.has_execution(row.order_id, each["execId"])
        ]
    # What TWS refused at once is no order there, and what it dropped neither.
    found += [f"{name}: unknown here, {order} there" for name, order in theirs.items()]
    return found + _of_money(books, truth)


def _of_money(books: Books, truth: dict[str, Any]) -> list[str]:
    held = {
        asset: Decimal(one["free"]) + Decimal(one["locked"])
        for asset, one in truth["balances"][ACCOUNT].items()
    }
    position = {each.symbol: each.quantity for each in books.portfolio.positions()}
    ours = (books.portfolio.cash() or {}).get("USD")
    found = []
    if ours is None or abs(ours - held["USD"]) > Decimal("0.01"):  # TWS tells cents
        found.append(f"cash: {ours} here, {held['USD']} there")
    if position.get(SYMBOL, Decimal(0)) != held.get(SYMBOL, Decimal(0)):
        found.append(f"position: {position.get(SYMBOL)} here, {held.get(SYMBOL)} there")
    return found
