"""Our books beside the broker's: both sides of every difference."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from regimeflow._core.messages import AccountInfo, ExecutionReport, Position
from regimeflow.domain.orders.pictures import live_order
from regimeflow.engine.journal.books import Books
from regimeflow.engine.reconciler import is_told_as
from regimeflow.engine.wiring import broker_of
from regimeflow.types.config import LiveConfig


def differences_with_broker(config: LiveConfig, books: Books) -> list[str]:
    """Ask the broker and return each difference as a line; nothing is changed on either side.

    Raises:
        BrokerError, NetworkError: it could not be asked.
    """
    account, positions, orders = asyncio.run(_ask(config))
    return [
        *_orders(books, orders),
        *_positions(books, positions),
        *_cash(books, account),
    ]


async def _ask(
    config: LiveConfig,
) -> tuple[AccountInfo, Sequence[Position], Sequence[ExecutionReport]]:
    broker = broker_of(config)
    await broker.connect()
    try:
        return (
            await broker.get_account_info(),
            await broker.get_positions(),
            await broker.get_open_orders(),
        )
    finally:
        await broker.disconnect()


def _orders(books: Books, theirs: Sequence[ExecutionReport]) -> list[str]:
    ours = {}
    for order_id in books.table.open_ids():
        row = books.table.get(order_id)
        if row is not None:
            order = live_order(row)
            ours[order_id] = f"{order.status.name}, {order.cum_qty} of {order.quantity} filled"
    found = []
    for report in theirs:
        order_id = books.table.find_by_client_id(report.client_order_id)
        order_id = order_id or books.table.find_by_broker_id(report.broker_order_id, report.symbol)
        name = report.client_order_id or report.broker_order_id
        them = f"open, {report.cum_qty_dec} of {report.order_qty_dec} filled"
        us = ours.pop(order_id, "no open order") if order_id else "no such order"
        row = books.table.get(order_id) if order_id else None
        if (
            row is None
            or us == "no open order"
            or (row.cum_qty_dec, row.order_qty_dec) != (report.cum_qty_dec, report.order_qty_dec)
        ):
            found.append(f"order {name} {report.symbol}: ours {us}; theirs {them}")
    found.extend(
        f"order {order_id}: ours {text}; theirs not open" for order_id, text in ours.items()
    )
    return found


def _positions(books: Books, theirs: Sequence[Position]) -> list[str]:
    ours = {each.symbol: each.quantity for each in books.portfolio.positions() if each.quantity}
    them = {each.symbol: each.quantity_dec for each in theirs if each.quantity_dec}
    return [
        f"position {symbol}: ours {ours.get(symbol, Decimal(0))};"
        f" theirs {them.get(symbol, Decimal(0))}"
        for symbol in sorted({*ours, *them})
        if ours.get(symbol, Decimal(0)) != them.get(symbol, Decimal(0))
    ]


def _cash(books: Books, account: AccountInfo) -> list[str]:
    cash = books.portfolio.cash()
    if cash is None:
        return [f"cash: ours unknown; theirs {account.cash_dec} {account.currency}"]
    ours = cash.get(account.currency, Decimal(0))
    if is_told_as(ours, account.cash_dec):
        return []
    return [f"cash: ours {ours}; theirs {account.cash_dec} {account.currency}"]
