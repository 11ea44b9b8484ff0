"""A venue of a few lines, for the server that every venue shares."""

from __future__ import annotations

from decimal import Decimal

from aiohttp import web

from regimeflow.apps.venues.exchange.events import Event
from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.exchange.requests import AccountSpec, Listing
from regimeflow.apps.venues.server.faults import FaultSpec
from regimeflow.apps.venues.server.venue import AccountEntry

DEFAULT_SYMBOLS = ("BTCUSDT",)
FAULTS = (FaultSpec(name="late", about="Late.", parameters={"delay_ms": 1}),)


class SmallVenue:
    def __init__(self, setup) -> None:
        self.exchange = Exchange(
            [
                Listing(symbol=one.symbol, base=one.base_currency, quote=one.quote_currency)
                for one in setup.instruments.values()
            ],
            [AccountSpec(name=each.name, balances=each.balances) for each in setup.accounts],
        )
        self.events: list[Event] = []
        self.exchange.listen(self.events.append)
        self.flushed = 0
        self.is_started = self.is_stopped = False

    def add_routes(self, app: web.Application) -> None:
        async def ping(request: web.Request) -> web.Response:
            return web.json_response({})

        app.router.add_get("/ping", ping)

    async def start(self) -> None:
        self.is_started = True

    async def stop(self) -> None:
        self.is_stopped = True

    async def flush(self) -> None:
        self.flushed = len(self.events)

    def truth(self):
        return {"small": True}

    async def act(self, name, params):
        if name != "wave":
            raise ValueError("there are: wave")
        return {"waved": dict(params)}


def default_accounts(symbols):
    balances = {"USDT": Decimal(10)}
    return [AccountEntry(name="one", key="k", secret="s", balances=balances)]  # noqa: S106


def make_venue(setup) -> SmallVenue:
    return SmallVenue(setup)
