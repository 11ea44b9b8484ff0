"""Reports of one leg of an order, at venues that make a new order of each change."""

from __future__ import annotations

from decimal import Decimal

from regimeflow._core.messages import ExecutionReport


def of_order(
    report: ExecutionReport,
    client_order_id: str,
    *,
    before: Decimal | None = None,
    exec_id: str | None = None,
    ord_status: int | None = None,
    order_qty: Decimal | None = None,
) -> ExecutionReport:
    """A leg's report as its order's.

    Args:
        report: Of the leg.
        client_order_id: The order's own.
        before: What earlier legs have filled; None: the quantities are left out, because that is
            not known, or the leg is past.
        exec_id: Another one than the report's.
        ord_status: Another one than the report's.
        order_qty: Of the leg, where the report does not tell it.
    """
    is_plain, more = before is None, before or Decimal(0)
    order_qty = report.order_qty_dec if order_qty is None else order_qty
    cum_qty = report.cum_qty_dec
    return ExecutionReport(
        symbol=report.symbol,
        exec_type=report.exec_type,
        ord_status=report.ord_status if ord_status is None else ord_status,
        side=report.side,
        ord_type=report.ord_type,
        time_in_force=report.time_in_force,
        client_order_id=client_order_id,
        broker_order_id=report.broker_order_id,
        exec_id=report.exec_id if exec_id is None else exec_id,
        order_qty=None if is_plain or order_qty is None else order_qty + more,
        cum_qty=None if is_plain or cum_qty is None else cum_qty + more,
        leaves_qty=None if is_plain else report.leaves_qty_dec,
        last_qty=report.last_qty_dec,
        last_px=report.last_px_dec,
        limit_px=None if is_plain else report.limit_px_dec,
        stop_px=None if is_plain else report.stop_px_dec,
        commission=report.commission_dec,
        commission_currency=report.commission_currency,
        liquidity=report.liquidity,
        ord_rej_reason=report.ord_rej_reason,
        text=report.text,
        ts_event_ns=report.ts_event_ns,
        ts_recv_ns=report.ts_recv_ns,
    )
