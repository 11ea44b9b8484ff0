"""Historical bars: what IB is asked for, and its answer as bars that have closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from regimeflow._core.messages import Bar
from regimeflow.adapters.brokers.ib.amounts import amount, exact
from regimeflow.adapters.brokers.ib.errors import refused
from regimeflow.adapters.brokers.ib.times import NS, seconds_of
from regimeflow.types.intervals import interval_ns_of
from regimeflow.types.records import Record

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import TwsBar

_DAY_S: Final = 86_400
_SIZES: Final = {
    **{seconds: f"{seconds} secs" for seconds in (1, 5, 10, 15, 30)},
    60: "1 min",
    **{minutes * 60: f"{minutes} mins" for minutes in (2, 3, 5, 10, 15, 20, 30)},
    3_600: "1 hour",
    **{hours * 3_600: f"{hours} hours" for hours in (2, 3, 4, 8)},
    _DAY_S: "1 day",
}
_YEAR_DAYS: Final = 365
_USUAL_BARS: Final = 1_000
DATES_AS_SECONDS: Final = 2
# The longest that IB takes for a bar size, so that one answer has all of it.
_LONGEST_S: Final = ((1, 1_800), (5, 7_200), (15, 14_400), (30, 28_800), (60, _DAY_S))
_LONGEST_DAYS: Final = ((120, 2), (1_200, 7), (3_600, 30), (28_800, 30), (_DAY_S, 365))


class Stretch(Record, kw_only=True):
    """A stretch of bars that ends now."""

    interval_ns: int
    size: str
    since_ns: int
    seconds: int

    @classmethod
    def of(cls, interval: str, since_ns: int, now_ns: int) -> Stretch:
        """Return the stretch from a time until now; since 0: the last thousand bars or so.

        Raises:
            BrokerError: IB has no such bars, or gives none from so far back.
        """
        interval_ns = interval_ns_of(interval)
        step = interval_ns // NS
        if step not in _SIZES or interval_ns % NS:
            raise refused(f"IB has no bars of {interval}; it has {', '.join(_SIZES.values())}")
        longest = next(
            (most for size, most in _LONGEST_S if step <= size),
            next((days * _DAY_S for size, days in _LONGEST_DAYS if step <= size), _DAY_S),
        )
        if since_ns <= 0:
            wanted = min(_USUAL_BARS * step, longest)
        else:
            wanted = min(max((now_ns - since_ns) // NS + 2 * step, step), longest)
        return cls(interval_ns=interval_ns, size=_SIZES[step], since_ns=since_ns, seconds=wanted)

    @property
    def duration(self) -> str:
        """How IB is told how long it is."""
        if self.seconds <= _DAY_S:
            return f"{self.seconds} S"
        days = -(-self.seconds // _DAY_S)
        return f"{days} D" if days <= _YEAR_DAYS else f"{-(-days // _YEAR_DAYS)} Y"


def bars_of(
    symbol: str, rows: Sequence[TwsBar], stretch: Stretch, *, now_ns: int, recv_ns: int
) -> list[Bar]:
    """Return the bars of an answer that have closed, oldest first."""
    found = []
    for each in rows:
        close_ns = seconds_of(str(each.date), "UTC") * NS + stretch.interval_ns
        if close_ns > now_ns or close_ns < stretch.since_ns:
            continue
        found.append(
            Bar(
                symbol,
                amount(each.open),
                amount(each.high),
                amount(each.low),
                amount(each.close),
                max(amount(each.volume), amount(0.0)),  # -1: there is none, of what is not traded
                interval_ns=stretch.interval_ns,
                vwap_px=exact(each.average) if each.average > 0 else None,
                trade_count=max(each.barCount, 0),
                ts_event_ns=close_ns,
                ts_recv_ns=recv_ns,
            )
        )
    return sorted(found, key=lambda bar: bar.ts_event_ns)
