"""``regimeflow-live books``: what we believe we own, from the journal alone."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from regimeflow.apps.cli.exits import Exit, complain
from regimeflow.apps.cli.sources import journal_of, tell_unread
from regimeflow.types.errors import InvalidState
from regimeflow.types.fixed import plain

if TYPE_CHECKING:
    from regimeflow.domain.orders.order import LiveOrder
    from regimeflow.engine.journal.recovery import Recovered

_NS_PER_S = 1_000_000_000


def show_books(source: str, *, as_json: bool, against_broker: bool) -> int:
    """Print the books of a configuration's journal, or of a folder; return the exit code."""
    from regimeflow.engine.journal.recovery import read_books
    from regimeflow.engine.journal.unread import unusable_lines

    folder, config = journal_of(source)
    recovered = read_books(folder, id_prefix="books-")
    tell_unread(folder, recovered.damages, recovered.unknown, recovered.tail_bytes)
    complain(*(f"{folder}: {text}" for text in unusable_lines(recovered.unusable)))
    values = _values(folder, recovered)
    differences: list[str] = []
    if against_broker:
        if config is None:
            text = "--against-broker needs a configuration, which says how to reach the broker"
            raise InvalidState(text)
        if config.broker_type == "paper":
            text = "the paper venue is a part of each session: there is no broker to compare with"
            raise InvalidState(text)
        from regimeflow.apps.cli.comparison import differences_with_broker

        differences = differences_with_broker(config, recovered.books)
        values["differences"] = differences
    if as_json:
        sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")
    else:
        _print(values)
    return Exit.FAILED if differences else Exit.OK


def write_off_order(source: str, wanted: str, because: str) -> int:
    """Count an order that the venue has lost as cancelled; return the exit code."""
    from regimeflow.engine.journal.write_off import write_off

    folder, config = journal_of(source)
    settings = None if config is None else config.journal
    order = write_off(folder, wanted, because, time.time_ns(), settings)
    filled = f"{plain(order.cum_qty)} of {plain(order.quantity)} filled"
    complain(
        f"{folder}: order {order.order_id} ({order.client_order_id or order.broker_order_id}"
        f" {order.symbol}) is written off with {filled}: it counts as cancelled"
    )
    return Exit.OK


def _values(folder: str, recovered: Recovered) -> dict[str, object]:
    from regimeflow.domain.orders.pictures import live_order

    books = recovered.books
    rows = [books.table.get(order_id) for order_id in books.table.ids()]
    orders = sorted((live_order(row) for row in rows if row), key=lambda each: each.order_id)
    in_flight = set(books.in_flight())
    owners = [None, *sorted({each.strategy for each in orders if each.strategy})]
    cash = books.portfolio.cash()
    return {
        "journal": folder,
        "venue": books.venue,
        "sessions": books.sessions,
        "up_to": _time(books.last_ns),
        "frames": recovered.frames,
        "opened": books.is_opened,
        "orders": [_order(each, is_in_flight=each.order_id in in_flight) for each in orders],
        "unknown": [
            each.order_id for each in orders if each.in_doubt or each.order_id in in_flight
        ],
        "fills": [
            {
                "time": _time(trade.ts_event_ns),
                "symbol": trade.symbol,
                "side": trade.side.name,
                "quantity": plain(trade.quantity),
                "price": plain(trade.price),
                "commission": f"{plain(trade.commission)} {trade.commission_currency}".strip(),
                "order_id": trade.order_id,
                "exec_id": trade.exec_id,
                "strategy": trade.strategy,
            }
            for trade in books.trades
        ],
        "fill_count": books.portfolio.fills(),
        "positions": [
            {
                "symbol": each.symbol,
                "quantity": plain(each.quantity),
                "avg_px": None if each.avg_px is None else plain(each.avg_px),
                "realized_pnl": plain(each.realized_pnl),
                "strategy": owner,
            }
            for owner in owners
            for each in books.portfolio.positions(strategy=owner)
        ],
        "cash": None if cash is None else {name: plain(each) for name, each in cash.items()},
        "commissions": {name: plain(each) for name, each in books.portfolio.commissions().items()},
        "holds": dict(books.holds),
        "disagreement": books.disagreement or None,
        "damages": len(recovered.damages),
        "unknown_frames": sum(recovered.unknown.values()),
    }


