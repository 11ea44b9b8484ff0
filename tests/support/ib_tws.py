"""A local TWS with a market that a test moves by hand, and the real clients that use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal

from regimeflow.adapters.feeds.feed import QuoteEvent, Scale, TradeEvent
from regimeflow.apps.venues.ib.app import FAULTS, IbVenue, default_accounts, make_venue
from regimeflow.apps.venues.ib.framing import frame, split_fields
from regimeflow.apps.venues.ib.layout import write
from regimeflow.apps.venues.ib.order_layouts import PLACE_ORDER
from regimeflow.apps.venues.server.venue import AccountEntry, VenueSetup
from regimeflow.live import OrderSide
from regimeflow.types.instrument import Instrument
from tests.support.strict_faults import StrictFaults

HOST = "127.0.0.1"
PATIENCE_S = 10.0
START_NS = 1_795_446_000_000_000_000  # 2026-11-23 15:00 UTC, a Monday
STEP_NS = 50_000_000  # of the clock, each time it is read: twenty requests a second at most
SCALE = Scale(px_exp=-5, qty_exp=-2)


def an_instrument(symbol: str, tick: str, asset_class: str = "equity") -> Instrument:
    base = symbol[:3] if asset_class == "fx" else symbol
    return Instrument(
        symbol=symbol,
        asset_class=asset_class,
        base_currency=base,
        quote_currency="USD",
        tick_size=tick,
        lot_size="1",
    )


INSTRUMENTS = {
    "AAPL": an_instrument("AAPL", "0.01"),
    "MSFT": an_instrument("MSFT", "0.01"),
    "SPY": an_instrument("SPY", "0.01"),
    "EURUSD": an_instrument("EURUSD", "0.00005", "fx"),
}


class Clock:
    """Time that passes a little each time it is read."""

    def __init__(self) -> None:
        self.now_ns = START_NS
        self.step_ns = STEP_NS

    def __call__(self) -> int:
        self.now_ns += self.step_ns
        return self.now_ns


class LocalTws:
    """A running venue, its market and its faults."""

    def __init__(
        self,
        options: Mapping[str, object],
        accounts: tuple[str, ...],
        *,
        cash: Decimal = Decimal(1_000_000),
    ) -> None:
        self.clock = Clock()
        self.faults = StrictFaults(FAULTS, seed=7)
        entries = [
            AccountEntry(name=name, key="", balances={"USD": cash}, options=options)
            for name in accounts
        ] or default_accounts(INSTRUMENTS)
        self.venue: IbVenue = make_venue(
            VenueSetup(
                accounts=entries,
                instruments=INSTRUMENTS,
                seed=7,
                faults=self.faults,
                clock=self.clock,
            )
        )
        self.tws = self.venue.tws
        self.port = 0
        self._trade_id = 0

    def quote(self, symbol: str, bid: str, bid_qty: str, ask: str, ask_qty: str) -> None:
        """Let the market offer this at its best prices."""
        numbers = [
            int(Decimal(text).scaleb(-exponent))
            for text, exponent in zip(
                (bid, bid_qty, ask, ask_qty), (SCALE.px_exp, SCALE.qty_exp) * 2, strict=True
            )
        ]
        event = QuoteEvent(self.clock.now_ns, symbol, 0, *numbers)
        self.venue.exchange.apply(event, SCALE, self.clock())

    def trade(self, symbol: str, price: str, quantity: str, side: str = "SELL") -> None:
        """Let somebody take so much at a price; ``side`` is that of who takes."""
        self._trade_id += 1
        event = TradeEvent(
            self.clock.now_ns,
            symbol,
            self._trade_id,
            int(Decimal(price).scaleb(-SCALE.px_exp)),
            int(Decimal(quantity).scaleb(-SCALE.qty_exp)),
            int(OrderSide[side]),
        )
        self.venue.exchange.apply(event, SCALE, self.clock())

    def open_market(self) -> None:
        """Quote what the tests trade."""
        self.quote("AAPL", "200.00", "500", "200.02", "500")
        self.quote("EURUSD", "1.08730", "1000000", "1.08735", "1000000")

    def position(self, symbol: str, account: str = "DU1") -> Decimal:
        """Return what the exchange says is held."""
        base = self.venue.exchange.listings[symbol].base
        balance = self.venue.exchange.accounts[account].balances().get(base)
        return balance.free + balance.locked if balance else Decimal(0)


@asynccontextmanager
async def a_tws(*accounts: str, **options: object) -> AsyncIterator[LocalTws]:
    """Run a TWS for a test."""
    local = LocalTws(options, accounts)
    local.open_market()
    local.port = await local.venue.listen(HOST, 0)
    try:
        yield local
    finally:
        await local.venue.stop()


class RawClient:
    """A client of bare fields, to see exactly what is sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.version = 0

    @classmethod
    async def connect(
        cls, local: LocalTws, *, version: int = 178, client_id: int | None = 1
    ) -> RawClient:
        """Shake hands; with a client id, say who we are and wait for the first order id."""
        client = cls(*await asyncio.open_connection(HOST, local.port))
        offer = f"v100..{version}".encode()
        client._writer.write(b"API\0" + len(offer).to_bytes(4) + offer)
        client.version = int((await client.next())[0])
        if client_id is not None:
            client.send(71, 2, client_id, "")
            await client.until(lambda fields: fields[:4] == ["4", "2", "-1", "2158"])
        return client

    def send(self, *fields: object) -> None:
        """Send one message."""
        self._writer.write(frame([str(field) for field in fields]))

    def place(self, order_id: int, side: str = "BUY", quantity: object = 100, **more: str) -> None:
        """Send placeOrder, a limit order for AAPL at 199.00 unless said otherwise."""
        values = {
            "orderId": str(order_id),
            "symbol": "AAPL",
            "secType": "STK",
            "exchange": "SMART",
            "currency": "USD",
            "action": side,
            "totalQuantity": str(quantity),
            "orderType": "LMT",
            "lmtPrice": "199.0",
            "tif": "DAY",
            "transmit": "1",
            **more,
        }
        self.send(3, *write(PLACE_ORDER, values, {}, self.version))

    async def answers(self, *kinds: int) -> list[list[str]]:
        """Return what was sent until now, of these kinds."""
        self.send(49, 1)
        found = await self.until(lambda fields: fields[0] == "49")
        return [fields for fields in found if not kinds or int(fields[0]) in kinds]

    async def next(self) -> list[str]:
        """Return the next message.

        Raises:
            asyncio.IncompleteReadError: the connection has ended.
        """
        async with asyncio.timeout(PATIENCE_S):
            length = int.from_bytes(await self._reader.readexactly(4))
            return split_fields(await self._reader.readexactly(length))

    async def until(self, matches: Callable[[list[str]], bool]) -> list[list[str]]:
        """Return all messages up to the one that matches."""
        found = [await self.next()]
        while not matches(found[-1]):
            found.append(await self.next())
        return found

    async def ended(self) -> bool:
        """Whether the other side closes without another word."""
        async with asyncio.timeout(PATIENCE_S):
            return not await self._reader.read()

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return


