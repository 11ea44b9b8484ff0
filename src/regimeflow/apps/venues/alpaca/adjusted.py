"""The engine with a market whose prices can be divided: what a split does to a feed.

A synthetic or recorded feed knows nothing of splits; after one, its prices are divided on their way
into the book.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from regimeflow.adapters.feeds.feed import (
    DepthEvent,
    FeedEvent,
    Levels,
    QuoteEvent,
    Scale,
    SnapshotEvent,
    TradeEvent,
)
from regimeflow.apps.venues.exchange.exchange import Exchange

_PLACES: Final = 4  # the listing's tick
_EXTRA: Final = 8


class AdjustedExchange(Exchange):
    """An exchange of which symbols can split."""

    _factors: dict[str, Fraction] | None = None

    def divide(self, symbol: str, ratio: Decimal, now_ns: int) -> None:
        """From now on ``symbol`` trades at its price divided by ``ratio``.

        No order of an account may be in the book: what is there is the market's.
        """
        factors = self._factors = self._factors or {}
        levels = [
            [(int(px.scaleb(_EXTRA)), int(qty.scaleb(_EXTRA))) for px, qty in side]
            for side in self.books[symbol].depth()
        ]
        factor = 1 / Fraction(ratio)
        to_tick = factor * Fraction(10) ** (_PLACES - _EXTRA)
        event = SnapshotEvent(
            now_ns,
            symbol,
            self.books[symbol].update_id,
            _scaled(levels[0], to_tick),
            _scaled(levels[1], to_tick),
            now_ns,
        )
        super().apply(event, Scale(-_PLACES, -_EXTRA), now_ns)
        factors[symbol] = factors.get(symbol, Fraction(1)) * factor

    def apply_as_it_is(self, event: FeedEvent, scale: Scale, now_ns: int) -> None:
        """Take an event in that knows of the splits."""
        super().apply(event, scale, now_ns)

    def apply(self, event: FeedEvent, scale: Scale, now_ns: int) -> None:
        """Take one event of the feed in, divided where its symbol was split."""
        factor = self._factors.get(event.symbol) if self._factors else None
        if factor is not None:
            event = _divided(event, factor * Fraction(10) ** (scale.px_exp + _PLACES))
            scale = Scale(-_PLACES, scale.qty_exp)
        super().apply(event, scale, now_ns)


def _divided(event: FeedEvent, factor: Fraction) -> FeedEvent:
    if isinstance(event, QuoteEvent):
        bid, ask = int(event.bid_px * factor), int(event.ask_px * factor)
        return event._replace(bid_px=bid, ask_px=ask)
    if isinstance(event, TradeEvent):
        return event._replace(px=int(event.px * factor))
    bids, asks = _scaled(event.bids, factor), _scaled(event.asks, factor)
    if isinstance(event, DepthEvent):
        return event._replace(bids=bids, asks=asks)
    return event._replace(bids=bids, asks=asks)


def _scaled(levels: Levels, factor: Fraction) -> Levels:
    return [(int(px * factor), qty) for px, qty in levels]
