from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from regimeflow.adapters.brokers.paper import pump as pump_module
from regimeflow.adapters.brokers.paper.pump import LONGEST_TURN_NS, Pump
from regimeflow.adapters.clock import ReplayClock
from regimeflow.adapters.feeds.feed import Events, FeedEvent, TradeEvent

MS = 1_000_000


class WatchedTime:
    """Real time that passes only while the pump sleeps or an event takes its time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, loop: asyncio.AbstractEventLoop) -> None:
        self.now_ns = 0
        self.slept_ns: list[int] = []
        self._loop = loop
        monkeypatch.setattr(pump_module.time, "perf_counter_ns", lambda: self.now_ns)
        monkeypatch.setattr(loop, "call_later", self._call_later)

    def _call_later(self, delay_s: float, callback: object) -> asyncio.Handle:
        def wake() -> None:
            self.now_ns += round(delay_s * 1e9)
            self.slept_ns.append(round(delay_s * 1e9))
            callback()

        return self._loop.call_soon(wake)


def some_events(*times_ns: int) -> Callable[[], Events]:
    def play() -> Events:
        yield from [TradeEvent(at_ns, "X", 1, 1, 1, 1) for at_ns in times_ns]

    return play


def test_paced_events_happen_at_their_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> list[tuple[int, int]]:
        watched = WatchedTime(monkeypatch, asyncio.get_running_loop())
        clock, seen = ReplayClock(), []
        events = some_events(10 * MS, 30 * MS, 31 * MS)
        play = lambda event: seen.append((event.recv_ns, watched.now_ns))  # noqa: E731
        assert await Pump(clock, events, play).run(speed=2.0)
        return seen

    assert [
        (10 * MS, 5 * MS),
        (30 * MS, 15 * MS),
        (31 * MS, 15 * MS),
    ] == asyncio.run(scene())


def test_timers_between_events_fire_at_their_own_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> list[tuple[str, int, int]]:
        watched = WatchedTime(monkeypatch, asyncio.get_running_loop())
        clock, seen = ReplayClock(), []

        def note(what: str) -> None:
            seen.append((what, clock.now_ns(), watched.now_ns))

        clock.call_at(20 * MS, lambda: note("timer"))
        await Pump(clock, some_events(40 * MS), lambda _: note("event")).run(speed=1.0)
        return seen

    assert [("timer", 20 * MS, 20 * MS), ("event", 40 * MS, 40 * MS)] == asyncio.run(scene())


def test_a_timer_set_while_the_pump_sleeps_wakes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> list[str]:
        loop = asyncio.get_running_loop()
        clock, seen = ReplayClock(), []
        pump = Pump(clock, some_events(10_000_000 * MS), lambda _: seen.append("event"))

        def fire() -> None:
            seen.append("timer")
            pump.stop()

        task = loop.create_task(pump.run(speed=1.0))
        await asyncio.sleep(0)
        clock.call_at(0, fire)
        assert not await asyncio.wait_for(task, 5)
        return seen

    assert ["timer"] == asyncio.run(scene())


def test_stopping_wakes_a_sleeping_pump_and_no_event_is_lost() -> None:
    async def scene() -> list[int]:
        clock, seen, first = ReplayClock(), [], asyncio.Event()

        def play(event: FeedEvent) -> None:
            seen.append(event.recv_ns)
            first.set()

        pump = Pump(clock, some_events(5, 10_000_000 * MS), play)
        task = asyncio.get_running_loop().create_task(pump.run(speed=1.0))
        await first.wait()
        pump.stop()
        assert not await asyncio.wait_for(task, 5)
        assert await pump.run(speed=None)
        return seen

    assert [5, 10_000_000 * MS] == asyncio.run(scene())


def test_a_flat_out_pump_gives_the_loop_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> list[int]:
        watched = WatchedTime(monkeypatch, asyncio.get_running_loop())
        played, turns = [0], []

        def play(_: FeedEvent) -> None:
            played[0] += 1
            watched.now_ns += MS

        async def look() -> None:
            while True:
                turns.append(played[0])
                await asyncio.sleep(0)

        looker = asyncio.get_running_loop().create_task(look())
        await Pump(ReplayClock(), some_events(*range(1, 101)), play).run(speed=None)
        looker.cancel()
        return turns

    turns = asyncio.run(scene())

    assert 100 // (LONGEST_TURN_NS // MS) - 1 <= len(turns)
    steps = [after - before for before, after in pairwise(turns)]
    assert max(steps) <= LONGEST_TURN_NS // MS + 1


def test_a_pace_that_cannot_be_kept_still_plays_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> tuple[int, int]:
        watched = WatchedTime(monkeypatch, asyncio.get_running_loop())
        played = [0]

        def play(_: FeedEvent) -> None:
            played[0] += 1
            watched.now_ns += 10 * MS

        await Pump(ReplayClock(), some_events(*range(1, 51)), play).run(speed=1_000.0)
        return played[0], len(watched.slept_ns)

    assert (50, 0) == asyncio.run(scene())


def test_a_cut_moves_the_clock_to_the_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(speed: float | None) -> tuple[int, int]:
        clock, seen = ReplayClock(), []
        events = some_events(1 * MS, 2 * MS, 9 * MS)
        pump = Pump(clock, events, lambda event: seen.append(event.recv_ns), end_ns=5 * MS)
        assert await pump.run(speed=speed)
        return clock.now_ns(), len(seen)

    assert (5 * MS, 2) == asyncio.run(scene(None)) == asyncio.run(scene(100.0))


def test_real_time_is_read_from_the_monotonic_clock() -> None:
    assert pump_module.time is time
