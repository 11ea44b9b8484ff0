"""Market data lines: ticks as they come, delayed ones, snapshots, tick by tick."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.contracts import Contract
from regimeflow.apps.venues.ib.errors import Code, Refusal
from regimeflow.apps.venues.ib.ids import DELAYED, Say, Tick
from regimeflow.apps.venues.ib.interruptions import Faulty
from regimeflow.apps.venues.ib.session import Session
from regimeflow.apps.venues.ib.settings import TwsSettings
from regimeflow.apps.venues.ib.tape import Tape
from regimeflow.apps.venues.ib.times import NS

_LIVE: Final = 1
_DELAYED: Final = 3
_SIZE_OF: Final = {Tick.BID: Tick.BID_SIZE, Tick.ASK: Tick.ASK_SIZE, Tick.LAST: Tick.LAST_SIZE}
_CAN_EXECUTE: Final = 1
_SNAPSHOT_PERMISSIONS: Final = 3
TICK_BY_TICK_KINDS: Final = {"Last": 1, "AllLast": 2, "BidAsk": 3, "MidPoint": 4}


@dataclass(slots=True, kw_only=True)
class Line:
    """One market data line, and what it has told."""

    session: Session
    request_id: int
    contract: Contract
    is_delayed: bool = False
    is_silent: bool = False
    told: dict[Tick, tuple[Decimal, Decimal]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Stream:
    """One tick-by-tick subscription."""

    session: Session
    request_id: int
    contract: Contract
    kind: int
    told: object = None


class Quotes:
    """All lines of all clients."""

    def __init__(
        self,
        exchange: Exchange,
        tapes: Callable[[str], Tape],
        faults: Faulty,
        settings: TwsSettings,
        now_ns: Callable[[], int],
    ) -> None:
        self._exchange = exchange
        self._tapes = tapes
        self._faults = faults
        self._settings = settings
        self._now_ns = now_ns
        self._lines: dict[tuple[Session, int], Line] = {}
        self._streams: dict[tuple[Session, int], Stream] = {}
        self._types: dict[Session, int] = {}

    def choose(self, session: Session, kind: int) -> None:
        """Handle reqMarketDataType."""
        self._types[session] = kind

    def subscribe(
        self, session: Session, request_id: int, contract: Contract, *, is_snapshot: bool
    ) -> None:
        """Open a line, or tell once.

        Raises:
            Refusal: no right to it, or too many lines.
        """
        mine = [line for line in self._lines.values() if line.session is session]
        if len(mine) >= self._settings.market_data_lines:
            raise Refusal(Code.TOO_MANY_TICKERS)
        line = Line(
            session=session,
            request_id=request_id,
            contract=contract,
            is_delayed=self._is_delayed(session, request_id, contract),
        )
        kind = _DELAYED if line.is_delayed else _LIVE
        session.send(messages.of(Say.MARKET_DATA_TYPE, 1, request_id, kind))
        session.send(
            messages.of(
                Say.TICK_PARAMETERS, request_id, contract.min_tick, "9c0001", _SNAPSHOT_PERMISSIONS
            )
        )
        self._hush(line)
        self._tell(line)
        if is_snapshot:
            session.send(messages.of(Say.SNAPSHOT_END, 1, request_id))
        else:
            self._lines[session, request_id] = line

    def unsubscribe(self, session: Session, request_id: int) -> None:
        """Close a line.

        Raises:
            Refusal: there is none of this id.
        """
        if self._lines.pop((session, request_id), None) is None:
            raise Refusal(Code.NO_SUCH_TICKER, id=request_id)

    def stream(self, session: Session, request_id: int, contract: Contract, kind: str) -> None:
        """Open a tick-by-tick stream.

        Raises:
            Refusal: no such kind.
        """
        if kind not in TICK_BY_TICK_KINDS:
            raise Refusal(Code.INVALID, f"Invalid tick type in tick-by-tick request: {kind}")
        stream = Stream(
            session=session,
            request_id=request_id,
            contract=contract,
            kind=TICK_BY_TICK_KINDS[kind],
        )
        self._streams[session, request_id] = stream
        self._stream_quote(stream)

    def end_stream(self, session: Session, request_id: int) -> None:
        """Close a tick-by-tick stream."""
        self._streams.pop((session, request_id), None)

    def forget(self, session: Session) -> None:
        """Drop what a client had that is gone."""
        for table in (self._lines, self._streams):
            for key in [key for key in table if key[0] is session]:
                del table[key]
        self._types.pop(session, None)

    def drop_all(self) -> None:
        """Lose every subscription, as 1101 says."""
        self._lines.clear()
        self._streams.clear()

    def quote_changed(self, market: str) -> None:
        """Tell the new bid and ask of a symbol."""
        for line in self._of(market):
            self._hush(line)
            self._tell(line)
        for stream in list(self._streams.values()):
            if stream.contract.market == market:
                self._stream_quote(stream)

    def traded(self, market: str, price: Decimal, quantity: Decimal, time_ns: int) -> None:
        """Tell a trade to the streams; lines hear of it as their last price."""
        for stream in list(self._streams.values()):
            if stream.contract.market == market and stream.kind in {1, 2}:
                stream.session.send(
                    messages.of(
                        Say.TICK_BY_TICK,
                        stream.request_id,
                        stream.kind,
                        time_ns // NS,
                        price,
                        messages.size(quantity, stream.session.version),
                        0,
                        "ISLAND",
                        "",
                    )
                )

    def _of(self, market: str) -> Iterator[Line]:
        return (line for line in list(self._lines.values()) if line.contract.market == market)

    def _is_delayed(self, session: Session, request_id: int, contract: Contract) -> bool:
        symbol = contract.market
        if self._faults.take("competing_session", symbol=symbol) is not None:
            raise Refusal(Code.COMPETING_SESSION)
        right = self._settings.market_data
        struck = self._faults.take("no_market_data", symbol=symbol) is not None
        if right == "live" and not struck:
            return False
        if right == "none" or self._types.get(session, _LIVE) < _DELAYED:
            raise Refusal(Code.NOT_SUBSCRIBED)
        session.refuse(request_id, Refusal(Code.DELAYED_SHOWN))
        return True

    def _hush(self, line: Line) -> None:
        """Let a line fall silent for good when that is due."""
        if not line.is_silent:
            context = {"symbol": line.contract.market, "client": line.session.client_id}
            line.is_silent = self._faults.take("silent_data", **context) is not None

    def _tell(self, line: Line) -> None:
        book = self._exchange.books[line.contract.market]
        bid, ask = book.best()
        tape = self._tapes(line.contract.market)
        nothing = (Decimal(-1), Decimal(0))  # how IB says that there is none
        for tick, quote in ((Tick.BID, bid), (Tick.ASK, ask)):
            if quote is not None or tick in line.told:
                self._tell_price(line, tick, quote or nothing)
        if tape.open_px is None:
            if book.last_price is not None:
                self._tell_price(line, Tick.CLOSE, (book.last_price, Decimal(0)))
            return
        self._tell_price(line, Tick.LAST, (tape.last_px, tape.last_qty))
        self._tell_price(line, Tick.HIGH, (tape.high_px, Decimal(0)))
        self._tell_price(line, Tick.LOW, (tape.low_px, Decimal(0)))
        self._tell_price(line, Tick.OPEN, (tape.open_px, Decimal(0)))
        self._tell_size(line, Tick.VOLUME, tape.volume)
        seconds = Decimal(tape.last_ns // NS)
        if line.told.get(Tick.LAST_TIME) != (seconds, Decimal(0)):
            line.told[Tick.LAST_TIME] = (seconds, Decimal(0))
            self._send(line, Say.TICK_STRING, Tick.LAST_TIME, int(seconds))

    def _tell_price(self, line: Line, tick: Tick, news: tuple[Decimal, Decimal]) -> None:
        told, (price, quantity) = line.told.get(tick), news
        if told == news:
            return
        line.told[tick] = news
        size = messages.size(quantity, line.session.version)
        if told is not None and told[0] == price and tick in _SIZE_OF:
            self._send(line, Say.TICK_SIZE, _SIZE_OF[tick], size)
            return
        attributes = _CAN_EXECUTE if tick in {Tick.BID, Tick.ASK} and price > 0 else 0
        self._send(line, Say.TICK_PRICE, tick, price, size, attributes)

    def _tell_size(self, line: Line, tick: Tick, quantity: Decimal) -> None:
        if line.told.get(tick) != (quantity, quantity):
            line.told[tick] = (quantity, quantity)
            self._send(line, Say.TICK_SIZE, tick, messages.size(quantity, line.session.version))

    def _send(self, line: Line, message: Say, tick: Tick, *rest: object) -> None:
        if line.is_silent:
            return
        number = DELAYED[tick] if line.is_delayed else int(tick)
        line.session.send(messages.of(message, 6, line.request_id, number, *rest))

    def _stream_quote(self, stream: Stream) -> None:
        bid, ask = self._exchange.books[stream.contract.market].best()
        if stream.kind in {1, 2} or bid is None or ask is None or stream.told == (bid, ask):
            return
        stream.told = (bid, ask)
        head = (stream.request_id, stream.kind, self._now_ns() // NS)
        if stream.kind == TICK_BY_TICK_KINDS["MidPoint"]:
            stream.session.send(messages.of(Say.TICK_BY_TICK, *head, (bid[0] + ask[0]) / 2))
            return
        version = stream.session.version
        sizes = (messages.size(bid[1], version), messages.size(ask[1], version))
        stream.session.send(messages.of(Say.TICK_BY_TICK, *head, bid[0], ask[0], *sizes, 0))
