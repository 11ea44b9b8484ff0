"""A local order book, kept from a snapshot and diffs by Binance's U/u rule.

Source:
    Binance, "How to manage a local order book correctly" (as corrected 2025-11-12). Before a
    snapshot, diffs are kept; a snapshot older than the first of them is refused; diffs up to the
    snapshot are dropped; then each diff must begin no later than one past the book (``U <= local +
    1``), else updates were missed and the book is given up until the next snapshot. Quantity zero
    removes a level, an absent one harmlessly.

One deviation, on the safe side: a snapshot that ends exactly where the first kept diff begins
(``lastUpdateId == U - 1``) is joined, where Binance's text asks for another; nothing can be missing
between the two.
"""

from __future__ import annotations

import enum
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from typing import Final

from regimeflow.adapters.feeds.feed import DepthEvent, Levels, SnapshotEvent

# Diffs kept while waiting for a snapshot: ten minutes at one per 100 ms. Dropping the oldest is
# safe: a snapshot older than the first kept diff is refused.
KEPT_DIFFS: Final = 6_000


class BookChange(enum.Enum):
    """What an event did to a book."""

    APPLIED = "applied"
    KEPT = "kept"  # no snapshot yet
    IGNORED = "ignored"  # nothing in it is news
    REFUSED = "refused"  # a snapshot that cannot be joined
    GAP = "gap"  # updates were missed: the book is empty until the next snapshot


class BookSide:
    """One side: quantities by price, and the prices in order.

    ``best_first`` iterates; keys are negated for bids so that both sides sort best first.
    """

    __slots__ = ("_keys", "_qty", "_sign")

    def __init__(self, *, is_bid: bool) -> None:
        self._sign: Final = -1 if is_bid else 1
        self._keys: list[int] = []
        self._qty: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def load(self, levels: Levels) -> None:
        """Replace everything."""
        self._qty = {px: qty for px, qty in levels if qty > 0}
        sign = self._sign
        self._keys = sorted(sign * px for px in self._qty)

    def apply(self, levels: Levels) -> None:
        """Set the quantity of each level; zero removes."""
        known, keys, sign = self._qty, self._keys, self._sign
        for px, qty in levels:
            if qty:
                if px not in known:
                    insort(keys, sign * px)
                known[px] = qty
            elif px in known:
                del known[px]
                del keys[bisect_left(keys, sign * px)]

    def clear(self) -> None:
        """Forget everything."""
        self._keys.clear()
        self._qty.clear()

    def qty_at(self, px: int) -> int:
        """The quantity at a price; 0 when there is none."""
        return self._qty.get(px, 0)

    def best_px(self) -> int | None:
        """The best price; None when the side is empty."""
        return self._sign * self._keys[0] if self._keys else None

    def best_first(self) -> Iterator[tuple[int, int]]:
        """(price, quantity), best first. Do not change the side meanwhile."""
        sign, known = self._sign, self._qty
        for key in self._keys:
            px = sign * key
            yield px, known[px]

    def behind(self, px: int) -> Iterator[tuple[int, int]]:
        """(price, quantity) of the levels worse than ``px``, best first."""
        sign, known, keys = self._sign, self._qty, self._keys
        for at in range(bisect_left(keys, sign * px + 1), len(keys)):
            level_px = sign * keys[at]
            yield level_px, known[level_px]

    def top(self, count: int) -> list[tuple[int, int]]:
        """The ``count`` best levels, best first."""
        sign, known = self._sign, self._qty
        return [(sign * key, known[sign * key]) for key in self._keys[:count]]


class LocalBook:
    """The book of one symbol, joined from snapshots and diffs.

    ``is_synced`` is false before the first snapshot and after a gap; then both sides are empty.
    ``last_id`` is the last update in the book, ``event_ns`` the venue's time of the event that
    brought it (0: it gave none).
    """

    __slots__ = ("_kept", "asks", "bids", "event_ns", "gap_count", "is_synced", "last_id")

    def __init__(self) -> None:
        self.bids: Final = BookSide(is_bid=True)
        self.asks: Final = BookSide(is_bid=False)
        self.is_synced = False
        self.last_id = 0
        self.event_ns = 0
        self.gap_count = 0
        self._kept: deque[DepthEvent] = deque(maxlen=KEPT_DIFFS)

    def apply_diff(self, diff: DepthEvent) -> BookChange:
        """Take one diff."""
        if not self.is_synced:
            self._keep(diff)
            return BookChange.KEPT
        if diff.last_id <= self.last_id:
            return BookChange.IGNORED
        if diff.first_id > self.last_id + 1:
            self._give_up()
            self._keep(diff)
            return BookChange.GAP
        self.bids.apply(diff.bids)
        self.asks.apply(diff.asks)
        self.last_id = diff.last_id
        self.event_ns = diff.event_ns
        return BookChange.APPLIED

    def apply_snapshot(self, snapshot: SnapshotEvent) -> BookChange:
        """Take a snapshot and the kept diffs that follow it."""
        if self.is_synced and snapshot.last_id <= self.last_id:
            return BookChange.IGNORED
        if self._kept and snapshot.last_id + 1 < self._kept[0].first_id:
            return BookChange.REFUSED
        self.bids.load(snapshot.bids)
        self.asks.load(snapshot.asks)
        self.last_id = snapshot.last_id
        self.event_ns = snapshot.event_ns
        self.is_synced = True
        for diff in self._kept:  # they follow one another (_keep), so none can be a gap
            self.apply_diff(diff)
        self._kept.clear()
        return BookChange.APPLIED

    def _keep(self, diff: DepthEvent) -> None:
        kept = self._kept
        if kept and diff.last_id <= kept[-1].last_id:
            return
        # A hole between kept diffs can never be filled: only what follows it can be joined by a
        # later snapshot.
        if kept and diff.first_id > kept[-1].last_id + 1:
            kept.clear()
        kept.append(diff)

    def _give_up(self) -> None:
        self.gap_count += 1
        self.is_synced = False
        self.bids.clear()
        self.asks.clear()
