"""Plays a feed into an exchange: at the feed's own pace, faster, or step by step.

Stepped, the market stands still until somebody asks for more, and everything that a step caused
has been written to the sockets when the step is answered: a client that reads and trades between
steps takes part in the same market each time, however slow it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from regimeflow.adapters.feeds.feed import Feed
from regimeflow.apps.venues.exchange.exchange import Exchange

STEPPED: Final = 0.0
_BATCH: Final = 64  # events between two looks at the sockets, at full speed
_TICK_S: Final = 0.1
PATIENCE_S: Final = 2.0  # with a client that reads nothing: it must not hold up the market
_NS: Final = 10**9


class MarketDriver:
    """Turns the events of a feed into what happens at the exchange.

    Args:
        feed: What is played.
        exchange: Where.
        clock: The venue's time, UTC nanoseconds; the feed's own times only say how far apart
            things happen.
        flush: Returns when what was caused has been written.
        speed: N times as fast as it was, None as fast as it goes, ``STEPPED`` only when asked.
    """

    def __init__(
        self,
        feed: Feed,
        exchange: Exchange,
        clock: Callable[[], int],
        flush: Callable[[], Awaitable[None]],
        *,
        speed: float | None,
    ) -> None:
        self._feed: Final = feed
        self._exchange: Final = exchange
        self._clock: Final = clock
        self._flush: Final = flush
        self._speed = speed
        self._is_paused = False
        self._changed: Final = asyncio.Event()
        self._idle: Final = asyncio.Event()
        self._may_play = 0  # events, when stepped
        self._may_play_until_ns = 0
        self._feed_ns = feed.start_ns
        self._anchor = (feed.start_ns, time.monotonic_ns())
        self.played = 0
        self.is_ended = False

    async def run(self) -> None:
        """Play the feed to its end, then only let time pass."""
        ticking = asyncio.create_task(self._tick())
        try:
            await self._play()
            self.is_ended = True
            self._idle.set()
            await ticking
        finally:
            ticking.cancel()

    def set_speed(self, speed: float | None) -> None:
        """Go on at another speed."""
        self._speed = speed
        self._resume()

    def pause(self, *, is_paused: bool) -> None:
        """Stand still, or go on."""
        self._is_paused = is_paused
        self._resume()

    async def step(self, *, events: int = 0, seconds: float = 0.0) -> None:
        """Play so many events, or so much of the feed's time, then stand still.

        It returns when all that this caused has been written to clients that read it.
        """
        self._speed = STEPPED
        self._may_play = events
        self._may_play_until_ns = self._feed_ns + int(seconds * _NS) if seconds else 0
        if not self.is_ended:
            self._idle.clear()
            self._resume()
            await self._idle.wait()
        await self._flushed()

    def state(self) -> dict[str, object]:
        """Where it stands."""
        speed = "max" if self._speed is None else self._speed or "stepped"
        return {
            "speed": speed,
            "paused": self._is_paused,
            "played": self.played,
            "feed_ns": self._feed_ns,
            "progress": self._feed.progress(),
            "ended": self.is_ended,
        }

    async def _play(self) -> None:
        scales = self._feed.scales()
        apply = self._exchange.apply
        for event in self._feed.events():
            if not self._is_due(event.recv_ns):
                await self._wait_for(event.recv_ns)
            self._feed_ns = event.recv_ns
            self._may_play -= 1
            self.played += 1
            apply(event, scales[event.symbol], self._clock())
            if not self.played % _BATCH:
                if self._speed is None:
                    await self._flushed()
                await asyncio.sleep(0)

    async def _flushed(self) -> None:
        """Wait until what was caused has been written, as long as clients read it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._flush()

    def _is_due(self, at_ns: int) -> bool:
        if self._is_paused:
            return False
        if self._speed is None:
            return True
        if self._speed == STEPPED:
            return self._may_play > 0 or at_ns <= self._may_play_until_ns
        return self._wait_s(at_ns, self._speed) <= 0

    def _wait_s(self, at_ns: int, speed: float) -> float:
        feed_ns, began_ns = self._anchor
        return (at_ns - feed_ns) / speed / _NS - (time.monotonic_ns() - began_ns) / _NS

    async def _wait_for(self, at_ns: int) -> None:
        while not self._is_due(at_ns):
            self._changed.clear()
            if self._is_paused or self._speed is None or self._speed == STEPPED:
                self._idle.set()
                await self._changed.wait()
                continue
            try:
                async with asyncio.timeout(self._wait_s(at_ns, self._speed)):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _resume(self) -> None:
        self._anchor = (self._feed_ns, time.monotonic_ns())
        self._changed.set()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self._exchange.advance(self._clock())
