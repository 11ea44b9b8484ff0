"""Orders that somebody else placed in our account: by hand, or another client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.order_rows import OrderRow
from regimeflow._core.order_table import OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.anomalies import OrderAnomaly
from regimeflow.domain.orders.client_order_ids import is_of_our_making
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.engine.order_desk import OrderDesk, tell
from regimeflow.engine.order_sender import OrderSender
from regimeflow.engine.turns import Turns
from regimeflow.types.enums import LiveOrderStatus

_CODEC: Final = LiveMessageCodec()
EXTERNAL: Final = "external"
_AT_REST: Final = frozenset({LiveOrderStatus.NEW, LiveOrderStatus.PARTIALLY_FILLED})


def own_open(table: OrderTable) -> Iterator[OrderRow]:
    """Give each open order that we placed, as it stands when it is its turn."""
    for order_id in table.open_ids():
        row = table.get(order_id)
        if row is not None and not row.is_external:
            yield row


def own_unsent(table: OrderTable) -> list[OrderRow]:
    """Return the orders that we presume not sent; each may appear yet."""
    rows = (table.get(order_id) for order_id in table.unsent_ids())
    return [row for row in rows if row is not None and not row.is_external]


def has_own_open(table: OrderTable) -> bool:
    """Whether an order that we placed may still trade."""
    return next(own_open(table), None) is not None


class Externals:
    """What is done about orders of others, where that is not to adopt them."""

    def __init__(self, books: Books, desk: OrderDesk, sender: OrderSender, turns: Turns) -> None:
        self._books: Final = books
        self._desk: Final = desk
        self._sender: Final = sender
        self._turns: Final = turns
        self._spared: Final[set[int]] = set()

    @property
    def are_ignored(self) -> bool:
        """Whether they are no orders of these books."""
        return self._books.external_orders == "ignore"

    def count_fills(self, fills: Iterable[ExecutionReport]) -> int:
        """Let each fill move the account's position, once; how many did."""
        counted = 0
        for report in fills:
            trade = self._books.foreign.trade_of(report)
            if trade is None:
                continue
            if self._desk.entry.log is not None:
                body = {"report": _CODEC.encode(report).hex()}
                self._desk.entry.log.note(self._turns.now_ns(), NoteCode.FOREIGN_FILL, body)
            self._books.foreign.remember(report)
            counted += 1
            self._desk.count(trade)
        return counted

    def take_rule(self, order_id: int, report: ExecutionReport) -> None:
        """Have an open order of somebody else cancelled, where that is the rule."""
        row = self._desk.table.get(order_id) if order_id else None
        if self._books.external_orders != "cancel" or row is None or not row.is_external:
            return
        name = f"{report.client_order_id or report.broker_order_id} {row.symbol}"
        if is_of_our_making(row.client_order_id):  # its journal is lost, or another engine's
            if order_id not in self._spared:
                self._spared.add(order_id)
                text = f"{name} was sent by a session that this journal knows nothing of; it stays"
                self._tell(order_id, text, report)
        elif row.status in _AT_REST and self._sender.cancel(row):
            self._tell(order_id, f"{name} is not ours and is being cancelled", report)

    def _tell(self, order_id: int, text: str, report: ExecutionReport) -> None:
        anomaly = OrderAnomaly(kind="external order", order_id=order_id, text=text, report=report)
        tell(self._desk.on_anomaly, anomaly)
