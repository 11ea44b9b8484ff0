"""What is visible of one symbol's market, after the venue's rules.

The book (a snapshot joined with diffs by their update ids) and, laid over it while its update id is
the higher one, the newest quote: book levels at its price or better give way to it. Without a book,
the quote's two levels alone. What our orders took from a level stays taken until the feed states
another quantity for that price; whether a level does so that a better quote hides for a while can
be read both ways, so what is offered is known as a least and a most.

Prices are ranks here, so that both sides read alike: the price of an ask, minus the price of a bid;
the smaller rank is the better price.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator

from justify.recording import Depth, Event, Levels, Quote, Snapshot, Trade

BUY, SELL = "BUY", "SELL"
NOWHERE = -(10**30)  # ahead of every rank


def opposite(side: str) -> str:
    """Return the other side."""
    return SELL if side == BUY else BUY


def rank_of(side: str, price: int) -> int:
    """Return how far back a price stands among the resting orders of ``side``."""
    return -price if side == BUY else price


# By (side, rank): the quantity visible when we took from it, how much of it we took.
Taken = dict[tuple[str, int], tuple[int, int]]


class Ladder:
    """The book's levels of one side, best first."""

    def __init__(self, side: str, levels: Levels = ()) -> None:
        self.side = side
        self.quantities: dict[int, int] = {}
        self.ranks: list[int] = []
        self.update(levels)

    def update(self, levels: Levels) -> None:
        """Set each level to its quantity; 0 takes it away."""
        for price, quantity in levels:
            rank = rank_of(self.side, price)
            known = rank in self.quantities
            if quantity:
                self.quantities[rank] = quantity
                if not known:
                    bisect.insort(self.ranks, rank)
            elif known:
                del self.quantities[rank]
                del self.ranks[bisect.bisect_left(self.ranks, rank)]


