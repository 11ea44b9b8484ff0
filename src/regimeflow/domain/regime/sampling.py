"""From messages to samples: which of them a detector looks at, and what it sees there."""

from __future__ import annotations

from typing import Final

from regimeflow._core.board import QuoteBoard
from regimeflow._core.messages import Bar, Quote, Tick
from regimeflow.domain.regime.features import Sample


class Sampler:
    """Makes samples of one symbol's messages.

    Bars that were told before, that correct one, or that are of another length are passed over.

    Args:
        symbol: Whose market it is.
        sample: Which messages are looked at: bar, tick or quote.
        bar_interval_ns: Of the bars that are; None: of any length.
        board: Where spreads come from.
    """

    def __init__(
        self, symbol: str, sample: str, bar_interval_ns: int | None, board: QuoteBoard
    ) -> None:
        self.symbol: Final = symbol
        self.sample: Final = sample
        self._interval_ns: Final = bar_interval_ns
        self._board: Final = board
        self.last_ns = 0  # when the last sample was

    def of(self, message: Bar | Tick | Quote) -> Sample | None:
        """Return the sample of a message; None: it is none of ours."""
        if message.symbol != self.symbol:
            return None
        if isinstance(message, Bar):
            return self._of_bar(message)
        ts_ns = message.ts_event_ns or message.ts_recv_ns
        self.last_ns = ts_ns
        if isinstance(message, Tick):
            px = message.last_px
            return Sample(ts_ns, px, px, px, message.last_qty, self._spread())
        px = message.mid_px
        if not px:
            return None  # one side of the book is empty
        spread = (message.ask_px - message.bid_px) / px
        return Sample(ts_ns, px, px, px, 0.0, spread)

    def _of_bar(self, bar: Bar) -> Sample | None:
        if bar.is_revised or bar.ts_event_ns <= self.last_ns:
            return None
        if self._interval_ns is not None and bar.interval_ns != self._interval_ns:
            return None
        self.last_ns = bar.ts_event_ns
        return Sample(
            bar.ts_event_ns, bar.close_px, bar.high_px, bar.low_px, bar.volume, self._spread()
        )

    def _spread(self) -> float | None:
        quote = self._board.quote(self.symbol)
        if quote is None or not quote.mid_px:
            return None
        return (quote.ask_px - quote.bid_px) / quote.mid_px
