"""Bars made of the trades that a feed has played."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import Bar
from regimeflow.adapters.brokers.paper.spec import Spec, to_decimal
from regimeflow.adapters.feeds.feed import TradeEvent

KEPT_SECONDS: Final = 100_000  # with a trade in them; more than a day
_COUNT_DIGITS: Final = 4
_NS_PER_S: Final = 10**9
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def interval_ns_of(interval: str) -> int:
    """Nanoseconds of ``"1s"``, ``"5m"``, ``"1h"``, ``"1d"``.

    Raises:
        ValueError: it is no such text.
    """
    count, unit = interval[:-1], interval[-1:]
    is_number = count.isascii() and count.isdecimal() and len(count) <= _COUNT_DIGITS
    if unit not in _UNITS or not is_number or int(count) == 0:
        raise ValueError(
            f"interval is {interval!r}; expected a number and s, m, h or d, as in '1m'"
        )
    return int(count) * _UNITS[unit] * _NS_PER_S


class _Stretch:
    """The trades of one stretch of time, added up."""

    __slots__ = ("close_px", "count", "high_px", "low_px", "notional", "open_px", "qty")

    def __init__(self, px: int) -> None:
        self.open_px = self.high_px = self.low_px = self.close_px = px
        self.qty = self.notional = self.count = 0

    def add(self, other: _Stretch) -> None:
        """Append what came later."""
        self.high_px = max(self.high_px, other.high_px)
        self.low_px = min(self.low_px, other.low_px)
        self.close_px = other.close_px
        self.qty += other.qty
        self.notional += other.notional
        self.count += other.count


class BarStore:
    """One symbol's trades by second of the feed's time; the oldest seconds are forgotten."""

    def __init__(self, spec: Spec) -> None:
        self._spec: Final = spec
        self._seconds: Final[dict[int, _Stretch]] = {}

    def add(self, trade: TradeEvent) -> None:
        """Count a trade."""
        second = trade.recv_ns // _NS_PER_S
        found = self._seconds.get(second)
        if found is None:
            found = self._seconds[second] = _Stretch(trade.px)
            if len(self._seconds) > KEPT_SECONDS:
                del self._seconds[next(iter(self._seconds))]
        found.close_px = px = trade.px
        if px > found.high_px:
            found.high_px = px
        elif px < found.low_px:
            found.low_px = px
        found.qty += trade.qty
        found.notional += px * trade.qty
        found.count += 1

    def closed(self, since_ns: int, interval_ns: int, now_ns: int) -> list[Bar]:
        """The bars that began at ``since_ns`` or later and have ended, oldest first.

        A stretch without trades has none.
        """
        bars: dict[int, _Stretch] = {}
        for second, stretch in self._seconds.items():
            begin_ns = second * _NS_PER_S // interval_ns * interval_ns
            if begin_ns >= since_ns and begin_ns + interval_ns <= now_ns:
                bars.setdefault(begin_ns, _Stretch(stretch.open_px)).add(stretch)
        return list(self._built(bars, interval_ns))

    def _built(self, bars: dict[int, _Stretch], interval_ns: int) -> Iterator[Bar]:
        spec = self._spec
        for begin_ns, one in bars.items():
            vwap = Decimal(one.notional) / Decimal(one.qty) if one.qty else Decimal(one.close_px)
            yield Bar(
                spec.symbol,
                spec.px(one.open_px),
                spec.px(one.high_px),
                spec.px(one.low_px),
                spec.px(one.close_px),
                spec.qty(one.qty),
                interval_ns=interval_ns,
                vwap_px=to_decimal(round(vwap * 100), spec.px_exp - 2),
                trade_count=one.count,
                ts_event_ns=begin_ns + interval_ns,
                ts_recv_ns=begin_ns + interval_ns,
            )
