"""Tells clients of orders: openOrder, orderStatus, errors, executions, commissions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.clients import Clients
from regimeflow.apps.venues.ib.errors import Refusal
from regimeflow.apps.venues.ib.executions import Executions
from regimeflow.apps.venues.ib.interruptions import Faulty
from regimeflow.apps.venues.ib.messages import Execution
from regimeflow.apps.venues.ib.order_forms import completed_order, open_order
from regimeflow.apps.venues.ib.session import Session
from regimeflow.apps.venues.ib.settings import TwsSettings
from regimeflow.apps.venues.ib.ticket import Ticket
from regimeflow.apps.venues.ib.times import stamp

_OF_OTHERS: Final = -1
_FIELD_OF_A_LATER_VERSION: Final = "1"


class Teller:
    """What happens to an order, in the words of the wire, to everyone who hears of it."""

    def __init__(
        self, clients: Clients, executions: Executions, faults: Faulty, settings: TwsSettings
    ) -> None:
        self._clients = clients
        self._executions = executions
        self._faults = faults
        self._settings = settings

    def order(self, ticket: Ticket) -> None:
        """Send openOrder and orderStatus."""
        for session in self._clients.hearers(ticket):
            self.order_to(session, ticket)

    def order_later(self, ticket: Ticket) -> Callable[[], None]:
        """Return what sends openOrder and orderStatus as they are now, whenever it is called."""
        status = messages.order_status(ticket.status_news())
        forms = [
            (session, open_order(ticket.told(), ticket.rows, session.version))
            for session in self._clients.hearers(ticket)
        ]

        def send() -> None:
            if self._clients.is_cut_off:
                return
            for session, form in forms:
                session.send(form)
                session.send(status)

        return send

    def order_to(self, session: Session, ticket: Ticket, *, is_foreign: bool = False) -> None:
        """Send openOrder and orderStatus to one client."""
        self._send(session, ticket, open_order(ticket.told(), ticket.rows, session.version))
        owner = None
        if is_foreign:
            struck = self._faults.take("foreign_client_id", client=session.client_id)
            owner = None if struck is None else _OF_OTHERS
        self._send(session, ticket, messages.order_status(ticket.status_news(owner)))

    def open_order(self, ticket: Ticket) -> None:
        """Send openOrder alone, as when the commission of an order becomes known."""
        for session in self._clients.hearers(ticket):
            self._send(session, ticket, open_order(ticket.told(), ticket.rows, session.version))

    def status(self, ticket: Ticket) -> None:
        """Send orderStatus alone; statuses repeat at times."""
        again = self._faults.take("repeat_status", symbol=ticket.contract.market)
        times = 1 + (int(str(again["times"])) if again else 0)
        for session in self._clients.hearers(ticket):
            for _ in range(times):
                self._send(session, ticket, messages.order_status(ticket.status_news()))
            odd = self._faults.take("odd_status", symbol=ticket.contract.market)
            if odd is not None:
                news = replace(ticket.status_news(), status=str(odd["status"]))
                session.send(messages.order_status(news))

    def error(self, ticket: Ticket, refusal: Refusal) -> None:
        """Send an error that names the order."""
        for session in self._clients.hearers(ticket):
            session.refuse(ticket.told_id, refusal)

    def execution(self, ticket: Ticket, execution: Execution) -> None:
        """Send an execDetails of what happened just now; some come again."""
        again = self._faults.take("repeat_execution", symbol=ticket.contract.market)
        times = 1 + (int(str(again["times"])) if again else 0)
        for session in self._clients.hearers(ticket):
            for _ in range(times):
                self._send(session, ticket, self._executions.told(session, -1, execution))

    def window_execution(self, execution: Execution) -> None:
        """Send an execDetails of what was ordered in the window, and what it cost."""
        for session in self._clients.watchers():
            session.send(self._executions.told(session, -1, execution))
            session.send(messages.commission_report(execution))

    def commission(self, ticket: Ticket, execution: Execution) -> None:
        """Send what an execution cost."""
        for session in self._clients.hearers(ticket):
            self._send(session, ticket, messages.commission_report(execution))

    def executions_to(self, session: Session, request_id: int, found: Iterable[Execution]) -> None:
        """Answer reqExecutions: each with its commission, late ones included."""
        for execution in found:
            session.send(self._executions.told(session, request_id, execution))
            self._executions.pay_commission(execution)
            session.send(messages.commission_report(execution))

    def completed_to(self, session: Session, ticket: Ticket) -> None:
        """Send a completedOrder."""
        time = stamp(ticket.completed_ns, self._settings.time_zone, "zone")
        session.send(completed_order(ticket.told_completed(time), ticket.rows, session.version))

    def _send(self, session: Session, ticket: Ticket, fields: messages.Fields) -> None:
        """Send news of an order; some have fields that nobody knows yet."""
        newer = self._faults.take("new_field", symbol=ticket.contract.market)
        more = [_FIELD_OF_A_LATER_VERSION] * (int(str(newer["fields"])) if newer else 0)
        session.send([*fields, *more])
