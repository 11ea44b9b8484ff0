"""Our books beside the broker's: both sides of every difference."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import AccountInfo, ExecutionReport, Position
from regimeflow._core.order_rows import OrderRow
from regimeflow.domain.moves import is_move
from regimeflow.domain.orders.pictures import order_of, terms_differ
from regimeflow.domain.portfolio import held_of
from regimeflow.engine.journal.books import Books
from regimeflow.engine.reconciler import is_told_as
from regimeflow.engine.wiring import broker_of
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.types.config import LiveConfig
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide
from regimeflow.types.fixed import plain

_NONE: Final = Decimal(0)
_TRADED: Final = frozenset({ExecType.TRADE, ExecType.TRADE_CORRECT})


@dataclass(frozen=True, slots=True)
class Theirs:
    """What a broker says of an account.

    ``others`` is how it knows the orders that are open or in doubt here and that it does not list,
    by our number; None: it has no such order.
    """

    account: AccountInfo
    positions: Sequence[Position]
    works: Sequence[ExecutionReport]
    executions: Sequence[ExecutionReport]
    others: Mapping[int, ExecutionReport | None]


def differences_with_broker(config: LiveConfig, books: Books) -> list[str]:
    """Ask the broker and return each difference as a line; nothing is changed on either side.

    Raises:
        BrokerError, NetworkError: it could not be asked.
    """
    books.external_orders = config.reconcile.external_orders
    return differences(books, asyncio.run(_ask(broker_of(config), books)))


def differences(books: Books, theirs: Theirs) -> list[str]:
    """Return each difference as a line with both sides."""
    return [
        *_orders(books, theirs),
        *_executions(books, theirs.executions),
        *_positions(books, theirs.positions),
        *_cash(books, theirs.account),
    ]


async def _ask(broker: BrokerAdapter, books: Books) -> Theirs:
    await broker.connect()
    try:
        account = await broker.get_account_info()
        positions = await broker.get_positions()
        works = await broker.get_open_orders()
        listed = {order_of(books.table, report) for report in works}
        ours = {*books.table.open_ids(), *books.table.ids_in_doubt()}
        others = {}
        for row in _rows(books, ours - listed):
            others[row.order_id] = await broker.find_order(row.client_order_id)
        executions = await broker.get_executions(books.since_ns)
        return Theirs(account, positions, works, executions, others)
    finally:
        await broker.disconnect()


def _rows(books: Books, order_ids: set[int]) -> Iterator[OrderRow]:
    for order_id in sorted(order_ids):
        row = books.table.get(order_id)
        if row is not None:
            yield row


def _orders(books: Books, theirs: Theirs) -> Iterator[str]:
    for report in theirs.works:
        row = books.table.get(order_of(books.table, report))
        name = f"order {report.client_order_id or report.broker_order_id} {report.symbol}"
        if row is None:
            if books.external_orders != "ignore":
                yield f"{name}: ours no such order; theirs {_their_side(report)}"
        elif (
            LiveOrderStatus(row.status).is_terminal
            or row.in_doubt
            or row.cum_qty_dec != (report.cum_qty_dec or _NONE)
            or terms_differ(row, report)
        ):
            yield f"{name}: ours {_our_side(row)}; theirs {_their_side(report)}"
    for order_id, found in theirs.others.items():
        row = books.table.get(order_id)
        if row is not None:
            them = "no such order" if found is None else _their_side(found)
            name = row.client_order_id or row.broker_order_id
            yield f"order {name} {row.symbol}: ours {_our_side(row)}; theirs {them}"


def _our_side(row: OrderRow) -> str:
    doubt = ", in doubt" if row.in_doubt else ""
    prices = _prices(row.limit_px_dec, row.stop_px_dec)
    status = LiveOrderStatus(row.status).name
    return f"{status}, {plain(row.cum_qty_dec)} of {plain(row.order_qty_dec)} filled{prices}{doubt}"


def _their_side(report: ExecutionReport) -> str:
    prices = _prices(report.limit_px_dec, report.stop_px_dec)
    quantity = "?" if report.order_qty_dec is None else plain(report.order_qty_dec)
    filled = plain(report.cum_qty_dec or _NONE)
    return f"{LiveOrderStatus(report.ord_status).name}, {filled} of {quantity} filled{prices}"


def _prices(limit_px: Decimal | None, stop_px: Decimal | None) -> str:
    limit = "" if limit_px is None else f", limit {plain(limit_px)}"
    return limit if stop_px is None else f"{limit}, stop {plain(stop_px)}"


def _executions(books: Books, theirs: Sequence[ExecutionReport]) -> Iterator[str]:
    """Return what was traded there and is not booked here."""
    for report in theirs:
        # A bust has moved no shares of its own: positions tell of one that we missed.
        is_fill = report.exec_type in _TRADED and not is_move(report)
        if not is_fill or _is_booked(books, report):
            continue
        what = f"{OrderSide(report.side).name} {plain(report.last_qty_dec or _NONE)}"
        price = "" if report.last_px_dec is None else f" at {plain(report.last_px_dec)}"
        yield f"execution {report.exec_id} {report.symbol}: ours not booked; theirs {what}{price}"


def _is_booked(books: Books, report: ExecutionReport) -> bool:
    order_id = order_of(books.table, report)
    if order_id:
        return books.table.has_execution(order_id, report.exec_id)
    name = report.client_order_id
    is_retired = bool(name) and books.table.was_used(name)
    return is_retired or books.foreign.is_counted(report) or report.ts_event_ns < books.base_ns


def _positions(books: Books, theirs: Sequence[Position]) -> Iterator[str]:
    ours = held_of(books.portfolio)
    them = {each.symbol: each.quantity_dec for each in theirs if each.quantity_dec}
    for symbol in sorted({*ours, *them}):
        mine, other = ours.get(symbol, _NONE), them.get(symbol, _NONE)
        if mine != other:
            yield f"position {symbol}: ours {plain(mine)}; theirs {plain(other)}"


def _cash(books: Books, account: AccountInfo) -> Iterator[str]:
    cash = books.portfolio.cash()
    ours = None if cash is None else cash.get(account.currency, _NONE)
    if ours is None or not is_told_as(ours, account.cash_dec):
        mine = "unknown" if ours is None else plain(ours)
        yield f"cash: ours {mine}; theirs {plain(account.cash_dec)} {account.currency}"
