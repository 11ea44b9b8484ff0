"""Orders over time: what an earlier session left is taken up, what ended long ago is let go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regimeflow._core import order_table as flags
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.pictures import own_report
from regimeflow.engine.journal.books import Books
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.engine.order_desk import OrderDesk
from regimeflow.engine.order_sender import OrderSender
from regimeflow.engine.turns import Turns
from regimeflow.types.config.policies import OrderSettings
from regimeflow.types.enums import ExecType

_NS_PER_S: Final = 1_000_000_000


class OrderKeeper:
    """Keeps the table fit: takes up orders at a start, retires them when they are over."""

    def __init__(
        self,
        books: Books,
        desk: OrderDesk,
        sender: OrderSender,
        turns: Turns,
        deliver: Callable[[ExecutionReport], None],
        *,
        settings: OrderSettings,
        last_asked_ns: Callable[[], int | None],
    ) -> None:
        self._books: Final = books
        self._desk: Final = desk
        self._sender: Final = sender
        self._turns: Final = turns
        self._deliver: Final = deliver
        self._last_asked_ns: Final = last_asked_ns
        self._patience_ns: Final = int(settings.lookup_patience_s * _NS_PER_S)
        self._keep_ns: Final = int(settings.guard_s * _NS_PER_S)
        self._retire_ns: Final = int(settings.retire_after_s * _NS_PER_S)

    def resume(self) -> None:
        """Take up orders of an earlier session: what has no answer is in doubt, and asked for."""
        table, books = self._desk.table, self._books
        for order_id in table.open_ids():
            row = table.get(order_id)
            if row is not None:
                self._desk.entry.tell_gate(row)
        text = "the process ended before there was an answer"
        for order_id in books.in_flight():
            row = table.get(order_id)
            if row is not None:
                now_ns = self._turns.now_ns()
                self._deliver(own_report(row, ExecType.UNKNOWN_OUTCOME, now_ns=now_ns, text=text))
        for order_id in table.ids_in_doubt():
            self._sender.lookups.start(order_id)

    def take_unknown(self, result: int, report: ExecutionReport) -> bool:
        """Take what is about no order at hand; whether it was an execution that is now counted.

        What is about an order that is not known is kept, for it may come yet. Of one that is
        retired executions count all the same, and an echo says nothing.
        """
        if not result & flags.RETIRED:
            self._books.orphans.keep(report)
            self._desk.consequences(result, 0, report)
            return False
        trades = self._books.late_trades(report)
        if trades != []:
            self._desk.of_retired(trades, report)
        return bool(trades)

    def housekeep(self) -> int:
        """Retire what ended long ago and make room ahead; how many were retired."""
        table, errors, now_ns = self._desk.table, self._desk.errors, self._turns.now_ns()
        ended_ns = now_ns - self._retire_ns
        asked_ns = self._last_asked_ns()
        if asked_ns is not None:
            # One that the venue works after all, under another id of its, is found by asking: none
            # goes before that was done, and the answer cannot be from before its end.
            ended_ns = min(ended_ns, asked_ns - self._patience_ns)
        retired = self._books.retire(ended_ns=ended_ns, guard_ns=self._keep_ns, now_ns=now_ns)
        table.prepare()
        if retired:
            for order_id in [key for key in errors if table.status_of(key) < 0]:
                del errors[order_id]
            if self._desk.entry.log is not None:
                body = {"ended_ns": ended_ns, "guard_ns": self._keep_ns}
                self._desk.entry.log.note(now_ns, NoteCode.RETIRED, body)
        return retired
