"""What moves positions and cash without an order: splits, dividends, deposits, fees.

A broker tells of it with a report of no order: see ``BrokerAdapter``.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from decimal import Context, Decimal
from typing import Final

from regimeflow._core.messages import SystemMessage
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.positions import EXACT, ZERO
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide, SystemCode
from regimeflow.types.fixed import plain
from regimeflow.types.records import Record

_LONGEST_TEXT: Final = 200
_WIDE: Final = Context(prec=80)


class MoveKind(enum.StrEnum):
    """Why something moved, and so what it is to the day's profit."""

    SPLIT = "split"  # other pieces of the same: prices of before count no more
    TRANSFER = "transfer"  # deposits, withdrawals: no profit
    INCOME = "income"  # dividends, interest: no profit of the day, prices have allowed for it
    FEE = "fee"  # a cost, also one that is taken in coins
    OTHER = "other"  # mergers, spin-offs: worth what it is worth


class Move(Record, kw_only=True):
    """One move; ``quantity`` and ``amount`` are signed, from the account's point of view."""

    kind: MoveKind
    symbol: str = ""
    quantity: Decimal = ZERO
    amount: Decimal = ZERO
    currency: str = ""
    text: str = ""


def is_move(report: ExecutionReport) -> bool:
    """Whether a report is about no order, but about what is held."""
    if report.exec_type != ExecType.RESTATED or not report.exec_id:
        return False
    return not (report.client_order_id or report.broker_order_id)


def report_of_move(
    move: Move, exec_id: str, *, ts_event_ns: int, ts_recv_ns: int
) -> ExecutionReport:
    """Return the report that tells of a move."""
    return ExecutionReport(
        symbol=move.symbol,
        exec_type=ExecType.RESTATED,
        ord_status=LiveOrderStatus.FILLED,
        side=OrderSide.BUY if move.quantity >= 0 else OrderSide.SELL,
        exec_id=exec_id,
        exec_ref_id=move.kind.value,
        last_qty=move.quantity.copy_abs(),
        commission=move.amount.copy_negate() if move.amount else None,
        commission_currency=move.currency if move.amount else "",
        text=move.text[:_LONGEST_TEXT],
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
    )


def move_of(report: ExecutionReport) -> Move:
    """Return the move that such a report tells of."""
    quantity = report.last_qty_dec or ZERO
    known = report.exec_ref_id in set(MoveKind)
    return Move(
        kind=MoveKind(report.exec_ref_id) if known else MoveKind.OTHER,
        symbol=report.symbol,
        quantity=quantity.copy_negate() if report.side == OrderSide.SELL else quantity,
        amount=(report.commission_dec or ZERO).copy_negate(),
        currency=report.commission_currency,
        text=report.text,
    )


def line_of(move: Move) -> str:
    """Return a line that tells of a move."""
    parts = [move.text or move.kind.value]
    if move.quantity:
        parts.append(f"{plain(move.quantity)} {move.symbol}")
    if move.amount:
        parts.append(f"{plain(move.amount)} {move.currency}")
    return ", ".join(parts)


def system_message_of(move: Move, now_ns: int) -> SystemMessage:
    """Return what a strategy is told of a move: what it holds is another number now."""
    return SystemMessage(
        line_of(move)[:_LONGEST_TEXT],
        code=SystemCode.TEXT,
        symbol=move.symbol,
        ts_event_ns=now_ns,
        ts_recv_ns=now_ns,
    )


def shares_of(
    quantity: Decimal, whole: Decimal, held: Iterable[Decimal], step: Decimal
) -> list[Decimal]:
    """Divide what moved among those who hold parts of a position.

    Each gets a multiple of ``step``, and where the parts are the whole, so are the shares: what one
    share was rounded down by is in the next.

    Args:
        quantity: What moved.
        whole: The position that it moved, not flat.
        held: The parts.
        step: The finest share.
    """
    shares, so_far, given = [], ZERO, ZERO
    for part in held:
        so_far = EXACT.add(so_far, part)
        exact = _WIDE.divide(_WIDE.multiply(quantity, so_far), whole)
        due = _WIDE.multiply(_WIDE.divide_int(exact, step), step)
        shares.append(EXACT.subtract(due, given))
        given = due
    return shares
