"""One socket to TWS: ib_async's client and decoder, with our own view of what they bring.

The library's ``Wrapper`` keeps orders and decides which of its codes end them; none of that is
used. Its ``Client`` frames and unframes, its ``Decoder`` reads fields; what it reads comes here.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Final

from regimeflow.adapters.brokers.ib.errors import (
    CLIENT_ID_IN_USE,
    VENUE,
    not_sent,
    refusal,
)
from regimeflow.adapters.brokers.ib.library import library
from regimeflow.adapters.brokers.ib.pacing import Pacer
from regimeflow.adapters.brokers.ib.times import seconds_of
from regimeflow.types.errors import BrokerError, NetworkError

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import Requests

Handlers = Mapping[str, Callable[..., object]]
_ERROR, _ERROR_FIELDS = 4, 6
_EXECUTION: Final = 11
# Messages that the library reads only when they have exactly so many fields: prices, commissions,
# positions. What a later version has behind them is cut off.
_EXACT: Final = {1: 7, 59: 8, 61: 16, 71: 19}
_TIME_AT: Final = 15  # of an execution's fields
_LIBRARY_LOG: Final = logging.getLogger("ib_async.silent")
_LIBRARY_LOG.setLevel(logging.CRITICAL + 1)


class _Inbox:
    """Stands where the library's wrapper stands: each message goes to whom it is about."""

    defaultTimezone: Final = UTC  # noqa: N815  # the decoder asks for it

    def __init__(self, handlers: Handlers) -> None:
        self._handlers: Final = handlers

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._handlers.get(name, _nothing)


class _Complaints:
    """Stands where the decoder's log stands: what it could not read, or nobody could take."""

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell: Final = tell

    def exception(self, text: str) -> None:
        """Take note of a message that was lost."""
        error = sys.exc_info()[1]
        self._tell(f"{text[:200]} {type(error).__name__}: {error}")


class Line:
    """A connection to TWS.

    Args:
        handlers: What takes the messages, by the names of IB's ``EWrapper``.
        zone: Of TWS, for times that name none.
        on_lost: Told once when an open connection ends that nobody closed.
        on_broken: Told of a message that could not be read or taken.
    """

    def __init__(
        self,
        handlers: Handlers,
        *,
        zone: str,
        on_lost: Callable[[Line, str], object],
        on_broken: Callable[[str], object],
    ) -> None:
        self._zone: Final = zone
        self._on_lost: Final = on_lost
        self._errors: Final = handlers["error"]
        self._said: BrokerError | None = None
        self._ended: asyncio.Future[str] | None = None
        self._is_open = False
        self._is_closed = False
        taken = {**handlers, "error": self._error, "nextValidId": self._next_id}
        self._client: Final = library().Client(_Inbox(taken))
        self._client._logger = _LIBRARY_LOG  # noqa: SLF001  # it has no other switch
        self._pacer: Final = Pacer(self._write)
        self._client.sendMsg = self._pacer.put
        self._client.conn.disconnected += self._disconnected
        decoder = self._client.decoder
        decoder.logger = _Complaints(on_broken)
        read_error, read_execution = decoder.handlers[_ERROR], decoder.handlers[_EXECUTION]
        decoder.handlers[_ERROR] = lambda fields: read_error(_whole(fields))
        decoder.handlers[_EXECUTION] = lambda fields: read_execution(self._timed(fields))
        for kind, length in _EXACT.items():
            decoder.handlers[kind] = partial(_cut, decoder.handlers[kind], length)
        self.next_valid_id = 1

    @property
    def requests(self) -> Requests:
        """What sends requests.

        Raises:
            NetworkError: the connection is not there.
        """
        if not self.is_open:
            raise not_sent("there is no connection to TWS")
        client: Requests = self._client
        return client

    @property
    def is_open(self) -> bool:
        """Whether requests leave."""
        return self._is_open

    @property
    def accounts(self) -> list[str]:
        """The accounts of the login."""
        return list(self._client.getAccounts())

    async def open(self, host: str, port: int, client_id: int, *, timeout_s: float) -> None:
        """Connect and shake hands.

        Raises:
            NetworkError: nobody listens there, or it does not answer as TWS does.
            BrokerError: TWS refused us.
        """
        self._ended = asyncio.get_running_loop().create_future()
        connecting = self._client.connectAsync(host, port, client_id, timeout_s)
        opening = asyncio.ensure_future(connecting)
        try:
            await asyncio.wait({opening, self._ended}, return_when=asyncio.FIRST_COMPLETED)
            if self._said is not None:
                raise self._said
            if not opening.done():
                raise not_sent(f"TWS at {host}:{port} closed the connection: is its API enabled?")
            await opening
        except (OSError, TimeoutError) as error:
            text = f"no TWS or IB Gateway answers at {host}:{port} ({type(error).__name__})"
            raise NetworkError(f"{text}: {error}" if str(error) else text, venue=VENUE) from None
        finally:
            if not opening.done():
                opening.cancel()
                await asyncio.wait({opening})
        self._is_open = True

    def close(self) -> None:
        """End it."""
        self._is_closed, self._is_open = True, False
        self._pacer.close()
        if self._client.conn.isConnected():
            self._client.disconnect()

    def drop(self, why: str) -> None:
        """End it as one that is dead already."""
        self.close()
        self._on_lost(self, why)

    def _write(self, message: str) -> None:
        body = message.encode()
        self._client.conn.sendMsg(len(body).to_bytes(4) + body)

    def _error(self, number: int, code: int, text: str, json: str = "") -> None:
        if code == CLIENT_ID_IN_USE:
            self._said = refusal(code, text)
            if self._ended is not None and not self._ended.done():
                self._ended.set_result(text)
            return
        self._errors(number, code, text, json)

    def _next_id(self, next_valid_id: int) -> None:
        self.next_valid_id = next_valid_id

    def _disconnected(self, text: str) -> None:
        was_open, self._is_open = self._is_open, False
        self._pacer.close()
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(text)
        if was_open and not self._is_closed:
            self._is_closed = True
            self._on_lost(self, text or "TWS closed it")

    def _timed(self, fields: list[str]) -> list[str]:
        """An execution with its time in a form that the library reads right."""
        fields = list(fields)
        try:
            seconds = seconds_of(fields[_TIME_AT], self._zone)
        except ValueError:
            seconds = int(time.time())  # a fill is never lost for its time
        fields[_TIME_AT] = str(seconds).zfill(10)
        return fields


def _whole(fields: list[str]) -> list[str]:
    """An error with the field that older forms of it lack: the library would drop it else."""
    return [*fields, *[""] * (_ERROR_FIELDS - len(fields))]


def _cut(read: Callable[[list[str]], object], length: int, fields: list[str]) -> None:
    """Read a message without what later versions have behind it."""
    read(fields[:length])


def _nothing(*_: object) -> None:
    """Take what nobody asked for."""
