"""The model venue: a plain exchange that keeps the truth, and shares no code with what it tests."""

from __future__ import annotations

from typing import Final

from regimeflow.testing.simulation.floor import Floor
from regimeflow.testing.simulation.news import News, event_report, execution_report, status_report
from regimeflow.testing.simulation.tickets import Product, Stage, Ticket
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import OrdRejReason


class Refusal(Exception):
    """The venue says no; ``reason`` and the words are its own."""

    def __init__(self, text: str, reason: OrdRejReason = OrdRejReason.OTHER) -> None:
        super().__init__(text)
        self.reason: Final = reason


class ModelVenue(Floor):
    """One account at one venue of a style: commands come in, ``tell`` hears the stream."""

    def new_order(self, ticket: Ticket) -> Ticket:
        """Take an order in.

        Raises:
            Refusal: its client id may not come again.
        """
        known = self._by_client.get(ticket.client_id) if ticket.client_id else None
        rule = self.style.client_ids
        if known is not None and (rule == "ever" or (rule == "open" and not known.stage.is_over)):
            raise Refusal("Duplicate order sent.", OrdRejReason.DUPLICATE_ORDER)
        self.take_in(ticket)
        return ticket

    def cancel(self, broker_id: str) -> Ticket:
        """Begin to cancel.

        Raises:
            Refusal: it has ended, is not known, or is being changed.
        """
        ticket = self._named(broker_id)
        if self.style.tells_pending:
            self._tell(ticket, X.PENDING_CANCEL)
            self._changing.add(id(ticket))
            self._later(self._dice.choice((0, 30, 900)), lambda: self._cancelled(ticket))
        else:
            self._finish(ticket, Stage.CANCELLED)
        return ticket

    def replace(
        self, broker_id: str, qty: int | None, limit_px: int | None, stop_px: int | None
    ) -> str:
        """Begin to change an order; returns the id of what it becomes.

        Raises:
            Refusal: as ``cancel``, or the order has not been acknowledged.
        """
        ticket = self._named(broker_id)
        if ticket.stage is Stage.PENDING:
            raise Refusal("unable to replace order, order isn't sent to exchange yet")
        terms = (
            ticket.qty if qty is None else qty,
            ticket.limit_px if limit_px is None else limit_px,
            ticket.stop_px if stop_px is None else stop_px,
        )
        new_id = self._next_id("B") if self.style.new_leg else broker_id
        if self.style.tells_pending:
            self._tell(ticket, X.PENDING_REPLACE)
            self._changing.add(id(ticket))
            wait_ms = self._dice.choice((0, 30, 900))
            self._later(wait_ms, lambda: self._replaced(ticket, new_id, terms))
            return new_id
        self._replaced(ticket, new_id, terms)
        if ticket.stage is Stage.CANCELLED:
            raise Refusal("Order cancel-replace partially failed.")
        return new_id

    def is_foreign(self, broker_id: str) -> bool:
        """Whether somebody else placed an order."""
        ticket = self._by_broker.get(broker_id)
        return ticket is not None and not ticket.is_ours

    def product_of(self, broker_id: str) -> Product:
        """What an order is for.

        Raises:
            Refusal: no such order.
        """
        ticket = self._by_broker.get(broker_id)
        if ticket is None:
            raise Refusal("Unknown order sent.", OrdRejReason.UNKNOWN_ORDER)
        return ticket.product

    def open_orders(self, as_of_ns: int) -> list[News]:
        """What it worked."""
        found = []
        for ticket in self.tickets:
            last = ticket.history[-1]
            if last.stage.is_over and last.at_ns <= as_of_ns:
                continue
            moment = ticket.as_of(as_of_ns)
            if moment is not None and not moment.stage.is_over:
                found.append(status_report(self.style, ticket, moment))
        return found

    def find(self, client_id: str, as_of_ns: int) -> News | None:
        """The order of a client id, open or over."""
        ticket = self._by_client.get(client_id)
        moment = ticket.as_of(as_of_ns) if ticket is not None else None
        if ticket is None or moment is None:
            return None
        return status_report(self.style, ticket, moment)

    def executions(self, since_ns: int, as_of_ns: int) -> list[News]:
        """What was traded, corrected and busted."""
        return [
            execution_report(self.style, each)
            for each in self.ledger.executions_of(since_ns, as_of_ns)
        ]

    def _cancelled(self, ticket: Ticket) -> None:
        self._changing.discard(id(ticket))
        if ticket.stage.is_over:
            self._refuse(ticket, X.CANCEL_REJECTED, OrdRejReason.TOO_LATE_TO_CANCEL)
        else:
            self._finish(ticket, Stage.CANCELLED)

    def _replaced(
        self, ticket: Ticket, new_id: str, terms: tuple[int, int | None, int | None]
    ) -> None:
        self._changing.discard(id(ticket))
        qty, limit_px, stop_px = terms
        if ticket.stage.is_over or (qty <= ticket.cum and self._happens(0.5)):
            self._refuse(ticket, X.REPLACE_REJECTED, OrdRejReason.TOO_LATE_TO_CANCEL)
            return
        if self.style.cancels_leg:
            event = event_report(self.style, ticket, X.CANCELED, self._clock.now_ns())
            self.tell(event)
            if self._happens(0.1):  # half done: the old one is gone, there is no new one
                ticket.stage = Stage.CANCELLED
                self.open.remove(ticket)
                self._keep(ticket)
                return
        if new_id != ticket.broker_id:
            ticket.broker_ids.append(new_id)
            self._by_broker[new_id] = ticket
        ticket.qty, ticket.limit_px, ticket.stop_px = max(qty, ticket.cum), limit_px, stop_px
        if ticket.cum >= ticket.qty:
            ticket.stage = Stage.FILLED
            self.open.remove(ticket)
        self._keep(ticket)
        self._tell(ticket, X.REPLACED)

    def _refuse(self, ticket: Ticket, exec_type: X, reason: OrdRejReason) -> None:
        self._tell(ticket, exec_type, reason=reason, text="too late")

    def _named(self, broker_id: str) -> Ticket:
        ticket = self._by_broker.get(broker_id)
        if ticket is None or broker_id != ticket.broker_id:
            raise Refusal("Unknown order sent.", OrdRejReason.UNKNOWN_ORDER)
        if ticket.stage.is_over:
            raise Refusal("order is already over", OrdRejReason.TOO_LATE_TO_CANCEL)
        if id(ticket) in self._changing:
            raise Refusal("order is being changed")
        return ticket
