from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping

import pytest

from regimeflow._core.bus import EventBus
from regimeflow._core.messages import Quote
from regimeflow.adapters.clock import ReplayClock
from regimeflow.engine.awaiting import Reply
from regimeflow.engine.turns import Turns
from regimeflow.live import NetworkError, Outcome
from regimeflow.ports.answered import Answered
from regimeflow.ports.promise import Promise


class Log:
    """The turns, as a journal would have them."""

    def __init__(self) -> None:
        self.lines: list[tuple[object, ...]] = []

    def timer_fired(self, number: int, now_ns: int) -> None:
        self.lines.append(("timer", number, now_ns))

    def pending(self, number: int, name: str, now_ns: int) -> None:
        self.lines.append(("pending", number, name, now_ns))

    def answered(
        self, number: int, name: str, now_ns: int, reply: Reply[object], *, at_once: bool
    ) -> None:
        self.lines.append(("at once" if at_once else "later", number, name, now_ns))

    def called(self, name: str, now_ns: int, args: Mapping[str, object]) -> None:
        self.lines.append(("called", name, now_ns))

    def saw_link(self, *, is_up: bool, now_ns: int) -> None:
        self.lines.append(("link", is_up, now_ns))


def test_time_stands_still_within_a_turn_and_is_the_arrival_of_the_message_on_hand() -> None:
    clock, bus = ReplayClock(100), EventBus()
    turns, seen = Turns(clock, bus=bus), []

    def look(_: object) -> None:
        seen.append(turns.now_ns())
        clock.advance_to(999)
        seen.append(turns.now_ns())

    bus.subscribe_payload(1, look)
    bus.dispatch(Quote("BTCUSDT", 1, 1, 2, 1, ts_recv_ns=150))

    assert [150, 150] == seen


def test_time_never_goes_back() -> None:
    clock, bus = ReplayClock(100), EventBus()
    turns = Turns(clock, bus=bus)
    seen: list[int] = []
    bus.subscribe_payload(1, lambda _: seen.append(turns.now_ns()))

    bus.dispatch(Quote("BTCUSDT", 1, 1, 2, 1, ts_recv_ns=150))
    bus.dispatch(Quote("BTCUSDT", 1, 1, 2, 1, ts_recv_ns=120))

    assert [150, 150] == seen


class SetBack(ReplayClock):
    """A machine's clock that somebody sets."""

    def set(self, now_ns: int) -> None:
        self._set_ns = now_ns

    def now_ns(self) -> int:
        return getattr(self, "_set_ns", 1_000)


def test_row_49_a_clock_that_is_set_back_takes_no_time_back() -> None:
    clock = SetBack(1_000)
    turns = Turns(clock, bus=EventBus())
    turns.call("first", lambda: None)

    clock.set(200)
    turns.call("second", lambda: None)

    assert (1_000, 1_000) == (turns.now_ns(), turns.monotonic_ns())


def test_a_timer_is_a_turn_at_its_own_time() -> None:
    clock, bus, log = ReplayClock(100), EventBus(), Log()
    turns, seen = Turns(clock, bus=bus), []
    turns.log = log
    turns.call_at(120, lambda: seen.append(turns.now_ns()))

    clock.advance_to(500)

    assert [120] == seen
    assert [("timer", 1, 120)] == log.lines


def test_what_follows_an_await_runs_in_the_turn_of_the_answer() -> None:
    turns, promise, seen = Turns(ReplayClock(100)), Promise[int](), []

    async def work() -> None:
        seen.append(await turns.ask("one", lambda: promise))
        seen.append(await turns.ask("two", lambda: Answered(2)))

    turns.start(work())
    assert [] == seen
    promise.keep(1)

    assert [1, 2] == seen


def test_the_log_says_which_answers_were_there_at_once() -> None:
    turns, promise, log = Turns(ReplayClock(100)), Promise[int](), Log()
    turns.log = log

    async def work() -> None:
        await turns.ask("now", lambda: Answered(1))
        await turns.ask("later", lambda: promise)

    turns.start(work())
    promise.keep(2)

    assert [
        ("called", "start", 100),
        ("at once", 1, "now", 100),
        ("pending", 2, "later", 100),
        ("later", 2, "later", 100),
    ] == log.lines


def test_a_failure_is_raised_where_the_answer_is_awaited() -> None:
    turns, caught = Turns(ReplayClock()), []

    def refuse() -> Awaitable[int]:
        raise NetworkError("no line")

    async def work() -> None:
        try:
            await turns.ask("connect", refuse)
        except NetworkError as error:
            caught.append(str(error))

    turns.start(work())

    assert ["no line"] == caught


def test_a_question_without_an_answer_in_time_is_an_unknown_outcome() -> None:
    clock, promise, caught = ReplayClock(), Promise[int](), []
    turns = Turns(clock)

    async def work() -> None:
        try:
            await turns.ask("get_positions", lambda: promise, within_s=2.0)
        except NetworkError as error:
            caught.append(error)

    turns.start(work())
    clock.advance_to(3_000_000_000)
    promise.keep(1)

    (error,) = caught
    assert Outcome.UNKNOWN is error.outcome
    assert "get_positions: no answer within 2 s" in str(error)


def test_a_script_that_begins_inside_a_dispatch_waits_until_it_is_over() -> None:
    clock, bus, seen = ReplayClock(100), EventBus(), []
    turns = Turns(clock, bus=bus)

    async def work() -> None:
        seen.append(bus.draining)

    bus.subscribe_payload(1, lambda _: turns.start(work()))
    bus.dispatch(Quote("BTCUSDT", 1, 1, 2, 1))
    assert [] == seen
    clock.advance_to(101)

    assert [False] == seen


def test_a_stopped_script_never_goes_on() -> None:
    turns, promise, seen = Turns(ReplayClock()), Promise[int](), []

    async def work() -> None:
        seen.append(await turns.ask("one", lambda: promise))

    script = turns.start(work())
    script.stop()
    script.stop()
    promise.keep(1)

    assert [] == seen
    assert script.is_over


def test_a_pause_ends_when_the_time_has_passed() -> None:
    clock, seen = ReplayClock(0), []
    turns = Turns(clock)

    async def work() -> None:
        await turns.pause(2.0)
        seen.append(clock.now_ns())

    turns.start(work())
    clock.advance_to(5_000_000_000)

    assert [2_000_000_000] == seen


def test_a_coroutine_that_awaits_something_else_is_a_clear_error() -> None:
    turns = Turns(ReplayClock())

    async def work() -> None:
        await asyncio.sleep(0)

    with pytest.raises(Exception, match="no turn"):
        turns.start(work())


def test_a_host_awaits_a_script_on_its_own_loop() -> None:
    async def main() -> int:
        turns = Turns(ReplayClock())

        async def network() -> int:
            await asyncio.sleep(0)
            return 7

        async def work() -> int:
            return 1 + await turns.ask("get", network)

        return await turns.in_loop(work())

    assert 8 == asyncio.run(main())


def test_a_host_that_gives_up_stops_the_script_and_its_question() -> None:
    cancelled: list[bool] = []

    async def never() -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return 0

    async def main() -> None:
        turns = Turns(ReplayClock())

        async def work() -> int:
            return await turns.ask("get", never)

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(turns.in_loop(work()), 0.01)
        await asyncio.sleep(0)

    asyncio.run(main())

    assert [True] == cancelled
