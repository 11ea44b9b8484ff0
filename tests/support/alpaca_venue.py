"""A local Alpaca in a thread of its own, with a market that does what the test says."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from decimal import Decimal

from aiohttp import web

from regimeflow.apps.venues.alpaca.app import DEFAULT_SYMBOLS, FAULTS, make_venue
from regimeflow.apps.venues.server.venue import AccountEntry, VenueSetup
from regimeflow.types.instrument import Instrument
from tests.support.strict_faults import StrictFaults

PATIENCE_S = 20.0
KEY, SECRET = "local-key", "local-secret"
OPTION, PUT = "AAPL301220C00230000", "AAPL301220P00225000"
PRICES = {"AAPL": "230", "MSFT": "430", "SPY": "590", "BTC/USD": "60000", OPTION: "5"}
PRICES[PUT] = "5"


class Clock:
    """The machine's, moved by what a test wants."""

    def __init__(self):
        self.offset_ns = 0

    def __call__(self):
        return time.time_ns() + self.offset_ns


class RunningVenue:
    """What tests hold of it."""

    def __init__(self, *, quoted=True, symbols=DEFAULT_SYMBOLS, **options):
        self.clock = Clock()
        self.faults = StrictFaults(FAULTS, seed=1)
        options = {"requests_per_minute": 100_000} | options
        balances = {"USD": Decimal(1_000_000)}
        entry = AccountEntry(
            name="local", key=KEY, secret=SECRET, balances=balances, options=options
        )
        other = AccountEntry(
            name="other", key="other-key", secret=SECRET, balances=balances, options=options
        )
        instruments = {
            symbol: Instrument(
                symbol=symbol, tick_size=Decimal("0.01"), lot_size=Decimal("0.000000001")
            )
            for symbol in symbols
        }
        self.venue = make_venue(
            VenueSetup(
                accounts=[entry, other],
                instruments=instruments,
                seed=7,
                faults=self.faults,
                clock=self.clock,
            )
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="alpaca venue")
        self._thread.start()
        self.port = self.do(self._start())
        if quoted:
            for symbol in symbols:
                self.quote(symbol)

    async def _start(self):
        app = web.Application()
        self.venue.add_routes(app)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        await self.venue.start()
        return self._runner.addresses[0][1]

    def do(self, work):
        """Run a coroutine in the venue's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def call(self, work, *arguments):
        """Run a function in the venue's loop."""

        async def run():
            return work(*arguments)

        return self.do(run())

    def act(self, name, **params):
        """Ask for an action."""
        return self.do(self.venue.act(name, params))

    def fault(self, name, **options):
        """Switch a fault on, once unless it says otherwise."""
        chosen = {
            key: value for key, value in ({"count": 1} | options).items() if value is not None
        }
        self.call(lambda: self.faults.set(name, **chosen))

    def quote(self, symbol, bid=None, ask=None, qty="100000"):
        """Let the market's best prices be these."""
        price = Decimal(PRICES[symbol])
        bid, ask = bid or price - Decimal("0.05"), ask or price + Decimal("0.05")
        self.act("quote", symbol=symbol, bid=bid, ask=ask, bid_qty=qty, ask_qty=qty)

    def trade(self, symbol, price, qty, taker="sell"):
        """Let somebody else trade."""
        self.act("trade", symbol=symbol, price=price, qty=qty, taker=taker)

    def flush(self):
        """Wait until everything that happened is on its way."""
        self.do(self.venue.flush())

    @property
    def listeners(self):
        """How many connections hear of orders."""
        return self.call(self.venue.listeners)

    @property
    def subscribers(self):
        """How many connections subscribed to market data."""
        return self.call(self.venue.subscribers)

    @property
    def http(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self):
        return f"ws://127.0.0.1:{self.port}"

    def stop(self):
        """End it."""

        async def stop():
            await self.venue.stop()
            await self._runner.cleanup()

        self.do(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()


@contextmanager
def running_venue(**options):
    """A venue for as long as the block lasts."""
    venue = RunningVenue(**options)
    try:
        yield venue
    finally:
        venue.stop()
