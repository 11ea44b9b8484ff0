"""What is wanted of orders that are not acknowledged: it waits, and outlives a restart."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from regimeflow.domain.orders.order import OrderModification
from regimeflow.types.enums import ExecType, LiveOrderStatus

_FIELDS: Final = ("quantity", "limit_price", "stop_price")


class Wishes:
    """Cancels and changes by order; a cancel ends a change, of several changes the last counts.

    The session that made them and the journal's reader keep the same account of them: it follows
    from the wishes, the requests and the reports.
    """

    def __init__(self) -> None:
        self.cancels: Final[set[int]] = set()
        self.changes: Final[dict[int, OrderModification]] = {}

    def __contains__(self, order_id: int) -> bool:
        return order_id in self.cancels or order_id in self.changes

    def want_cancel(self, order_id: int) -> bool:
        """Want a cancel; false when it is wanted already."""
        self.changes.pop(order_id, None)
        is_new = order_id not in self.cancels
        self.cancels.add(order_id)
        return is_new

    def want_change(self, order_id: int, mod: OrderModification) -> None:
        """Want a change."""
        self.changes[order_id] = mod

    def forget(self, order_id: int) -> None:
        """Want nothing more of an order: it has ended, or its cancel is out."""
        self.cancels.discard(order_id)
        self.changes.pop(order_id, None)

    def heard(self, order_id: int, status: int, exec_type: int) -> None:
        """Take a report of an order that is now in a status."""
        if order_id not in self.cancels and order_id not in self.changes:
            return
        if LiveOrderStatus(status).is_terminal:
            self.forget(order_id)
        elif exec_type == ExecType.REPLACE_REJECTED:
            self.changes.pop(order_id, None)

    def state(self) -> dict[str, dict[str, str]]:
        """Return the changes as JSON has them."""
        return {str(order_id): _texts_of(mod) for order_id, mod in self.changes.items()}

    def restore(self, cancels: list[int], changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Take what a snapshot has."""
        self.cancels.update(cancels)
        self.changes.update({int(order_id): _of(texts) for order_id, texts in changes.items()})


def change_text(mod: OrderModification) -> str:
    """Return a change as a journal's frame has it, exact."""
    return " ".join(f"{name}={getattr(mod, name)}" for name in _FIELDS)


def change_of(text: str) -> OrderModification:
    """Return the change of such a text.

    Raises:
        ValueError, ArithmeticError: it is none.
    """
    pairs = (part.split("=", 1) for part in text.split())
    return _of({name: value for name, value in pairs if value != "None"})


def _texts_of(mod: OrderModification) -> dict[str, str]:
    given = ((name, getattr(mod, name)) for name in _FIELDS)
    return {name: str(value) for name, value in given if value is not None}


def _of(texts: Mapping[str, str]) -> OrderModification:
    numbers = {name: Decimal(texts[name]) for name in _FIELDS if name in texts}
    return OrderModification(**numbers)
