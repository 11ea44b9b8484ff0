"""What goes wrong, and how often: drawn from the seed, counted when it happens."""

from __future__ import annotations

import enum
import random
from collections import Counter
from typing import Final


class Fault(enum.StrEnum):
    """One class of failure."""

    NOT_SENT = "the socket refuses a command"
    COMMAND_LOST = "a command never arrives, and nothing answers"
    COMMAND_LATE = "a command arrives long after it was given up"
    ANSWER_LOST = "a command is carried out, and nothing answers"
    ERROR_AFTER = "5xx after the command was carried out"
    ERROR_BEFORE = "5xx, and the command was not carried out"
    THROTTLED = "429: refused for the rate"
    CANCEL_REFUSED = "a cancel is refused, the order lives"
    FILL_RACES_CANCEL = "a fill races a cancel"
    FILL_RACES_REPLACE = "a fill races a change"
    REPORT_LOST = "a report is lost"
    REPORT_LATE = "a report comes seconds late"
    REPORT_TWICE = "a report comes twice"
    REPORT_OVERTAKEN = "a report is overtaken by the next"
    READ_FAILS = "a read fails"
    READ_UNANSWERED = "a read is never answered"
    READ_LATE = "a read's answer is from before our latest event"
    READ_STALE = "a read's answer is seconds old"
    ORDER_UNSEEN = "an order is not found though it is there"
    DISCONNECT = "the connection is lost"
    CONNECT_REFUSED = "a connection is refused"
    MUTE = "the stream falls silent while it seems connected"
    REVISION_RACES = "a fill is corrected or busted while a request is on its way"
    STATE_UNKNOWN = "an order is shown in a state that nobody knows"
    CORRECTION = "a fill is corrected"
    BUST = "a fill is busted"
    EXTERNAL = "an order is placed by hand"
    EXTERNAL_TOUCH = "our order is cancelled by hand"
    LATE_OF_RETIRED = "a fill, a correction or a bust of an order that was retired"
    HELD = "an order is held for a while"
    RESTATED = "the venue changes an order by itself"
    LATE_REJECT = "an acknowledged order is rejected"
    NEW_ID = "an order's broker id changes"
    SESSION_END = "the venue closes for the day"
    CLOCK_STEP = "our clock is set"
    DISK_FULL = "the disk of the journal is full"
    RESTART = "the engine is stopped and started"
    KILL = "the process is killed between two steps"
    KILL_BEFORE_WRITE = "the process is killed before it writes an intent"
    KILL_IN_WRITE = "the process is killed while it writes an intent"
    KILL_AFTER_WRITE = "the process is killed between writing and sending"
    POWER_LOST = "the machine loses its power, and the journal what was not on disk"
    KILL_AFTER_SEND = "the process is killed between sending and the answer"


# How often on each occasion: of commands, reports and reads; and how often an hour.
_PER_OCCASION: Final = {
    Fault.NOT_SENT: 0.02,
    Fault.COMMAND_LOST: 0.02,
    Fault.COMMAND_LATE: 0.01,
    Fault.ANSWER_LOST: 0.02,
    Fault.ERROR_AFTER: 0.02,
    Fault.ERROR_BEFORE: 0.02,
    Fault.THROTTLED: 0.01,
    Fault.CANCEL_REFUSED: 0.05,
    Fault.FILL_RACES_CANCEL: 0.1,
    Fault.FILL_RACES_REPLACE: 0.1,
    Fault.REVISION_RACES: 0.1,
    Fault.STATE_UNKNOWN: 0.01,
    Fault.REPORT_LOST: 0.01,
    Fault.REPORT_LATE: 0.02,
    Fault.REPORT_TWICE: 0.03,
    Fault.REPORT_OVERTAKEN: 0.04,
    Fault.READ_FAILS: 0.04,
    Fault.READ_UNANSWERED: 0.02,
    Fault.READ_LATE: 0.06,
    Fault.READ_STALE: 0.06,
    Fault.ORDER_UNSEEN: 0.1,
    Fault.CONNECT_REFUSED: 0.2,
    Fault.KILL_BEFORE_WRITE: 0.001,
    Fault.KILL_IN_WRITE: 0.001,
    Fault.KILL_AFTER_WRITE: 0.002,
    Fault.KILL_AFTER_SEND: 0.002,
}
_PER_HOUR: Final = {
    Fault.DISCONNECT: 12.0,
    Fault.MUTE: 6.0,
    Fault.CORRECTION: 40.0,
    Fault.BUST: 32.0,
    Fault.EXTERNAL: 16.0,
    Fault.EXTERNAL_TOUCH: 12.0,
    Fault.HELD: 36.0,
    Fault.RESTATED: 24.0,
    Fault.LATE_REJECT: 24.0,
    Fault.SESSION_END: 6.0,
    Fault.CLOCK_STEP: 8.0,
    Fault.DISK_FULL: 2.0,
    Fault.RESTART: 2.0,
    Fault.KILL: 5.0,
}
_STRENGTHS: Final = (0.0, 0.5, 1.0, 1.0, 3.0)


class FaultPlan:
    """The faults of one seed. Each class has a strength of its own, so seeds differ in kind.

    ``calm``: nothing goes wrong any more.
    """

    def __init__(self, dice: random.Random) -> None:
        self._dice: Final = dice
        self.hits: Final = Counter[Fault]()
        self.calm = False
        self._rates: Final = {
            fault: rate * dice.choice(_STRENGTHS) for fault, rate in _PER_OCCASION.items()
        }
        self._hourly: Final = {
            fault: rate * dice.choice(_STRENGTHS) for fault, rate in _PER_HOUR.items()
        }

    def happens(self, fault: Fault) -> bool:
        """Whether a fault strikes on this occasion."""
        if self.calm or self._dice.random() >= self._rates[fault]:
            return False
        self.hits[fault] += 1
        return True

    def one_of(self, faults: tuple[Fault, ...]) -> Fault | None:
        """The first of several faults that strikes on this occasion."""
        if self.calm:
            return None
        left = self._dice.random()
        for fault in faults:
            left -= self._rates[fault]
            if left < 0:
                self.hits[fault] += 1
                return fault
        return None

    def times(self, fault: Fault, begin_ns: int, end_ns: int) -> list[int]:
        """When a fault of the hourly kind strikes in a stretch of time."""
        hours = (end_ns - begin_ns) / 3.6e12
        expected = self._hourly[fault] * hours
        count = int(expected) + (self._dice.random() < expected % 1)
        return sorted(self._dice.randrange(begin_ns, end_ns) for _ in range(count))

    def some_ns(self, least_ns: int, most_ns: int) -> int:
        """How long something takes."""
        return self._dice.randrange(least_ns, most_ns)

    def count(self, fault: Fault) -> None:
        """Note that a fault has struck."""
        self.hits[fault] += 1
