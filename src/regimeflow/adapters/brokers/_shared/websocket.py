"""A WebSocket behind one small interface; ``transports.py`` chooses what stands behind it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Protocol

OnFrame = Callable[[bytes], object]
OnClosed = Callable[[str], object]


class Socket(Protocol):
    """One open connection. Pings of the peer are answered by it."""

    @property
    def is_open(self) -> bool:
        """Whether what is sent leaves."""
        ...

    def send(self, text: bytes) -> None:
        """Hand a text frame to the transport; nothing happens when it is closed."""
        ...

    def send_packed(self, frame: bytes) -> None:
        """Hand a binary frame to the transport; nothing happens when it is closed."""
        ...

    def close(self) -> None:
        """Begin to close; ``on_closed`` follows."""
        ...


class Opener(Protocol):
    """What opens a socket.

    ``on_frame`` is called with each whole message, on the loop, and must not raise;
    ``on_closed`` once, with why.

    Raises:
        OSError: it cannot be opened; TimeoutError among them.
    """

    async def __call__(
        self,
        url: str,
        on_frame: OnFrame,
        on_closed: OnClosed,
        *,
        tls: ssl.SSLContext | None,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
    ) -> Socket:
        """Open it."""
        ...
