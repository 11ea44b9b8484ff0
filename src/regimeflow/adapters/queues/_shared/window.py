"""What was handed over to be sent and is not yet acknowledged: bounded, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.adapters.queues._shared.wire import Chain
from regimeflow.ports.message_queue import Outgoing


class Parcel(NamedTuple):
    """A message and what its headers say of the one before it: the same each time it is sent."""

    message: Outgoing
    prev: str


class Window:
    """Messages on their way; the cursor moves over them in the order in which they were taken.

    They stay here until they are acknowledged, so that an adapter can send them again by itself. A
    holder that gives them again too (it noticed the loss) is told that they are taken, and each
    stays on its way once.

    Args:
        most: How many it holds.

    Attributes:
        acknowledged: The cursor up to which the queue has everything, whatever was cleared since;
            0: nothing yet.
        published: Messages taken since it was made.
        confirmed: Those of them that are acknowledged.
    """

    def __init__(self, most: int) -> None:
        self._most: Final = most
        self._waiting: Final[deque[Parcel]] = deque()
        self._chain: Final = Chain()
        self._early: Final[set[int]] = set()  # acknowledged before one that is ahead of them
        self._first = 0  # the number of the first that waits
        self._taken_cursor = 0
        self.acknowledged = 0
        self.published = 0
        self.confirmed = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Parcel]:
        return iter(self._waiting)

    @property
    def end(self) -> int:
        """The number that the next message will have; the first one ever has 0."""
        return self._first + len(self._waiting)

    def take(self, messages: Sequence[Outgoing]) -> int:
        """Take messages as far as there is room; return how many, those taken before included."""
        known = 0
        for message in messages:
            if not 0 < message.cursor <= self._taken_cursor:
                break
            known += 1
        taken = messages[known : known + max(0, self._most - len(self._waiting))]
        if taken:
            self._waiting.extend(Parcel(each, self._chain.follow(each)) for each in taken)
            self.published += len(taken)
            self._taken_cursor = max(self._taken_cursor, taken[-1].cursor)
        return known + len(taken)

    def since(self, number: int, most: int) -> list[Parcel]:
        """At most so many of those that wait, from a number on."""
        start = number - self._first
        return list(islice(self._waiting, start, start + most))

    def confirm_first(self, count: int) -> None:
        """The queue has the first so many."""
        for _ in range(count):
            self._pass_first()

    def confirm(self, number: int) -> None:
        """The queue has one, and maybe not those ahead of it. Repeats change nothing."""
        if number != self._first:
            if number > self._first:
                self._early.add(number)
            return
        self._pass_first()
        while self._first in self._early:
            self._early.remove(self._first)
            self._pass_first()

    def _pass_first(self) -> None:
        message = self._waiting.popleft().message
        self._first += 1
        self.confirmed += 1
        self.acknowledged = max(self.acknowledged, message.cursor)

    def clear(self) -> int:
        """Forget everything but the counts; return how many waited and nobody will give again."""
        lost = sum(not parcel.message.cursor for parcel in self._waiting)
        self.published -= len(self._waiting) - lost
        self._first = self.end
        self._waiting.clear()
        self._early.clear()
        self._taken_cursor = self.acknowledged
        return lost
