"""The venue as the runner sees it: accounts, routes, streams, actions, the truth."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Final

from aiohttp import web

from regimeflow.apps.venues.alpaca.accounts import CONFIGURATION, Account
from regimeflow.apps.venues.alpaca.actions import Actions
from regimeflow.apps.venues.alpaca.adjusted import AdjustedExchange
from regimeflow.apps.venues.alpaca.assets import Asset, Assets
from regimeflow.apps.venues.alpaca.contracts import Contracts
from regimeflow.apps.venues.alpaca.corporate import Corporate
from regimeflow.apps.venues.alpaca.data_rest import DataRest
from regimeflow.apps.venues.alpaca.data_stream import DataStreams
from regimeflow.apps.venues.alpaca.desk import Desk
from regimeflow.apps.venues.alpaca.doors import Doors, Login
from regimeflow.apps.venues.alpaca.faults import FAULTS
from regimeflow.apps.venues.alpaca.happenings import Happenings
from regimeflow.apps.venues.alpaca.hours import Hours
from regimeflow.apps.venues.alpaca.house import CASH, House
from regimeflow.apps.venues.alpaca.identifiers import Identifiers
from regimeflow.apps.venues.alpaca.market import Book, Market
from regimeflow.apps.venues.alpaca.orders import order_form
from regimeflow.apps.venues.alpaca.placing import Placing
from regimeflow.apps.venues.alpaca.refusals import text
from regimeflow.apps.venues.alpaca.replacing import Replacing
from regimeflow.apps.venues.alpaca.rest import Rest
from regimeflow.apps.venues.alpaca.sessions import Phase, Sessions
from regimeflow.apps.venues.alpaca.trade_stream import TradeStreams
from regimeflow.apps.venues.alpaca.trading_rest import TradingRest
from regimeflow.apps.venues.alpaca.updates import Updates
from regimeflow.apps.venues.exchange.events import Event
from regimeflow.apps.venues.exchange.requests import AccountSpec, Fees, Listing, Rules
from regimeflow.apps.venues.server.venue import AccountEntry, VenueSetup
from regimeflow.types.instrument import Instrument

__all__ = ["DEFAULT_SYMBOLS", "FAULTS", "HAS_KEYS", "AlpacaVenue", "default_accounts", "make_venue"]

DEFAULT_SYMBOLS: Final = ("AAPL", "MSFT", "SPY", "BTC/USD")
HAS_KEYS: Final = True
_TICK: Final = Decimal("0.0001")
_CRYPTO_STEP: Final = Decimal("0.000000001")
_BEGINNING: Final = Decimal(1_000_000)
_TICK_S: Final = 0.25
_MOST_SEED: Final = 1_000_000_000
_AGE_NS: Final = 100 * 86_400 * 1_000_000_000


def default_accounts(_instruments: Mapping[str, Instrument]) -> Sequence[AccountEntry]:
    """One account with a million dollars."""
    return (
        AccountEntry(
            name="local",
            key="local-key",
            secret="local-secret",  # noqa: S106 (everyone knows it)
            balances={CASH: _BEGINNING},
        ),
    )


class AlpacaVenue:
    """Everything put together; what each part does is said there."""

    def __init__(self, setup: VenueSetup) -> None:
        self._setup: Final = setup
        assets = Assets(setup.instruments)
        self.exchange = _exchange(setup, assets)
        self._sessions: Final = Sessions()
        self._house: Final = House(
            exchange=self.exchange,
            accounts={entry.name: _account(entry, setup) for entry in setup.accounts},
            assets=assets,
            market=Market(assets, seed=setup.seed, holds_back=self._holds_back),
            sessions=self._sessions,
            ids=Identifiers(setup.seed),
            faults=setup.faults,
            clock=setup.clock,
        )
        logins = {
            entry.key: Login(entry.key, entry.secret, self._house.accounts[entry.name])
            for entry in setup.accounts
        }
        doors = Doors(logins, setup.faults)
        self._trade_streams: Final = TradeStreams(doors, setup.faults)
        self._data_streams: Final = DataStreams(
            doors, setup.faults, is_silent=self._is_silent, clock=setup.clock, book=self._book
        )
        updates = Updates(self._house, self._trade_streams.publish)
        placing = Placing(self._house, updates)
        happenings = Happenings(self._house, updates, placing)
        self._desk: Final = Desk(self._house, updates, placing, happenings)
        self._hours: Final = Hours(self._house, updates, placing)
        corporate = Corporate(self._house, updates, placing)
        happenings.on_transferred = corporate.move
        self._happenings: Final = happenings
        replacing = Replacing(self._house, updates, placing, happenings, self._desk)
        self._trading: Final = TradingRest(self._house, self._desk, replacing)
        self._rest: Final = Rest(doors, setup.faults, setup.clock)
        self._actions: Final = Actions(self._house, corporate, placing, updates)
        self._house.market.listen(self._data_streams.publish)
        self.exchange.listen(self._hear)
        self._settling: asyncio.Handle | None = None
        self._ticking: asyncio.Task[None] | None = None

    def _holds_back(self, symbol: str) -> bool:
        return self._setup.faults.take("late_trade", symbol=symbol) is not None

    def _is_silent(self, asset: Asset) -> bool:
        return not asset.is_crypto and self._hours.phase is Phase.CLOSED

    def _book(self, symbol: str) -> Book | None:
        asset = self._house.assets.find(symbol)
        if asset is None:
            return None
        bids, asks = self.exchange.books[asset.symbol].depth()
        return Book(self._setup.clock(), bids, asks, is_full=True)

    def _hear(self, event: Event) -> None:
        self._happenings.hear(event)
        if self._happenings.pending and self._settling is None:
            with contextlib.suppress(RuntimeError):  # without a loop somebody settles by hand
                self._settling = asyncio.get_running_loop().call_soon(self._settle)

    def _settle(self) -> None:
        self._settling = None
        self._desk.settle()

    def add_routes(self, app: web.Application) -> None:
        """Say which path is which."""
        self._trading.add_routes(app, self._rest)
        Contracts(self._house).add_routes(app, self._rest)
        DataRest(self._house).add_routes(app, self._rest)
        app.router.add_get("/stream", self._trade_streams.connect)
        app.router.add_get("/v2/{feed:sip|iex|delayed_sip|test}", self._data_streams.connect)
        app.router.add_get("/v1beta1/{feed:indicative|opra}", self._data_streams.connect)
        app.router.add_get("/v1beta3/crypto/{loc}", self._data_streams.connect)

    async def start(self) -> None:
        """Begin to follow the clock."""
        self._ticking = asyncio.get_running_loop().create_task(self._tick())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self.follow()

    def follow(self) -> None:
        """Do what the time asks for."""
        now_ns = self._setup.clock()
        self._house.market.tick(now_ns)
        self._data_streams.tick(now_ns)
        self._hours.follow(now_ns)
        self._desk.settle()

    async def stop(self) -> None:
        """Close every connection."""
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
        await self._trade_streams.stop()
        await self._data_streams.stop()

    async def flush(self) -> None:
        """Return when everything that happened is on its way."""
        self._desk.settle()
        await self._trade_streams.flush()
        await self._data_streams.flush()

    async def act(self, name: str, params: Mapping[str, object]) -> object:
        """Do what ``POST /control/action`` asks for.

        Raises:
            ValueError: there is no such action, or it lacks something.
        """
        if name == "disconnect":
            stream = str(params.get("stream", ""))
            is_trading = stream in {"", "trading"}
            cut = self._trade_streams.cut(str(params.get("account", ""))) if is_trading else 0
            if stream != "trading":
                cut += self._data_streams.cut(stream)
            return {"disconnected": cut}
        done = self._actions.act(name, params)
        self.follow()
        return done

    def login_within(self, seconds: float) -> None:
        """Say how long a data stream waits for a login."""
        self._data_streams.login_within_s = seconds

    def listeners(self) -> int:
        """How many connections hear of orders now."""
        return self._trade_streams.listeners

    def subscribers(self) -> int:
        """How many connections hear of the market now."""
        return self._data_streams.subscribers

    def truth(self) -> Mapping[str, object]:
        """Orders, positions and executions in Alpaca's words, to compare with what clients know."""
        return {
            "alpaca": {
                "session": self._sessions.mode,
                "orders": [
                    {"account": order.account, "executions": [*order.executions]}
                    | order_form(order)
                    for order in self._house.orders
                ],
                "positions": {
                    name: {
                        one.asset.symbol: {"qty": text(one.qty), "cost": text(one.cost)}
                        for one in account.books.open_positions()
                    }
                    for name, account in self._house.accounts.items()
                },
            }
        }


