"""ib_async as a user has it, at whichever version of the protocol."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.support.ib_tws import HOST, PATIENCE_S, LocalTws

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # eventkit asks for a loop when imported
    import ib_async

VERSIONS = (157, 176, 178)
APPLE = ib_async.Stock("AAPL", "SMART", "USD")


@asynccontextmanager
async def connected(
    local: LocalTws, *, version: int = 178, client_id: int = 7
) -> AsyncIterator[ib_async.IB]:
    """Connect; hang up at the end, whoever hung up before."""
    ib = ib_async.IB()
    ib.client.MaxClientVersion = version
    await ib.connectAsync(HOST, local.port, clientId=client_id, timeout=PATIENCE_S)
    try:
        yield ib
    finally:
        ib.disconnect()


async def until(ib: ib_async.IB, holds: Callable[[], object]) -> None:
    """Wait for what messages bring."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await ib.updateEvent


def a_limit(side: str, quantity: float, price: float, **more: object) -> ib_async.Order:
    return ib_async.LimitOrder(side, quantity, price, **more)
