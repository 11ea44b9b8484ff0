"""Longer bars from IB's real-time bars of five seconds."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import Bar
from regimeflow.adapters.brokers.ib.amounts import exact
from regimeflow.adapters.brokers.ib.times import NS
from regimeflow.types.records import Record

STEP_NS: Final = 5 * NS
Prices = tuple[Decimal, Decimal, Decimal, Decimal]
_ZERO: Final = Decimal(0)


class _Making(Record, frozen=False, kw_only=True):
    begin_ns: int
    prices: Prices
    volume: Decimal = _ZERO
    money: Decimal = _ZERO
    count: int = 0
    is_whole: bool = True


class BarMaker:
    """Puts the bars of one symbol together; a bar whose beginning was missed is not told.

    Args:
        symbol: Whose.
        seconds: How long the bars are to be.
    """

    def __init__(self, symbol: str, seconds: int) -> None:
        self._symbol: Final = symbol
        self._length_ns: Final = seconds * NS
        self._making: _Making | None = None

    def add(
        self, begin_ns: int, prices: Prices, *, volume: Decimal, vwap: Decimal, count: int
    ) -> Bar | None:
        """Take five seconds; return the bar that ends with them, if one does."""
        own_ns = begin_ns - begin_ns % self._length_ns
        making = self._making
        if making is None or making.begin_ns != own_ns:
            making = self._making = _Making(
                begin_ns=own_ns, prices=prices, is_whole=begin_ns == own_ns
            )
        opened, high, low, _ = making.prices
        making.prices = (opened, max(high, prices[1]), min(low, prices[2]), prices[3])
        making.volume += volume
        making.money += volume * vwap
        making.count += count
        if begin_ns + STEP_NS < own_ns + self._length_ns:
            return None
        self._making = None
        return self._bar(making) if making.is_whole else None

    def _bar(self, making: _Making) -> Bar:
        return Bar(
            self._symbol,
            *making.prices,
            making.volume,
            interval_ns=self._length_ns,
            vwap_px=exact(making.money / making.volume) if making.volume else None,
            trade_count=making.count,
            ts_event_ns=making.begin_ns + self._length_ns,
            ts_recv_ns=time.time_ns(),
        )
