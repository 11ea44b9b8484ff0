"""Which WebSocket transport is used: picows where it is installed, else aiohttp."""

from __future__ import annotations

from regimeflow.adapters.brokers._shared.websocket import Opener


def has_picows() -> bool:
    """Whether the fast transport is there."""
    from importlib.util import find_spec

    return find_spec("picows") is not None


def opener() -> Opener:
    """The best transport that is installed."""
    if has_picows():
        from regimeflow.adapters.brokers._shared.websocket_picows import open_socket
    else:
        from regimeflow.adapters.brokers._shared.websocket_aiohttp import open_socket
    return open_socket
