"""Reports of an order, with the numbers that every one of them carries."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers.ib.errors import reason_of
from regimeflow.adapters.brokers.ib.orders import Known
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderType, OrdRejReason, TimeInForce

_REFUSALS: Final = frozenset(
    {ExecType.REJECTED, ExecType.CANCEL_REJECTED, ExecType.REPLACE_REJECTED}
)
_LONGEST_TEXT: Final = 200
_ZERO: Final = Decimal(0)


def report_of(
    known: Known,
    exec_type: ExecType,
    state: LiveOrderStatus,
    *,
    cum_qty: Decimal,
    event_ns: int,
    recv_ns: int,
    text: str = "",
) -> ExecutionReport:
    """Return what is new of an order; of an answer to a request no quantities are told."""
    terms = known.terms
    is_answer = exec_type in {ExecType.CANCEL_REJECTED, ExecType.REPLACE_REJECTED}
    quantity = None if terms is None or is_answer else terms.quantity
    leaves = None if quantity is None else max(quantity - cum_qty, _ZERO)
    reason = reason_of(text) if exec_type in _REFUSALS else OrdRejReason.NONE
    return ExecutionReport(
        symbol=known.symbol,
        exec_type=exec_type,
        ord_status=state,
        side=0 if terms is None else terms.side,
        ord_type=OrderType.NONE if terms is None else terms.type,
        time_in_force=TimeInForce.NONE if terms is None else terms.time_in_force,
        client_order_id=known.client_order_id,
        broker_order_id=known.broker_order_id,
        order_qty=quantity,
        cum_qty=None if quantity is None else cum_qty,
        leaves_qty=_ZERO if state.is_terminal and leaves is not None else leaves,
        limit_px=None if terms is None or is_answer else terms.limit_price,
        stop_px=None if terms is None or is_answer else terms.stop_price,
        ord_rej_reason=reason,
        text=text[:_LONGEST_TEXT],
        ts_event_ns=event_ns,
        ts_recv_ns=recv_ns,
    )
