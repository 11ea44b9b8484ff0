"""What two connections both deliver while one replaces the other is told once, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regimeflow._core.messages import Bar, Quote, Tick
from regimeflow.ports.broker import MarketDataUpdate


class Once:
    """Passes on what is new.

    A trade is known by its id, a bar by its end: each is told whichever connection brings it first,
    even after a later one. A quote or a book that is older than one that was told says nothing.
    It lives for the seconds of an overlap, so that what it remembers need not be bounded.
    """

    def __init__(self, sink: Callable[[MarketDataUpdate], object]) -> None:
        self._sink: Final = sink
        self._trades: Final[set[tuple[str, int]]] = set()
        self._bars: Final[set[tuple[str, int]]] = set()
        self._quotes: Final[dict[str, int]] = {}
        self._books: Final[dict[str, int]] = {}

    def __call__(self, update: MarketDataUpdate) -> None:
        """Take an update of either connection."""
        if self._is_new(update):
            self._sink(update)

    def _is_new(self, update: MarketDataUpdate) -> bool:
        if isinstance(update, Tick):
            return _is_first(self._trades, (update.symbol, update.trade_id))
        if isinstance(update, Bar):
            return _is_first(self._bars, (update.symbol, update.ts_event_ns))
        if isinstance(update, Quote):
            return _is_later(self._quotes, update.symbol, update.update_id)
        return _is_later(self._books, update.symbol, update.update_id)


def _is_first(seen: set[tuple[str, int]], key: tuple[str, int]) -> bool:
    if key in seen:
        return False
    seen.add(key)
    return True


def _is_later(newest: dict[str, int], symbol: str, update_id: int) -> bool:
    if update_id <= newest.get(symbol, -1):
        return False
    newest[symbol] = update_id
    return True
