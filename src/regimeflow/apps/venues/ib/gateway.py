"""Between the sockets and the exchange: requests go in, what happens is told, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Final

from regimeflow.apps.venues.exchange import events
from regimeflow.apps.venues.ib.requests import dispatch
from regimeflow.apps.venues.ib.session import Session
from regimeflow.apps.venues.ib.times import moment
from regimeflow.apps.venues.ib.tws import Tws


class Gateway:
    """Handles what sessions receive, and tells what the exchange does.

    What happens at the exchange is told after the call that made it happen, in its order, before
    anything else is read from a socket.
    """

    def __init__(self, tws: Tws) -> None:
        self.tws: Final = tws
        self._events: deque[events.Event] = deque()
        self._is_settling = False
        self._is_due = False
        tws.exchange.listen(self._heard)
        tws.flow.on_sent = self.settle

    @property
    def messages_per_s(self) -> int:
        """How many messages a client may send in a second."""
        return self.tws.settings.messages_per_s

    def now_ns(self) -> int:
        """Return the time."""
        return self.tws.now_ns()

    def server_time(self) -> str:
        """Return the time as the handshake tells it."""
        return moment(self.tws.now_ns()).strftime("%Y%m%d %H:%M:%S UTC")

    def take_fault(self, name: str, **context: object) -> Mapping[str, object] | None:
        """Return a fault's parameters when it strikes here."""
        return self.tws.faults.take(name, **context)

    def admit(self, session: Session) -> bool:
        """Whether a new connection is taken."""
        if self.tws.lines.is_down:
            return False
        self.tws.clients.met(session)
        return True

    def request(self, session: Session, fields: list[str]) -> None:
        """Answer one message of a client."""
        self.settle()
        dispatch(self.tws, session, fields)
        self.settle()

    def forget(self, session: Session) -> None:
        """Drop what a client had that is gone."""
        self.tws.clients.leave(session)
        self.tws.forget(session)

    def settle(self) -> None:
        """Tell all that happened, and what follows from it, until nothing does."""
        if self._is_settling:
            return
        self._is_settling = True
        self._is_due = False
        quoted: set[str] = set()
        has_new_money = False
        try:
            while self._events:
                event = self._events.popleft()
                if isinstance(event, events.OrderEvent):
                    self.tws.order_events.handle(event)
                elif isinstance(event, events.BookChanged):
                    quoted.add(event.symbol)
                elif isinstance(event, events.PublicTrade):
                    quoted.add(event.symbol)
                    self._traded(event)
                has_new_money = has_new_money or isinstance(
                    event, events.Traded | events.Transferred
                )
        finally:
            self._is_settling = False
        if self.tws.clients.is_cut_off:
            return
        for market in sorted(quoted):
            self.tws.quotes.quote_changed(market)
            self.tws.depths.book_changed(market)
        if has_new_money:
            self.tws.subscriptions.changed()

    def time_passed(self) -> None:
        """Tell what time brings."""
        if not self.tws.clients.is_cut_off:
            self.tws.bars.time_passed()
            self.tws.subscriptions.time_passed()

    def _traded(self, event: events.PublicTrade) -> None:
        tape = self.tws.tapes[event.symbol]
        tape.add(event.price, event.quantity, event.time_ns)
        if not self.tws.clients.is_cut_off:
            self.tws.quotes.traded(event.symbol, event.price, event.quantity, event.time_ns)

    def _heard(self, event: events.Event) -> None:
        self._events.append(event)
        if not self._is_due and not self._is_settling:
            self._is_due = True
            try:
                asyncio.get_running_loop().call_soon(self.settle)
            except RuntimeError:
                self._is_due = False  # nobody runs yet: told with the next event
