"""What cuts a client off in the middle of something: lost sockets, restarts, outages, silence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from regimeflow.apps.venues.ib.clients import Clients
from regimeflow.apps.venues.ib.errors import Code
from regimeflow.apps.venues.ib.session import Session


class Faulty(Protocol):
    """Where faults come from (``server.faults.Faults``)."""

    def take(self, name: str, **context: object) -> Mapping[str, object] | None:
        """Return a fault's parameters when it strikes here."""


class Interruptions:
    """The state of the lines: from client to TWS, and from TWS to IB.

    ``on_restore`` and ``on_restart`` are told by whoever keeps something over such an event.
    """

    def __init__(self, clients: Clients, faults: Faulty) -> None:
        self._clients = clients
        self._faults = faults
        self._parked: list[Callable[[], None]] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._drawn: dict[str, Mapping[str, object]] = {}
        self._keeps_orders = True
        self.is_down = False
        self.on_restore: Final[list[Callable[[Code], None]]] = []
        self.on_restart: Final[list[Callable[[], None]]] = []

    def strike(self, at: str, session: Session | None, **context: object) -> bool:
        """Whether the client's request is lost here, because the line broke before it counted."""
        return self._break(at, session, after_effect=False, **context)

    def strike_after(self, at: str, session: Session | None, **context: object) -> None:
        """Break the line when that is due, now that the request counts."""
        self._break(at, session, after_effect=True, **context)

    def _break(
        self, at: str, session: Session | None, *, after_effect: bool, **context: object
    ) -> bool:
        where: dict[str, object] = {"at": at, **context}
        if session is not None:
            where["client"] = session.client_id
            if not after_effect and self._faults.take("silent", **where) is not None:
                session.is_silent = True
                return True
        if not after_effect and (cut := self._faults.take("outage", **where)) is not None:
            self.begin_outage(
                float(str(cut["seconds"])),
                Code(int(str(cut["code"]))),
                keeps_orders=bool(cut["keeps_orders"]),
            )
        if self._strikes_now("disconnect", where, after_effect=after_effect) is not None:
            if session is not None:
                session.abort()
            return not after_effect
        pause = self._strikes_now("restart", where, after_effect=after_effect)
        if pause is not None:
            self.restart(float(str(pause["seconds"])))
            return not after_effect
        return False

    def _strikes_now(
        self, name: str, where: Mapping[str, object], *, after_effect: bool
    ) -> Mapping[str, object] | None:
        # the moment is a parameter of the fault: it is drawn before the effect and kept until then
        kept = self._drawn.pop(name, None) if after_effect else self._faults.take(name, **where)
        if kept is None:
            return None
        if bool(kept["after_effect"]) == after_effect:
            return kept
        self._drawn[name] = kept
        return None

    def begin_outage(self, seconds: float, code: Code, *, keeps_orders: bool = True) -> None:
        """Lose the line to IB; it comes back after so many seconds, or when told so (0)."""
        if self._clients.is_cut_off:
            return
        self._keeps_orders = keeps_orders
        self._clients.announce(Code.CONNECTION_LOST)
        self._clients.is_cut_off = True
        if seconds:
            self.later(seconds, lambda: self.end_outage(code))

    def end_outage(self, code: Code) -> None:
        """Have the line to IB again; what was sent meanwhile leaves now, or never does."""
        if not self._clients.is_cut_off:
            return
        self._clients.is_cut_off = False
        self._clients.announce(code)
        for restored in self.on_restore:
            restored(code)
        parked, self._parked = self._parked, []
        for request in parked if self._keeps_orders else ():
            request()

    def restart(self, seconds: float) -> None:
        """Close every socket without a message; take nobody for so many seconds."""
        for session in self._clients.everyone():
            session.abort()
        self._clients.is_cut_off = False
        self._parked.clear()
        for restarted in self.on_restart:
            restarted()
        if seconds:
            self.is_down = True
            self.later(seconds, self._come_back)

    def park(self, request: Callable[[], None]) -> bool:
        """Keep a request for when the line to IB is back; False when it is there."""
        if not self._clients.is_cut_off:
            return False
        self._parked.append(request)
        return True

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something after a while, unless TWS has stopped by then."""

        def run() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(timer)

    def stop(self) -> None:
        """Let nothing happen any more."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _come_back(self) -> None:
        self.is_down = False
