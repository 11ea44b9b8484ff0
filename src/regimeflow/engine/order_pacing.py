"""Orders kept to the venue's rate: spread out a little, refused beyond that."""

from __future__ import annotations

from typing import Final

from regimeflow.types.errors import RiskDenied

_SECOND: Final = 1_000_000_000


class Pacer:
    """When the next order may leave.

    A second's worth of orders may leave at once (a bucket of ``per_second`` that refills evenly);
    what comes faster waits for its turn, at most ``longest_wait_s``.
    """

    def __init__(self, per_second: float, longest_wait_s: float) -> None:
        self._per_second: Final = per_second
        self._step_ns: Final = int(_SECOND / per_second) if per_second > 0 else 0
        self._burst_ns: Final = max(_SECOND - self._step_ns, 0)
        self._longest_ns: Final = int(longest_wait_s * _SECOND)
        self._next_ns = 0

    def check(self, now_ns: int) -> None:
        """Refuse an order that would wait too long.

        Raises:
            RiskDenied: rule ``max_orders_per_second`` of the venue.
        """
        wait_ns = self._next_ns - self._burst_ns - now_ns
        if wait_ns > self._longest_ns:
            raise RiskDenied(
                "venue max_orders_per_second",
                limit=f"{self._per_second:g}/s and a wait of {self._longest_ns / _SECOND:g} s",
                value=f"a wait of {wait_ns / _SECOND:.3f} s",
            )

    def take(self, now_ns: int) -> int:
        """Take the next turn and return when it is; in the past or now: at once."""
        turn_ns = self._next_ns - self._burst_ns
        self._next_ns = max(self._next_ns, now_ns) + self._step_ns
        return turn_ns
