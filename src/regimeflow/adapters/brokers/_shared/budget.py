"""What a venue allows us to ask: a weight per minute, and its orders to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regimeflow.types.errors import BrokerError, Outcome

_MINUTE_S: Final = 60.0


class WeightBudget:
    """Request weight by the venue's own minutes, kept below a limit.

    What the venue says it has counted stands over what we have counted. Once it says stop (429,
    418) nothing may leave until the time it gave.

    Args:
        venue: Its name, for errors.
        limit: Weight per minute to stay below.
        clock_s: UTC as the venue has it [s].
    """

    def __init__(self, venue: str, limit: int, clock_s: Callable[[], float]) -> None:
        self._venue: Final = venue
        self._limit: Final = limit
        self._clock_s: Final = clock_s
        self._minute = 0
        self._used = 0
        self._stopped_until_s = 0.0
        self._why = ""

    @property
    def used(self) -> int:
        """Weight of the current minute."""
        self._turn()
        return self._used

    @property
    def wait_s(self) -> float:
        """How long nothing may leave; 0 when it may."""
        return max(0.0, self._stopped_until_s - self._clock_s())

    def take(self, weight: int, *, is_urgent: bool = False) -> None:
        """Count a request that is about to leave.

        Args:
            weight: What it costs.
            is_urgent: An order or a cancel: it may use what the limit leaves of the venue's own.

        Raises:
            BrokerError: NOT_SENT with ``retry_after_s``: it would be too much, or the venue said
                stop.
        """
        self._turn()
        wait_s = self.wait_s
        if wait_s:
            raise self._refusal(f"the venue said to stop ({self._why})", wait_s)
        if not is_urgent and self._used + weight > self._limit:
            left_s = _MINUTE_S - self._clock_s() % _MINUTE_S
            text = f"{self._used} of {self._limit} request weight are used this minute"
            raise self._refusal(text, left_s)
        self._used += weight

    def hear(self, used: int) -> None:
        """Take the venue's own count of the current minute."""
        self._turn()
        self._used = max(0, used)

    def stop(self, seconds: float, why: str) -> None:
        """Let nothing leave for so long: the venue said so."""
        until_s = self._clock_s() + max(0.0, seconds)
        if until_s > self._stopped_until_s:
            self._stopped_until_s, self._why = until_s, why

    def _turn(self) -> None:
        minute = int(self._clock_s() // _MINUTE_S)
        if minute != self._minute:
            self._minute, self._used = minute, 0

    def _refusal(self, text: str, wait_s: float) -> BrokerError:
        text = f"not sent: {text}; {wait_s:.0f} s left"
        return BrokerError(
            text, venue=self._venue, outcome=Outcome.NOT_SENT, retry_after_s=round(wait_s, 3)
        )
