"""A connection that stays: what is lost comes back at once, also while it is being replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from regimeflow.adapters.brokers._shared import link as module
from regimeflow.adapters.brokers._shared.link import Link
from regimeflow.types.errors import NetworkError, Outcome


class Wire:
    """A connection that opens, or does not, and is lost when the test says so."""

    def __init__(self, on_closed, *, opens: bool) -> None:
        self._on_closed = on_closed
        self._opens = opens
        self.is_open = False
        self.opened_at_s = 0.0

    async def open(self) -> None:
        await asyncio.sleep(0)
        if not self._opens:
            raise NetworkError("no", outcome=Outcome.NOT_SENT)
        self.is_open = True
        self.opened_at_s = asyncio.get_running_loop().time()

    def close(self) -> None:
        self.is_open = False

    def lose(self) -> None:
        self.is_open = False
        self._on_closed(self, "cut")


class Bench:
    """A link, every connection that it made, and how often it asked what it had missed."""

    def __init__(self) -> None:
        self.wires: list[Wire] = []
        self.failing = 0
        self.recovered = 0
        self.told: list[str] = []
        self.link: Link[Wire] = Link(
            "the connection",
            self._make,
            recover=self._recover,
            is_refused=lambda _: False,
            tell=self.told.append,
        )

    def _make(self, on_closed) -> Wire:
        self.failing -= 1
        self.wires.append(Wire(on_closed, opens=self.failing < 0))
        return self.wires[-1]

    async def _recover(self) -> None:
        self.recovered += 1

    async def until(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not is_so():  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)


def play(act: Callable[[Bench], Awaitable[None]]) -> Bench:
    bench = Bench()

    async def whole() -> None:
        await bench.link.open()
        try:
            await act(bench)
        finally:
            await bench.link.close()

    asyncio.run(whole())
    return bench


@pytest.fixture(autouse=True)
def long_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the end of an overlap here."""
    monkeypatch.setattr(module, "OVERLAP_S", 3_600.0)


def test_a_connection_that_is_lost_comes_back_and_what_it_missed_is_asked_for() -> None:
    async def act(bench: Bench) -> None:
        bench.wires[0].lose()
        assert bench.link.connection is None
        await bench.until(lambda: bench.link.gaps)
        assert bench.wires[1] is bench.link.connection
        assert 0.0 == bench.link.down_s()

    assert 1 == play(act).recovered


def test_one_that_is_lost_during_the_overlap_comes_back_at_once() -> None:
    async def act(bench: Bench) -> None:
        bench.link.replace("it is old")
        await bench.until(lambda: bench.link.cut_overs)
        bench.wires[1].lose()
        await bench.until(lambda: bench.link.gaps)
        assert bench.wires[2] is bench.link.connection
        assert not bench.wires[0].is_open

    assert 1 == play(act).recovered


def test_one_that_is_lost_while_the_next_does_not_open_yet_is_not_waited_for() -> None:
    async def act(bench: Bench) -> None:
        bench.failing = 1
        bench.link.replace("it is old")
        await bench.until(lambda: any("does not open" in text for text in bench.told))
        bench.wires[0].lose()
        await bench.until(lambda: bench.recovered)
        assert bench.wires[2] is bench.link.connection

    play(act)


def test_the_old_connection_lives_for_as_long_as_the_new_one_does_in_the_overlap() -> None:
    async def act(bench: Bench) -> None:
        bench.link.replace("it is old")
        await bench.until(lambda: bench.link.cut_overs)
        for _ in range(10):
            await asyncio.sleep(0)
        assert [True, True] == [each.is_open for each in bench.wires]
        bench.wires[0].lose()  # the old one may go: nothing is missed

    assert 0 == play(act).recovered
