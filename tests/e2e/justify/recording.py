"""What the market said: the lines of a recording, as facts.

A line is ``recv_ns json``; the JSON is a combined-stream message (``@bookTicker``, ``@trade``,
``@depth``) or, without a stream, the REST snapshot of the only symbol of the file.
"""

from __future__ import annotations

import gzip
import heapq
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from justify.numbers import units

Levels = tuple[tuple[int, int], ...]  # price, quantity


class Quote(NamedTuple):
    """The best bid and ask at update ``u``."""

    ns: int
    u: int
    bid: int
    bid_qty: int
    ask: int
    ask_qty: int


class Trade(NamedTuple):
    """A trade; ``own_time`` is the venue's, in the unit of ``Depth.own_time``."""

    ns: int
    trade_id: int
    price: int
    quantity: int
    buyer_is_maker: bool
    own_time: int


class Depth(NamedTuple):
    """The levels that changed in the updates ``first_u`` to ``u``."""

    ns: int
    first_u: int
    u: int
    own_time: int
    bids: Levels
    asks: Levels


class Snapshot(NamedTuple):
    """The whole book as it stood at update ``u``."""

    ns: int
    u: int
    bids: Levels
    asks: Levels


Event = Quote | Trade | Depth | Snapshot


class Recording:
    """All that was recorded of each symbol, in the order of its arrival."""

    def __init__(self) -> None:
        self.events: dict[str, list[Event]] = {}
        self.bad_lines: list[str] = []

    @classmethod
    def read(cls, paths: Iterable[Path]) -> Recording:
        """Read files, plain or gz; what is no known message is noted in ``bad_lines``."""
        recording = cls()
        for path in paths:
            recording._add(path)
        return recording

    def tick_and_lot(self, symbol: str) -> tuple[int, int]:
        """Return the largest steps that all the symbol's prices and quantities are on."""
        prices, quantities = 0, 0
        for price, quantity in _numbers(self.events.get(symbol, [])):
            prices, quantities = math.gcd(prices, price), math.gcd(quantities, quantity)
        return prices or 1, quantities or 1

    def _add(self, path: Path) -> None:
        found: dict[str, list[Event]] = {}
        homeless: list[Event] = []  # snapshots
        for number, line in enumerate(_lines(path), 1):
            try:
                symbol, event = _parse(line)
            except (ValueError, KeyError, TypeError) as error:
                self.bad_lines.append(f"{path.name}:{number}: {error!r}")
                continue
            if symbol is None:
                homeless.append(event)
            else:
                found.setdefault(symbol, []).append(event)
        if homeless and len(found) != 1:
            raise ValueError(f"{path}: whose snapshot is it? symbols: {sorted(found)}")
        for symbol, events in found.items():
            merged = heapq.merge(self.events.get(symbol, []), events, homeless, key=lambda e: e.ns)
            self.events[symbol] = list(merged)


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        try:
            yield from lines
        except (EOFError, gzip.BadGzipFile):  # a torn end: what came before it counts
            return


def _parse(line: str) -> tuple[str | None, Event]:
    stamp, _, text = line.partition(" ")
    ns, message = int(stamp), json.loads(text)
    if "stream" not in message:
        bids, asks = _levels(message["bids"]), _levels(message["asks"])
        return None, Snapshot(ns, message["lastUpdateId"], bids, asks)
    symbol, _, stream = message["stream"].partition("@")
    return symbol.upper(), _market_event(ns, stream, message["data"])


def _market_event(ns: int, stream: str, data: dict[str, Any]) -> Event:
    if stream == "bookTicker":
        bid, ask = units(data["b"]), units(data["a"])
        return Quote(ns, data["u"], bid, units(data["B"]), ask, units(data["A"]))
    if stream == "trade":
        price, quantity = units(data["p"]), units(data["q"])
        return Trade(ns, data["t"], price, quantity, data["m"], data["T"])
    if stream.startswith("depth"):
        bids, asks = _levels(data["b"]), _levels(data["a"])
        return Depth(ns, data["U"], data["u"], data["E"], bids, asks)
    raise ValueError(f"unknown stream {stream!r}")


def _levels(rows: list[list[str]]) -> Levels:
    return tuple((units(price), units(quantity)) for price, quantity in rows)


def _numbers(events: Iterable[Event]) -> Iterator[tuple[int, int]]:
    for event in events:
        if isinstance(event, Quote):
            yield event.bid, event.bid_qty
            yield event.ask, event.ask_qty
        elif isinstance(event, Trade):
            yield event.price, event.quantity
        else:
            yield from event.bids
            yield from event.asks
