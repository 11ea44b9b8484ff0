"""When IB may be asked for historical bars: it refuses what is too much (162)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Final

from regimeflow.adapters.brokers.ib.errors import HISTORICAL, VENUE
from regimeflow.types.errors import BrokerError, Outcome
from regimeflow.types.records import Record

# Source: IB, "Historical data limitations": the same question once in 15 s, less than six of one
# contract in 2 s, 60 in ten minutes. A little is added: its clock and ours are two.
SAME_S: Final = 15.0
LONGEST_WAIT_S: Final = 16.0
_BURST, _BURST_S = 5, 2.0
_MOST, _MOST_S = 60, 600.0
_SPARE_S: Final = 0.25


class _Asked(Record):
    at_s: float
    con_id: int
    question: Hashable


class HistoryPace:
    """Gives each question its turn.

    Args:
        now_s: The time, of a clock that nobody sets.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._now_s: Final = now_s
        self._sleep: Final = sleep
        self._asked: Final[deque[_Asked]] = deque()

    async def turn(self, con_id: int, question: Hashable, what: str) -> None:
        """Return when a question may be asked.

        Args:
            con_id: IB's number of the contract.
            question: What makes two questions the same.
            what: What to call it in an error.

        Raises:
            BrokerError: it is too long until then; says how long, and nothing was sent.
        """
        wait_s = self.reserve(con_id, question, what)
        if wait_s:
            await self._sleep(wait_s)

    def reserve(self, con_id: int, question: Hashable, what: str) -> float:
        """Take the next turn of a question and return how long it is until then; see ``turn``."""
        now_s = self._now_s()
        while self._asked and self._asked[0].at_s <= now_s - _MOST_S - _SPARE_S:
            self._asked.popleft()
        due_s = max(now_s, self._same(question), self._burst(con_id), self._many())
        if due_s - now_s > LONGEST_WAIT_S:
            wait_s = due_s - now_s
            raise BrokerError(
                f"{what}: IB answers {_MOST} questions about history in ten minutes;"
                f" ask again in {wait_s:.0f} s",
                venue=VENUE,
                outcome=Outcome.NOT_SENT,
                retry_after_s=wait_s,
            )
        self._asked.append(_Asked(due_s, con_id, question))
        return due_s - now_s

    def _same(self, question: Hashable) -> float:
        """When the same question may be asked again."""
        found = [each.at_s for each in self._asked if each.question == question]
        return found[-1] + SAME_S + _SPARE_S if found else 0.0

    def _burst(self, con_id: int) -> float:
        """When one more of a contract is not too many at once."""
        found = [each.at_s for each in self._asked if each.con_id == con_id]
        return sorted(found)[-_BURST] + _BURST_S + _SPARE_S if len(found) >= _BURST else 0.0

    def _many(self) -> float:
        """When one more is not too many in all."""
        found = sorted(each.at_s for each in self._asked)
        return found[-_MOST] + _MOST_S + _SPARE_S if len(found) >= _MOST else 0.0


def paced(error: BrokerError) -> BrokerError:
    """Return the error of a question, with when it may be asked again where it came too soon."""
    if error.code != HISTORICAL or "pacing" not in error.text.lower():
        return error
    return BrokerError(
        f"{error.text}; somebody else asks too: ask again in {SAME_S:.0f} s",
        venue=VENUE,
        outcome=error.outcome,
        code=error.code,
        retry_after_s=SAME_S,
    )


def has_no_bars(error: BrokerError) -> bool:
    """Whether an error is an answer: that there are no bars of then."""
    return error.code == HISTORICAL and "returned no data" in error.text.lower()