class Listener:
    """Stands where a session stands, and keeps what it is sent."""

    is_connected = True
    is_silent = False

    def __init__(self, version: int) -> None:
        self.version = version
        self.client_id = 1
        self.heard: list[list[str]] = []

    def send(self, fields: list[str]) -> None:
        assert all(isinstance(field, str) for field in fields)
        self.heard.append(fields)

    def refuse(self, request_id: int, refusal: object) -> None:
        self.heard.append(["4", str(request_id), str(refusal.code.value)])

    def tell(self, code: object) -> None:
        self.heard.append(["4", "-1", str(code.value)])

    def hang_up(self) -> None:
        self.heard.append([])

    def abort(self) -> None:
        self.is_connected = False

    async def drain(self) -> None:
        return


def statuses(found: list[list[str]]) -> list[tuple[str, str]]:
    """Return filled and status of each orderStatus, and the code of each error."""
    return [
        ("error", fields[3]) if fields[0] == "4" else (fields[3], fields[2])
        for fields in found
        if fields[0] in {"3", "4"}
    ]


SUBMITTED = [("0", "PreSubmitted"), ("0", "Submitted")]


async def a_resting_order(local: LocalTws, **more: str) -> RawClient:
    client = await RawClient.connect(local)
    client.place(1, **more)
    assert SUBMITTED == statuses(await client.answers())
    return client
