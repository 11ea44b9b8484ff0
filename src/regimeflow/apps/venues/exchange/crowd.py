"""The market's own quantity, from a feed, in the same book as the orders of the accounts.

The feed states levels; what a level states beyond what stands there arrives as an order of the
market would, what it lacks leaves, youngest first. What an account took from a level comes back
when the feed states another quantity there. A trade of the feed takes from the queue at its price,
and fills whatever it went through.
"""

from __future__ import annotations

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
from regimeflow.apps.venues.exchange.floor import Floor
from regimeflow.apps.venues.exchange.numbers import PLACES
from regimeflow.apps.venues.exchange.pit import Pit
from regimeflow.types.enums import OrderSide


class Crowd:
    """Applies the events of a feed."""

    def __init__(self, floor: Floor) -> None:
        self._floor: Final = floor
        self._stated: Final[dict[tuple[str, bool], dict[int, int]]] = {}

    def apply(self, event: FeedEvent, scale: Scale) -> None:
        """Apply one event; a symbol that is not listed is left out."""
        pit = self._floor.pits.get(event.symbol)
        if pit is None:
            return
        px_by, qty_by = 10 ** (PLACES + scale.px_exp), 10 ** (PLACES + scale.qty_exp)
        match event:
            case QuoteEvent():
                self._quote(pit, event, px_by, qty_by)
            case TradeEvent():
                self._trade(pit, event, px_by, qty_by)
            case SnapshotEvent():
                self._snapshot(pit, event, px_by, qty_by)
            case DepthEvent():
                self._depth(pit, event.bids, event.asks, px_by, qty_by)
        self._floor.settle(pit)

    def _quote(self, pit: Pit, event: QuoteEvent, px_by: int, qty_by: int) -> None:
        best = (
            (True, event.bid_px * px_by, event.bid_qty * qty_by),
            (False, event.ask_px * px_by, event.ask_qty * qty_by),
        )
        for is_bid, px, _ in best:
            for better in pit.book.side(is_bid=is_bid).prices_to(px):
                if better != px:
                    self._state(pit, better, 0, is_bid=is_bid)
        for is_bid, px, qty in best:
            if px:
                self._state(pit, px, qty, is_bid=is_bid)

    def _trade(self, pit: Pit, event: TradeEvent, px_by: int, qty_by: int) -> None:
        is_buy = event.aggressor == OrderSide.BUY
        px, qty = event.px * px_by, event.qty * qty_by
        self._stated.get((event.symbol, not is_buy), {}).pop(px, None)
        left = pit.print_trade(px, qty, is_buy=is_buy) if pit.is_open else qty
        if left:
            pit.tell_market_trade(px, left, is_buy=is_buy)

    def _snapshot(self, pit: Pit, event: SnapshotEvent, px_by: int, qty_by: int) -> None:
        for is_bid, levels in ((True, event.bids), (False, event.asks)):
            named = {px * px_by for px, _ in levels}
            gone = [px for px, _ in pit.book.side(is_bid=is_bid).levels() if px not in named]
            for px in gone:
                self._state(pit, px, 0, is_bid=is_bid)
        self._depth(pit, event.bids, event.asks, px_by, qty_by)

    def _depth(self, pit: Pit, bids: Levels, asks: Levels, px_by: int, qty_by: int) -> None:
        """What goes goes first, so that what comes meets nothing that is not there any more."""
        sides = ((True, bids), (False, asks))
        for is_bid, levels in sides:
            for px, qty in levels:
                if not qty:
                    self._state(pit, px * px_by, 0, is_bid=is_bid)
        for is_bid, levels in sides:
            for px, qty in levels:
                if qty:
                    self._state(pit, px * px_by, qty * qty_by, is_bid=is_bid)

    def _state(self, pit: Pit, px: int, qty: int, *, is_bid: bool) -> None:
        stated = self._stated.setdefault((pit.listing.symbol, is_bid), {})
        if stated.get(px, 0) == qty and qty:
            return
        if qty:
            stated[px] = qty
        else:
            stated.pop(px, None)
        side = pit.book.side(is_bid=is_bid)
        level = side.level(px)
        here = level.market if level is not None else 0
        if qty > here:
            pit.arrive(px, qty - here, is_buy=is_bid)
        elif qty < here:
            side.take_market(px, here - qty)
