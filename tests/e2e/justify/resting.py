"""An order of ours at the venue, and the queue ahead of it."""

from __future__ import annotations

from dataclasses import dataclass

from justify.market import Market, rank_of
from justify.recording import Event, Quote, Trade
from justify.run import Story, Terms


@dataclass(slots=True)
class Resting:
    """An order that rests at one price.

    Args:
        rank: Of its price; the smaller, the better.
        rested_ns: Since when it has its place in the queue.
        queue: What still stands ahead of it.
        read_time: Own time of the depth update in the book that ``queue`` was read from; trades not
            later than it are in ``queue`` already. 0: there was no book.
    """

    story: Story
    price: int
    quantity: int
    rank: int
    rested_ns: int
    queue: int
    read_time: int
    filled: int = 0

    @property
    def leaves(self) -> int:
        """What is left of it."""
        return self.quantity - self.filled

    def change(self, terms: Terms, market: Market) -> None:
        """Take new terms; another price, or more quantity, goes to the end of the queue."""
        moves = terms.price != self.price or terms.quantity > self.quantity
        self.quantity = terms.quantity
        if moves and terms.price is not None:
            self.price, self.rested_ns = terms.price, terms.ns
            self.rank = rank_of(self.story.side, terms.price)
            self.queue, self.read_time = queue_at(market, self.story.side, self.rank)

    def shorten(self, event: Event, market: Market) -> int:
        """Let an event shorten the queue; return what a trade at our price leaves for us (M2)."""
        if isinstance(event, Quote):
            return 0
        if isinstance(event, Trade):
            return self._trade(event)
        side = self.story.side
        booked = market.in_book(side, self.rank)
        if booked is not None and booked < self.queue:
            self.queue, self.read_time = booked, market.depth_time
        self.queue = min(self.queue, market.visible(side, self.rank))
        return 0

    def _trade(self, trade: Trade) -> int:
        is_passive = trade.buyer_is_maker == (self.story.side == "BUY")
        if trade.price != self.price or not is_passive or trade.own_time <= self.read_time:
            return 0
        left = max(0, trade.quantity - self.queue)
        self.queue = max(0, self.queue - trade.quantity)
        return left


def queue_at(market: Market, side: str, rank: int) -> tuple[int, int]:
    """Return what stands at a price, and the own time up to which trades are in that quantity.

    A quote that lies over the book is newer than the book, so the book's time holds for it too.
    """
    return market.at_least(side, rank), market.depth_time
