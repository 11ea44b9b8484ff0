"""The paper venue over whole recordings of a real market: nothing is lost, nothing is made up."""

from __future__ import annotations

import asyncio
import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow._core.messages import Bar, OrderBook, Quote, Tick
from regimeflow.adapters.brokers.paper.adapter import PaperAdapter
from regimeflow.types.config.brokers import PaperSettings
from tests.support.payloads import SHARED

DATA = SHARED / "data"
COUNTS = {
    "BTCUSDT": {"quotes": 28_040, "trades": 9_757, "depth_updates": 3_451, "snapshots": 1},
    "ETHUSDT": {"quotes": 24_077, "trades": 6_106, "depth_updates": 3_434, "snapshots": 1},
}
FILES = {symbol: DATA / f"{symbol.lower()}_20240808.gz" for symbol in COUNTS}

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(
        not all(map(Path.exists, FILES.values())),
        reason=f"no recordings in {DATA} (REGIMEFLOW_SHARED)",
    ),
]


def the_last_book_ticker(path: Path) -> dict[str, str]:
    """Read without the product: the last line of that stream."""
    with gzip.open(path, "rt") as lines:
        last = [line for line in lines if "@bookTicker" in line][-1]
    return json.loads(last.split(" ", 1)[1])["data"]


class Listener:
    """Hears a whole run and keeps the last of each kind."""

    def __init__(self, symbols: list[str]) -> None:
        settings = PaperSettings(feed=tuple(str(FILES[symbol]) for symbol in symbols))
        self.adapter = PaperAdapter(settings, symbols=symbols)
        self.quotes: dict[str, Quote] = {}
        self.heard = {Quote: 0, Tick: 0, OrderBook: 0, Bar: 0}
        self.adapter.on_market_data(self._hear)

    def _hear(self, message: object) -> None:
        kind = type(message)
        if kind in self.heard:
            self.heard[kind] += 1
        if isinstance(message, Quote):
            self.quotes[message.symbol] = message

    async def play(self, symbols: list[str]) -> None:
        await self.adapter.connect()
        await self.adapter.subscribe_market_data(symbols)
        await self.adapter.run_feed(speed=None)


@pytest.mark.parametrize("symbols", [["BTCUSDT"], ["ETHUSDT"], ["BTCUSDT", "ETHUSDT"]])
def test_a_whole_recording_is_played_to_the_last_line(symbols: list[str]) -> None:
    listener = Listener(symbols)

    asyncio.run(listener.play(symbols))

    sums = {name: sum(COUNTS[symbol][name] for symbol in symbols) for name in COUNTS["BTCUSDT"]}
    bar_count = listener.heard[Bar]
    assert bar_count > 0
    assert {**sums, "bars": bar_count, "book_gaps": 0, "bad_lines": 0} == (
        listener.adapter.feed_counts()
    )
    assert sums["quotes"] == listener.heard[Quote]
    assert sums["trades"] == listener.heard[Tick]
    for symbol in symbols:
        expected, quote = the_last_book_ticker(FILES[symbol]), listener.quotes[symbol]
        assert tuple(Decimal(expected[key]) for key in "bBaA") == (
            quote.bid_px_dec,
            quote.bid_qty_dec,
            quote.ask_px_dec,
            quote.ask_qty_dec,
        )
        pit = listener.adapter._venue.pits[symbol]
        best = pit.market.bids.best_px(), pit.market.asks.best_px()
        assert (quote.bid_px_raw, quote.ask_px_raw) == best


def test_instruments_have_the_steps_that_the_venue_trades_in() -> None:
    steps = {}
    for symbol, path in FILES.items():
        adapter = PaperAdapter(PaperSettings(feed=(str(path),)), symbols=[symbol])
        instrument = adapter._specs[symbol].instrument
        steps[symbol] = (instrument.tick_size, instrument.lot_size)

    assert {
        "BTCUSDT": (Decimal("0.01"), Decimal("0.00001")),
        "ETHUSDT": (Decimal("0.01"), Decimal("0.0001")),
    } == steps
