"""AlpacaAdapter by itself: what it does about what it cannot understand."""

from __future__ import annotations

import asyncio

from regimeflow.adapters.brokers.alpaca.adapter import AlpacaAdapter
from regimeflow.types.config.alpaca import AlpacaSettings
from regimeflow.types.errors import NetworkError


def test_a_doubt_that_arises_while_the_account_is_asked_has_it_asked_again(monkeypatch):
    async def act() -> int:
        adapter = AlpacaAdapter(AlpacaSettings(environment="local"), symbols=["AAPL"])
        asked, answer = 0, asyncio.Event()

        async def recover() -> None:
            nonlocal asked
            asked += 1
            await answer.wait()

        monkeypatch.setattr(adapter._events, "recover", recover)
        adapter._doubt("an event could not be read")
        await asyncio.sleep(0)
        adapter._doubt("another")
        adapter._doubt("and another")
        answer.set()
        await adapter._catching_up
        return asked

    assert 2 == asyncio.run(act())


def test_an_account_that_cannot_be_asked_ends_no_doubt_that_comes_later(monkeypatch):
    async def act() -> int:
        adapter = AlpacaAdapter(AlpacaSettings(environment="local"), symbols=["AAPL"])
        asked = 0

        async def recover() -> None:
            nonlocal asked
            asked += 1
            raise NetworkError("no answer", venue="alpaca")

        monkeypatch.setattr(adapter._events, "recover", recover)
        for _ in range(2):
            adapter._doubt("an event could not be read")
            await adapter._catching_up
        return asked

    assert 2 == asyncio.run(act())