def _order(order: LiveOrder, *, is_in_flight: bool) -> dict[str, object]:
    from regimeflow.domain.orders.order_terms import terms_text

    return {
        "order_id": order.order_id,
        "client_order_id": order.client_order_id,
        "broker_order_id": order.broker_order_id,
        "symbol": order.symbol,
        "side": order.side.name,
        "type": order.type.name,
        "quantity": plain(order.quantity),
        "limit_price": _maybe(order.limit_price),
        "stop_price": _maybe(order.stop_price),
        "terms": terms_text(order.terms) or None,
        "cum_qty": plain(order.cum_qty),
        "leaves_qty": plain(order.leaves_qty),
        "avg_px": _maybe(order.avg_px),
        "status": order.status.name,
        "outcome": "unknown" if order.in_doubt or is_in_flight else "known",
        "is_open": order.is_open,
        "strategy": order.strategy,
    }


def _maybe(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _time(ns: int) -> str:
    if not ns:
        return "never"
    seconds, rest = divmod(ns, _NS_PER_S)
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{rest:09d} UTC"


def _print(values: dict[str, object]) -> None:
    write = sys.stdout.write
    write(f"journal    {values['journal']}\n")
    write(f"up to      {values['up_to']}, {values['sessions']} sessions at {values['venue']}\n")
    if not values["opened"]:
        write("books      never opened: no session has heard from the broker\n")
    for cause, text in _table(values["holds"]):
        write(f"held       {cause}: {text}\n")
    if values["disagreement"]:
        write(f"disagrees  {values['disagreement']}\n")
    orders = _rows(values["orders"])
    unknown = _lines(values["unknown"])
    open_count = sum(bool(each["is_open"]) for each in orders)
    write(f"orders     {len(orders)}, {open_count} open, {len(unknown)} with unknown outcome\n")
    for each in orders:
        price = each["limit_price"] or each["stop_price"] or "market"
        mark = " UNKNOWN" if each["outcome"] == "unknown" else ""
        terms = f" ({each['terms']})" if each["terms"] else ""
        write(
            f"  {each['order_id']:>6} {each['client_order_id']} {each['side']} {each['quantity']}"
            f" {each['symbol']} at {price}{terms}: {each['status']}{mark}, {each['cum_qty']} filled"
            f"{' at ' + str(each['avg_px']) if each['avg_px'] else ''}"
            f"{', ' + str(each['strategy']) if each['strategy'] else ''}\n"
        )
    fills = _rows(values["fills"])
    write(f"fills      {values['fill_count']}, the last {len(fills)}:\n" if fills else "")
    for each in fills:
        write(
            f"  {each['time']} {each['side']} {each['quantity']} {each['symbol']}"
            f" at {each['price']}, order {each['order_id']}, exec {each['exec_id']}\n"
        )
    write("positions\n")
    for each in _rows(values["positions"]):
        owner = f" of {each['strategy']}" if each["strategy"] else ""
        at = f" at {each['avg_px']}" if each["avg_px"] else ""
        write(
            f"  {each['symbol']} {each['quantity']}{at}{owner}, realized {each['realized_pnl']}\n"
        )
    for name, amount in _table(values["cash"] or {}):
        write(f"cash       {amount} {name}\n")
    if "differences" in values:
        differences = _lines(values["differences"])
        write("broker     agrees\n" if not differences else "broker     differs:\n")
        for text in differences:
            write(f"  {text}\n")


def _lines(values: object) -> list[object]:
    return cast("list[object]", values)


def _rows(values: object) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", values)


def _table(values: object) -> list[tuple[str, object]]:
    return list(cast("dict[str, object]", values).items())
