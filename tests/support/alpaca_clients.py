"""alpaca-py's streams in threads of their own."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

from alpaca.data.live import CryptoDataStream, OptionDataStream, StockDataStream
from alpaca.trading.stream import TradingStream

from tests.support.alpaca_venue import KEY, PATIENCE_S, SECRET
from tests.support.threads import wait_until


class Heard:
    """What a stream said, in order."""

    def __init__(self, stream):
        self.stream = stream
        self.messages = []

    async def hear(self, message):
        self.messages.append(message)

    def wait_for(self, count):
        """Wait for so many messages; return them all."""
        wait_until(lambda: len(self.messages) >= count)
        return list(self.messages)

    def wait_for_event(self, event, count=1):
        """Wait for so many updates of a kind; return the last one."""

        def found():
            return [one for one in self.messages if one.event == event]

        wait_until(lambda: len(found()) >= count)
        return found()[-1]

    @property
    def events(self):
        return [str(getattr(one.event, "value", one.event)) for one in self.messages]


@contextmanager
def _running(heard, venue, *, stream):
    thread = threading.Thread(target=heard.stream.run, name="alpaca-py")
    thread.start()
    try:
        yield heard
    finally:
        # alpaca-py looks at its queue every five seconds; a cut connection wakes it at once.
        loop = heard.stream._loop
        asyncio.run_coroutine_threadsafe(heard.stream.stop_ws(), loop).result(PATIENCE_S)
        venue.act("disconnect", stream=stream)
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@contextmanager
def trade_updates(venue, key=KEY):
    """Everything that TradingStream hears."""
    heard = Heard(TradingStream(key, SECRET, paper=True, url_override=f"{venue.ws}/stream"))
    heard.stream.subscribe_trade_updates(heard.hear)
    before = venue.listeners
    with _running(heard, venue, stream="trading"):
        wait_until(lambda: venue.listeners > before)
        yield heard


@contextmanager
def market_data(venue, subscribe, *, feed="iex", crypto=False, options=False):
    """Everything that a data stream hears of what ``subscribe(stream, hear)`` asks for."""
    path = "/v1beta3/crypto/us" if crypto else f"/{'v1beta1' if options else 'v2'}/{feed}"
    kind = CryptoDataStream if crypto else OptionDataStream if options else StockDataStream
    heard = Heard(kind(KEY, SECRET, url_override=f"{venue.ws}{path}"))
    subscribe(heard.stream, heard.hear)
    before = venue.subscribers
    with _running(heard, venue, stream="crypto" if crypto else feed):
        wait_until(lambda: venue.subscribers > before)
        yield heard
