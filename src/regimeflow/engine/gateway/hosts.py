"""The hosts that trade through a gateway: which order is whose, who lives and who is dead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from regimeflow._core.order_rows import OrderRow
from regimeflow._core.order_table import OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.client_order_ids import host_mark, mark_of
from regimeflow.domain.orders.pictures import order_of

_NS_PER_S: Final = 1e9


class Hosts:
    """Who may trade, and when each was heard last.

    A host is known by the origin of its messages, an order's owner by the table's ``strategy``; one
    that the table does not have any more, by the mark in its client order id.

    Args:
        table: Of the session's orders.
        allowed: Names; empty: any.
        dead_after_s: How long a host may be silent.
    """

    def __init__(self, table: OrderTable, allowed: Sequence[str], dead_after_s: float) -> None:
        self._table: Final = table
        self._allowed: Final = frozenset(allowed)
        self._dead_after_ns: Final = int(dead_after_s * _NS_PER_S)
        self._heard_ns: Final[dict[str, int]] = {}
        self._sessions: Final[dict[str, str]] = {}
        self._looked_ns = 0
        self._by_mark: Final = {host_mark(each): each for each in allowed}

    def fault_of(self, name: str) -> str:
        """Return why a host may not trade; "": it may."""
        if self._allowed and name not in self._allowed:
            return f"{name} is not among the hosts of this gateway"
        other = self._by_mark.setdefault(host_mark(name), name)
        return "" if other == name else f"{name} marks its orders as {other} does; rename one"

    def heard(self, name: str, now_ns: int) -> bool:
        """Note that a host lives; whether it was not known to."""
        is_new = name not in self._heard_ns
        self._heard_ns[name] = now_ns
        return is_new

    def begin(self, name: str, session: str) -> None:
        """Note which session of a host is the one: the newest, whatever became of others."""
        self._sessions[name] = session

    def is_current(self, name: str, session: str) -> bool:
        """Whether a session of a host is the one that said hello last."""
        return self._sessions.get(name) == session

    def left(self, name: str) -> None:
        """Note that a host has said goodbye."""
        self._heard_ns.pop(name, None)

    def dead(self, now_ns: int, *, can_hear: bool) -> list[str]:
        """Return the hosts that have been silent for too long, and forget them.

        While we could not hear, and while we ourselves stood still, nobody was silent.
        """
        deaf_ns = now_ns - self._looked_ns if self._looked_ns else 0
        self._looked_ns = now_ns
        if not can_hear or deaf_ns > self._dead_after_ns // 2:
            for name in self._heard_ns:
                self._heard_ns[name] = now_ns
        since_ns = now_ns - self._dead_after_ns
        found = [name for name, heard_ns in self._heard_ns.items() if heard_ns < since_ns]
        for name in found:
            del self._heard_ns[name]
        return found

    def owner_of(self, report: ExecutionReport) -> str:
        """Return whose order a report is about; "": nobody's here."""
        row = self._table.get(order_of(self._table, report))
        return self.owner_of_row(row) if row else self._marked(report.client_order_id)

    def owner_of_row(self, row: OrderRow) -> str:
        """Return whose an order is; one that was adopted is known by its mark alone."""
        return self._marked(row.client_order_id) if row.is_external else row.strategy

    def _marked(self, client_order_id: str) -> str:
        return self._by_mark.get(mark_of(client_order_id), "") if client_order_id else ""

    def open_rows(self, name: str) -> Iterator[OrderRow]:
        """Give each open order of a host."""
        for order_id in self._table.open_ids():
            row = self._table.get(order_id)
            if row is not None and self.owner_of_row(row) == name:
                yield row

    def row_of(self, name: str, find: Callable[[OrderTable], int]) -> OrderRow | None:
        """Return an order, if it is this host's."""
        row = self._table.get(find(self._table))
        return row if row is not None and self.owner_of_row(row) == name else None
