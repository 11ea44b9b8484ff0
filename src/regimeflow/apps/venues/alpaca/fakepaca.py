"""The symbol of ``/v2/test``, which is there at any hour of any day."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.assets import Asset
from regimeflow.apps.venues.alpaca.bars import Bar, first_bar, minute_of
from regimeflow.apps.venues.alpaca.market import Print, Quote
from regimeflow.apps.venues.alpaca.times import MINUTE_NS

ASSET: Final = Asset("00000000-0000-4000-8000-00000000face", "FAKEPACA", "NASDAQ", "FAKEPACA")
# Source: the session recorded in Alpaca's documentation of the test stream.
_BID: Final = (Decimal("133.85"), Decimal(4))
_ASK: Final = (Decimal("135.77"), Decimal(5))
_LAST: Final = (Decimal("134.65"), Decimal(205))


def happenings(now_ns: int) -> Iterator[tuple[str, Quote | Print | Bar]]:
    """One quote, one trade, one bar, by channel."""
    yield "quotes", Quote(now_ns, *_BID, *_ASK)
    yield "trades", Print(now_ns, now_ns // MINUTE_NS, *_LAST, taker_buys=True)
    yield "bars", first_bar(minute_of(now_ns), *_LAST)
