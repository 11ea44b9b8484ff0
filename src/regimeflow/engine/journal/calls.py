"""Calls of the host as values, and made again from them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from regimeflow.domain.orders.order import Order, OrderModification, OrderTerms
from regimeflow.domain.orders.order_terms import given_terms
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce


def order_state(order: Order, strategy: str) -> dict[str, object]:
    """Return a new order as JSON has it: numbers are text, exact."""
    return {
        "symbol": order.symbol,
        "side": _name(order.side),
        "type": _name(order.type),
        "quantity": str(order.quantity),
        "limit_price": _text(order.limit_price),
        "stop_price": _text(order.stop_price),
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


def modification_state(order_id: int, mod: OrderModification) -> dict[str, object]:
    """Return a change as JSON has it."""
    return {
        "order_id": order_id,
        "quantity": _text(mod.quantity),
        "limit_price": _text(mod.limit_price),
        "stop_price": _text(mod.stop_price),
    }


def modification_of(state: Mapping[str, Any]) -> OrderModification:
    """Return the change of such a state."""
    return OrderModification(
        quantity=state["quantity"],
        limit_price=state["limit_price"],
        stop_price=state["stop_price"],
    )


def _terms_state(terms: object) -> object:
    if not isinstance(terms, OrderTerms):
        return str(terms)  # refused by the call itself, as what is no enum
    values = ((name, getattr(terms, name)) for name in given_terms(terms))
    return {name: value if isinstance(value, bool) else str(value) for name, value in values}


def _terms_of(state: Any) -> Any:  # noqa: ANN401 - what is none goes on as it is
    return OrderTerms(**state) if isinstance(state, dict) else state


def _name(value: object) -> str:
    # What is no enum is refused by the call itself, which comes next.
    return value.name if isinstance(value, enum.Enum) else str(value)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
