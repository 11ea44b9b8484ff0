"""Why trading is off, who turned it off, and what turns it on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from regimeflow.types.enums import TradingState
from regimeflow.types.records import Record

BY_HAND: Final = "enable_trading()"  # what ends a hold that waits for a person


class Hold(Record):
    """One reason not to trade.

    ``state`` is the most that it allows, ``ends_with`` what ends it, in words for the person who
    reads it at night.
    """

    cause: str
    state: TradingState
    text: str
    ends_with: str
    since_ns: int


class KillSwitch:
    """The holds that are on; the strictest one decides.

    A hold is put on and taken off by its cause, so that one cause's end never ends another's.

    Args:
        on_change: Told when another hold decides, or none.
        on_holds: Told of every hold that is put on or taken off, whether it decides or not.

    Threading: any thread; both are called on the thread that made the change, before the change's
        call returns.
    """

    def __init__(
        self,
        on_change: Callable[[TradingState, Hold | None], None],
        on_holds: Callable[[], None] = lambda: None,
    ) -> None:
        self._holds: dict[str, Hold] = {}
        self._on_change = on_change
        self._on_holds = on_holds
        # Re-entrant, because what hears of a change may put on or take off another hold.
        self._lock = threading.RLock()

    @property
    def state(self) -> TradingState:
        """What the pre-trade gate may let pass now."""
        strictest = self.strictest
        return strictest.state if strictest else TradingState.ACTIVE

    @property
    def strictest(self) -> Hold | None:
        """The hold that decides; the oldest of the strictest. None when trading is on."""
        return min(self._holds.values(), key=lambda hold: (hold.state, hold.since_ns), default=None)

    @property
    def holds(self) -> tuple[Hold, ...]:
        """Every hold that is on, oldest first."""
        return tuple(self._holds.values())

    def hold(self, hold: Hold) -> bool:
        """Put a hold on; false when its cause held already (the first one stands)."""
        with self._lock:
            if hold.cause in self._holds:
                return False
            before = self.strictest
            self._holds = {**self._holds, hold.cause: hold}
            self._tell(before)
            return True

    def release(self, cause: str) -> bool:
        """Take a hold off; false when it was not on."""
        with self._lock:
            if cause not in self._holds:
                return False
            before = self.strictest
            self._holds = {name: hold for name, hold in self._holds.items() if name != cause}
            self._tell(before)
            return True

    def release_by_hand(self) -> None:
        """Take off every hold that waits for a person; others stay until their own end."""
        for hold in self.holds:
            if hold.ends_with == BY_HAND:
                self.release(hold.cause)

    def read(self, callback: Callable[[TradingState, Hold | None], None]) -> None:
        """Call back with the state and the hold that decides, while neither can change."""
        with self._lock:
            callback(self.state, self.strictest)

    def _tell(self, before: Hold | None) -> None:
        now = self.strictest
        if now is not before:
            self._on_change(self.state, now)
        self._on_holds()