def _exchange(setup: VenueSetup, assets: Assets) -> AdjustedExchange:
    listings = [
        Listing(
            symbol=asset.symbol,
            base=asset.base,
            quote=CASH,
            tick=_CRYPTO_STEP if asset.is_crypto else _TICK,
            lot=_CRYPTO_STEP,
        )
        for asset in assets
    ]
    free = Fees(maker=Decimal(0), taker=Decimal(0))
    accounts = [
        AccountSpec(
            name=entry.name,
            balances=entry.balances,
            fees=entry.fees or free,
            overdraft={"*": None},  # margin and shorts: what is allowed is checked before
        )
        for entry in setup.accounts
    ]
    rules = Rules(client_ids="none", refuse_met_stops=False, reduce_siblings=True)
    return AdjustedExchange(listings, accounts, rules)


def _account(entry: AccountEntry, setup: VenueSetup) -> Account:
    draw = Random(f"alpaca account {entry.name} {setup.seed}")
    options = entry.options
    cash = entry.balances.get(CASH, Decimal(0))
    feeds = options.get("feeds")
    most_symbols = options.get("most_symbols")
    account = Account(
        id=str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        name=entry.name,
        number=f"PA{draw.randrange(_MOST_SEED):010}",
        created_ns=setup.clock() - _AGE_NS,
        last_equity=cash,
        multiplier=Decimal(str(options.get("multiplier", 2))),
        requests_per_minute=int(str(options.get("requests_per_minute", 200))),
        most_symbols=None if most_symbols is None else int(str(most_symbols)),
        configuration={**CONFIGURATION},
    )
    if isinstance(feeds, list | tuple):
        account.feeds = tuple(str(feed) for feed in feeds)
    return account


def make_venue(setup: VenueSetup) -> AlpacaVenue:
    """What the runner calls."""
    return AlpacaVenue(setup)
