"""Room for orders: no more of them in any stretch of time than the venue counts to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

# Longer stretches (a day's) are the venue's to count: it gives back what is filled.
_LONGEST_S: Final = 60


class OrderRoom:
    """New orders and cancel-replaces of the last seconds, against the venue's own limits.

    The venue counts in stretches that begin at fixed times, and gives back what is filled; any
    stretch is counted here, and all of it, so the venue's count is never above this one.

    Args:
        clock_s: Seconds, on a clock that never goes back.
    """

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s: Final = clock_s
        self._sent: Final[dict[int, deque[float]]] = {}

    def set_limits(self, limits: Mapping[str, tuple[int, int]], *, per_second: float = 0.0) -> None:
        """Take the limits that there are.

        Args:
            limits: Those of exchangeInfo by name: how many in how many seconds.
            per_second: What the user says that the account may: it stands over a lower limit.
        """
        for name, (count, seconds) in limits.items():
            if name.startswith("ORDERS ") and seconds <= _LONGEST_S and count > 0:
                was = self._sent.get(seconds, ())
                self._sent[seconds] = deque(was, maxlen=max(count, int(per_second * seconds)))

    def take(self) -> float:
        """Take a place for one order; return how long it must wait until it may leave [s]."""
        now_s = self._clock_s()
        wait_s = self.wait_s()
        for sent in self._sent.values():
            sent.append(now_s + wait_s)
        return wait_s

    def wait_s(self) -> float:
        """How long an order that came now would have to wait."""
        now_s = self._clock_s()
        waits = [
            sent[0] + seconds - now_s
            for seconds, sent in self._sent.items()
            if len(sent) == sent.maxlen
        ]
        return max(0.0, *waits) if waits else 0.0
