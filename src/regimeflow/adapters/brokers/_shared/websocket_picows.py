"""The WebSocket transport on picows: 126 to 500 ns a message where aiohttp takes 1,700."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final

import picows

from regimeflow.adapters.brokers._shared.websocket import OnClosed, OnFrame, Socket

_LARGEST_FRAME: Final = 64 * 1024 * 1024
# A peer that says nothing at all, not even pings, is asked; then the connection counts as lost.
_IDLE_S: Final = 30.0
_REPLY_S: Final = 15.0
_DATA: Final = (picows.WSMsgType.TEXT, picows.WSMsgType.BINARY, picows.WSMsgType.CONTINUATION)


class _Listener(picows.WSListener):
    """Puts frames together and tells of whole messages and of the end."""

    def __init__(self, on_frame: OnFrame, on_closed: OnClosed) -> None:
        super().__init__()
        self._on_frame: Final = on_frame
        self._on_closed: Final = on_closed
        self._parts: list[bytes] = []
        self._why = ""

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """Take a frame."""
        if frame.msg_type in _DATA:
            if frame.fin and not self._parts:
                self._on_frame(frame.get_payload_as_bytes())
                return
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                whole = b"".join(self._parts)
                self._parts.clear()
                self._on_frame(whole)
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            reason = (frame.get_close_message() or b"").decode("utf-8", "replace")
            self._why = f"closed by the venue: {frame.get_close_code()} {reason}".rstrip()
            transport.send_close(picows.WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, _: picows.WSTransport) -> None:
        """Tell of the end."""
        self._on_closed(self._why or "the connection was lost")


class _Socket:
    def __init__(self, transport: picows.WSTransport) -> None:
        self._transport: Final = transport

    @property
    def is_open(self) -> bool:
        return not (self._transport.is_disconnected or self._transport.is_close_frame_sent)

    def send(self, text: bytes) -> None:
        if self.is_open:
            self._transport.send(picows.WSMsgType.TEXT, text)

    def send_packed(self, frame: bytes) -> None:
        if self.is_open:
            self._transport.send(picows.WSMsgType.BINARY, frame)

    def close(self) -> None:
        if self.is_open:
            self._transport.send_close(picows.WSCloseCode.OK)
        self._transport.disconnect(False)  # the frame has left; the peer's answer is not awaited


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
    try:
        async with asyncio.timeout(timeout_s):
            transport, _ = await picows.ws_connect(
                lambda: _Listener(on_frame, on_closed),
                url,
                ssl_context=tls if url.startswith("wss:") else None,
                disconnect_on_exception=True,
                websocket_handshake_timeout=timeout_s,
                enable_auto_ping=True,
                auto_ping_idle_timeout=_IDLE_S,
                auto_ping_reply_timeout=_REPLY_S,
                enable_auto_pong=True,
                max_frame_size=_LARGEST_FRAME,
                extra_headers=headers,
            )
    except picows.WSError as error:
        raise ConnectionError(f"no WebSocket: {error}") from None
    return _Socket(transport)
