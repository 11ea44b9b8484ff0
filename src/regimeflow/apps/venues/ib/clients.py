"""Who is connected, under which client id, and who hears of which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regimeflow.apps.venues.ib.errors import Code
from regimeflow.apps.venues.ib.session import NO_CLIENT, Session
from regimeflow.apps.venues.ib.ticket import Ticket

TWS_OWNER: Final = 0  # the client id that may take over what was ordered by hand


class Clients:
    """The sessions of one TWS.

    During an outage (``is_cut_off``) nothing that happens at IB reaches anyone; what a client asks
    of TWS itself is still answered.
    """

    def __init__(self, master_client_id: int | None) -> None:
        self._master_client_id = master_client_id
        self._sessions: dict[int, Session] = {}
        self._strangers: set[Session] = set()  # connected, no startApi yet
        self.binds_manual_orders = False
        self.is_cut_off = False

    def met(self, session: Session) -> None:
        """Somebody connected."""
        self._strangers.add(session)

    def has(self, client_id: int) -> bool:
        """Whether a client id is in use."""
        return client_id in self._sessions

    def join(self, session: Session, client_id: int) -> None:
        """A session says who it is."""
        self._strangers.discard(session)
        session.client_id = client_id
        self._sessions[client_id] = session

    def leave(self, session: Session) -> None:
        """A session is gone."""
        self._strangers.discard(session)
        if self._sessions.get(session.client_id) is session:
            del self._sessions[session.client_id]
            if session.client_id == TWS_OWNER:
                self.binds_manual_orders = False
        session.client_id = NO_CLIENT

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._sessions.values()))

    def everyone(self) -> list[Session]:
        """Return all connections, those that have not said who they are included."""
        return [*self._sessions.values(), *self._strangers]

    def hearers(self, ticket: Ticket) -> list[Session]:
        """Return who is told what happens to an order, its own client first."""
        if self.is_cut_off:
            return []
        if ticket.client_id == TWS_OWNER and ticket.order_id <= 0:
            return self.watchers()
        return self._found(ticket.client_id, self._master_client_id)

    def watchers(self) -> list[Session]:
        """Return who is told what happens in the window."""
        if self.is_cut_off:
            return []
        return self._found(TWS_OWNER if self.binds_manual_orders else None, self._master_client_id)

    def _found(self, *ids: int | None) -> list[Session]:
        found = [self._sessions.get(number) for number in dict.fromkeys(ids) if number is not None]
        return [session for session in found if session is not None]

    def sees(self, session: Session, ticket: Ticket) -> bool:
        """Whether an order is one of a client's own in reqOpenOrders."""
        return ticket.client_id == session.client_id

    def announce(self, code: Code) -> None:
        """Tell everyone news of connections."""
        for session in self:
            session.tell(code)
