"""Candles of the day before the venue began, so that strategies have something to warm up on."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.binance.candles import MINUTE, Candle
from regimeflow.apps.venues.binance.catalog import Row

MINUTES: Final = 1_500
TRADES: Final = 20  # in a minute
SPREAD: Final = 0.0005  # of the price, from one minute to the next
MOST_LOTS: Final = 100_000


def minutes_before(row: Row, seed: int, first: Candle) -> list[Candle]:
    """Return a random walk that ends where the first trade was, the same for one seed.

    Args:
        row: The symbol.
        seed: Of the walk.
        first: The first trade, as a candle.
    """
    chance = random.Random(f"candles {row.symbol} {seed}")
    opens = first.opens_ns // MINUTE * MINUTE
    ticks, trade_id = int(first.open / row.tick), first.first_id
    found: list[Candle] = []
    for _ in range(MINUTES):
        opens, trade_id = opens - MINUTE, trade_id - TRADES
        begins = max(1, ticks + round(ticks * chance.gauss(0, SPREAD)))
        reach = 1 + round(abs(chance.gauss(0, SPREAD)) * ticks / 2)
        low, high = max(1, min(begins, ticks) - reach), max(begins, ticks) + reach
        quantity = row.lot * chance.randint(1, MOST_LOTS)
        taken = row.lot * int(quantity / row.lot * chance.randint(20, 80) / 100)
        mean = Decimal(begins + ticks) * row.tick / 2
        found.append(
            Candle(
                opens,
                opens + MINUTE,
                row.tick * begins,
                row.tick * high,
                row.tick * low,
                row.tick * ticks,
                max(0, trade_id),
                max(0, trade_id + TRADES - 1),
                quantity,
                quantity * mean,
                taken,
                taken * mean,
                TRADES,
            )
        )
        ticks = begins
    return found[::-1]
