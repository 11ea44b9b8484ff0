"""One port for clients of TWS and for the control endpoint: the first byte tells them apart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from regimeflow.apps.venues.ib.framing import GREETING


class Doorman(asyncio.Protocol):
    """Waits for the first bytes of a connection and hands it on to whom it is meant for."""

    def __init__(
        self,
        tws: Callable[[], asyncio.Protocol],
        http: Callable[[], asyncio.Protocol],
        waiting: set[Doorman],
    ) -> None:
        self._tws = tws
        self._http = http
        self._waiting = waiting
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait: clients of either kind speak first."""
        self._transport = cast("asyncio.Transport", transport)
        self._waiting.add(self)

    def data_received(self, data: bytes) -> None:
        """Hand the connection on; no request of HTTP begins with the letter of the greeting."""
        if self._transport is None:
            return
        self._waiting.discard(self)
        protocol = (self._tws if data[:1] == GREETING[:1] else self._http)()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of who never spoke."""
        del exc
        self._waiting.discard(self)
        self._transport = None

    def abort(self) -> None:
        """Close a connection that waits."""
        if self._transport is not None:
            self._transport.abort()
