"""Terms and changes of orders as JSON has them, and back: numbers are text, exact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regimeflow.domain.orders.order import OrderModification, OrderTerms
from regimeflow.domain.orders.order_terms import given_terms


def text_of(number: object) -> str | None:
    """Return a number as text; None for none."""
    return None if number is None else str(number)


def terms_state(terms: OrderTerms) -> dict[str, object]:
    """Return the terms that were given."""
    values = ((name, getattr(terms, name)) for name in given_terms(terms))
    return {name: value if isinstance(value, bool) else str(value) for name, value in values}


def modification_state(mod: OrderModification) -> dict[str, object]:
    """Return a change."""
    return {
        "quantity": text_of(mod.quantity),
        "limit_price": text_of(mod.limit_price),
        "stop_price": text_of(mod.stop_price),
    }


def modification_of(state: Mapping[str, Any]) -> OrderModification:
    """Return the change of such a state."""
    return OrderModification(
        quantity=state["quantity"],
        limit_price=state["limit_price"],
        stop_price=state["stop_price"],
    )
