"""The market of one symbol as its feed shows it: book, newest quote over it, last trade.

What is visible:
    * Where the feed has a depth book (a snapshot joined with diffs), its levels; where a quote
      (best bid and ask) with a higher update id came after it, the quote stands for its two levels:
      book levels at its price or better are replaced by it, the levels behind it stay as last
      known. Without a book, the quote's two levels alone.
    * What our takers took from a level is not offered to us again until the feed states another
      quantity for that price.
    * Quantities are cut to whole lots.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regimeflow.adapters.brokers.paper.spec import Spec
from regimeflow.adapters.feeds.book import BookChange, BookSide, LocalBook
from regimeflow.adapters.feeds.feed import DepthEvent, QuoteEvent, SnapshotEvent, TradeEvent

Fills = list[tuple[int, int]]
"""(price, quantity) mantissas, in the order in which they trade."""


class Side:
    """One side of what is visible."""

    __slots__ = ("_book", "_is_bid", "_lot", "_quote_over_book", "_taken", "top_px", "top_qty")

    def __init__(self, book: BookSide, *, is_bid: bool, lot: int) -> None:
        self._book: Final = book
        self._is_bid: Final = is_bid
        self._lot: Final = lot
        self.top_px = 0  # of the newest quote; 0: none
        self.top_qty = 0
        self._quote_over_book = True
        self._taken: Final[dict[int, tuple[int, int]]] = {}  # price -> (we took, of what quantity)

    def see(self, *, quote_over_book: bool) -> None:
        """Say which of quote and book is newer, after either changed."""
        self._quote_over_book = quote_over_book
        if self._taken:
            stale = [px for px, (_, seen) in self._taken.items() if self.qty_at(px) != seen]
            for px in stale:
                del self._taken[px]

    def best_px(self) -> int | None:
        """The best price with any quantity."""
        if self._quote_over_book and self.top_px:
            return self.top_px
        return self._book.best_px()

    def qty_at(self, px: int) -> int:
        """The visible quantity at a price, ours not taken off."""
        if self._quote_over_book and self.top_px:
            if px == self.top_px:
                return self.top_qty
            if (px > self.top_px) is self._is_bid:
                return 0
        return self._book.qty_at(px)

    def offered(self) -> Iterator[tuple[int, int]]:
        """(price, quantity) of what is offered to us, best first, in whole lots."""
        if self._quote_over_book and self.top_px:
            qty = self._left(self.top_px, self.top_qty)
            if qty:
                yield self.top_px, qty
            behind = self._book.behind(self.top_px)
        else:
            behind = self._book.best_first()
        for px, visible in behind:
            qty = self._left(px, visible)
            if qty:
                yield px, qty

    def take(self, fills: Fills) -> None:
        """Remember what we took."""
        for px, qty in fills:
            before = self._taken.get(px, (0, 0))[0]
            self._taken[px] = (before + qty, self.qty_at(px))

    def _left(self, px: int, visible: int) -> int:
        if self._taken:
            visible -= self._taken.get(px, (0, 0))[0]
        return visible - visible % self._lot if visible > 0 else 0


class Market:
    """Quote, book and last trade of one symbol."""

    __slots__ = ("_quote_id", "asks", "bids", "book", "has_trades", "last_px", "spec")

    def __init__(self, spec: Spec) -> None:
        self.spec: Final = spec
        self.book: Final = LocalBook()
        self.bids: Final = Side(self.book.bids, is_bid=True, lot=spec.lot)
        self.asks: Final = Side(self.book.asks, is_bid=False, lot=spec.lot)
        self.last_px = 0
        self.has_trades = False
        self._quote_id = 0

    def on_quote(self, quote: QuoteEvent) -> None:
        """Lay a quote over the book; one without an update id is newer than all before it.

        One that is older than the last, by its id, is passed over.
        """
        if 0 < quote.update_id < self._quote_id:
            return
        bids, asks = self.bids, self.asks
        bids.top_px, bids.top_qty = quote.bid_px, quote.bid_qty
        asks.top_px, asks.top_qty = quote.ask_px, quote.ask_qty
        self._quote_id = quote.update_id
        self._see(quote_over_book=not quote.update_id or quote.update_id > self.book.last_id)

    def on_trade(self, trade: TradeEvent) -> None:
        """Note the last price."""
        self.last_px = trade.px
        self.has_trades = True

    def on_depth(self, event: DepthEvent | SnapshotEvent) -> BookChange:
        """Bring the book up to date."""
        change = (
            self.book.apply_diff(event)
            if isinstance(event, DepthEvent)
            else self.book.apply_snapshot(event)
        )
        self._see(quote_over_book=self._quote_id > self.book.last_id or not self.book.is_synced)
        return change

    def mark2(self) -> int | None:
        """Twice the mid price, else twice the last; None before either is known."""
        bid, ask = self.bids.best_px(), self.asks.best_px()
        if bid is not None and ask is not None:
            return bid + ask
        return 2 * self.last_px if self.has_trades else None

    def _see(self, *, quote_over_book: bool) -> None:
        self.bids.see(quote_over_book=quote_over_book)
        self.asks.see(quote_over_book=quote_over_book)
