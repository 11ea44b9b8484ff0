"""What a report did that nobody asked for: shown, never swallowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regimeflow._core import order_table as flags
from regimeflow._core.order_rows import OrderRow
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.pictures import own_report
from regimeflow.types.enums import ExecType, LiveOrderStatus
from regimeflow.types.fixed import plain
from regimeflow.types.records import Record


class OrderAnomaly(Record, kw_only=True):
    """One thing that does not fit, of which order (0: none of ours), and what showed it."""

    kind: str
    order_id: int
    text: str
    report: ExecutionReport


LATE_FILL: Final = "late fill"
_TEXTS: Final = (
    (flags.OVERFILL, "overfill", "more has filled than was ordered; the fill is counted"),
    (flags.BAD_TRANSITION, "impossible transition", "no such transition; the state is kept"),
    (flags.BAD_REPORT, "impossible report", "the numbers or ids cannot be; nothing is counted"),
    (flags.LATE_FILL, LATE_FILL, "a fill after the order had ended; it is counted"),
    (flags.REVIVED, "revived", "the order had been given up and lives"),
)
SHOWN: Final = flags.UNKNOWN | sum(flag for flag, _, _ in _TEXTS)


LOST: Final = "lost order"


def is_lost(row: OrderRow) -> bool:
    """Whether the venue knew the order, and after its patience knows it no more."""
    return row.status == LiveOrderStatus.ERROR and row.in_doubt


def both_sides_of_lost(row: OrderRow) -> str:
    """Return what we hold of a lost order, and what the venue says."""
    return (
        f"{row.client_order_id or row.broker_order_id} {row.symbol}: ours open as"
        f" {row.broker_order_id or 'acknowledged'} with {plain(row.cum_qty_dec)} of"
        f" {plain(row.order_qty_dec)} filled, theirs not open, not known, and no execution ends it"
    )


def lost_order(row: OrderRow, now_ns: int) -> OrderAnomaly:
    """Return what is to be shown when the venue no longer knows an order that it had."""
    report = own_report(row, ExecType.ORDER_STATUS, now_ns=now_ns)
    return OrderAnomaly(
        kind=LOST, order_id=row.order_id, text=both_sides_of_lost(row), report=report
    )


def anomalies(result: int, order_id: int, report: ExecutionReport) -> Iterator[OrderAnomaly]:
    """Return what is to be shown of the result of applying a report."""
    about = _about(report)
    if result & flags.UNKNOWN:
        text = f"{about}: no order of ours"
        yield OrderAnomaly(kind="unknown order", order_id=0, text=text, report=report)
    for flag, kind, text in _TEXTS:
        if result & flag:
            yield OrderAnomaly(kind=kind, order_id=order_id, text=f"{about}: {text}", report=report)


def late_execution(report: ExecutionReport, *, is_counted: bool) -> OrderAnomaly:
    """Return what is to be shown of an execution of an order that was retired."""
    kind, text = LATE_FILL, "of an order that was retired; it is counted"
    if not is_counted:
        kind = "unknown order"
        text = "of an order that was retired, and what it undoes is not at hand: it is not counted"
    return OrderAnomaly(kind=kind, order_id=0, text=f"{_about(report)}: {text}", report=report)


def _about(report: ExecutionReport) -> str:
    return (
        f"{ExecType(report.exec_type).name} ({LiveOrderStatus(report.ord_status).name}) of"
        f" {report.client_order_id or report.broker_order_id or 'no order'}"
        f" {report.symbol} exec {report.exec_id or 'none'}"
    )
