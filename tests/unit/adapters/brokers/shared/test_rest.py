"""Whatever breaks on the way to an answer, the error says what the venue may know."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from regimeflow.adapters.brokers._shared.rest import RestClient
from regimeflow.types.errors import NetworkError, Outcome


@pytest.mark.parametrize(
    "failure",
    [AssertionError(), aiohttp.ServerDisconnectedError(), ConnectionResetError(), TimeoutError()],
    ids=lambda failure: type(failure).__name__,
)
def test_a_connection_that_breaks_leaves_the_outcome_unknown(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise failure

    async def ask() -> None:
        client = RestClient(
            "venue", "http://127.0.0.1:1", tls=None, connect_timeout_s=5, request_timeout_s=5
        )
        monkeypatch.setattr(aiohttp.ClientSession, "request", broken)
        try:
            await client.ask("GET", "/time", what="the time")
        finally:
            await client.close()

    with pytest.raises(NetworkError, match="the time") as caught:
        asyncio.run(ask())

    assert Outcome.UNKNOWN is caught.value.outcome
