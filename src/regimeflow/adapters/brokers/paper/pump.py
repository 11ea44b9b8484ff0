"""Plays a feed against its clock: as fast as it can be read, or paced by real time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Final

from regimeflow.adapters.clock import ReplayClock
from regimeflow.adapters.feeds.feed import Events, FeedEvent

if TYPE_CHECKING:
    import asyncio

# Signals, commands and the dashboard get their turn at least this often.
LONGEST_TURN_NS: Final = 5_000_000
# A shorter wait is not worth a sleep: the event is played now.
SHORTEST_SLEEP_NS: Final = 1_000_000


class Pump:
    """Moves a clock through a feed and hands over its events, on a loop that stays responsive.

    Timers of the clock that are due between two events fire at their own time, paced like the
    events. A pace that the machine cannot keep is not caught up by skipping: everything is played,
    late.

    Threading: the loop's.
    """

    def __init__(
        self,
        clock: ReplayClock,
        open_events: Callable[[], Events],
        play: Callable[[FeedEvent], None],
        *,
        end_ns: int | None = None,
    ) -> None:
        self._clock: Final = clock
        self._open_events: Final = open_events
        self._play: Final = play
        self._end_ns: Final = end_ns
        self._events: Events | None = None
        self._next: FeedEvent | None = None  # read, not played
        self._played_count = 0
        self._is_stopped = False
        self._sleeper: asyncio.Future[None] | None = None
        self._sleeps_until_ns = 0  # feed time

    def stop(self) -> None:
        """End ``run`` before its next event."""
        self._is_stopped = True
        self._wake()

    async def run(self, *, speed: float | None) -> bool:
        """Play on from where the last run was stopped.

        A feed that was stopped is closed, since it may never go on; to go on, it is read again.

        Args:
            speed: 1.0 is real time, None as fast as possible.

        Returns:
            Whether it came to the end, not stopped.
        """
        self._is_stopped = False
        self._clock.on_timer_set(None if speed is None else self._on_timer_set)
        with closing(self._open_events()) as events:
            for _ in range(self._played_count):
                next(events, None)
            self._events = events
            try:
                return await (self._run_flat_out() if speed is None else self._run_paced(speed))
            finally:
                self._events = self._next = None
                self._clock.on_timer_set(None)

    def _read(self) -> FeedEvent | None:
        """The next event, kept until it is played; None at the end."""
        if self._next is None and self._events is not None:
            self._next = next(self._events, None)
        event, end_ns = self._next, self._end_ns
        if event is None or (end_ns is not None and event.recv_ns > end_ns):
            return None
        return event

    def _take(self) -> None:
        self._next = None
        self._played_count += 1

    def _last_ns(self) -> int:
        """Where the feed's time ends: at its cut if more would follow, else at its last event."""
        now_ns = self._clock.now_ns()
        return now_ns if self._next is None or self._end_ns is None else self._end_ns

    async def _run_flat_out(self) -> bool:
        import asyncio

        clock, play, now = self._clock, self._play, time.perf_counter_ns
        turn_ends_ns = now() + LONGEST_TURN_NS
        while True:
            if now() >= turn_ends_ns:
                await asyncio.sleep(0)
                turn_ends_ns = now() + LONGEST_TURN_NS
            if self._is_stopped:
                return False
            event = self._read()
            if event is None:
                clock.advance_to(self._last_ns())
                return True
            clock.advance_to(event.recv_ns)
            self._take()
            play(event)

    async def _run_paced(self, speed: float) -> bool:
        clock = self._clock
        pace = _Pace(clock.now_ns(), speed)
        while not self._is_stopped:
            event = self._read()
            if event is None:
                return await self._pass_time(self._last_ns(), pace)
            if not await self._pass_time(event.recv_ns, pace):
                return False
            self._take()
            self._play(event)
        return False

    async def _pass_time(self, until_ns: int, pace: _Pace) -> bool:
        """Let time pass until the feed's is ``until_ns``, timers included; false when stopped."""
        import asyncio

        clock = self._clock
        while not self._is_stopped:
            timer_ns = clock.next_timer_ns()
            next_ns = until_ns if timer_ns is None else min(until_ns, timer_ns)
            wait_ns = pace.wait_ns(next_ns)
            if wait_ns >= SHORTEST_SLEEP_NS:
                await self._sleep(wait_ns, next_ns)
                pace.begin_turn()
                continue
            if pace.is_turn_over():
                await asyncio.sleep(0)
                pace.begin_turn()
                continue
            clock.advance_to(next_ns)
            if next_ns == until_ns:
                return True
        return False

    async def _sleep(self, wait_ns: int, until_ns: int) -> None:
        """Sleep until it is time, an earlier timer is set, or the pump is stopped."""
        import asyncio

        loop = asyncio.get_running_loop()
        self._sleeper = loop.create_future()
        self._sleeps_until_ns = until_ns
        handle = loop.call_later(wait_ns / 1e9, self._wake)
        try:
            await self._sleeper
        finally:
            handle.cancel()
            self._sleeper = None

    def _wake(self) -> None:
        if self._sleeper is not None and not self._sleeper.done():
            self._sleeper.set_result(None)

    def _on_timer_set(self, when_ns: int) -> None:
        if when_ns < self._sleeps_until_ns:
            self._wake()


class _Pace:
    """Feed time against real time."""

    __slots__ = ("_began_ns", "_feed_began_ns", "_speed", "_turn_ends_ns")

    def __init__(self, feed_began_ns: int, speed: float) -> None:
        self._began_ns: Final = time.perf_counter_ns()
        self._feed_began_ns: Final = feed_began_ns
        self._speed: Final = speed
        self._turn_ends_ns = self._began_ns + LONGEST_TURN_NS

    def wait_ns(self, feed_ns: int) -> int:
        """How much real time is left until feed time ``feed_ns``; negative when it is late."""
        due_ns = self._began_ns + int((feed_ns - self._feed_began_ns) / self._speed)
        return due_ns - time.perf_counter_ns()

    def is_turn_over(self) -> bool:
        """Whether the loop should have its turn."""
        return time.perf_counter_ns() >= self._turn_ends_ns

    def begin_turn(self) -> None:
        """Note that the loop had its turn."""
        self._turn_ends_ns = time.perf_counter_ns() + LONGEST_TURN_NS
