"""Which event loop a session runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a new loop: uvloop's where it is installed, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        import asyncio  # costs more to import than all of this package

        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
