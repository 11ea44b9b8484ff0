"""Minutes before the venue began, made up from the seed: walked backwards from the first price."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.assets import Asset
from regimeflow.apps.venues.alpaca.bars import Bar, minute_of
from regimeflow.apps.venues.alpaca.calendar import trading_days
from regimeflow.apps.venues.alpaca.times import MINUTE_NS, new_york

DAYS: Final = 30
_CRYPTO_DAYS: Final = 7  # they have no nights
_CENT: Final = Decimal("0.01")
_WIDEST: Final = 12  # hundred thousandths that a minute moves at most


class History:
    """Bars of one symbol, one a minute, up to the venue's first one.

    Args:
        asset: Stocks have minutes in regular hours only.
        seed: Of the venue.
        end_ns: The first minute that is not history.
        price: At which it ends.
    """

    def __init__(self, asset: Asset, *, seed: int, end_ns: int, price: Decimal) -> None:
        self._asset: Final = asset
        self._random: Final = random.Random(f"history {asset.symbol} {seed}")
        self._end_ns: Final = minute_of(end_ns)
        self.price: Final = price
        self._walked: Final[list[Bar]] = []  # newest first
        self._starts_left: list[int] | None = None

    def latest(self) -> Bar | None:
        """The last minute before the venue began."""
        if not self._walked:
            starts = self._starts()
            self.minutes(starts[-1] if starts else 0)
        return self._walked[0] if self._walked else None

    def minutes(self, since_ns: int = 0) -> list[Bar]:
        """Those that begin at ``since_ns`` or later, oldest first; made when first asked for."""
        if self._starts_left is None:
            self._starts_left = self._starts()
        while self._starts_left and self._starts_left[-1] >= since_ns:
            close = self._walked[-1].open_px if self._walked else self.price
            self._walked.append(self._bar(self._starts_left.pop(), close))
        return [bar for bar in reversed(self._walked) if bar.start_ns >= since_ns]

    def _starts(self) -> list[int]:
        if self._asset.is_crypto:
            first = self._end_ns - _CRYPTO_DAYS * 24 * 60 * MINUTE_NS
            return list(range(first, self._end_ns, MINUTE_NS))
        today = new_york(self._end_ns).date()
        return [
            start
            for day in trading_days(today - timedelta(days=DAYS), today)
            for start in range(day.open_ns, min(day.close_ns, self._end_ns), MINUTE_NS)
        ]

    def _bar(self, start_ns: int, close: Decimal) -> Bar:
        draw = self._random.randint
        opened = self._moved(close, draw(-_WIDEST, _WIDEST))
        high = self._moved(max(opened, close), draw(0, _WIDEST))
        low = self._moved(min(opened, close), -draw(0, _WIDEST))
        volume = Decimal(draw(1, 999)) / (1000 if self._asset.is_crypto else 1)
        middle = (high + low + opened + close) / 4
        return Bar(
            start_ns=start_ns,
            open_px=opened,
            high_px=high,
            low_px=low,
            close_px=close,
            volume=volume,
            trade_count=draw(1, 40),
            amount=middle * volume,
        )

    @staticmethod
    def _moved(price: Decimal, by: int) -> Decimal:
        return max(_CENT, (price * (100_000 + by) / 100_000).quantize(_CENT))
