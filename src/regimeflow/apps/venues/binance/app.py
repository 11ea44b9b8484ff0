"""The venue put together, for the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from aiohttp import web

from regimeflow.apps.venues.binance.catalog import Catalog, row_of
from regimeflow.apps.venues.binance.faults import FAULTS
from regimeflow.apps.venues.binance.gate import Gate
from regimeflow.apps.venues.binance.keys import Key, KeyRing
from regimeflow.apps.venues.binance.market_hub import MarketHub
from regimeflow.apps.venues.binance.parts import Parts
from regimeflow.apps.venues.binance.rest import RestDoor
from regimeflow.apps.venues.binance.signing import verifier_of
from regimeflow.apps.venues.binance.sockets import Socket
from regimeflow.apps.venues.binance.streams import StreamDoor
from regimeflow.apps.venues.binance.user_data import UserHub
from regimeflow.apps.venues.binance.ws_api import WebSocketDoor
from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.exchange.requests import AccountSpec, Fees, Listing, Rules
from regimeflow.apps.venues.server.venue import AccountEntry, VenueSetup
from regimeflow.types.instrument import Instrument

__all__ = [
    "DEFAULT_SYMBOLS",
    "FAULTS",
    "HAS_KEYS",
    "BinanceVenue",
    "default_accounts",
    "make_venue",
]

DEFAULT_SYMBOLS: Final = ("BTCUSDT", "ETHUSDT")
HAS_KEYS: Final = True
DEFAULT_SECRET: Final = "local-secret"  # noqa: S105 - opens nothing but this venue
DEFAULT_FEES: Final = Fees(maker=Decimal("0.001"), taker=Decimal("0.001"))
QUOTE_BALANCE: Final = Decimal(1_000_000)
BASE_BALANCE: Final = Decimal(100)
STATUSES: Final = ("TRADING", "END_OF_DAY", "HALT", "BREAK", "CANCEL_ONLY")
SHUTDOWN_GRACE_S: Final = 600.0
# Ids as large as Binance's own: nobody may take them for 32 bits.
FIRST_ORDER_ID: Final = 12_569_099_453
FIRST_TRADE_ID: Final = 3_735_683_259
FIRST_EXEC_ID: Final = 50_093_239_218
FIRST_UPDATE_ID: Final = 50_093_239_212


def default_accounts(symbols: Mapping[str, Instrument]) -> Sequence[AccountEntry]:
    """Return the account that is there when no file names others."""
    balances: dict[str, Decimal] = {}
    for instrument in symbols.values():
        row = row_of(instrument)
        balances.setdefault(row.base, BASE_BALANCE)
        balances[row.quote] = QUOTE_BALANCE
    return [AccountEntry(name="local", key="local-key", secret=DEFAULT_SECRET, balances=balances)]


class BinanceVenue:
    """REST, streams and WebSocket API around one exchange.

    Args:
        setup: Accounts, instruments, faults and clock.
    """

    def __init__(self, setup: VenueSetup) -> None:
        catalog = Catalog(setup.instruments)
        self.exchange = Exchange(
            [
                Listing(
                    symbol=row.symbol, base=row.base, quote=row.quote, tick=row.tick, lot=row.lot
                )
                for row in catalog.rows.values()
            ],
            [
                AccountSpec(
                    name=entry.name, balances=entry.balances, fees=entry.fees or DEFAULT_FEES
                )
                for entry in setup.accounts
            ],
            Rules(client_ids="open", refuse_met_stops=True, reduce_siblings=False),
            first_order_id=FIRST_ORDER_ID,
            first_trade_id=FIRST_TRADE_ID,
            first_exec_id=FIRST_EXEC_ID,
            first_update_id=FIRST_UPDATE_ID,
        )
        keys = KeyRing(
            Key(entry.key, entry.name, verifier_of(entry.public_key or entry.secret))
            for entry in setup.accounts
        )
        self._parts = Parts(
            self.exchange,
            catalog,
            keys,
            faults=setup.faults,
            clock=setup.clock,
            seed=setup.seed,
        )
        for entry in setup.accounts:
            self._set_limits(entry.options)
        self._users = UserHub(self._parts)
        self._parts.user = self._users
        self._market = MarketHub(self._parts)
        gate = Gate(self._parts, self._users)
        self._rest = RestDoor(self._parts, gate)
        self._streams = StreamDoor(self._parts, self._market)
        self._websocket = WebSocketDoor(self._parts, gate, self._users)
        for name, view in self.exchange.accounts.items():
            self._parts.past.begin(name, view.balances())

    def _set_limits(self, options: Mapping[str, object]) -> None:
        """Take what an accounts file says of limits: they hold for the whole venue."""
        limits = self._parts.counts.limits
        for option, name in (("orders_per_10s", "10S"), ("orders_per_day", "1D")):
            limits[name] = int(str(options.get(option, limits[name])))
        weights = self._parts.weights
        weights.limit = int(str(options.get("weight_per_minute", weights.limit)))

    def add_routes(self, app: web.Application) -> None:
        """Add every path of the venue."""
        self._streams.add_routes(app)
        self._websocket.add_routes(app)
        self._rest.add_routes(app)

    async def start(self) -> None:
        """Begin to tick."""
        self._market.start()

    async def stop(self) -> None:
        """Close every connection as the protocol wants it."""
        self._market.stop()
        sockets = self._sockets("")
        for socket in sockets:
            socket.close()
        await self.flush()

    async def flush(self) -> None:
        """Return when what events caused has been written."""
        self._market.drain()
        for socket in self._sockets(""):
            await socket.flush()

    def truth(self) -> Mapping[str, object]:
        """Return what the venue knows beyond its exchange."""
        return {"amendments": sum(map(len, self._parts.amendments.values()))}

    def _sockets(self, kind: str) -> list[Socket]:
        sockets = [*self._streams.sockets, *self._websocket.sockets]
        return [each for each in sockets if kind in {"", each.kind}]

    def _set_status(self, symbol: str, status: str) -> None:
        if symbol not in self._parts.statuses or status not in STATUSES:
            expected = f"{', '.join(self._parts.statuses)} and one of {', '.join(STATUSES)}"
            raise ValueError(f"symbol {symbol!r}, status {status!r}: expected {expected}")
        self._parts.statuses[symbol] = status

    async def act(self, name: str, params: Mapping[str, object]) -> object:
        """Do at once what the control endpoint asks for.

        ``disconnect`` and ``day_is_over`` take ``kind`` (stream, ws-api; both without),
        ``symbol_status`` takes ``symbol`` and ``status`` (TRADING, HALT, BREAK, CANCEL_ONLY),
        ``server_shutdown`` takes ``grace_ms``, ``revoke_key`` takes ``key``, ``tick`` tells the
        depth streams without waiting.

        Raises:
            ValueError: nothing has that name.
        """
        chosen = self._sockets(str(params.get("kind", "")))
        if name == "disconnect":
            for socket in chosen:
                socket.abort()
        elif name == "day_is_over":
            for socket in chosen:
                socket.close()
        elif name == "server_shutdown":
            grace_s = float(str(params.get("grace_ms", SHUTDOWN_GRACE_S * 1000))) / 1000
            self._streams.warn(grace_s)
            self._websocket.warn(grace_s)
        elif name == "revoke_key":
            self._websocket.revoke(str(params.get("key", "")))
        elif name == "symbol_status":
            self._set_status(str(params.get("symbol")), str(params.get("status", "TRADING")))
        elif name == "tick":
            self._market.tick()
        else:
            known = "day_is_over, disconnect, revoke_key, server_shutdown, symbol_status, tick"
            raise ValueError(f"no action is called {name!r}; there are: {known}")
        await asyncio.sleep(0)
        return {"sockets": len(chosen)}


def make_venue(setup: VenueSetup) -> BinanceVenue:
    """Return the venue that the command line runs."""
    return BinanceVenue(setup)
