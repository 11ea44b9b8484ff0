"""Quotes held back for the newest of their symbol, where that is configured."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from regimeflow._core.messages import Quote
from regimeflow.ports.broker import MarketDataUpdate


class Conflation:
    """Passes everything on at once, but of the quotes of a symbol the newest of each interval.

    Args:
        sink: Takes what is passed on.
        interval_s: How long a quote is held back at most.
    """

    def __init__(self, sink: Callable[[MarketDataUpdate], object], interval_s: float) -> None:
        self._sink: Final = sink
        self._interval_s: Final = interval_s
        self._held: Final[dict[str, Quote]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.dropped = 0

    def __call__(self, update: MarketDataUpdate) -> None:
        """Take an update."""
        if not isinstance(update, Quote):
            self._sink(update)
            return
        self.dropped += update.symbol in self._held
        self._held[update.symbol] = update
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._interval_s, self._flush)

    def close(self) -> None:
        """Pass on what is held and stop."""
        if self._timer is not None:
            self._timer.cancel()
            self._flush()

    def _flush(self) -> None:
        self._timer = None
        held = list(self._held.values())
        self._held.clear()
        for quote in held:
            self._sink(quote)
