"""One client's connection: handshake, requests in, messages out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Final, Protocol, cast

from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.errors import NO_REQUEST, TEXTS, Code, Refusal
from regimeflow.apps.venues.ib.framing import (
    BadFraming,
    Unframer,
    frame,
    split_fields,
    versions_offered,
)
from regimeflow.apps.venues.ib.ids import HIGHEST_VERSION, LOWEST_VERSION
from regimeflow.apps.venues.ib.times import NS

NO_CLIENT: Final = -1
_VIOLATIONS_FORGIVEN: Final = 2


class Switchboard(Protocol):
    """What a session needs of the TWS that it belongs to."""

    @property
    def messages_per_s(self) -> int:
        """How many messages a client may send in a second."""

    def now_ns(self) -> int:
        """Return the time."""

    def server_time(self) -> str:
        """Return the time as the handshake tells it."""

    def take_fault(self, name: str, **context: object) -> Mapping[str, object] | None:
        """Return a fault's parameters when it strikes here."""

    def admit(self, session: Session) -> bool:
        """Whether a new connection is taken."""

    def request(self, session: Session, fields: list[str]) -> None:
        """Handle one message of a client."""

    def forget(self, session: Session) -> None:
        """The connection is gone."""


class Session(asyncio.Protocol):
    """The socket of one client.

    What is sent in one turn of the loop leaves in one segment, however many messages it is.
    """

    def __init__(self, tws: Switchboard) -> None:
        self._tws = tws
        self._unframer = Unframer()
        self._transport: asyncio.Transport | None = None
        self._outbox = bytearray()
        self._waiters: list[asyncio.Future[None]] = []
        self._is_pumping = False
        self._is_closing = False
        self._recent: deque[int] = deque()
        self._violations = 0
        self.is_silent = False
        self.version = 0
        self.client_id = NO_CLIENT

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket, unless TWS takes nobody now."""
        self._transport = cast("asyncio.Transport", transport)
        if not self._tws.admit(self):
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Handle each message that is complete."""
        try:
            for body in self._unframer.feed(data):
                if self._is_closing or self._transport is None:
                    return
                self._take(body)
        except BadFraming:
            if self.version:
                self.refuse(NO_REQUEST, Refusal(Code.BAD_LENGTH))
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of what was this client's."""
        del exc
        self._transport = None
        self._outbox.clear()
        self._wake()
        self._tws.forget(self)

    @property
    def is_connected(self) -> bool:
        """Whether the client can still be reached."""
        return self._transport is not None and not self._is_closing

    async def drain(self) -> None:
        """Return when nothing waits for its turn to be written."""
        while self._outbox and self._transport is not None:
            written = asyncio.get_running_loop().create_future()
            self._waiters.append(written)
            await written

    def send(self, fields: list[str]) -> None:
        """Send one message; a client that is gone or shut out gets nothing."""
        if self.is_connected and not self.is_silent:
            self._outbox += frame(fields)
            self._pump_soon()

    def refuse(self, request_id: int, refusal: Refusal) -> None:
        """Send an error."""
        self.send(messages.error(request_id, refusal.code, refusal.text, self.version))

    def tell(self, code: Code) -> None:
        """Send news of connections, which belongs to no request."""
        self.send(messages.error(NO_REQUEST, code, TEXTS[code], self.version))

    def hang_up(self) -> None:
        """Close once everything has been written."""
        self._is_closing = True
        self._pump_soon()

    def abort(self) -> None:
        """Close without a word; what was not written is lost."""
        self._is_closing = True
        self._outbox.clear()
        if self._transport is not None:
            self._transport.abort()

    def _take(self, body: bytes) -> None:
        if not self.version:
            self._shake_hands(body)
        elif not self.is_silent and self._is_within_pace():
            self._tws.request(self, split_fields(body))

    def _shake_hands(self, body: bytes) -> None:
        lowest, highest = versions_offered(body)
        if highest < LOWEST_VERSION or lowest > HIGHEST_VERSION:
            raise BadFraming(f"no version of {lowest}..{highest} is spoken here")
        self.version = min(highest, HIGHEST_VERSION)
        self.send([str(self.version), self._tws.server_time()])

    def _is_within_pace(self) -> bool:
        now, most = self._tws.now_ns(), self._tws.messages_per_s
        while self._recent and now - self._recent[0] >= NS:
            self._recent.popleft()
        self._recent.append(now)
        is_struck = self._tws.take_fault("pacing", client=self.client_id) is not None
        if len(self._recent) <= most and not is_struck:
            return True
        received = max(len(self._recent), most + 1) if is_struck else len(self._recent)
        self._violations += not is_struck
        text = (
            f"Max rate of messages per second has been exceeded: max={most} rec={received}"
            f" ({max(self._violations, 1)})"
        )
        self.refuse(NO_REQUEST, Refusal(Code.PACING, text))
        if self._violations > _VIOLATIONS_FORGIVEN:
            self.hang_up()
        return False

    def _pump_soon(self) -> None:
        if not self._is_pumping:
            self._is_pumping = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._is_pumping = False
        if self._transport is None:
            return
        if self._outbox:
            split = self._tws.take_fault("split_segments", client=self.client_id)
            length = int(str(split["bytes"])) if split else len(self._outbox)
            self._transport.write(bytes(self._outbox[:length]))
            del self._outbox[:length]
        if self._outbox:
            self._pump_soon()
            return
        self._wake()
        if self._is_closing:
            self._transport.close()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for written in waiters:
            if not written.done():
                written.set_result(None)
