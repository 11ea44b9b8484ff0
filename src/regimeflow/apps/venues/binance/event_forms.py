"""The events of the user data stream, with every field and its condition."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from regimeflow.apps.venues.binance.names import expiry_reason_of, status_of, stp_of, type_of
from regimeflow.apps.venues.binance.order_forms import contingency_of, list_id_of, time_of
from regimeflow.apps.venues.binance.texts import ZERO, eight
from regimeflow.apps.venues.exchange.events import (
    Amended,
    Canceled,
    Expired,
    OrderEvent,
    Prevented,
    Rejected,
    Replaced,
    Traded,
)
from regimeflow.apps.venues.exchange.kinds import State
from regimeflow.apps.venues.exchange.views import Balance, FillView, ListView, OrderView

Form = dict[str, object]
# The execution type of an event; of all others it is NEW.
EXECUTIONS: Mapping[type[OrderEvent], str] = {
    Traded: "TRADE",
    Canceled: "CANCELED",
    Replaced: "CANCELED",
    Amended: "REPLACED",
    Rejected: "REJECTED",
    Expired: "EXPIRED",
    Prevented: "TRADE_PREVENTION",
}


def execution_report(event: OrderEvent, unit: int) -> Form:
    """Return what an event says about its order."""
    order = event.order
    client_id, original_id = order.client_order_id, ""
    if isinstance(event, Canceled):
        client_id, original_id = event.request_id, order.client_order_id
    elif isinstance(event, Amended):
        original_id = event.before.client_order_id
    fill = event.fill if isinstance(event, Traded) else None
    form: Form = {
        "e": "executionReport",
        "E": event.time_ns // unit,
        "s": order.symbol,
        "c": client_id,
        **_terms(order),
        "C": original_id,
        "x": EXECUTIONS.get(type(event), "NEW"),
        "X": status_of(order),
        "r": "NONE",
        "i": order.order_id,
        **_fill(order, fill),
        "T": event.time_ns // unit,
        "t": -1 if fill is None else fill.trade_id,
        "I": event.exec_id,
        "w": order.is_open and order.is_triggered and order.state is not State.PENDING,
        "m": fill is not None and fill.is_maker,
        "M": fill is not None,
        "O": order.created_ns // unit,
        "Z": eight(order.cum_quote),
        "Y": eight(ZERO if fill is None else fill.quote_quantity),
        "Q": eight(order.quote_quantity or ZERO),
    }
    working_ns = order.working_ns or (event.time_ns if order.state is State.WORKING else 0)
    if working_ns:
        form["W"] = working_ns // unit
    form["V"] = stp_of(order)
    return form | _conditional(event, unit)


def _terms(order: OrderView) -> Form:
    return {
        "S": order.side.name,
        "o": type_of(order),
        "f": order.tif.name,
        "q": eight(order.quantity),
        "p": eight(order.limit_price or ZERO),
        "P": eight(order.stop_price or ZERO),
        "F": eight(order.display or ZERO),
        "g": list_id_of(order),
    }


def _fill(order: OrderView, fill: FillView | None) -> Form:
    if fill is None:
        nothing = eight(ZERO)
        return {"l": nothing, "z": eight(order.cum_qty), "L": nothing, "n": "0", "N": None}
    return {
        "l": eight(fill.quantity),
        "z": eight(order.cum_qty),
        "L": eight(fill.price),
        "n": eight(fill.commission),
        "N": fill.commission_asset,
    }


def _conditional(event: OrderEvent, unit: int) -> Form:
    order = event.order
    form: Form = {}
    if order.trail_bips is not None:
        form["d"] = order.trail_bips
        form["D"] = time_of(order.created_ns if order.stop_price is None else 0, unit)
    if "strategyId" in order.tags:
        form["j"] = order.tags["strategyId"]
    if "strategyType" in order.tags:
        form["J"] = order.tags["strategyType"]
    if isinstance(event, Prevented):
        form |= {
            "v": event.prevented_match_id,
            "A": eight(order.prevented_qty),
            "B": eight(event.quantity),
            "u": 0,
            "U": event.counter_order_id,
            "Cs": order.symbol,
            "pl": eight(event.quantity),
            "pL": eight(event.price),
            "pY": eight(event.quantity * event.price),
        }
    reason = expiry_reason_of(order)
    if reason is not None:
        form["eR"] = reason
    return form


def account_position(balances: Mapping[str, Balance], at_ns: int, unit: int) -> Form:
    """Return what changed of an account's balances."""
    return {
        "e": "outboundAccountPosition",
        "E": at_ns // unit,
        "u": at_ns // unit,
        "B": [
            {"a": asset, "f": eight(balance.free), "l": eight(balance.locked)}
            for asset, balance in balances.items()
        ],
    }


def balance_update(asset: str, amount: Decimal, at_ns: int, unit: int) -> Form:
    """Return a deposit or a withdrawal."""
    return {
        "e": "balanceUpdate",
        "E": at_ns // unit,
        "a": asset,
        "d": eight(amount),
        "T": at_ns // unit,
    }


def list_status(order_list: ListView, kind: str, at_ns: int, unit: int) -> Form:
    """Return what happened to an order list; ``kind`` is Binance's listStatusType."""
    return {
        "e": "listStatus",
        "E": at_ns // unit,
        "s": order_list.symbol,
        "g": order_list.list_id,
        "c": contingency_of(order_list),
        "l": kind,
        "L": "ALL_DONE" if order_list.is_done else "EXECUTING",
        "r": "NONE",
        "C": order_list.client_list_id,
        "T": at_ns // unit,
        "O": [
            {"s": order_list.symbol, "i": order_id, "c": client_id}
            for order_id, client_id in zip(
                order_list.order_ids, order_list.client_order_ids, strict=True
            )
        ],
    }


def stream_terminated(at_ns: int, unit: int) -> Form:
    """Return the last event of a subscription."""
    return {"e": "eventStreamTerminated", "E": at_ns // unit}


def server_shutdown(at_ns: int, unit: int) -> Form:
    """Return the warning that a connection will be closed."""
    return {"e": "serverShutdown", "E": at_ns // unit}
