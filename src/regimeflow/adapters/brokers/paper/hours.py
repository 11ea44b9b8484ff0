"""When an instrument trades, as the venue asks: cheap for each event."""

from __future__ import annotations

from typing import Final

from regimeflow.types.session import SessionCalendar

_DAY_NS: Final = 86_400 * 1_000_000_000


class Hours:
    """The hours of one instrument.

    A market that never closes has the UTC day as its trading day: DAY orders end, and on-open and
    on-close orders trade, at midnight.
    """

    def __init__(self, calendar: SessionCalendar) -> None:
        self._calendar: Final = calendar
        self.never_closes: Final = calendar.never_closes
        self._known_until_ns = 0
        self._known_from_ns = 0
        self._was_open = True

    def is_open(self, now_ns: int) -> bool:
        """Whether it trades now; asked at every event, so the answer is kept until it changes."""
        if self.never_closes:
            return True
        if not self._known_from_ns <= now_ns < self._known_until_ns:
            calendar = self._calendar
            self._was_open = calendar.is_open(now_ns)
            until = (
                calendar.next_close_ns(now_ns) if self._was_open else calendar.next_open_ns(now_ns)
            )
            self._known_from_ns = now_ns
            self._known_until_ns = now_ns + _DAY_NS if until is None else until
        return self._was_open

    def next_open_ns(self, now_ns: int) -> int | None:
        """When the next session begins, after now; None when there is none."""
        return _next_midnight(now_ns) if self.never_closes else self._calendar.next_open_ns(now_ns)

    def next_close_ns(self, now_ns: int) -> int | None:
        """When this or the next session ends; None when there is none."""
        return _next_midnight(now_ns) if self.never_closes else self._calendar.next_close_ns(now_ns)


def _next_midnight(now_ns: int) -> int:
    return (now_ns // _DAY_NS + 1) * _DAY_NS
