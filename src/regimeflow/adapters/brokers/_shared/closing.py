"""How a session at a venue ends: its work is stopped first, then its connections are closed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final, Protocol

_TURNS: Final = 3  # of the loop, for sockets to go


class Closing(Protocol):
    """A part of a session."""

    async def close(self) -> None:
        """Close it; harmless the second time."""
        ...


async def close_session(
    works: Iterable[asyncio.Task[None] | None], parts: Iterable[Closing | None]
) -> None:
    """Stop what goes on by itself, then close each part, in this order; None: it is not there."""
    for work in works:
        if work is not None:
            work.cancel()
            await asyncio.wait({work})
    for part in parts:
        if part is not None:
            await part.close()
    for _ in range(_TURNS):
        await asyncio.sleep(0)
