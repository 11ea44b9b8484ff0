"""A recording in the format of Binance, of numbers of our own: small enough to read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

START_NS = 1_700_000_000_000_000_000
START_MS = START_NS // 1_000_000
STEP_NS = 10_000_000

Pairs = Sequence[tuple[str, str]]


def eight(number: str) -> str:
    """A number as the wire spells it: with eight decimals."""
    whole, _, fraction = number.partition(".")
    return f"{whole}.{fraction.ljust(8, '0')}"


class Recording:
    """Lines of a recording, ten milliseconds apart unless told otherwise."""

    def __init__(self, symbol: str = "BTCUSDT", start_ns: int = START_NS) -> None:
        self.symbol = symbol
        self.now_ns = start_ns
        self.lines: list[str] = []

    def wait(self, ms: float) -> Recording:
        """Let time pass before the next line."""
        self.now_ns += int(ms * 1_000_000)
        return self

    def quote(self, bid: tuple[str, str], ask: tuple[str, str], *, update_id: int) -> Recording:
        """A bookTicker line; ``bid`` and ``ask`` are (price, quantity)."""
        data = {"u": update_id, "s": self.symbol, "b": eight(bid[0]), "B": eight(bid[1])}
        return self._stream("bookTicker", {**data, "a": eight(ask[0]), "A": eight(ask[1])})

    def trade(self, px: str, qty: str, *, aggressor: str, trade_id: int) -> Recording:
        """A trade line; ``aggressor`` is "buy" or "sell"."""
        ms = self._ms()
        data = {"e": "trade", "E": ms, "s": self.symbol, "t": trade_id, "p": eight(px)}
        maker = {"q": eight(qty), "T": ms, "m": aggressor == "sell", "M": True}
        return self._stream("trade", {**data, **maker})

    def depth(self, first_id: int, last_id: int, bids: Pairs = (), asks: Pairs = ()) -> Recording:
        """A depth update line."""
        data = {"e": "depthUpdate", "E": self._ms(), "s": self.symbol, "U": first_id, "u": last_id}
        return self._stream("depth@100ms", {**data, "b": _wire(bids), "a": _wire(asks)})

    def snapshot(self, last_id: int, bids: Pairs, asks: Pairs) -> Recording:
        """The answer of GET depth, which names no symbol."""
        return self.json({"lastUpdateId": last_id, "bids": _wire(bids), "asks": _wire(asks)})

    def json(self, message: object) -> Recording:
        """Any message."""
        return self.raw(f"{self.now_ns} {json.dumps(message)}")

    def raw(self, line: str) -> Recording:
        """Any line."""
        self.lines.append(line)
        self.now_ns += STEP_NS
        return self

    def text(self) -> str:
        """The whole file."""
        return "".join(f"{line}\n" for line in self.lines)

    def write(self, path: Path) -> Path:
        """Write the file, compressed when its name ends in .gz."""
        data = self.text().encode()
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
        return path

    def _stream(self, stream: str, data: dict[str, object]) -> Recording:
        return self.json({"stream": f"{self.symbol.lower()}@{stream}", "data": data})

    def _ms(self) -> int:
        return self.now_ns // 1_000_000


def _wire(pairs: Pairs) -> list[list[str]]:
    return [[eight(px), eight(qty)] for px, qty in pairs]


def a_small_market(symbol: str = "BTCUSDT") -> Recording:
    """A book of three levels a side around 100.00 / 100.01, joined, with a quote and a trade."""
    return (
        Recording(symbol)
        .depth(101, 105, bids=[("99.98", "0")])
        .snapshot(
            105,
            bids=[("100.00", "2"), ("99.99", "3"), ("99.98", "4")],
            asks=[("100.01", "1"), ("100.02", "2"), ("100.03", "5")],
        )
        .quote(("100.00", "2"), ("100.01", "1"), update_id=105)
        .trade("100.00", "0.001", aggressor="sell", trade_id=1)
    )
