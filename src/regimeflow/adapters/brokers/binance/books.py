"""Depth books: each begins with a snapshot over REST, and begins again after a gap.

A book that has lost its thread, or whose best bid is not below its best ask, shows nothing until it
is whole again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from regimeflow._core.binance_frames import BinanceFrames, FrameError
from regimeflow._core.local_book import BookChange, LocalBook
from regimeflow._core.messages import OrderBook
from regimeflow.adapters.backoff import Backoff
from regimeflow.types.enums import SystemCode
from regimeflow.types.errors import BrokerError

_NAMES: Final = {
    BookChange.GAP: "updates were missed",
    BookChange.CROSSED: "its best bid is not below its best ask",
}
# Diffs come every 100 ms: by then there is one to join a snapshot to.
_FIRST_WAIT_S: Final = 0.25
_WAIT_TURNS: Final = 4

Tell = Callable[[SystemCode, str, str], object]


class Books:
    """Keeps the books of the session's symbols.

    Args:
        depth: Fetches a snapshot: symbol and levels.
        levels: Of a snapshot.
        show: Takes a whole book.
        tell: Takes news of a symbol: code, symbol, text.
    """

    def __init__(
        self,
        depth: Callable[[str, int], Awaitable[bytes]],
        *,
        levels: int,
        show: Callable[[OrderBook], object],
        tell: Tell,
    ) -> None:
        self._depth: Final = depth
        self._levels: Final = levels
        self._show: Final = show
        self._tell: Final = tell
        self._books: Final[dict[str, LocalBook]] = {}
        self._fetching: Final[dict[str, asyncio.Task[None]]] = {}

    def attach(self, symbol: str, frames: BinanceFrames) -> None:
        """Have the diffs of a connection go into a symbol's book."""
        book = self._books.get(symbol)
        if book is None:
            book = self._books[symbol] = LocalBook(symbol, on_trouble=self._in_trouble)
        frames.attach(book)
        self._fetch(symbol)

    def detach(self, symbol: str, frames: BinanceFrames) -> None:
        """Stop that."""
        book = self._books.get(symbol)
        if book is not None:
            frames.detach(book)

    def drop(self, symbol: str) -> None:
        """Forget a book."""
        self._books.pop(symbol, None)
        task = self._fetching.pop(symbol, None)
        if task is not None:
            task.cancel()

    def reset(self, symbol: str) -> None:
        """Begin a book anew: its diffs were interrupted."""
        book = self._books.get(symbol)
        if book is not None:
            book.reset()
            self._fetch(symbol)

    def close(self) -> None:
        """Stop fetching and forget all books."""
        for symbol in list(self._books):
            self.drop(symbol)

    def gaps(self) -> int:
        """How often a book had to begin anew."""
        return sum(book.gap_count + book.crossed_count for book in self._books.values())

    def is_synced(self, symbol: str) -> bool:
        """Whether a symbol's book is whole."""
        book = self._books.get(symbol)
        return book is not None and bool(book.is_synced)

    def _in_trouble(self, book: LocalBook, change: int) -> None:
        why = _NAMES.get(change)
        if why is not None:
            self._tell(SystemCode.BOOK_GAP, book.symbol, why)
        self._fetch(book.symbol)

    def _fetch(self, symbol: str) -> None:
        if symbol not in self._fetching:
            task = asyncio.ensure_future(self._join(symbol))
            self._fetching[symbol] = task
            task.add_done_callback(lambda done: self._fetched(symbol, done))

    def _fetched(self, symbol: str, done: asyncio.Task[None]) -> None:
        if self._fetching.get(symbol) is done:
            del self._fetching[symbol]
        if not done.cancelled() and done.exception() is not None:
            self._tell(SystemCode.BOOK_GAP, symbol, f"no snapshot: {done.exception()}")

    async def _join(self, symbol: str) -> None:
        backoff = Backoff(_FIRST_WAIT_S, 10.0)
        while symbol in self._books:
            book = self._books[symbol]
            if not book.is_synced:
                await self._first_diff(book)
            try:
                body = await self._depth(symbol, self._levels)
                change = book.apply_snapshot(body, time.time_ns(), limit=self._levels)
            except (BrokerError, FrameError) as error:
                self._tell(SystemCode.BOOK_GAP, symbol, f"no snapshot: {error}")
                wait_s = getattr(error, "retry_after_s", None) or 0.0
                await asyncio.sleep(max(wait_s, backoff.next_s()))
                continue
            if change == BookChange.REFUSED or not book.is_synced:
                await asyncio.sleep(backoff.next_s())
                continue
            message = book.message()
            if message is not None:
                self._show(message)
            return

    async def _first_diff(self, book: LocalBook) -> None:
        """Wait for a diff to join the snapshot to; one that is fetched before is refused."""
        for _ in range(_WAIT_TURNS):
            if book.kept or book.is_synced:
                return
            await asyncio.sleep(_FIRST_WAIT_S)
