"""Frozen pictures of the order table's rows, and the reports that we make ourselves."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from regimeflow._core import order_table as flags
from regimeflow._core.decimals import to_decimal
from regimeflow._core.order_rows import OrderRow
from regimeflow._core.order_table import OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.order import LiveOrder, OrderError
from regimeflow.types.account import Trade
from regimeflow.types.enums import (
    ExecType,
    Liquidity,
    LiveOrderStatus,
    OrderSide,
    OrderType,
    OrdRejReason,
    TimeInForce,
)

if TYPE_CHECKING:
    from regimeflow.domain.orders.order import OrderTerms

_ENDS_AS: Final = {
    ExecType.REJECTED: LiveOrderStatus.REJECTED,
    ExecType.CANCELED: LiveOrderStatus.CANCELLED,
}
_STATUSES = tuple(LiveOrderStatus)
_SIDES = tuple(OrderSide)
_TYPES = tuple(OrderType)
_TIMES = tuple(TimeInForce)


def order_of(table: OrderTable, report: ExecutionReport) -> int:
    """Return our number of the order that a report of the venue's is about; 0: none at hand."""
    found = table.find_by_client_id(report.client_order_id) if report.client_order_id else 0
    if not found and report.broker_order_id:
        found = table.find_by_broker_id(report.broker_order_id, report.symbol)
    return found


def live_order(row: OrderRow, error: OrderError | None = None) -> LiveOrder:
    """Return the order of a row."""
    return LiveOrder(
        order_id=row.order_id,
        client_order_id=row.client_order_id,
        broker_order_id=row.broker_order_id,
        symbol=row.symbol,
        side=_SIDES[row.side],
        type=_TYPES[row.ord_type],
        quantity=row.order_qty_dec,
        limit_price=row.limit_px_dec,
        stop_price=row.stop_px_dec,
        time_in_force=_TIMES[row.time_in_force],
        expire_time_ns=row.expire_time_ns or None,
        status=_STATUSES[row.status],
        cum_qty=row.cum_qty_dec,
        leaves_qty=row.leaves_qty_dec,
        avg_px=row.avg_px_dec,
        in_doubt=row.in_doubt,
        strategy=row.strategy,
        created_at_ns=row.created_at_ns,
        updated_at_ns=row.updated_at_ns,
        error=error,
        terms=cast("OrderTerms | None", row.terms),
    )


def trade_of(
    row: OrderRow,
    report: ExecutionReport,
    quantity: Decimal,
    price: Decimal,
    *,
    undoes: bool = False,
) -> Trade:
    """Return the trade that a report made, or the opposite one that takes a busted fill back."""
    side = _SIDES[row.side]
    exec_id, commission = report.exec_id, report.commission_dec
    if undoes:
        side = OrderSide.SELL if side is OrderSide.BUY else OrderSide.BUY
        exec_id = f"{report.exec_ref_id}:undone"
        if report.exec_type != ExecType.TRADE_CANCEL:
            commission = None  # what a correction changes of it goes with the corrected fill
    return Trade(
        symbol=row.symbol,
        side=side,
        quantity=quantity,
        price=price,
        commission=Decimal(0) if commission is None else commission,
        commission_currency=report.commission_currency,
        order_id=row.order_id,
        exec_id=exec_id,
        strategy=row.strategy,
        ts_event_ns=report.ts_event_ns,
        liquidity=Liquidity(report.liquidity),
        exec_ref_id=report.exec_ref_id if undoes else "",
    )


def commission_of(row: OrderRow, report: ExecutionReport) -> Trade | None:
    """Return the commission of a report that moved no quantity, as a trade of nothing; or None.

    Corrections and busts carry what they change of the commission, so each execution's counts once
    in whatever order they come; and one that was foretold has no other way to be told.
    """
    if not report.commission_dec:
        return None
    return trade_of(row, report, Decimal(0), report.last_px_dec or Decimal(0))


def terms_differ(row: OrderRow, seen: ExecutionReport) -> bool:
    """Whether the venue works an order on other terms than ours; what it does not tell agrees."""
    return any(
        theirs is not None and theirs != ours
        for theirs, ours in (
            (seen.order_qty_dec, row.order_qty_dec),
            (seen.limit_px_dec, row.limit_px_dec),
            (seen.stop_px_dec, row.stop_px_dec),
        )
    )


def restated(row: OrderRow, seen: ExecutionReport, exec_type: ExecType) -> ExecutionReport:
    """Return the news of other terms, REPLACED or RESTATED, that an order seen at the venue is."""
    return ExecutionReport(
        symbol=row.symbol,
        exec_type=exec_type,
        ord_status=seen.ord_status,
        side=row.side,
        ord_type=row.ord_type,
        time_in_force=row.time_in_force,
        order_id=row.order_id,
        client_order_id=row.client_order_id,
        broker_order_id=seen.broker_order_id,
        order_qty=seen.order_qty_dec,
        cum_qty=seen.cum_qty_dec,
        leaves_qty=seen.leaves_qty_dec,
        limit_px=seen.limit_px_dec,
        stop_px=seen.stop_px_dec,
        text="seen at the venue on these terms",
        ts_event_ns=seen.ts_event_ns,
        ts_recv_ns=seen.ts_recv_ns,
    )


def trades_of(
    table: OrderTable, result: int, row: OrderRow, report: ExecutionReport
) -> tuple[Trade, ...]:
    """Return the trades of the report that the table has just applied, with that result."""
    if not result & (flags.FILL | flags.ADJUSTED):
        return ()
    made = []
    for (qty, px), undoes in ((table.last_undone, True), (table.last_booked, False)):
        if qty:
            quantity, price = to_decimal(qty, row.qty_exp), to_decimal(px, row.px_exp)
            made.append(trade_of(row, report, quantity, price, undoes=undoes))
    is_stale = report.exec_type == ExecType.TRADE_CORRECT and not table.last_booked[0]
    if not made or is_stale:  # itself corrected before it came: its part of the commission is left
        commission = commission_of(row, report)
        made += [] if commission is None else [commission]
    return tuple(made)


def own_report(
    row: OrderRow,
    exec_type: ExecType,
    *,
    now_ns: int,
    text: str = "",
    broker_order_id: str = "",
    reason: OrdRejReason = OrdRejReason.NONE,
) -> ExecutionReport:
    """Return a report of our own making: what became of a request."""
    return ExecutionReport(
        symbol=row.symbol,
        exec_type=exec_type,
        ord_status=_ENDS_AS.get(exec_type, row.status),
        side=row.side,
        ord_type=row.ord_type,
        time_in_force=row.time_in_force,
        order_qty=row.order_qty_dec,
        cum_qty=row.cum_qty_dec,
        leaves_qty=0 if exec_type in _ENDS_AS else row.leaves_qty_dec,
        order_id=row.order_id,
        client_order_id=row.client_order_id,
        broker_order_id=broker_order_id,
        ord_rej_reason=reason,
        text=text.encode("utf-8", "replace")[:1000].decode("utf-8", "ignore"),
        ts_event_ns=now_ns,
        ts_recv_ns=now_ns,
    )
