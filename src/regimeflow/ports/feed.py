"""A venue that brings its own market and its own time: the paper venue over a feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from regimeflow.ports.clock import Clock


@runtime_checkable
class FeedDriven(Protocol):
    """What a broker adapter offers beside ``BrokerAdapter`` when the engine must turn its feed.

    Threading: as ``BrokerAdapter``.
    """

    @property
    def clock(self) -> Clock:
        """The feed's time; it moves only while the feed runs."""
        ...

    @property
    def speed(self) -> float | None:
        """How fast it is set to play: 1.0 is real time, None as fast as it can be read."""
        ...

    @property
    def seed(self) -> int:
        """What everything left to chance in a session over this feed is drawn from."""
        ...

    async def run_feed(self, *, speed: float | None) -> None:
        """Play the feed until it ends or the adapter is disconnected.

        Args:
            speed: 1.0 is real time, N is N times as fast, None as fast as it can be read.
        """
        ...

    def feed_progress(self) -> float | None:
        """How much of the feed has been played, 0 to 1; None when it has no end."""
        ...

    def feed_counts(self) -> Mapping[str, int]:
        """Count since the start, by kind: quotes, trades, ..., book_gaps, bad_lines."""
        ...

    def feed_faults(self) -> Sequence[str]:
        """What was wrong with the feed so far: the first bad lines, and where a file is torn."""
        ...