class Market:
    """One symbol's market as the feed has shown it so far."""

    def __init__(self, lot: int) -> None:
        self.lot = lot
        self.last_trade: Trade | None = None
        self.quote: Quote | None = None
        self.depth_time = 0  # own time of the newest depth update in the book
        self._book: dict[str, Ladder] | None = None
        self._book_u = 0
        self._waiting: list[Depth] = []  # diffs that came before the snapshot they join
        self._taken_at_least: Taken = {}
        self._taken_at_most: Taken = {}

    def apply(self, event: Event) -> None:
        """Move on by one event."""
        if isinstance(event, Trade):
            self.last_trade = event
            return
        before = {side: self._reach(side) for side in (BUY, SELL)}
        if isinstance(event, Quote):
            self.quote = event
        elif isinstance(event, Snapshot):
            self._join(event)
        else:
            self._update(event)
        reached = {side: max(rank, self._reach(side)) for side, rank in before.items()}
        self._give_back(event, reached)

    def in_book(self, side: str, rank: int) -> int | None:
        """Return what the book alone shows at a price; None without a book."""
        if self._book is None:
            return None
        return self._cut(self._book[side].quantities.get(rank, 0))

    def visible(self, side: str, rank: int) -> int:
        """Return what is visible at a price, nothing taken away."""
        over = self._quoted(side)
        if over is not None and rank <= over[0]:
            return self._cut(over[1]) if rank == over[0] else 0
        return self.in_book(side, rank) or 0

    def at_most(self, side: str, rank: int) -> int:
        """Return the most that may be visible at a price and not taken by us."""
        return self._left(self._taken_at_least, side, rank)

    def at_least(self, side: str, rank: int) -> int:
        """Return the least that must be visible at a price and not taken by us."""
        return self._left(self._taken_at_most, side, rank)

    def best_certain(self, side: str) -> tuple[int, int] | None:
        """Return the best level that must offer something, and how much."""
        for rank in self._ranks(side):
            if left := self.at_least(side, rank):
                return rank, left
        return None

    def take(self, side: str, rank: int, quantity: int) -> None:
        """Note that an order of ours took from one level."""
        for taken in (self._taken_at_least, self._taken_at_most):
            self._note(taken, side, rank, min(quantity, self._left(taken, side, rank)))

    def take_up_to(self, side: str, last_rank: int, quantity: int) -> int:
        """Note that an order of ours took from the levels up to one, best first.

        Returns:
            What the levels cannot have offered of it.
        """
        wanted = quantity
        for taken in (self._taken_at_most, self._taken_at_least):
            wanted = quantity
            for rank in self._ranks(side):
                if rank > last_rank or not wanted:
                    break
                part = min(wanted, self._left(taken, side, rank))
                self._note(taken, side, rank, part)
                wanted -= part
        return wanted

    def _left(self, taken: Taken, side: str, rank: int) -> int:
        return max(0, self.visible(side, rank) - taken.get((side, rank), (0, 0))[1])

    def _note(self, taken: Taken, side: str, rank: int, quantity: int) -> None:
        if quantity:
            _, before = taken.get((side, rank), (0, 0))
            taken[side, rank] = self.visible(side, rank), before + quantity

    def _cut(self, quantity: int) -> int:
        return quantity - quantity % self.lot

    def _ranks(self, side: str) -> Iterator[int]:
        over = self._quoted(side)
        ranks = self._book[side].ranks if self._book is not None else []
        start = 0
        if over is not None:
            yield over[0]
            start = bisect.bisect_right(ranks, over[0])
        for index in range(start, len(ranks)):
            yield ranks[index]

    def _quoted(self, side: str) -> tuple[int, int] | None:
        """Return the level of the quote that lies over the book, if one does."""
        quote = self.quote
        if quote is None or (self._book is not None and quote.u <= self._book_u):
            return None
        if side == BUY:
            return -quote.bid, quote.bid_qty
        return quote.ask, quote.ask_qty

    def _join(self, snapshot: Snapshot) -> None:
        if self._book is not None and snapshot.u < self._book_u:
            return
        self._book = {BUY: Ladder(BUY, snapshot.bids), SELL: Ladder(SELL, snapshot.asks)}
        self._book_u, self.depth_time = snapshot.u, 0
        waiting, self._waiting = self._waiting, []
        for depth in waiting:
            if self._book is not None:
                self._update(depth)

    def _update(self, depth: Depth) -> None:
        if self._book is None:
            self._waiting.append(depth)
        elif depth.first_u > self._book_u + 1:
            self._book, self._waiting, self.depth_time = None, [depth], 0
        elif depth.u > self._book_u:
            self._book[BUY].update(depth.bids)
            self._book[SELL].update(depth.asks)
            self._book_u, self.depth_time = depth.u, depth.own_time

    def _give_back(self, event: Event, reached: dict[str, int]) -> None:
        """Forget what was taken where the feed, after either reading, says another quantity.

        Only levels that the event names, or up to which a quote lay or lies (``reached``), change.
        """
        stated: dict[tuple[str, int], int] = {}
        if isinstance(event, Depth):
            stated = {(BUY, -price): quantity for price, quantity in event.bids}
            stated |= {(SELL, price): quantity for price, quantity in event.asks}
        elif isinstance(event, Quote):
            stated = {(BUY, -event.bid): event.bid_qty, (SELL, event.ask): event.ask_qty}
        is_whole = isinstance(event, Snapshot) or self._book is None
        for taken in (self._taken_at_least, self._taken_at_most):
            for key, (seen, _) in list(taken.items()):
                if not is_whole and key[1] > reached[key[0]] and key not in stated:
                    continue
                is_seen_anew = self.visible(*key) != seen
                is_said_anew = self._cut(stated.get(key, seen)) != seen
                if taken is self._taken_at_least:
                    gives_back = is_seen_anew or is_said_anew
                else:
                    gives_back = is_seen_anew and (is_said_anew or isinstance(event, Snapshot))
                if gives_back:
                    del taken[key]

    def _reach(self, side: str) -> int:
        over = self._quoted(side)
        return NOWHERE if over is None else over[0]
