"""Sessions that are written down, and journals that something has happened to."""

from __future__ import annotations

import asyncio
import hashlib
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

from regimeflow._core.journal_writer import crc32c
from regimeflow.live import Order, OrderSide, OrderType
from tests.support.engines import Run, a_config
from tests.support.journal import patch
from tests.support.keeping import KeepingVenue, until

BUY = Order("BTCUSDT", OrderSide.BUY, OrderType.LIMIT, 1, limit_price=100)
LEAVE = {"orders": {"on_stop": "leave", "lookup_interval_s": 0.01}}


def a_journalled_run(venue: KeepingVenue, folder: Path, **tables: object) -> Run:
    journal = {
        "enabled": "yes",
        "folder": str(folder),
        "segment_mb": 1,
        **tables.pop("journal", {}),  # type: ignore[dict-item]
    }
    return Run(a_config("Silent", journal=journal, **tables), venue)


def play(run: Run, act: Callable[[], Awaitable[None]]) -> None:
    """Run a session, act in it, stop it."""

    async def main() -> None:
        running = asyncio.ensure_future(run.engine.run())
        await until(lambda: run.engine.is_running() or running.done())
        try:
            await act()
        finally:
            run.engine.stop()
            async with asyncio.timeout(10):
                await running

    asyncio.run(main())


def a_journal_with_a_fill(folder: Path) -> KeepingVenue:
    """Write a session that left an order with 0.4 of 1 filled; return its venue."""
    venue = KeepingVenue()
    run = a_journalled_run(venue, folder, **LEAVE)

    async def act() -> None:
        run.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)
        venue.fill("V1", "E1", "0.4")
        await until(lambda: run.engine.summary().fills)

    play(run, act)
    return venue


def contents(folder: Path) -> dict[str, str]:
    """Return what is in a folder: to see that nothing has changed."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def a_newer_format(segment: Path) -> None:
    """Make a segment one that a newer version wrote in another format."""
    head = bytearray(segment.read_bytes()[:48])
    struct.pack_into("<I", head, 8, 2)
    patch(segment, 0, bytes(head) + struct.pack("<I", crc32c(bytes(head))))
