"""Bars made of the trades that a feed has played: to be asked for, and told when they close."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import Bar
from regimeflow.adapters.brokers.paper.spec import Spec, to_decimal
from regimeflow.adapters.feeds.feed import TradeEvent
from regimeflow.ports.clock import Clock

KEPT_SECONDS: Final = 100_000  # with a trade in them; more than a day
_NS_PER_S: Final = 10**9


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
        return [self._bar(one, begin_ns, interval_ns) for begin_ns, one in bars.items()]

    def bar(self, begin_ns: int, interval_ns: int) -> Bar | None:
        """The bar of one stretch; None when nothing traded in it."""
        first = begin_ns // _NS_PER_S
        whole: _Stretch | None = None
        for second in range(first, first + interval_ns // _NS_PER_S):
            stretch = self._seconds.get(second)
            if stretch is not None:
                whole = whole or _Stretch(stretch.open_px)
                whole.add(stretch)
        return None if whole is None else self._bar(whole, begin_ns, interval_ns)

    def _bar(self, one: _Stretch, begin_ns: int, interval_ns: int) -> Bar:
        spec = self._spec
        vwap = Decimal(one.notional) / Decimal(one.qty) if one.qty else Decimal(one.close_px)
        return Bar(
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


class BarTimer:
    """Closes the bars of one symbol when their time is over, on the feed's clock.

    The first trade of a stretch sets the timer, so a stretch without trades costs nothing.
    """

    def __init__(
        self, store: BarStore, clock: Clock, interval_ns: int, tell: Callable[[Bar], None]
    ) -> None:
        self._store: Final = store
        self._clock: Final = clock
        self._interval_ns: Final = interval_ns
        self._tell: Final = tell
        self._ends_ns = 0

    def on_trade(self, recv_ns: int) -> None:
        """Note that something traded."""
        if recv_ns >= self._ends_ns:
            self._ends_ns = (recv_ns // self._interval_ns + 1) * self._interval_ns
            self._clock.call_at(self._ends_ns, self._close)

    def _close(self) -> None:
        bar = self._store.bar(self._ends_ns - self._interval_ns, self._interval_ns)
        if bar is not None:
            self._tell(bar)
