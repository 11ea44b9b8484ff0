"""When US shares trade: what may work now, as Alpaca's clock and calendar say it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from regimeflow.adapters.brokers._shared.answers import Json
from regimeflow.adapters.brokers._shared.instants import instant_ns
from regimeflow.adapters.brokers.alpaca.errors import not_sent
from regimeflow.adapters.brokers.alpaca.formatting import Asked
from regimeflow.adapters.brokers.alpaca.halts import Halts
from regimeflow.adapters.brokers.alpaca.rules import AssetRules
from regimeflow.adapters.brokers.alpaca.translate import ANSWERS
from regimeflow.adapters.brokers.alpaca.words import AUCTION_WORDS
from regimeflow.types.records import Record
from regimeflow.types.session import SessionCalendar

NEW_YORK: Final = "America/New_York"
_ZONE: Final = ZoneInfo(NEW_YORK)
_NS_PER_S: Final = 10**9
_WEEKEND: Final = 5
_CLOSES: Final = time(16)
_DAY: Final = timedelta(days=1)


class TradingDay(Record):
    """One day of the calendar, all [ns, UTC]: regular hours, and the wider ones around them."""

    wide_open_ns: int
    open_ns: int
    close_ns: int
    wide_close_ns: int


class Hours:
    """What Alpaca said last about its market.

    Args:
        refuses: Whether an order that cannot work now is refused here, or left to wait at Alpaca.
    """

    def __init__(self, *, refuses: bool) -> None:
        self._refuses: Final = refuses
        self.halts: Final = Halts()
        self._is_open = True
        self._next_open_ns = 0
        self._next_close_ns = 0
        self._days: tuple[TradingDay, ...] = ()

    def hear_clock(self, said: Json) -> None:
        """Take an answer of ``/v2/clock``.

        Raises:
            BrokerError: it is none.
        """
        what = "GET /v2/clock"
        try:
            self._next_open_ns = instant_ns(str(said.get("next_open")))
            self._next_close_ns = instant_ns(str(said.get("next_close")))
        except ValueError as error:
            raise ANSWERS.bad(what, error) from None
        self._is_open = said.get("is_open") is True

    def hear_calendar(self, rows: Iterable[Json]) -> SessionCalendar:
        """Take an answer of ``/v2/calendar``; return it as instruments carry it.

        Raises:
            BrokerError: it is none.
        """
        dates, days, early = set[date](), list[TradingDay](), list[str]()
        for row in rows:
            try:
                day = date.fromisoformat(str(row.get("date")))
                names = ("session_open", "open", "close", "session_close")
                days.append(TradingDay(*(_at(day, str(row.get(name))) for name in names)))
            except ValueError as error:
                raise ANSWERS.bad("GET /v2/calendar", error) from None
            dates.add(day)
            closes = _clock_time(str(row.get("close")))
            if closes != _CLOSES:
                early.append(f"{day.isoformat()} {closes:%H:%M}")
        self._days = tuple(days)
        return SessionCalendar(
            timezone=NEW_YORK,
            open_time="09:30",
            close_time=f"{_CLOSES:%H:%M}",
            holidays=tuple(_holidays(dates)),
            early_closes=tuple(early),
        )

    def is_stale(self, now_ns: int) -> bool:
        """Whether the clock must be asked again: its next open or close has come."""
        due_ns = self._next_close_ns if self._is_open else self._next_open_ns
        return now_ns >= due_ns

    def is_open(self, now_ns: int) -> bool:
        """Whether regular hours are on."""
        if self._is_open:
            return now_ns < self._next_close_ns
        return now_ns >= self._next_open_ns

    def is_wide_open(self, now_ns: int) -> bool:
        """Whether orders for extended hours work."""
        if self.is_open(now_ns):
            return True
        return any(day.wide_open_ns <= now_ns < day.wide_close_ns for day in self._days)

    def demand_works(self, asked: Asked, rules: AssetRules, now_ns: int) -> None:
        """Refuse an order that cannot work now, where that is configured.

        Orders for an auction wait by their nature; pairs trade round the clock. Of a share that is
        halted nothing works.

        Raises:
            BrokerError: NOT_SENT.
        """
        if not self._refuses or rules.is_crypto or asked.type in AUCTION_WORDS:
            return
        halt = self.halts.find(asked.symbol)
        if halt is not None:
            raise not_sent(f"{asked.symbol} is halted: {halt.text}")
        if self.is_wide_open(now_ns) if asked.extended_hours else self.is_open(now_ns):
            return
        opens = f"{datetime.fromtimestamp(self._next_open_ns // _NS_PER_S, UTC):%Y-%m-%d %H:%M} UTC"
        raise not_sent(
            f"the market of {asked.symbol} is closed and opens at {opens};"
            ' set when_closed = "queue" in [broker] to have Alpaca keep such orders until then'
        )


def _at(day: date, text: str) -> int:
    """A time of New York's day, ``"09:30"`` or ``"0930"``."""
    at = datetime.combine(day, _clock_time(text), tzinfo=_ZONE)
    return int(at.timestamp()) * _NS_PER_S


def _clock_time(text: str) -> time:
    digits = text.replace(":", "")
    return time(int(digits[:2]), int(digits[2:4]))


def _holidays(dates: set[date]) -> Iterable[str]:
    if not dates:
        return
    day, last = min(dates), max(dates)
    while day < last:
        if day not in dates and day.weekday() < _WEEKEND:
            yield day.isoformat()
        day += _DAY
