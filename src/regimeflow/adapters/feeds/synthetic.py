"""A market made up from a seed, so that a machine without any data has something to trade.

Each symbol has a book of levels with irregular gaps. At random moments somebody changes a level,
improves the best price, or takes from the other side; who takes leans one way for a while, so that
prices drift. Everything is a function of (symbol, seed): two runs are the same to the last digit,
and a symbol's market does not depend on which others are played.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Mapping, Sequence
from math import log1p
from operator import itemgetter
from typing import Final

from regimeflow.adapters.feeds.feed import (
    BadLine,
    DepthEvent,
    Events,
    FeedEvent,
    QuoteEvent,
    Scale,
    SnapshotEvent,
    TradeEvent,
)
from regimeflow.adapters.feeds.instruments import (
    Adjust,
    as_it_is,
    decimals_of_step,
    instrument_of,
    market_of,
)
from regimeflow.types.enums import OrderSide
from regimeflow.types.instrument import Instrument

START_NS: Final = (
    1_704_186_000 * 10**9
)  # 2024-01-02 09:00 UTC: a market of its own has a time of its own
LEVELS: Final = 15  # a side, when it is filled up
MOST_LEVELS: Final = 30  # beyond it the worst is left out
_USUAL_WAIT_NS: Final = 25_000_000  # between two things that happen
_DEPTH_EVERY_NS: Final = 100_000_000
_LEAN_EVERY_NS: Final = 20 * 10**9
# Everything is drawn in thousandths, from integers alone: another machine makes the same market.
# Shares of what happens: somebody takes, quotes better (most when the spread is wide), else changes
# a level, or leaves it. What one takes is a share of a level.
_TAKES: Final = 200
_IMPROVES: Final = 50
_IMPROVES_WIDE: Final = 500
_NARROW_TICKS: Final = 2
_LEAVES: Final = 150
_TAKEN_SHARE: Final = 300
_MOST_LEAN: Final = 40  # how much more often one side is taken
_HALF: Final = 500
_ALL: Final = 1_000
# Quantiles of an exponential distribution of mean 1,000, for waits, quantities and depths.
_EXPONENTIAL: Final = tuple(round(-_ALL * log1p(-(step + 0.5) / 256)) for step in range(256))
_NS_PER_S: Final = 10**9


class SyntheticFeed:
    """Made-up markets of ``symbols``.

    Args:
        symbols: At least one; what is known of it (``instruments.py``) gives its price and steps.
        seed: Another seed, another market.
        duration_s: How long it lasts; None: it never ends.
        adjust: Makes the instrument to use of the one that the table has.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        *,
        seed: int = 1,
        duration_s: float | None = None,
        adjust: Adjust = as_it_is,
    ) -> None:
        self._seed: Final = seed
        self._instruments: Final = {
            symbol: adjust(_usual(symbol)) for symbol in dict.fromkeys(symbols)
        }
        self._duration_ns: Final = None if duration_s is None else int(duration_s * _NS_PER_S)
        self._played_ns = 0

    @property
    def start_ns(self) -> int:
        """The same for every synthetic market."""
        return START_NS

    @property
    def bad_line_count(self) -> int:
        """Always 0."""
        return 0

    @property
    def bad_lines(self) -> Sequence[BadLine]:
        """Always empty."""
        return ()

    def instruments(self) -> Mapping[str, Instrument]:
        """By symbol, as they were named."""
        return self._instruments

    def scales(self) -> Mapping[str, Scale]:
        """The instruments' own."""
        return {
            symbol: Scale(-decimals_of_step(one.tick_size), -decimals_of_step(one.lot_size))
            for symbol, one in self._instruments.items()
        }

    def progress(self) -> float | None:
        """The part of the duration that has been played."""
        if self._duration_ns is None:
            return None
        return min(1.0, self._played_ns / max(1, self._duration_ns))

    def events(self) -> Events:
        """Play from the beginning."""
        scales = self.scales()
        markets = [
            _Market(one, scales[one.symbol], self._seed).events()
            for one in self._instruments.values()
        ]
        last_ns = None if self._duration_ns is None else START_NS + self._duration_ns
        for event in heapq.merge(*markets, key=itemgetter(0)):
            if last_ns is not None and event.recv_ns > last_ns:
                break
            self._played_ns = event.recv_ns - START_NS
            yield event
        self._played_ns = self._duration_ns or 0


