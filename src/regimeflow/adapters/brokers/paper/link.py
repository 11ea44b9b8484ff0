"""The way between us and the venue: it takes time, and keeps the order of what goes over it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from regimeflow.adapters.clock import ReplayClock


class Link:
    """One direction of a session.

    Everything arrives after the latency and a seeded part of the jitter; nothing overtakes.

    Args:
        clock: The feed's.
        latency_ns: Least time under way.
        jitter_ns: Most that chance adds.
        seed: Text that names the run and the direction.
    """

    def __init__(self, clock: ReplayClock, *, latency_ns: int, jitter_ns: int, seed: str) -> None:
        self._clock: Final = clock
        self._latency_ns: Final = latency_ns
        self._jitter_ns: Final = jitter_ns
        self._random: Final = random.Random(seed)
        self._last_ns = 0
        self.in_flight = 0

    def next_arrival_ns(self) -> int:
        """Draw when the next thing sent now arrives; to be followed by ``send_at`` with it."""
        drawn = self._random.randrange(self._jitter_ns + 1) if self._jitter_ns else 0
        self._last_ns = max(self._last_ns, self._clock.now_ns() + self._latency_ns + drawn)
        return self._last_ns

    def send_at(self, arrival_ns: int, arrive: Callable[[], None]) -> None:
        """Have ``arrive`` called at a time that ``next_arrival_ns`` gave."""
        self.in_flight += 1

        def arrived() -> None:
            self.in_flight -= 1
            arrive()

        self._clock.call_at(arrival_ns, arrived)

    def send(self, arrive: Callable[[], None]) -> None:
        """Have ``arrive`` called when something sent now gets there."""
        self.send_at(self.next_arrival_ns(), arrive)
