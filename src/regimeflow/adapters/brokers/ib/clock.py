"""The venue's time, as far as it can be known: TWS tells whole seconds."""

from __future__ import annotations

import time
from typing import ClassVar

from regimeflow.adapters.brokers.ib.times import NS


class VenueClock:
    """Our time, moved by what differs from the venue's beyond what its seconds leave open."""

    DOUBT_NS: ClassVar[int] = 2 * NS

    def __init__(self) -> None:
        self._offset_ns = 0

    def now_ns(self) -> int:
        """Return the venue's time, UTC."""
        return time.time_ns() + self._offset_ns

    def heard(self, seconds: int, *, asked_ns: int) -> None:
        """Take what TWS says its time is."""
        ours_ns = (asked_ns + time.time_ns()) // 2
        offset_ns = seconds * NS + NS // 2 - ours_ns
        self._offset_ns = offset_ns if abs(offset_ns) > self.DOUBT_NS else 0

    @property
    def offset_ms(self) -> float:
        """By how much the venue's time is ahead of ours [ms]."""
        return self._offset_ns / 1_000_000
