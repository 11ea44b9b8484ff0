"""What is written down of orders before it takes effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from regimeflow._core.order_rows import OrderRow
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.order import OrderModification
from regimeflow.domain.orders.transitions import OrderEvent
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.types.errors import RiskDenied


class OrderLog(Protocol):
    """Where the order manager writes its intents and its conclusions; reports are in the stream.

    Together with the reports they are all that is needed to build the same order table again.
    """

    @property
    def is_full(self) -> bool:
        """Whether there is room for no new order; what ends orders still has some."""
        ...

    def submitted(self, row: OrderRow, now_ns: int) -> None:
        """Write the intent of a new order.

        Raises:
            InvalidState: it could not be written; the order must not leave.
        """
        ...

    def asked(
        self, row: OrderRow, event: OrderEvent, now_ns: int, mod: OrderModification | None
    ) -> None:
        """Write that a cancel or a change is about to be sent."""
        ...

    def wished(self, order_id: int, now_ns: int, mod: OrderModification | None = None) -> None:
        """Write that a cancel, or a change, is wanted of an order that is not acknowledged yet."""
        ...

    def concluded(self, order_id: int, event: OrderEvent, now_ns: int) -> None:
        """Write what evidence has shown of an order, and no report said."""
        ...

    def adopted(
        self,
        report: ExecutionReport,
        strategy: str,
        base_qty: int,
        base_notional: int,
        now_ns: int,
    ) -> None:
        """Write that an order was taken in that somebody else placed."""
        ...

    def denied(self, symbol: str, strategy: str, error: RiskDenied, now_ns: int) -> None:
        """Write that an order, or a change of one, was refused by a limit; nothing was sent."""
        ...

    def note(self, now_ns: int, code: NoteCode, body: Mapping[str, object]) -> None:
        """Write anything else that the books must know; ``code`` says what."""
        ...
