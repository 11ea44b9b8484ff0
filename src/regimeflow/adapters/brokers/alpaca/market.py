"""Market data: one connection for each kind of asset, and what becomes of silence."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from regimeflow._core.alpaca_frames import AlpacaFrames, Control, TradingStatus
from regimeflow._core.messages import SystemMessage
from regimeflow.adapters.brokers._shared.feed_news import feed_news
from regimeflow.adapters.brokers._shared.link import Link
from regimeflow.adapters.brokers._shared.silence import Silence, Stream
from regimeflow.adapters.brokers.alpaca.errors import (
    Meaning,
    Refusal,
    is_session_refused,
)
from regimeflow.adapters.brokers.alpaca.hours import Hours
from regimeflow.adapters.brokers.alpaca.talk import Dial, Talk
from regimeflow.ports.broker import MarketDataUpdate
from regimeflow.types.config.alpaca import AlpacaSettings
from regimeflow.types.enums import SystemCode
from regimeflow.types.option_symbol import option_of

QUOTES: Final = 1  # as AlpacaFrames.last_recv_ns numbers them
TRADES: Final = 2
BARS: Final = 3
_NS_PER_S: Final = 10**9
# Source: Alpaca, "Real-time stock data", errors. These say that asking again is of no use.
_NO_USE: Final = frozenset({402, 409, 410, 411})
_OPTIONS: Final = "/v1beta1/"  # the only stream that speaks MessagePack alone

Sink = Callable[[MarketDataUpdate], object]


def streams_of(symbol: str, settings: AlpacaSettings) -> list[Stream]:
    """What is subscribed of a symbol; only quotes must not be silent."""
    found = []
    if settings.quotes:
        found.append(Stream(f"quotes of {symbol}", symbol, QUOTES, settings.max_stream_silence_s))
    if settings.trades:
        found.append(Stream(f"trades of {symbol}", symbol, TRADES, None))
    if settings.bars and option_of(symbol) is None:
        found.append(Stream(f"bars of {symbol}", symbol, BARS, None))
    return found


_CHANNELS: Final = {QUOTES: "quotes", TRADES: "trades", BARS: "bars"}


class DataConnection(Talk):
    """One connection to a market data stream.

    Args:
        url: Where.
        dial: How.
        streams: What is subscribed when it opens.
        is_live: Whether a symbol's market is open: else its silence is normal.
        sink: Gets market data.
        on_status: Gets the trading status of a symbol.
        on_broken: Told why a frame could not be read, or a request was refused.
        on_closed: Told once, with why.
    """

    def __init__(
        self,
        url: str,
        dial: Dial,
        streams: Iterable[Stream],
        *,
        is_live: Callable[[str], bool],
        sink: Sink,
        on_status: Callable[[TradingStatus], object],
        on_broken: Callable[[str], object],
        on_closed: Callable[[DataConnection, str], object],
    ) -> None:
        super().__init__(url, dial, on_broken=on_broken, on_closed=lambda why: on_closed(self, why))
        self.frames = AlpacaFrames(
            on_market_data=sink, on_status=on_status, on_control=self._controlled
        )
        self._broken: Final = on_broken
        self._is_live: Final = is_live
        self.streams: Final = {each.name: each for each in streams}
        self.packs = _OPTIONS in url
        self._since_ns: Final[dict[str, int]] = {}

    async def begin(self, greeting: Awaitable[Control]) -> None:
        """Be greeted, log in, subscribe."""
        await greeting
        await super().begin(greeting)
        await self.subscribe(())

    async def subscribe(self, streams: Iterable[Stream]) -> None:
        """Ask for more streams, and for all again.

        Raises:
            BrokerError: the venue refused them; what was subscribed stays.
        """
        self.streams.update({each.name: each for each in streams})
        now_ns = time.time_ns()
        for name in self.streams:
            self._since_ns.setdefault(name, now_ns)
        await self.ask({"action": "subscribe", **_channels(self.streams.values())})
        more = _more_channels(self.streams.values())
        try:
            if more:
                await self.ask({"action": "subscribe", **more})
        except Refusal as error:  # not every feed and subscription has them
            self._broken(f"no halts and no revised bars: {error}")

    def unsubscribe(self, symbols: Iterable[str]) -> None:
        """Give the streams of symbols up."""
        gone = [each for each in self.streams.values() if each.symbol in set(symbols)]
        for each in gone:
            del self.streams[each.name]
        if gone:
            self.say({"action": "unsubscribe", **_channels(gone), **_more_channels(gone)})

    # ---- silence

    def watched(self) -> Iterable[Stream]:
        """Give the streams whose market is open."""
        return [each for each in self.streams.values() if self._is_live(each.symbol)]

    def heard_ns(self, stream: Stream) -> int:
        """When a stream last said something; 0: not yet."""
        return self.frames.last_recv_ns(stream.symbol, stream.kind)

    def silent_s(self, stream: Stream, now_ns: int) -> float:
        """For how long a stream has said nothing."""
        since_ns = self._since_ns.get(stream.name, now_ns)
        return (now_ns - max(since_ns, self.heard_ns(stream))) / _NS_PER_S

    def ask_again(self, stream: Stream) -> None:
        """Give a stream up and ask for it anew."""
        for action in ("unsubscribe", "subscribe"):
            self.say({"action": action, **_channels([stream])})

    def live_again(self, symbol: str, now_ns: int) -> None:
        """Begin to count the silence of a symbol now: its market has just opened."""
        for each in self.streams.values():
            if each.symbol == symbol:
                self._since_ns[each.name] = now_ns

    def _controlled(self, control: Control) -> None:
        if control.kind in ("success", "subscription"):
            self.answered(control)
        elif control.kind == "error":
            text = f"the market data stream says: {control.text}"
            meaning = Meaning.SESSION if control.code in _NO_USE else Meaning.REFUSED
            if not self.refused(text, meaning, control.code):
                self._broken(f"{text} ({control.code})")


def _channels(streams: Iterable[Stream]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in streams:
        found.setdefault(_CHANNELS[each.kind], []).append(each.symbol)
    return found


def _more_channels(streams: Iterable[Stream]) -> dict[str, list[str]]:
    """What comes beside the streams: revised bars, and of shares what trading status they have."""
    streams = list(streams)
    found = {
        "updatedBars": [each.symbol for each in streams if each.kind == BARS],
        "statuses": sorted({each.symbol for each in streams if _has_halts(each.symbol)}),
    }
    return {channel: symbols for channel, symbols in found.items() if symbols}


def _has_halts(symbol: str) -> bool:
    return "/" not in symbol and option_of(symbol) is None


class Market:
    """Keeps the streams of the session's symbols coming.

    Args:
        settings: As configured.
        dial: How streams are reached.
        hours: When shares trade.
        now_ns: The venue's time.
        sink: Takes market data; may be the engine's own intake, in C.
        tell: Takes news about the feed.
        log: Takes a line for people.
    """

    def __init__(
        self,
        settings: AlpacaSettings,
        dial: Dial,
        hours: Hours,
        *,
        now_ns: Callable[[], int],
        sink: Sink,
        tell: Callable[[SystemMessage], object],
        log: Callable[[str], object],
    ) -> None:
        self._settings: Final = settings
        self._dial: Final = dial
        self._hours: Final = hours
        self._now_ns: Final = now_ns
        self._sink: Final = sink
        self._tell: Final = tell
        self._log: Final = log
        self._silence: Final = Silence(self._say)
        self._links: Final[dict[str, Link[DataConnection]]] = {}
        self._symbols: Final[dict[str, dict[str, None]]] = {}  # by path
        self._was_open = True
        self.losses = 0
        self.broken = 0

    async def subscribe(self, symbols: Sequence[str]) -> None:
        """Ask for the streams of symbols that are not there yet.

        Raises:
            BrokerError: a connection could not be opened, or the venue refused them.
        """
        new: dict[str, list[str]] = {}
        for symbol in symbols:
            path = self._path(symbol)
            if symbol not in self._symbols.get(path, {}):
                new.setdefault(path, []).append(symbol)
        for path, names in new.items():
            wanted = self._symbols.setdefault(path, {})
            wanted.update(dict.fromkeys(names))
            try:
                await self._ask(path, names)
            except BaseException:  # cancelled too: they are not subscribed
                for name in names:
                    wanted.pop(name, None)
                raise

    def unsubscribe(self, symbols: Iterable[str]) -> None:
        """Give the streams of symbols up."""
        for symbol in symbols:
            path = self._path(symbol)
            if symbol not in self._symbols.get(path, {}):
                continue
            del self._symbols[path][symbol]
            link = self._links.get(path)
            if link is not None and link.connection is not None:
                link.connection.unsubscribe([symbol])
            self._silence.forget(symbol)

    async def close(self) -> None:
        """Close every connection."""
        for link in self._links.values():
            await link.close()
        self._links.clear()
        self._symbols.clear()

    def check(self) -> None:
        """Look for streams that are silent; called now and then."""
        now_ns = time.time_ns()
        is_open = self._hours.is_open(self._now_ns())
        for link in self._links.values():
            connection = link.connection
            if connection is None:
                continue
            self._look_for_ends_of_halts(connection)
            if is_open and not self._was_open:
                for each in connection.streams.values():
                    connection.live_again(each.symbol, now_ns)
            if self._silence.check(connection, now_ns):
                connection.hang_up()  # a key has one connection: the next one cannot overlap it
        self._was_open = is_open

    def counts(self) -> dict[str, int]:
        """What happened to the connections so far."""
        return {
            "connections": len(self._links),
            "losses": self.losses,
            "gaps": sum(link.gaps for link in self._links.values()),
            "broken_frames": self.broken,
        }

    # ---- the parts

    def _path(self, symbol: str) -> str:
        if "/" in symbol:
            return "/v1beta3/crypto/us"
        if option_of(symbol) is not None:
            return _OPTIONS + self._settings.option_feed
        return f"/v2/{self._settings.feed}"

    async def _ask(self, path: str, symbols: Sequence[str]) -> None:
        link = self._links.get(path)
        if link is None:
            link = self._link(path)
            await link.open()
            self._links[path] = link
        elif link.connection is not None:
            streams = [each for name in symbols for each in streams_of(name, self._settings)]
            async with asyncio.timeout(self._dial.timeout_s):
                await link.connection.subscribe(streams)

    def _link(self, path: str) -> Link[DataConnection]:
        def make(on_closed: Callable[[DataConnection, str], object]) -> DataConnection:
            streams = [
                each for name in self._symbols[path] for each in streams_of(name, self._settings)
            ]
            return DataConnection(
                self._settings.hosts.stream_url + path,
                self._dial,
                streams,
                is_live=self._is_live,
                sink=self._sink,
                on_status=self._hear_status,
                on_broken=self._broken,
                on_closed=on_closed,
            )

        return Link(
            f"the market data connection {path}",
            make,
            recover=_nothing,
            is_refused=is_session_refused,
            tell=self._log,
            on_lost=lambda why: self._lost(path, why),
            back="is back",
        )

    def _is_live(self, symbol: str) -> bool:
        if "/" in symbol:
            return True
        return self._hours.is_open(self._now_ns()) and self._hours.halts.find(symbol) is None

    def _hear_status(self, status: TradingStatus) -> None:
        text = self._hours.halts.hear(status)
        if text:
            self._say(SystemCode.TEXT, status.symbol, text)

    def _look_for_ends_of_halts(self, connection: DataConnection) -> None:
        """Take a trade after a halt for its end: that it ended may have been missed."""
        halts = self._hours.halts
        for symbol in halts.symbols():
            halt = halts.find(symbol)
            since_ns = 0 if halt is None else halt.heard_ns + _NS_PER_S
            if connection.frames.last_recv_ns(symbol, TRADES) > since_ns:
                halts.forget(symbol)
                self._say(SystemCode.TEXT, symbol, "trades again")

    def _lost(self, path: str, why: str) -> None:
        self.losses += 1
        for symbol in self._symbols[path]:
            self._hours.halts.forget(symbol)  # what is told from here on is not heard
            self._silence.lost(symbol, f"the connection is lost: {why}")

    def _broken(self, why: str) -> None:
        self.broken += 1
        if self.broken & (self.broken - 1) == 0:  # the 1st, 2nd, 4th, 8th ...
            self._log(f"market data: {why} (number {self.broken})")

    def _say(self, code: SystemCode, symbol: str, text: str) -> None:
        self._tell(feed_news(code, symbol, text))


async def _nothing() -> None:
    """Market data that was missed is not asked for."""
