"""One order of ours and its legs: what is known of it, and what is told of its changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers._shared.chains import of_order
from regimeflow.adapters.brokers._shared.legs import leg_id
from regimeflow.adapters.brokers.alpaca.formatting import Asked
from regimeflow.types.enums import (
    ExecType,
    LiveOrderStatus,
    OrderSide,
    OrderType,
    TimeInForce,
)
from regimeflow.types.records import Record, made

_ZERO: Final = Decimal(0)


class Leg(Record, frozen=False):
    """One of Alpaca's orders."""

    broker_order_id: str
    cum: Decimal = _ZERO  # as Alpaca counts it
    carried: Decimal = _ZERO  # of that, what earlier legs have filled
    begins_anew: bool = False  # its count does not go on from the leg before
    heard: set[str] = made(set)  # execution ids
    told: set[str] = made(set)  # fills, as we name them

    @property
    def filled(self) -> Decimal:
        """What this leg itself has filled."""
        return self.cum - self.carried


class Replacing(Record, frozen=False):
    """A change that is out."""

    client_order_id: str  # of the new leg
    asked: Asked
    heir_id: str = ""
    has_failed: bool = False  # without a definite answer


class Known(Record, frozen=False):
    """One order."""

    symbol: str
    client_order_id: str
    asked: Asked | None = None  # ``quantity`` is the whole order's
    legs: list[Leg] = made(list)
    changes: int = 0  # how many were asked for
    wanted: Asked | None = None  # what the newest leg was asked to be, until it tells what it is
    is_over: bool = False
    is_told: bool = True  # false: that the newest leg is there has not been told yet
    is_whole: bool = True  # false: what earlier legs have filled is not known
    replacing: Replacing | None = None
    in_group: bool = False
    is_placed: bool = False  # it is ours, or which leg of its group it is is known
    group_id: str = ""  # of the group that it is the head of

    @property
    def is_clear(self) -> bool:
        """Whether its name is the one that it has here, and what it has filled is known."""
        return self.is_whole and (self.is_placed or not self.in_group)

    @property
    def broker_order_id(self) -> str:
        """Alpaca's id of the newest leg; "" before it gave one."""
        return self.legs[-1].broker_order_id if self.legs else ""

    @property
    def filled(self) -> Decimal:
        """Of the whole order."""
        return sum((leg.filled for leg in self.legs), _ZERO)

    @property
    def left_out(self) -> Decimal:
        """What earlier legs have filled that Alpaca's count of the newest leaves out."""
        return sum((leg.filled for leg in self.legs[:-1]), _ZERO) - self.legs[-1].carried

    def next_leg_id(self) -> str:
        """A client order id that no leg has had."""
        self.changes += 1
        return leg_id(self.client_order_id, self.changes)


def asked_by(report: ExecutionReport, quantity: Decimal, was: Asked | None) -> Asked:
    """The terms of an order as a report of its newest leg has them.

    Args:
        report: Of the leg.
        quantity: The whole order's.
        was: As they were known: what no report tells stays.
    """
    return Asked(
        symbol=report.symbol,
        side=OrderSide(report.side),
        type=OrderType(report.ord_type),
        time_in_force=TimeInForce(report.time_in_force),
        quantity=quantity,
        limit_price=report.limit_px_dec,
        stop_price=report.stop_px_dec,
        extended_hours=was is not None and was.extended_hours,
        notional=None if was is None else was.notional,
    )


def has_leg(known: Known, report: ExecutionReport) -> bool:
    """Whether a report is about a leg that has been one already."""
    return any(leg.broker_order_id == report.broker_order_id for leg in known.legs)


def replaced_report(known: Known, report: ExecutionReport) -> ExecutionReport:
    """News that a new leg works, with the terms of the whole order."""
    asked = known.asked
    if asked is None:
        return of_order(report, known.client_order_id)
    return ExecutionReport(
        symbol=known.symbol,
        exec_type=ExecType.REPLACED,
        ord_status=LiveOrderStatus.PARTIALLY_FILLED if known.filled else LiveOrderStatus.NEW,
        side=asked.side,
        ord_type=asked.type,
        time_in_force=asked.time_in_force,
        client_order_id=known.client_order_id,
        broker_order_id=known.broker_order_id,
        order_qty=asked.quantity,
        cum_qty=known.filled,
        leaves_qty=asked.quantity - known.filled,
        limit_px=asked.limit_price,
        stop_px=asked.stop_price,
        ts_event_ns=report.ts_event_ns,
        ts_recv_ns=report.ts_recv_ns,
    )


def replace_rejected(known: Known, report: ExecutionReport) -> ExecutionReport:
    """News that a change was refused after it had been accepted."""
    return ExecutionReport(
        symbol=known.symbol,
        exec_type=ExecType.REPLACE_REJECTED,
        ord_status=LiveOrderStatus.PARTIALLY_FILLED if known.filled else LiveOrderStatus.NEW,
        client_order_id=known.client_order_id,
        broker_order_id=known.broker_order_id,
        text="the new order was refused",
        ts_event_ns=report.ts_event_ns,
        ts_recv_ns=report.ts_recv_ns,
    )


def acknowledged_report(known: Known, report: ExecutionReport) -> ExecutionReport:
    """News that Alpaca has an order, and under which id; nothing of how it stands."""
    return ExecutionReport(
        symbol=known.symbol,
        exec_type=ExecType.PENDING_NEW,
        ord_status=LiveOrderStatus.PENDING_NEW,
        client_order_id=known.client_order_id,
        broker_order_id=report.broker_order_id,
        ts_event_ns=report.ts_event_ns,
        ts_recv_ns=report.ts_recv_ns,
    )


def came_to(report: ExecutionReport) -> ExecutionReport:
    """A report of an order for an amount: once it has filled, its quantity is what it came to."""
    cum = report.cum_qty_dec
    if report.ord_status != LiveOrderStatus.FILLED or report.order_qty_dec is not None or not cum:
        return report
    return of_order(report, report.client_order_id, before=_ZERO, order_qty=cum)
