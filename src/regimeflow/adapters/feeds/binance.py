"""What Binance's market streams say, as feed events.

A line of a recording is ``recv_ns json``. The JSON is a combined-stream frame (``{"stream",
"data"}``), the bare data of one, an array of either, or the answer of ``GET /api/v3/depth``
(``lastUpdateId, bids, asks``: it names no symbol, so it belongs to the symbol of this recording
whose last update id is nearest).

Source:
    Binance, web-socket-streams.md: ``@bookTicker`` (u, s, b, B, a, A; no time), ``@trade`` (E, s,
    t, p, q, T, m: the buyer was the maker), ``@depth`` (E, s, U, u, b, a). Times are milliseconds,
    or microseconds when asked for (``timeUnit=MICROSECOND``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

from regimeflow._core.recorded_frames import RecordedFrames
from regimeflow.adapters.feeds.decimals import Mantissas, decimals_of
from regimeflow.adapters.feeds.feed import (
    MAX_SYMBOL,
    DepthEvent,
    FeedEvent,
    Levels,
    QuoteEvent,
    Scale,
    SnapshotEvent,
    TradeEvent,
)
from regimeflow.types.enums import OrderSide

WIRE_DECIMALS: Final = 8  # every price and quantity on the wire has eight
_MICROSECONDS_FROM: Final = 10**14  # 1973 in microseconds, 5138 in milliseconds
_RECV_DIGITS: Final = 19  # nanoseconds from 2001 to 2286
_INT64_MAX: Final = 2**63 - 1
_BUY: Final = int(OrderSide.BUY)
_SELL: Final = int(OrderSide.SELL)


class NotAnEvent(ValueError):
    """A line that is no event; the text says why."""


def split_line(line: bytes) -> tuple[int, Any]:
    """Take a line apart into receive time [ns, UTC] and decoded JSON.

    Raises:
        NotAnEvent: one of them is missing or broken.
    """
    stamp, _, body = line.partition(b" ")
    if len(stamp) != _RECV_DIGITS or not stamp.isdigit():
        raise NotAnEvent("does not begin with a receive time of 19 digits")
    recv_ns = int(stamp)
    if recv_ns > _INT64_MAX:
        raise NotAnEvent(f"the receive time {recv_ns} is beyond 64 bits")
    try:
        return recv_ns, orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotAnEvent(f"broken JSON: {error}") from None


def time_ns(stamp: int) -> int:
    """A time of the wire, milliseconds or microseconds, as nanoseconds."""
    ns = stamp * 1_000 if stamp >= _MICROSECONDS_FROM else stamp * 1_000_000
    return _count(ns)


def _count(number: int) -> int:
    """An id or a time: an integer that a record can hold."""
    if type(number) is not int or not 0 <= number <= _INT64_MAX:
        raise NotAnEvent(f"{number!r} is no id and no time")
    return number


class BinanceParser:
    """Lines of one recording to events.

    Args:
        scales: The exponents of each symbol's mantissas.
        symbols: The symbols that this recording is known to have; a depth snapshot that comes first
            belongs to the only one.
    """

    def __init__(self, scales: dict[str, Scale], symbols: tuple[str, ...]) -> None:
        self._decode: Final = {
            name: (Mantissas(s.px_exp).__getitem__, Mantissas(s.qty_exp).__getitem__)
            for name, s in scales.items()
        }
        self._last_ids: Final = dict.fromkeys(symbols, 0)
        self._compiled: Final = RecordedFrames(
            QuoteEvent, TradeEvent, DepthEvent, scales, self._last_ids
        )
        self._by_event: Final[dict[str, Callable[[int, dict[str, Any]], FeedEvent]]] = {
            "trade": self._trade,
            "depthUpdate": self._depth,
            "bookTicker": self._quote,  # futures name it
        }

    def parse(self, line: bytes) -> list[FeedEvent]:
        """The events of one line: the commonest by the compiled parser, all others here.

        Raises:
            NotAnEvent: something in it is none; nothing of the line counts.
        """
        usual = self._compiled.read(line)
        if usual is not None:
            return [usual]
        recv_ns, frame = split_line(line)
        frames = frame if type(frame) is list else (frame,)
        try:
            return [self._event(recv_ns, one.get("data", one)) for one in frames]
        except NotAnEvent:
            raise
        except KeyError as error:
            raise NotAnEvent(f"no field or symbol {error}") from None
        except (TypeError, ValueError, AttributeError) as error:
            raise NotAnEvent(f"a field is not what it should be: {error}") from None

    def _event(self, recv_ns: int, data: dict[str, Any]) -> FeedEvent:
        name = data.get("e")
        if name is None:
            if "A" in data:
                return self._quote(recv_ns, data)
            if "lastUpdateId" in data:
                return self._snapshot(recv_ns, data)
            raise NotAnEvent("unknown message")
        build = self._by_event.get(name)
        if build is None:
            raise NotAnEvent(f"unknown event {name!r}")
        return build(recv_ns, data)

    def _quote(self, recv_ns: int, data: dict[str, Any]) -> QuoteEvent:
        symbol = data["s"]
        px, qty = self._decode[symbol]
        update_id = _count(data["u"])
        self._last_ids[symbol] = update_id
        return QuoteEvent(
            recv_ns,
            symbol,
            update_id,
            px(data["b"]),
            qty(data["B"]),
            px(data["a"]),
            qty(data["A"]),
            time_ns(data["E"]) if "E" in data else 0,
        )

    def _trade(self, recv_ns: int, data: dict[str, Any]) -> TradeEvent:
        symbol = data["s"]
        px, qty = self._decode[symbol]
        aggressor = _SELL if data["m"] else _BUY
        return TradeEvent(
            recv_ns,
            symbol,
            _count(data["t"]),
            px(data["p"]),
            qty(data["q"]),
            aggressor,
            time_ns(data["T"]),
        )

    def _depth(self, recv_ns: int, data: dict[str, Any]) -> DepthEvent:
        symbol = data["s"]
        first_id, last_id = _count(data["U"]), _count(data["u"])
        if first_id > last_id:
            raise NotAnEvent(f"U is {first_id}, above u of {last_id}")
        bids, asks = self._levels(symbol, data["b"]), self._levels(symbol, data["a"])
        self._last_ids[symbol] = last_id
        return DepthEvent(recv_ns, symbol, first_id, last_id, bids, asks, time_ns(data["E"]))

    def _snapshot(self, recv_ns: int, data: dict[str, Any]) -> SnapshotEvent:
        last_id = _count(data["lastUpdateId"])
        if not self._last_ids:
            raise NotAnEvent("a depth snapshot, and nothing says of which symbol")
        symbol = min(self._last_ids, key=lambda name: abs(self._last_ids[name] - last_id))
        return SnapshotEvent(
            recv_ns,
            symbol,
            last_id,
            self._levels(symbol, data["bids"]),
            self._levels(symbol, data["asks"]),
        )

    def _levels(self, symbol: str, pairs: list[list[str]]) -> Levels:
        px, qty = self._decode[symbol]
        return [(px(price), qty(quantity)) for price, quantity in pairs]


class Survey:
    """What a stretch of a recording shows: its symbols, how fine their prices and trades are."""

    def __init__(self) -> None:
        self.px_decimals: Final[dict[str, int]] = {}
        self.traded_decimals: Final[dict[str, int]] = {}
        self.first_recv_ns: int | None = None

    @property
    def symbols(self) -> tuple[str, ...]:
        """In the order in which they appear."""
        return tuple(self.px_decimals)

    def look_at(self, line: bytes) -> None:
        """Learn from one line; what is no event teaches nothing."""
        try:
            recv_ns, frame = split_line(line)
            if self.first_recv_ns is None:
                self.first_recv_ns = recv_ns
            for one in frame if type(frame) is list else (frame,):
                self._learn(one.get("data", one))
        except (KeyError, TypeError, ValueError, AttributeError):
            return

    def _learn(self, data: dict[str, Any]) -> None:
        symbol = data["s"]
        if not (symbol.isascii() and symbol.isalnum() and len(symbol) <= MAX_SYMBOL):
            return
        if data.get("e") == "trade":
            self._finer(self.px_decimals, symbol, data["p"])
            self._finer(self.traded_decimals, symbol, data["q"])
        elif "A" in data:
            self._finer(self.px_decimals, symbol, data["a"])
            self._finer(self.px_decimals, symbol, data["b"])
        elif data.get("e") == "depthUpdate":
            self.px_decimals.setdefault(symbol, 0)
            for price, _ in (*data["b"], *data["a"]):
                self._finer(self.px_decimals, symbol, price)

    @staticmethod
    def _finer(known: dict[str, int], symbol: str, text: str) -> None:
        known[symbol] = max(known.get(symbol, 0), decimals_of(text))
