"""Market data, one connection a key and kind: stocks, options, crypto, the test symbol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import WSMsgType, web

from regimeflow.apps.venues.alpaca.assets import CRYPTO, EQUITY, OPTION, Asset
from regimeflow.apps.venues.alpaca.data_session import (
    CONNECTED,
    ENDS,
    DataSession,
    Messages,
    error,
)
from regimeflow.apps.venues.alpaca.doors import KEY_HEADER, SECRET_HEADER, Doors
from regimeflow.apps.venues.alpaca.fakepaca import ASSET, happenings
from regimeflow.apps.venues.alpaca.framing import Codec, FrameError, decode
from regimeflow.apps.venues.alpaca.market import Book, Happening
from regimeflow.apps.venues.alpaca.market_forms import book_form, stream_form
from regimeflow.apps.venues.alpaca.outlet import PING_EVERY_S, Outlet
from regimeflow.apps.venues.alpaca.times import SECOND_NS
from regimeflow.apps.venues.alpaca.trade_stream import codec_of
from regimeflow.apps.venues.server.faults import Faults

LOGIN_WITHIN_S: Final = 10.0
KINDS: Final = {
    "sip": "stocks",
    "iex": "stocks",
    "delayed_sip": "stocks",
    "test": "test",
    "crypto": "crypto",
    "indicative": "options",
    "opra": "options",
}
_KINDS_OF_ASSETS: Final = {EQUITY: "stocks", CRYPTO: "crypto", OPTION: "options"}


@dataclass(slots=True, eq=False)
class _Connection:
    feed: str
    session: DataSession
    outlet: Outlet


class DataStreams:
    """All connections to all feeds.

    Args:
        doors: Knows the keys.
        faults: What may go wrong.
        is_silent: Whether nothing trades: stocks at night.
        clock: UTC, ns.
        book: A pair's book, all of it.
    """

    def __init__(
        self,
        doors: Doors,
        faults: Faults,
        *,
        is_silent: Callable[[Asset], bool],
        clock: Callable[[], int],
        book: Callable[[str], Book | None],
    ) -> None:
        self._doors: Final = doors
        self._faults: Final = faults
        self._is_silent: Final = is_silent
        self._clock: Final = clock
        self._book: Final = book
        self._open: Final[list[_Connection]] = []
        self._second = 0
        self.login_within_s = LOGIN_WITHIN_S

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it ends."""
        socket = web.WebSocketResponse(heartbeat=PING_EVERY_S, compress=True)
        await socket.prepare(request)
        outlet = Outlet(socket, request.transport, codec=codec_of(request), binary=False)
        feed = request.match_info.get("feed", "crypto")
        connection = self._connection(feed, outlet)
        self._open.append(connection)
        timer = asyncio.get_running_loop().call_later(
            self.login_within_s, self._time_out, connection
        )
        try:
            outlet.send(CONNECTED)
            if KINDS[feed] == "options" and outlet.codec is not Codec.MSGPACK:
                self._answer(connection, error(412))
            key = request.headers.get(KEY_HEADER)
            if key is not None:
                secret = request.headers.get(SECRET_HEADER, "")
                self._answer(connection, connection.session.authenticate(key, secret))
            await self._serve(socket, connection)
        finally:
            timer.cancel()
            self._open.remove(connection)
            await outlet.end()
        return socket

    def _connection(self, feed: str, outlet: Outlet) -> _Connection:
        def login(key: str, secret: str) -> int | None:
            account = self._doors.account(key, secret)
            if account is None:
                return 402
            if feed not in account.feeds or self._strikes("insufficient_subscription", feed):
                return 409
            kind = KINDS[feed]
            others = [
                one for one in self._open if one.session.key == key and KINDS[one.feed] == kind
            ]
            if others or self._strikes("connection_limit", feed):
                return 406
            session.most_symbols = account.most_symbols
            return None

        session = DataSession(KINDS[feed], login)
        return _Connection(feed, session, outlet)

    def _strikes(self, name: str, feed: str) -> bool:
        return self._faults.take(name, stream=feed) is not None

    def _time_out(self, connection: _Connection) -> None:
        if not connection.session.is_authenticated:
            self._answer(connection, error(404))

    @staticmethod
    def _answer(connection: _Connection, messages: Messages) -> None:
        connection.outlet.send(messages)
        if messages[0].get("code") in ENDS:
            connection.outlet.finish()

    async def _serve(self, socket: web.WebSocketResponse, connection: _Connection) -> None:
        async for message in socket:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                return
            try:
                asked = decode(message.data, connection.outlet.codec)
            except FrameError:
                self._answer(connection, error(400))
                continue
            answer = connection.session.answer(asked)
            self._answer(connection, answer)
            self._begin(connection, asked)

    def _begin(self, connection: _Connection, asked: object) -> None:
        """Tell what a new subscription begins with: the test symbol, and books in full."""
        if connection.feed == "test":
            self._publish_test(connection)
        books = asked.get("orderbooks") if isinstance(asked, dict) else None
        for symbol in books if isinstance(books, list) else ():
            book = self._book(symbol) if connection.session.wants("orderbooks", symbol) else None
            if book is not None:
                form = {"T": "o", "S": symbol} | book_form(book) | {"r": True}
                connection.outlet.send([form])

    def publish(self, asset: Asset, channel: str, happened: Happening) -> None:
        """Tell every connection that subscribed to it."""
        if not self._open or self._is_silent(asset):
            return
        kind = _KINDS_OF_ASSETS[asset.asset_class]
        for connection in self._open:
            if KINDS[connection.feed] != kind:
                continue
            if connection.session.wants(channel, asset.symbol):
                self._send(connection, asset, channel, happened)

    def _send(
        self, connection: _Connection, asset: Asset, channel: str, happened: Happening
    ) -> None:
        where = {"stream": connection.feed, "symbol": asset.symbol, "channel": channel}
        take = self._faults.take
        if take("disconnect", **where) is not None:
            connection.outlet.cut()
        elif take("slow_client", **where) is not None or connection.outlet.is_slow:
            self._answer(connection, error(407))
        elif take("silent_stream", **where) is None and take("lost_data", **where) is None:
            connection.outlet.send([stream_form(asset, channel, happened, connection.feed)])

    def tick(self, now_ns: int) -> None:
        """Let FAKEPACA go on, once a second: it never stops trading."""
        if now_ns // SECOND_NS == self._second:
            return
        self._second = now_ns // SECOND_NS
        for connection in self._open:
            if connection.feed == "test":
                self._publish_test(connection)

    def _publish_test(self, connection: _Connection) -> None:
        for channel, happened in happenings(self._clock()):
            if connection.session.wants(channel, ASSET.symbol):
                connection.outlet.send([stream_form(ASSET, channel, happened, "sip")])

    @property
    def subscribers(self) -> int:
        """How many connections subscribed to something."""
        return sum(one.session.has_subscribed for one in self._open)

    def cut(self, feed: str = "") -> int:
        """End connections without a word; returns how many."""
        found = [one for one in self._open if feed in {"", one.feed}]
        for one in found:
            one.outlet.cut()
        return len(found)

    async def flush(self) -> None:
        """Return when everything said is on its way."""
        await asyncio.gather(*(one.outlet.flush() for one in [*self._open]))

    async def stop(self) -> None:
        """Close every connection."""
        for one in self._open:
            one.outlet.finish()
        await self.flush()
