"""What the model venue says of its orders, as the reports that an adapter makes of it."""

from __future__ import annotations

from typing import TypedDict

from regimeflow.testing.simulation.styles import IN_KIND, Style
from regimeflow.testing.simulation.tickets import SHOWN_AS, Execution, Moment, Stage, Ticket
from regimeflow.types.enums import ExecType, Liquidity, LiveOrderStatus, OrdRejReason


class News(TypedDict, total=False):
    """The fields of a report, but for the time of its arrival."""

    symbol: str
    exec_type: int
    ord_status: int
    side: int
    ord_type: int
    time_in_force: int
    client_order_id: str
    broker_order_id: str
    exec_id: str
    exec_ref_id: str
    order_qty: str | None
    cum_qty: str
    leaves_qty: str | None
    last_qty: str | None
    last_px: str | None
    limit_px: str | None
    stop_px: str | None
    avg_px: str | None
    commission: str
    commission_currency: str
    liquidity: int
    ord_rej_reason: int
    text: str
    ts_event_ns: int


_PENDING = {
    ExecType.PENDING_CANCEL: LiveOrderStatus.PENDING_CANCEL,
    ExecType.PENDING_REPLACE: LiveOrderStatus.PENDING_REPLACE,
}


def status_of(stage: Stage, cum: int) -> LiveOrderStatus:
    """The state that the venue shows."""
    if stage is Stage.WORKING and cum:
        return LiveOrderStatus.PARTIALLY_FILLED
    return SHOWN_AS[stage]


def event_report(
    style: Style,
    ticket: Ticket,
    exec_type: ExecType,
    now_ns: int,
    *,
    broker_id: str | None = None,
    reason: OrdRejReason = OrdRejReason.NONE,
    text: str = "",
    exec_id: str = "",
) -> News:
    """Everything that is no execution: acknowledgements, ends, refusals."""
    product, cum = ticket.product, ticket.cum
    if broker_id is None:
        broker_id = ticket.broker_id
    if style.names_late and ticket.stage is Stage.PENDING:
        broker_id = ""
    return News(
        symbol=product.symbol,
        exec_type=exec_type,
        ord_status=_PENDING.get(exec_type) or status_of(ticket.stage, cum),
        side=ticket.side,
        ord_type=ticket.type,
        time_in_force=ticket.tif,
        client_order_id=ticket.client_id,
        broker_order_id=broker_id,
        exec_id=exec_id,
        order_qty=product.qty(ticket.qty),
        cum_qty=product.qty(cum),
        leaves_qty=product.qty(ticket.leaves),
        limit_px=None if ticket.limit_px is None else product.px(ticket.limit_px),
        stop_px=None if ticket.stop_px is None else product.px(ticket.stop_px),
        avg_px=_average(ticket.notional, cum, product.px_places) if cum else None,
        ord_rej_reason=reason,
        text=text,
        ts_event_ns=now_ns,
    )


def status_report(style: Style, ticket: Ticket, moment: Moment) -> News:
    """An order as it stood at a moment, for who asks."""
    product = ticket.product
    leaves = 0 if moment.stage.is_over else moment.qty - moment.cum
    is_named = not (style.names_late and moment.stage is Stage.PENDING)
    return News(
        symbol=product.symbol,
        exec_type=ExecType.ORDER_STATUS,
        ord_status=status_of(moment.stage, moment.cum),
        side=ticket.side,
        ord_type=ticket.type,
        time_in_force=ticket.tif,
        client_order_id=ticket.client_id,
        broker_order_id=moment.broker_id if is_named else "",
        exec_id="",
        order_qty=product.qty(moment.qty),
        cum_qty=product.qty(moment.cum),
        leaves_qty=product.qty(leaves),
        limit_px=None if moment.limit_px is None else product.px(moment.limit_px),
        stop_px=None if moment.stop_px is None else product.px(moment.stop_px),
        ts_event_ns=moment.at_ns,
    )


def execution_report(style: Style, execution: Execution) -> News:
    """A fill, a correction or a bust; on the stream or when asked for."""
    ticket = execution.ticket
    product = ticket.product
    exec_type, exec_id, ref = ExecType.TRADE, execution.exec_id, execution.replaces
    if execution.is_bust:
        exec_type = ExecType.TRADE_CANCEL
    elif ref:
        exec_type = ExecType.TRADE_CORRECT
    is_plain = exec_type is ExecType.TRADE
    # A fill says what had filled with it; what revises one says how the order stands.
    cum = execution.cum_after if is_plain else ticket.cum
    left = max(ticket.qty - cum, 0)
    over = ticket.stage.is_over and not is_plain
    done = Stage.FILLED if is_plain and not left else Stage.WORKING
    in_kind = style.pays_in_kind(ticket.side)
    return News(
        symbol=product.symbol,
        exec_type=exec_type,
        ord_status=status_of(ticket.stage if over else done, cum),
        side=ticket.side,
        ord_type=ticket.type,
        time_in_force=ticket.tif,
        client_order_id=ticket.client_id,
        broker_order_id=ticket.broker_id,
        exec_id=exec_id,
        exec_ref_id=ref,
        order_qty=None if style.status_first else product.qty(ticket.qty),
        cum_qty=product.qty(cum),
        leaves_qty=None if style.status_first else product.qty(0 if over else left),
        last_qty=None if execution.is_bust else product.qty(execution.qty),
        last_px=None if execution.is_bust else product.px(execution.px),
        commission=(product.qty if in_kind else product.money)(execution.fee_change),
        commission_currency=_fee_currency(style, ticket),
        liquidity=Liquidity.MAKER,
        ts_event_ns=execution.at_ns,
    )


def _fee_currency(style: Style, ticket: Ticket) -> str:
    if style.pays_in_kind(ticket.side):
        return ticket.product.base
    return "USD" if style.fee_currency in {"", IN_KIND} else style.fee_currency


def _average(notional: int, cum: int, places: int) -> str:
    """The average price to four places more than the tick, as venues show it."""
    shown = (notional * 10_000 + cum // 2) // cum
    digits = str(shown).rjust(places + 5, "0")
    return f"{digits[: -(places + 4)]}.{digits[-(places + 4) :]}"
