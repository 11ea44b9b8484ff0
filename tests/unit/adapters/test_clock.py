from __future__ import annotations

import asyncio

import pytest

from regimeflow.adapters import clock as clock_module
from regimeflow.adapters.clock import ReplayClock, SystemClock
from regimeflow.types.errors import InvalidState


def test_timers_fire_in_time_order_and_those_of_one_instant_as_they_were_set() -> None:
    clock, fired = ReplayClock(100), []
    clock.call_at(130, lambda: fired.append("c"))
    clock.call_at(120, lambda: fired.append("a"))
    clock.call_at(120, lambda: fired.append("b"))

    clock.advance_to(130)

    assert ["a", "b", "c"] == fired


def test_while_a_timer_fires_it_is_its_own_time() -> None:
    clock, seen = ReplayClock(100), []
    clock.call_at(120, lambda: seen.append(clock.now_ns()))

    clock.advance_to(500)

    assert [120] == seen
    assert 500 == clock.now_ns()
    assert 500 == clock.monotonic_ns()


def test_a_timer_set_by_a_timer_fires_in_the_same_move_when_it_is_due() -> None:
    clock, fired = ReplayClock(), []
    clock.call_at(10, lambda: clock.call_at(20, lambda: fired.append(clock.now_ns())))

    clock.advance_to(30)

    assert [20] == fired


def test_a_timer_that_is_due_already_fires_at_the_next_move() -> None:
    clock, fired = ReplayClock(100), []
    clock.call_at(50, lambda: fired.append(clock.now_ns()))

    clock.advance_to(100)

    assert [100] == fired


def test_a_cancelled_timer_never_fires_and_does_not_count_as_the_next() -> None:
    clock, fired = ReplayClock(), []
    timer = clock.call_at(10, lambda: fired.append("no"))
    clock.call_at(20, lambda: fired.append("yes"))

    timer.cancel()
    timer.cancel()

    assert 20 == clock.next_timer_ns()
    clock.advance_to(30)
    assert ["yes"] == fired
    assert clock.next_timer_ns() is None


def test_cancelling_a_timer_that_has_fired_is_harmless() -> None:
    clock, fired = ReplayClock(), []
    timer = clock.call_at(10, lambda: fired.append(1))
    clock.advance_to(10)

    timer.cancel()
    clock.advance_to(20)

    assert [1] == fired


def test_the_time_never_goes_back() -> None:
    clock = ReplayClock(100)

    clock.advance_to(50)

    assert 100 == clock.now_ns()


def test_moving_the_clock_from_inside_a_timer_is_refused() -> None:
    clock, refused = ReplayClock(), []

    def meddle() -> None:
        assert clock.is_advancing
        with pytest.raises(InvalidState):
            clock.advance_to(99)
        refused.append(True)

    clock.call_at(10, meddle)
    clock.advance_to(20)

    assert [True] == refused
    assert not clock.is_advancing


def test_a_raising_timer_leaves_the_clock_usable() -> None:
    clock, fired = ReplayClock(), []
    clock.call_at(10, lambda: 1 / 0)
    clock.call_at(20, lambda: fired.append(1))

    with pytest.raises(ZeroDivisionError):
        clock.advance_to(30)
    clock.advance_to(30)

    assert [1] == fired


def test_who_sleeps_is_told_of_each_timer() -> None:
    clock, told = ReplayClock(), []
    clock.on_timer_set(told.append)
    clock.call_at(7, lambda: None)
    clock.on_timer_set(None)

    clock.call_at(8, lambda: None)

    assert [7] == told


def test_a_timer_of_the_system_clock_fires_on_the_loop() -> None:
    async def scene() -> bool:
        clock, done = SystemClock(asyncio.get_running_loop()), asyncio.Event()
        clock.call_at(clock.now_ns() - 1, done.set)
        await asyncio.wait_for(done.wait(), 5)
        return True

    assert asyncio.run(scene())


def test_a_cancelled_timer_of_the_system_clock_never_fires() -> None:
    async def scene() -> list[str]:
        loop = asyncio.get_running_loop()
        clock, fired, done = SystemClock(loop), [], asyncio.Event()
        timer = clock.call_at(clock.now_ns(), lambda: fired.append("no"))
        timer.cancel()
        clock.call_at(clock.now_ns(), done.set)
        await asyncio.wait_for(done.wait(), 5)
        return fired

    assert [] == asyncio.run(scene())


class Times:
    """What the machine's clocks say, by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.utc = 1_000_000_000_000
        self.monotonic = 5_000_000_000
        monkeypatch.setattr(clock_module.time, "time_ns", lambda: self.utc)
        monkeypatch.setattr(clock_module.time, "monotonic_ns", lambda: self.monotonic)

    def pass_ns(self, elapsed_ns: int) -> None:
        self.utc += elapsed_ns
        self.monotonic += elapsed_ns


HOUR = 3_600_000_000_000


def test_a_machine_that_is_set_back_does_not_move_the_clock_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = Times(monkeypatch)
    clock = SystemClock()
    before_ns = clock.now_ns()

    times.utc -= HOUR
    times.pass_ns(7)

    assert before_ns + 7 == clock.now_ns()


def test_a_machine_that_slept_or_is_set_forward_is_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = Times(monkeypatch)
    clock = SystemClock()

    times.utc += HOUR
    assert times.utc == clock.now_ns()
    times.utc -= HOUR

    assert times.utc + HOUR == clock.now_ns()


def test_a_timer_waits_for_its_time_though_the_machine_is_set_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene() -> list[str]:
        times = Times(monkeypatch)
        clock, fired = SystemClock(asyncio.get_running_loop()), []
        timer = clock.call_at(clock.now_ns() + 1_000, lambda: fired.append("fired"))
        times.utc -= HOUR
        times.pass_ns(999)
        timer._wake()
        fired.append("slept on")
        times.pass_ns(1)
        timer._wake()
        return fired

    assert ["slept on", "fired"] == asyncio.run(scene())


def test_the_monotonic_time_of_the_system_clock_does_not_go_back() -> None:
    async def scene() -> bool:
        clock = SystemClock(asyncio.get_running_loop())
        return clock.monotonic_ns() <= clock.monotonic_ns()

    assert asyncio.run(scene())
