"""When stocks trade: the phase of the day, the clock, and the windows of the two auctions.

The market is open for ever unless it is told otherwise: a fixed phase, or New York's own calendar.
Crypto never closes and never asks.
"""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import Final

from regimeflow.apps.venues.alpaca.calendar import TradingDay, next_trading_day, trading_day
from regimeflow.apps.venues.alpaca.times import at_new_york, new_york

CALENDAR: Final = "calendar"
# Source: Alpaca, "Placing orders", time in force OPG and CLS (brokers' reference, read 2026-11).
_OPG_ENDS: Final = (9, 28)
_CLS_ENDS: Final = (15, 50)
_QUEUES_AGAIN: Final = (19, 0)


class Phase(enum.Enum):
    """Where the day stands."""

    CLOSED = "closed"
    PRE = "pre"
    OPEN = "open"
    AFTER = "after"


class Sessions:
    """The phase now, and what it lets orders do.

    Args:
        mode: A phase that never ends, or ``"calendar"``.
    """

    def __init__(self, mode: str = Phase.OPEN.value) -> None:
        self._fixed: Phase | None = None
        self.tell(mode)

    def tell(self, mode: str) -> None:
        """Change the mode.

        Raises:
            ValueError: there is no such mode.
        """
        if mode != CALENDAR and mode not in {phase.value for phase in Phase}:
            known = ", ".join([*(phase.value for phase in Phase), CALENDAR])
            raise ValueError(f"{mode!r} is no session; expected one of {known}")
        self._fixed = None if mode == CALENDAR else Phase(mode)

    @property
    def mode(self) -> str:
        """What was told last."""
        return CALENDAR if self._fixed is None else self._fixed.value

    def phase(self, now_ns: int) -> Phase:
        """Where the day stands at ``now_ns``."""
        if self._fixed is not None:
            return self._fixed
        day = trading_day(new_york(now_ns).date())
        if day is None or not day.pre_ns <= now_ns < day.after_ns:
            return Phase.CLOSED
        if now_ns < day.open_ns:
            return Phase.PRE
        return Phase.OPEN if now_ns < day.close_ns else Phase.AFTER

    def next_open(self, now_ns: int) -> int:
        """When regular hours begin next."""
        today = trading_day(new_york(now_ns).date())
        if today is not None and now_ns < today.open_ns and self._fixed is not Phase.OPEN:
            return today.open_ns
        return next_trading_day(new_york(now_ns).date()).open_ns

    def next_close(self, now_ns: int) -> int:
        """When regular hours end next; in a market that never closes, its nominal close."""
        local = new_york(now_ns)
        if self._fixed is Phase.OPEN:  # on a Sunday too
            tonight = at_new_york(local.date(), 16)
            return tonight if now_ns < tonight else at_new_york(local.date() + timedelta(1), 16)
        today = trading_day(local.date())
        if today is not None and now_ns < today.close_ns:
            return today.close_ns
        return next_trading_day(local.date()).close_ns

    def day_of(self, now_ns: int) -> TradingDay:
        """The trading day that orders of ``now_ns`` belong to."""
        local = new_york(now_ns).date()
        if self._fixed is Phase.OPEN:
            return TradingDay(local) if now_ns < at_new_york(local, 16) else TradingDay(
                local + timedelta(1)
            )  # fmt: skip
        today = trading_day(local)
        return today if today is not None and now_ns < today.after_ns else next_trading_day(local)

    def takes_opg(self, now_ns: int) -> bool:
        """Whether an order for the opening auction is taken now."""
        if self._fixed is not None:
            return self._fixed in {Phase.PRE, Phase.CLOSED}
        return not self._between(now_ns, _OPG_ENDS)

    def takes_cls(self, now_ns: int) -> bool:
        """Whether an order for the closing auction is taken now."""
        if self._fixed is not None:
            return self._fixed is not Phase.AFTER
        return not self._between(now_ns, _CLS_ENDS)

    @staticmethod
    def _between(now_ns: int, start: tuple[int, int]) -> bool:
        local = new_york(now_ns)
        is_in = start <= (local.hour, local.minute) < _QUEUES_AGAIN
        return is_in and trading_day(local.date()) is not None
