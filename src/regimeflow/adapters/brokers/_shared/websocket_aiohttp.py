"""The WebSocket transport on aiohttp: slower, and everywhere."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final

import aiohttp

from regimeflow.adapters.brokers._shared.websocket import OnClosed, OnFrame, Socket

_LARGEST_FRAME: Final = 64 * 1024 * 1024
_HEARTBEAT_S: Final = 45.0
_CLOSE_S: Final = 0.5


class _Socket:
    def __init__(
        self,
        session: aiohttp.ClientSession,
        socket: aiohttp.ClientWebSocketResponse,
        on_frame: OnFrame,
        on_closed: OnClosed,
    ) -> None:
        self._session: Final = session
        self._socket: Final = socket
        self._on_frame: Final = on_frame
        self._on_closed: Final = on_closed
        self._unsent: list[str | bytes] = []
        self._sending: asyncio.Task[None] | None = None
        self._reading: Final = asyncio.ensure_future(self._read())

    @property
    def is_open(self) -> bool:
        return not self._socket.closed and not self._reading.done()

    def send(self, text: bytes) -> None:
        self._leave(text.decode())

    def send_packed(self, frame: bytes) -> None:
        self._leave(frame)

    def _leave(self, message: str | bytes) -> None:
        if not self.is_open:
            return
        self._unsent.append(message)
        if self._sending is None:
            self._sending = asyncio.ensure_future(self._send())

    def close(self) -> None:
        self._reading.cancel()

    async def _send(self) -> None:
        try:
            while self._unsent:
                message = self._unsent.pop(0)
                if isinstance(message, str):
                    await self._socket.send_str(message)
                else:
                    await self._socket.send_bytes(message)
        except (ConnectionError, aiohttp.ClientError):
            self._unsent.clear()
        finally:
            self._sending = None

    async def _read(self) -> None:
        why = "the connection was lost"
        try:
            async for message in self._socket:
                if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    data = message.data
                    self._on_frame(data.encode() if isinstance(data, str) else data)
            if self._socket.close_code is not None:
                why = f"closed by the venue: {self._socket.close_code}"
        except asyncio.CancelledError:
            why = "closed by us"
        finally:
            self._on_closed(why)
            await self._socket.close()
            await self._session.close()


async def open_socket(
    url: str,
    on_frame: OnFrame,
    on_closed: OnClosed,
    *,
    tls: ssl.SSLContext | None,
    timeout_s: float,
    headers: Mapping[str, str] | None = None,
) -> Socket:
    """Open a connection; see ``Opener``."""
    session = aiohttp.ClientSession(trust_env=True)
    try:
        async with asyncio.timeout(timeout_s):
            socket = await session.ws_connect(
                url,
                ssl=True if tls is None else tls,
                headers=headers,
                heartbeat=_HEARTBEAT_S,
                max_msg_size=_LARGEST_FRAME,
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
            )
    except aiohttp.ClientError as error:
        await session.close()
        raise ConnectionError(f"no WebSocket: {type(error).__name__}") from None
    except BaseException:  # cancelled too: nothing stays open
        await session.close()
        raise
    return _Socket(session, socket, on_frame, on_closed)
