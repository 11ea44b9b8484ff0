"""``regimeflow-live venue ib``: a TWS on a socket of its own, beside the control endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.exchange.requests import AccountSpec, Fees, Listing, Rules
from regimeflow.apps.venues.ib import actions
from regimeflow.apps.venues.ib.catalogue import catalogue
from regimeflow.apps.venues.ib.contracts import Contract
from regimeflow.apps.venues.ib.doorman import Doorman
from regimeflow.apps.venues.ib.faults import FAULTS
from regimeflow.apps.venues.ib.gateway import Gateway
from regimeflow.apps.venues.ib.session import Session
from regimeflow.apps.venues.ib.settings import settings_of
from regimeflow.apps.venues.ib.times import moment
from regimeflow.apps.venues.ib.tws import Tws, assemble, starting_cash
from regimeflow.apps.venues.server.venue import AccountEntry, VenueSetup
from regimeflow.types.instrument import Instrument

if TYPE_CHECKING:
    from aiohttp.web import Application

__all__ = [
    "DEFAULT_PORT",
    "DEFAULT_SYMBOLS",
    "FAULTS",
    "HAS_KEYS",
    "default_accounts",
    "make_venue",
]

DEFAULT_PORT: Final = 7497
DEFAULT_SYMBOLS: Final = ("AAPL", "MSFT", "SPY", "EURUSD")
HAS_KEYS: Final = False  # TWS asks nobody who he is
_FEES: Final = Fees(maker=Decimal("0.00005"), taker=Decimal("0.00005"), asset="quote")
_TICK_SECONDS: Final = 0.25


def default_accounts(symbols: Mapping[str, Instrument]) -> Sequence[AccountEntry]:
    """Return the one account of a paper login."""
    del symbols
    return [AccountEntry(name="DU1", key="", balances={"USD": Decimal(1_000_000)})]


def make_venue(setup: VenueSetup) -> IbVenue:
    """Return a TWS for what the runner has read."""
    now_ns = setup.clock()
    settings = settings_of(setup.accounts[0].options)
    contracts = catalogue(setup.instruments, moment(now_ns).date())
    exchange = Exchange(
        [_listing(contract) for contract in contracts.contracts],
        [_account(entry) for entry in setup.accounts],
        Rules(client_ids="none", refuse_met_stops=False),
    )
    for contract in contracts.contracts:
        if exchange.listings[contract.market].has_sessions:
            exchange.set_session(contract.market, is_open=True, now_ns=now_ns)
    tws = assemble(exchange, contracts, settings, setup.faults, seed=setup.seed, now_ns=setup.clock)
    return IbVenue(tws)


def _listing(contract: Contract) -> Listing:
    is_pair = contract.sec_type == "CASH"
    return Listing(
        symbol=contract.market,
        base=contract.symbol if is_pair else contract.market,
        quote=contract.currency,
        tick=contract.min_tick,
        lot=contract.lot,
        has_sessions=contract.sec_type == "STK",
    )


def _account(entry: AccountEntry) -> AccountSpec:
    balances = dict(entry.balances) or {"USD": Decimal(1_000_000)}
    return AccountSpec(
        name=entry.name,
        balances=balances,
        fees=entry.fees or _FEES,
        overdraft={"USD": starting_cash(balances), "*": None},
    )


class IbVenue:
    """One TWS as the runner sees it."""

    def __init__(self, tws: Tws) -> None:
        self.tws: Final = tws
        self.exchange: Final = tws.exchange
        self._server: asyncio.Server | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._gateway: Final = Gateway(tws)
        self._waiting: Final[set[Doorman]] = set()

    def add_routes(self, app: Application) -> None:
        """Add nothing: TWS speaks no HTTP."""

    def protocol(self, http: Callable[[], asyncio.Protocol] | None = None) -> asyncio.Protocol:
        """Return what handles a new connection.

        Args:
            http: Makes what handles a connection that does not greet as clients of TWS do; without
                it such a one is closed.
        """
        return Session(self._gateway) if http is None else self._door(http)

    async def listen(self, host: str, port: int) -> int:
        """Open the socket of TWS; return its port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self.protocol, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Let time pass: bars end, account values are told again."""
        self._ticker = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Close everything."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        self.tws.lines.stop()
        if self._server is not None:
            self._server.close()
        for waiting in list(self._waiting):
            waiting.abort()
        for session in self.tws.clients.everyone():
            session.hang_up()
        await self.flush()
        if self._server is not None:
            for session in self.tws.clients.everyone():
                session.abort()
            await self._server.wait_closed()

    async def flush(self) -> None:
        """Return when all that happened has been written to the sockets."""
        self._gateway.settle()
        for session in self.tws.clients.everyone():
            await session.drain()

    def truth(self) -> Mapping[str, object]:
        """Return what TWS knows beyond the exchange."""
        return {"ib": self.tws.truth()}

    async def act(self, name: str, params: Mapping[str, object]) -> object:
        """Do what the control endpoint asks."""
        done = actions.act(self.tws, name, params)
        await self.flush()
        return done

    def time_passed(self) -> None:
        """Tell what time brings."""
        self._gateway.time_passed()
        actions.restart_daily(self.tws, _TICK_SECONDS)

    def _door(self, http: Callable[[], asyncio.Protocol]) -> asyncio.Protocol:
        return Doorman(self._session, http, self._waiting)

    def _session(self) -> asyncio.Protocol:
        return Session(self._gateway)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self.time_passed()