def _usual(symbol: str) -> Instrument:
    usual = market_of(symbol)
    return instrument_of(symbol, usual.tick_size, usual.lot_size)


class _Market:
    """One symbol's book and what happens in it; prices and quantities are mantissas."""

    def __init__(self, instrument: Instrument, scale: Scale, seed: int) -> None:
        usual = market_of(instrument.symbol)
        self._symbol: Final = instrument.symbol
        self._random: Final = random.Random(f"market {instrument.symbol} {seed}")
        self._tick: Final = int(instrument.tick_size.scaleb(-scale.px_exp))
        self._lot: Final = int(instrument.lot_size.scaleb(-scale.qty_exp))
        self._usual_lots: Final = usual.usual_lots
        self._widest_gap: Final = usual.widest_gap
        self._now_ns = START_NS
        self._update_id = 0
        self._sent_id = 0
        self._trade_id = 0
        self._lean = 0
        self._changed: Final[tuple[dict[int, None], dict[int, None]]] = ({}, {})
        middle = int(usual.price / instrument.tick_size) * self._tick
        self._levels: Final[tuple[dict[int, int], dict[int, int]]] = ({}, {})  # bids, asks
        self._extend(0, middle)
        self._extend(1, middle + self._tick)

    def events(self) -> Iterator[FeedEvent]:
        """Everything that happens, without end."""
        next_depth_ns = self._now_ns + _DEPTH_EVERY_NS
        next_lean_ns = self._now_ns
        yield self._snapshot()
        top = self._top()
        yield self._quote(top)
        while True:
            # The last part makes times odd, so that two symbols rarely act at one instant.
            self._now_ns += self._exponential() * (_USUAL_WAIT_NS // _ALL) + self._draw(_ALL)
            while next_depth_ns <= self._now_ns:
                yield from self._depth(next_depth_ns)
                next_depth_ns += _DEPTH_EVERY_NS
            if self._now_ns >= next_lean_ns:
                self._lean = self._random.randint(-_MOST_LEAN, _MOST_LEAN)
                next_lean_ns += _LEAN_EVERY_NS
            yield from self._act()
            new_top = self._top()
            if new_top != top:
                top = new_top
                yield self._quote(top)

    def _act(self) -> Iterator[TradeEvent]:
        drawn = self._draw(_ALL)
        room = (self._best(1) - self._best(0)) // self._tick - 1
        if drawn < _TAKES:
            yield from self._take()
        elif drawn < _TAKES + (_IMPROVES_WIDE if room > _NARROW_TICKS else _IMPROVES):
            self._improve(room)
        else:
            self._change()

    def _take(self) -> Iterator[TradeEvent]:
        """Somebody takes from one side, level by level."""
        is_buy = self._draw(_ALL) < _HALF + self._lean
        side = 1 if is_buy else 0
        left = self._qty(_TAKEN_SHARE)
        while left:
            px = self._best(side)
            here = self._levels[side][px]
            qty = min(left, here)
            left -= qty
            self._set(side, px, here - qty)
            self._trade_id += 1
            aggressor = int(OrderSide.BUY if is_buy else OrderSide.SELL)
            yield TradeEvent(
                self._now_ns, self._symbol, self._trade_id, px, qty, aggressor, self._now_ns
            )

    def _improve(self, room: int) -> None:
        """Somebody quotes close to the other side, most often where the market leans to.

        Args:
            room: How many prices are free inside the spread.
        """
        if room > 0:
            side = 0 if self._draw(_ALL) < _HALF + self._lean else 1
            away = 1 + min(room - 1, 2 * self._exponential() // _ALL)
            px = (
                self._best(1) - away * self._tick
                if side == 0
                else self._best(0) + away * self._tick
            )
            self._set(side, px, self._qty(_ALL))

    def _change(self) -> None:
        """Somebody adds to a level or takes his order back; the best levels change most."""
        side = self._random.randrange(2)
        levels = sorted(self._levels[side], reverse=side == 0)
        at = min(2 * self._exponential() // _ALL, len(levels) - 1)
        self._set(side, levels[at], 0 if self._draw(_ALL) < _LEAVES else self._qty(_ALL))

    def _qty(self, share: int) -> int:
        lots = self._exponential() * share * self._usual_lots // (_ALL * _ALL)
        return (1 + lots) * self._lot

    def _exponential(self) -> int:
        return _EXPONENTIAL[self._random.getrandbits(8)]

    def _draw(self, below: int) -> int:
        return self._random.randrange(below)

    def _set(self, side: int, px: int, qty: int) -> None:
        levels = self._levels[side]
        self._update_id += 1
        self._changed[side][px] = None
        if qty:
            levels[px] = qty
            if len(levels) > MOST_LEVELS:
                self._set(side, min(levels) if side == 0 else max(levels), 0)
        else:
            levels.pop(px, None)
            self._mend(side, px)
            if len(levels) < LEVELS // 2:
                worst = (min(levels) if side == 0 else max(levels)) if levels else px
                self._extend(side, worst + (-self._gap() if side == 0 else self._gap()))

    def _mend(self, side: int, px: int) -> None:
        """Put somebody a usual gap behind a price that went, so that no hole opens at the top."""
        outward = -1 if side == 0 else 1
        levels = self._levels[side]
        nearest = min((outward * (level - px) for level in levels), default=0)
        behind = px + outward * self._gap()
        if nearest > self._widest_gap * self._tick and behind > 0:
            self._set(side, behind, self._qty(_ALL))

    def _extend(self, side: int, px: int) -> None:
        """Fill a side up with levels from ``px`` outward, as long as prices stay above zero."""
        levels = self._levels[side]
        while len(levels) < LEVELS and px > 0:
            self._set(side, px, self._qty(_ALL))
            px += -self._gap() if side == 0 else self._gap()
        if not levels:
            self._set(side, self._tick, self._qty(_ALL))

    def _gap(self) -> int:
        return self._random.randint(1, self._widest_gap) * self._tick

    def _best(self, side: int) -> int:
        return max(self._levels[0]) if side == 0 else min(self._levels[1])

    def _top(self) -> tuple[int, int, int, int]:
        bid, ask = self._best(0), self._best(1)
        return bid, self._levels[0][bid], ask, self._levels[1][ask]

    def _quote(self, top: tuple[int, int, int, int]) -> QuoteEvent:
        return QuoteEvent(self._now_ns, self._symbol, self._update_id, *top, self._now_ns)

    def _snapshot(self) -> SnapshotEvent:
        self._forget_changes()
        bids, asks = (tuple(levels.items()) for levels in self._levels)
        return SnapshotEvent(self._now_ns, self._symbol, self._update_id, bids, asks, self._now_ns)

    def _depth(self, at_ns: int) -> Iterator[DepthEvent]:
        if self._sent_id == self._update_id:
            return
        first_id = self._sent_id + 1
        bids, asks = (
            tuple((px, levels.get(px, 0)) for px in changed)
            for changed, levels in zip(self._changed, self._levels, strict=True)
        )
        self._forget_changes()
        yield DepthEvent(at_ns, self._symbol, first_id, self._update_id, bids, asks, at_ns)

    def _forget_changes(self) -> None:
        self._sent_id = self._update_id
        for changed in self._changed:
            changed.clear()
