"""The resting quantity of one symbol: prices, and at each price a queue."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.exchange.numbers import number_of
from regimeflow.apps.venues.exchange.order import Order

Levels = list[tuple[Decimal, Decimal]]
OnLevel = Callable[[bool, int, int], object]
"""Told of a level that changed: is a bid, price, quantity shown."""


class Entry:
    """A place in a queue: an order of an account, or a part of the market's (no order)."""

    __slots__ = ("order", "shown")

    def __init__(self, order: Order | None, shown: int) -> None:
        self.order: Final = order
        self.shown = shown


class Level:
    """Everything at one price, first come first served; ``shown`` is what others see."""

    __slots__ = ("accounts", "market", "queue", "shown")

    def __init__(self) -> None:
        self.queue: Final[deque[Entry]] = deque()
        self.shown = 0
        self.market = 0  # of that, the market's
        self.accounts = 0  # how many orders of accounts


class BookSide:
    """The bids or the asks; ``prices`` are sorted best first, with bids counted as negative."""

    def __init__(self, *, is_bid: bool, on_level: OnLevel) -> None:
        self.is_bid: Final = is_bid
        self._sign: Final = -1 if is_bid else 1
        self._keys: Final[list[int]] = []
        self._levels: Final[dict[int, Level]] = {}
        self._on_level: Final = on_level

    def best_px(self) -> int | None:
        """The best price, None when the side is empty."""
        return self._sign * self._keys[0] if self._keys else None

    def best(self) -> tuple[int, Level] | None:
        """The best price and what stands there."""
        if not self._keys:
            return None
        px = self._sign * self._keys[0]
        return px, self._levels[px]

    def level(self, px: int) -> Level | None:
        """What stands at a price."""
        return self._levels.get(px)

    def levels(self) -> Iterator[tuple[int, Level]]:
        """Every level, best first; the side must not change meanwhile."""
        for key in self._keys:
            px = self._sign * key
            yield px, self._levels[px]

    def prices_to(self, px: int) -> list[int]:
        """Every price that is as good as ``px`` or better, best first."""
        key = self._sign * px
        return [self._sign * each for each in self._keys[: bisect_left(self._keys, key + 1)]]

    def is_within(self, px: int, limit_px: int | None) -> bool:
        """Whether a taker with this limit reaches the price."""
        if limit_px is None:
            return True
        return px >= limit_px if self.is_bid else px <= limit_px

    def add(self, px: int, order: Order | None, shown: int) -> None:
        """Put an entry at the end of the queue at a price."""
        level = self._at(px)
        last = level.queue[-1] if level.queue else None
        if order is None and last is not None and last.order is None:
            last.shown += shown
        else:
            level.queue.append(Entry(order, shown))
        level.shown += shown
        if order is None:
            level.market += shown
        else:
            level.accounts += 1
            order.in_book = True
            order.shown = shown
        self._on_level(self.is_bid, px, level.shown)

    def remove(self, px: int, order: Order) -> None:
        """Take an order out of its queue."""
        level = self._levels[px]
        entry = next(each for each in level.queue if each.order is order)
        level.queue.remove(entry)
        level.shown -= entry.shown
        level.accounts -= 1
        order.in_book = False
        order.shown = 0
        self._after(px, level)

    def resize(self, px: int, order: Order, shown: int) -> None:
        """Show another quantity of an order, which keeps its place."""
        level = self._levels[px]
        entry = next(each for each in level.queue if each.order is order)
        change = shown - entry.shown
        entry.shown = order.shown = shown
        level.shown += change
        if change:
            self._after(px, level)

    def consume(self, px: int, level: Level, qty: int) -> None:
        """Take ``qty`` from the first entry; one that shows nothing more leaves the queue.

        An order that has more than it shows comes again at the end of the queue. Called when the
        order's own quantities are already what they become.
        """
        entry = level.queue[0]
        entry.shown -= qty
        level.shown -= qty
        order = entry.order
        if order is None:
            level.market -= qty
        else:
            order.shown = entry.shown
        if not entry.shown:
            level.queue.popleft()
            if order is not None:
                level.accounts -= 1
                order.in_book = False
                self._come_again(level, order)
        self._after(px, level)

    def take_market(self, px: int, qty: int) -> None:
        """Take ``qty`` of the market's own quantity away, the youngest first."""
        level = self._levels[px]
        level.shown -= qty
        level.market -= qty
        for entry in reversed(level.queue):
            if entry.order is None and qty:
                taken = min(qty, entry.shown)
                entry.shown -= taken
                qty -= taken
        if any(not entry.shown for entry in level.queue):
            kept = [entry for entry in level.queue if entry.shown]
            level.queue.clear()
            level.queue.extend(kept)
        self._after(px, level)

    def _come_again(self, level: Level, order: Order) -> None:
        if order.display is not None and order.leaves_qty:
            shown = min(order.display, order.leaves_qty)
            level.queue.append(Entry(order, shown))
            level.shown += shown
            level.accounts += 1
            order.in_book = True
            order.shown = shown

    def _at(self, px: int) -> Level:
        level = self._levels.get(px)
        if level is None:
            level = self._levels[px] = Level()
            insort(self._keys, self._sign * px)
        return level

    def _after(self, px: int, level: Level) -> None:
        if not level.queue:
            del self._levels[px]
            del self._keys[bisect_left(self._keys, self._sign * px)]
        self._on_level(self.is_bid, px, level.shown)


class Book:
    """Both sides of a symbol, and what was last paid.

    Args:
        on_level: Told of each level that changed; the update id has been counted by then.
        first_update_id: Number of the first change.
    """

    def __init__(self, on_level: OnLevel, first_update_id: int) -> None:
        self._on_level: Final = on_level
        self.update_id = first_update_id - 1
        self.bids: Final = BookSide(is_bid=True, on_level=self._changed)
        self.asks: Final = BookSide(is_bid=False, on_level=self._changed)
        self.last_px: int | None = None

    @property
    def last_price(self) -> Decimal | None:
        """What was last paid."""
        return None if self.last_px is None else number_of(self.last_px)

    def side(self, *, is_bid: bool) -> BookSide:
        """The bids or the asks."""
        return self.bids if is_bid else self.asks

    def depth(self, limit: int | None = None) -> tuple[Levels, Levels]:
        """Bids and asks, price and quantity shown, best first."""
        return _shown(self.bids, limit), _shown(self.asks, limit)

    def best(self) -> tuple[tuple[Decimal, Decimal] | None, tuple[Decimal, Decimal] | None]:
        """Best bid and best ask, price and quantity shown."""
        bids, asks = self.depth(1)
        return bids[0] if bids else None, asks[0] if asks else None

    def _changed(self, is_bid: bool, px: int, shown: int) -> None:  # noqa: FBT001  # as OnLevel
        self.update_id += 1
        self._on_level(is_bid, px, shown)


def _shown(side: BookSide, limit: int | None) -> Levels:
    found: Levels = []
    for px, level in side.levels():
        if limit is not None and len(found) >= limit:
            break
        found.append((number_of(px), number_of(level.shown)))
    return found
