"""The public trades of one symbol: each, those of one taker together, and as candles."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.apps.venues.binance.candles import DAY, Candle, Candles, one_trade
from regimeflow.apps.venues.binance.texts import ZERO
from regimeflow.apps.venues.exchange.events import PublicTrade

KEPT: Final = 5_000


class Print(NamedTuple):
    """One trade."""

    trade_id: int
    price: Decimal
    quantity: Decimal
    time_ns: int
    buyer_is_maker: bool


@dataclass(slots=True)
class Aggregate:
    """The trades of one taker's order at one price."""

    aggregate_id: int
    price: Decimal
    quantity: Decimal
    first_id: int
    last_id: int
    time_ns: int
    buyer_is_maker: bool
    taker: int


class Day(NamedTuple):
    """What was traded within a rolling window."""

    open: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal
    quote_volume: Decimal
    first_id: int
    last_id: int
    trades: int


NO_DAY: Final = Day(ZERO, ZERO, ZERO, ZERO, ZERO, -1, -1, 0)


class TradeLog:
    """The trades of one symbol.

    Args:
        before: Makes the candles of the time before the first trade, which it is given.
    """

    def __init__(self, before: Callable[[Candle], list[Candle]]) -> None:
        self._before = before
        self.trades: deque[Print] = deque(maxlen=KEPT)
        self.aggregates: deque[Aggregate] = deque(maxlen=KEPT)
        self.candles = Candles()

    def add(self, event: PublicTrade) -> tuple[Print, Aggregate]:
        """Add a trade; the second of what is returned may have begun before it."""
        side = event.buyer_is_maker
        trade = Print(event.trade_id, event.price, event.quantity, event.time_ns, side)
        candle = one_trade(
            event.time_ns, event.trade_id, event.price, event.quantity, buyer_is_maker=side
        )
        if not self.trades:
            self.candles.before = self._before(candle)
        self.trades.append(trade)
        self.candles.add(candle)
        taker = event.seller_order_id if side else event.buyer_order_id
        last = self.aggregates[-1] if self.aggregates else None
        key = (trade.price, trade.time_ns, side, taker)
        if last and key == (last.price, last.time_ns, last.buyer_is_maker, last.taker):
            last.quantity += trade.quantity
            last.last_id = trade.trade_id
            return trade, last
        number = last.aggregate_id + 1 if last else 1
        self.aggregates.append(
            Aggregate(
                number,
                trade.price,
                trade.quantity,
                trade.trade_id,
                trade.trade_id,
                trade.time_ns,
                side,
                taker,
            )
        )
        return trade, self.aggregates[-1]

    @property
    def last(self) -> Print | None:
        """The newest trade."""
        return self.trades[-1] if self.trades else None

    def average(self, minutes: int, now_ns: int) -> Decimal | None:
        """Return the average price of the last minutes; the last one when nothing was traded."""
        window = self.candles.within(now_ns - minutes * 60_000_000_000)
        volume = sum((each.volume for each in window), ZERO)
        if volume:
            return sum((each.quote_volume for each in window), ZERO) / volume
        return self.last.price if self.last else None

    def day(self, now_ns: int) -> Day:
        """Return what was traded within 24 hours."""
        window = self.candles.within(now_ns - DAY)
        if not window:
            return NO_DAY
        whole = Candle(0, 0, ZERO, ZERO, ZERO, ZERO, -1, -1)
        for each in window:
            whole.take(each)
        return Day(
            whole.open,
            whole.high,
            whole.low,
            whole.volume,
            whole.quote_volume,
            whole.first_id,
            whole.last_id,
            whole.count,
        )
