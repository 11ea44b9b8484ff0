"""Calls of the host as values, and made again from them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from regimeflow.domain.orders.order import Order, OrderModification, OrderTerms
from regimeflow.domain.orders.values import modification_state, terms_state, text_of
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce


def order_state(order: Order, strategy: str) -> dict[str, object]:
    """Return a new order as JSON has it: numbers are text, exact."""
    return {
        "symbol": order.symbol,
        "side": _name(order.side),
        "type": _name(order.type),
        "quantity": str(order.quantity),
        "limit_price": text_of(order.limit_price),
        "stop_price": text_of(order.stop_price),
        "time_in_force": _name(order.time_in_force),
        "client_order_id": order.client_order_id,
        "expire_time_ns": order.expire_time_ns,
        "strategy": strategy,
        **({} if order.terms is None else {"terms": _terms_state(order.terms)}),
    }


def order_of(state: Mapping[str, Any]) -> Order:
    """Return the order of such a state."""
    return Order(
        state["symbol"],
        OrderSide[state["side"]],
        OrderType[state["type"]],
        state["quantity"],
        limit_price=state["limit_price"],
        stop_price=state["stop_price"],
        time_in_force=TimeInForce[state["time_in_force"]],
        client_order_id=state["client_order_id"],
        expire_time_ns=state["expire_time_ns"],
        terms=_terms_of(state.get("terms")),
    )


def change_state(order_id: int, mod: OrderModification) -> dict[str, object]:
    """Return a change of an order as JSON has it."""
    return {"order_id": order_id, **modification_state(mod)}


def _terms_state(terms: object) -> object:
    if not isinstance(terms, OrderTerms):
        return str(terms)  # refused by the call itself, as what is no enum
    return terms_state(terms)


def _terms_of(state: Any) -> Any:  # noqa: ANN401 - what is none goes on as it is
    return OrderTerms(**state) if isinstance(state, dict) else state


def _name(value: object) -> str:
    # What is no enum is refused by the call itself, which comes next.
    return value.name if isinstance(value, enum.Enum) else str(value)
