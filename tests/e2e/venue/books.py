"""Our journal beside the venue's truth: every order, execution and balance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from regimeflow._core.order_rows import OrderRow
from regimeflow.adapters.brokers._shared.legs import split_leg
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.recovery import read_books
from regimeflow.types.enums import LiveOrderStatus

NEVER_THERE = {LiveOrderStatus.ERROR, LiveOrderStatus.REJECTED, LiveOrderStatus.CANCELLED}
ENDS = {
    "FILLED": {"FILLED"},
    "CANCELED": {"CANCELLED"},
    "EXPIRED": {"EXPIRED", "CANCELLED", "REJECTED"},
}

Rows = list[dict[str, Any]]


def differences(
    folder: str, truth: dict[str, Any], symbol: str, names: Mapping[str, Iterable[str]]
) -> list[str]:
    """Return what differs, a sentence each; both sides must be at rest.

    Args:
        folder: Of our journal.
        truth: The venue's.
        symbol: What was traded.
        names: Of the executions of each order, as our books must have them.
    """
    books = read_books(folder, id_prefix="compare-").books
    theirs: dict[str, Rows] = defaultdict(list)
    for order in truth["orders"]:
        if order["account"] == "local":
            theirs[split_leg(order["client_order_id"])[0]].append(order)
    found = []
    for order_id in books.table.ids():
        row = books.table.get(order_id)
        if row is None:
            continue
        legs = theirs.pop(row.client_order_id, None)
        if row.in_doubt:
            found.append(f"{row.client_order_id}: still in doubt")
        if legs is not None:
            found += _of_order(books, row, legs, names.get(row.client_order_id, ()))
        elif LiveOrderStatus(row.status) not in NEVER_THERE or row.cum_qty_raw:
            found.append(f"{row.client_order_id}: {_status(row)} here, unknown there")
    found += [f"{name}: unknown here, {legs} there" for name, legs in theirs.items()]
    return found + _of_money(books, truth, symbol)


def _of_order(books: Books, row: OrderRow, legs: Rows, names: Iterable[str]) -> list[str]:
    last = max(legs, key=lambda leg: leg["order_id"])
    cum = sum((Decimal(leg["cum_qty"]) for leg in legs), Decimal(0))
    money = sum((Decimal(leg["cum_quote"]) for leg in legs), Decimal(0))
    ours = Decimal(row.notional_raw).scaleb(row.px_exp + row.qty_exp)
    pairs = {"cum_qty": (row.cum_qty_dec, cum), "notional": (ours, money)}
    name = row.client_order_id
    found = [f"{name}: {what} {a} here, {b} there" for what, (a, b) in pairs.items() if a != b]
    if any(leg["is_open"] for leg in legs):
        found.append(f"{name}: {_status(row)} here, open there")
    elif _status(row) not in ENDS.get(last["state"], set()):
        found.append(f"{name}: {_status(row)} here, {last['state']} there")
    return found + [
        f"{name}: execution {each} is missing"
        for each in names
        if not books.table.has_execution(row.order_id, each)
    ]


def _status(row: OrderRow) -> str:
    return LiveOrderStatus(row.status).name


def _of_money(books: Books, truth: dict[str, Any], symbol: str) -> list[str]:
    held = {
        asset: Decimal(one["free"]) + Decimal(one["locked"])
        for asset, one in truth["balances"]["local"].items()
    }
    position = {each.symbol: each.quantity for each in books.portfolio.positions()}
    instrument = books.instruments[symbol]
    base, quote = instrument.base_currency, instrument.quote_currency
    pairs = {
        "cash": ((books.portfolio.cash() or {}).get(quote), held[quote]),
        "position": (position.get(symbol, Decimal(0)), held.get(base, Decimal(0))),
    }
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for fill in truth["fills"]:
        if fill["account"] == "local" and Decimal(fill["commission"]):
            paid[fill["commission_asset"]] += Decimal(fill["commission"])
    ours = books.portfolio.commissions()
    for asset in paid.keys() | ours.keys():
        pairs[f"commission in {asset}"] = (ours.get(asset, Decimal(0)), paid[asset])
    return [f"{what}: {a} here, {b} there" for what, (a, b) in pairs.items() if a != b]
