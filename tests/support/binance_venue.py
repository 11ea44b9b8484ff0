"""The local Binance venue on a thread of its own, over real sockets."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Self, TypeVar

from aiohttp import web

from regimeflow.apps.venues.binance.app import FAULTS, BinanceVenue, default_accounts, make_venue
from regimeflow.apps.venues.exchange.kinds import Kind
from regimeflow.apps.venues.exchange.requests import NewOrder
from regimeflow.apps.venues.server.venue import AccountEntry, VenueSetup
from regimeflow.types.enums import OrderSide
from regimeflow.types.instrument import Instrument
from tests.support.strict_faults import StrictFaults

T = TypeVar("T")
WAIT_S = 10.0
INSTRUMENTS = {
    "BTCUSDT": Instrument(
        symbol="BTCUSDT",
        base_currency="BTC",
        quote_currency="USDT",
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.00001"),
    ),
    "ETHUSDT": Instrument(
        symbol="ETHUSDT",
        base_currency="ETH",
        quote_currency="USDT",
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.0001"),
    ),
}


def accounts() -> list[AccountEntry]:
    """The account of everybody, and one that gives the market its depth."""
    entries = list(default_accounts(INSTRUMENTS))
    balances = {"BTC": Decimal(1_000), "ETH": Decimal(1_000), "USDT": Decimal(10**9)}
    return [
        *entries,
        AccountEntry(name="maker", key="maker-key", secret="-", balances=balances),  # noqa: S106
    ]


class RunningVenue:
    """A venue that runs until ``stop``."""

    def __init__(self, entries: list[AccountEntry] | None = None) -> None:
        self.port = 0
        self.faults = StrictFaults(FAULTS, seed=1)
        self.skew_ns = 0
        self._entries = entries or accounts()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(WAIT_S), "the venue did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(WAIT_S)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self.venue: BinanceVenue = make_venue(
            VenueSetup(
                accounts=self._entries,
                instruments=INSTRUMENTS,
                seed=7,
                faults=self.faults,
                clock=lambda: time.time_ns() + self.skew_ns,
            )
        )
        app = web.Application()
        self.venue.add_routes(app)
        runner = web.AppRunner(app, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        await self.venue.start()
        self._ready.set()
        await self._over.wait()
        await self.venue.stop()
        await runner.cleanup()

    def keep_off_the_minute(self) -> None:
        """Set the venue's clock ahead, so that no interval of a limit ends within a test."""
        second = 10**9
        while (now := time.time_ns() + self.skew_ns) % (10 * second) > 5 * second or (
            now % (60 * second) > 45 * second
        ):
            self.skew_ns += second

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def do(self, act: Callable[[BinanceVenue], T]) -> T:
        """Do something on the venue's own thread."""

        async def run() -> T:
            return act(self.venue)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(WAIT_S)

    def act(self, name: str, **params: object) -> object:
        """Do what the control endpoint would."""
        work = self.venue.act(name, params)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    def order(self, side: str, qty: str, price: str | None = None, symbol: str = "BTCUSDT") -> int:
        """Let the maker place an order."""
        new = NewOrder(
            symbol=symbol,
            side=OrderSide[side],
            kind=Kind.MARKET if price is None else Kind.LIMIT,
            quantity=Decimal(qty),
            limit_price=None if price is None else Decimal(price),
        )
        return self.do(lambda venue: venue.exchange.submit("maker", new, time.time_ns()).order_id)

    def quote(self, symbol: str = "BTCUSDT", mid: str = "60000") -> None:
        """Let the maker offer five levels on each side, a dollar apart, one unit each."""
        middle = Decimal(mid)
        for step in range(1, 6):
            self.order("BUY", "1", str(middle - step), symbol)
            self.order("SELL", "1", str(middle + step), symbol)

    def trade(self, symbol: str = "BTCUSDT", quantity: str = "0.001") -> None:
        """Let a little be traded at the best offer."""
        self.order("BUY", quantity, None, symbol)

    def fault(self, name: str, **options: object) -> None:
        """Switch a fault on."""
        self.do(lambda venue: self.faults.set(name, **options))

    def truth(self) -> Mapping[str, object]:
        """What really happened."""
        return self.do(lambda venue: venue.exchange.audit())
