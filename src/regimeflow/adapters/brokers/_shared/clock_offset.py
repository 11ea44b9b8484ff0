"""How far the venue's clock is from ours."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_NS_PER_MS: Final = 1_000_000
# An estimate is as good as its round trip is short; a good one is kept over worse ones for so long.
_GOOD_FOR_NS: Final = 600 * 10**9


class ClockOffset:
    """The venue's UTC, from ours and what round trips showed.

    The venue's time was read somewhere within a round trip: its middle is the best guess, and it
    errs by half the trip at most. Of several readings the one with the shortest trip stands.

    Args:
        utc_ns: Our UTC.
        monotonic_ns: Our clock that nothing steps.
    """

    def __init__(
        self,
        utc_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._utc_ns: Final = utc_ns
        self._monotonic_ns: Final = monotonic_ns
        self._ahead_ns = utc_ns() - monotonic_ns()  # the venue's UTC less our monotonic clock
        self._trip_ns = 1 << 62
        self._at_ns = 0

    @property
    def offset_ms(self) -> float:
        """How far the venue is ahead of our UTC [ms]."""
        ours_ns = self._utc_ns() - self._monotonic_ns()
        return (self._ahead_ns - ours_ns) / _NS_PER_MS

    def monotonic_ns(self) -> int:
        """To be taken before a request for the venue's time leaves."""
        return self._monotonic_ns()

    def hear(self, sent_ns: int, venue_ms: int, *, is_forced: bool = False) -> None:
        """Take the answer to a request for the time, in milliseconds; see ``hear_ns``."""
        self.hear_ns(sent_ns, venue_ms * _NS_PER_MS, is_forced=is_forced)

    def hear_ns(self, sent_ns: int, venue_ns: int, *, is_forced: bool = False) -> None:
        """Take the answer to a request for the time.

        Args:
            sent_ns: ``monotonic_ns`` when the request left.
            venue_ns: What the venue answered.
            is_forced: What was believed so far is known to be wrong.
        """
        now_ns = self._monotonic_ns()
        trip_ns = now_ns - sent_ns
        is_old = now_ns - self._at_ns > _GOOD_FOR_NS
        if is_forced or is_old or trip_ns <= self._trip_ns:
            self._trip_ns, self._at_ns = trip_ns, now_ns
            self._ahead_ns = venue_ns - (sent_ns + trip_ns // 2)

    def now_ns(self) -> int:
        """The venue's UTC [ns]."""
        return self._monotonic_ns() + self._ahead_ns

    def now_ms(self) -> int:
        """The venue's UTC [ms], for signed requests."""
        return self.now_ns() // _NS_PER_MS

    def now_s(self) -> float:
        """The venue's UTC [s]."""
        return self.now_ns() / 10**9
