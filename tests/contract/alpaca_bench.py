"""The local Alpaca and our adapter as a bench, in one process, over loopback."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

from aiohttp import ClientSession

from regimeflow.adapters.brokers._shared.legs import split_leg
from regimeflow.adapters.brokers.alpaca.adapter import AlpacaAdapter
from regimeflow.apps.venues.alpaca import app
from regimeflow.apps.venues.alpaca.market import Market
from regimeflow.apps.venues.server.run import VenueServer, Wishes
from regimeflow.testing.contract import Trouble, TrueOrder, Truth
from regimeflow.types.config.alpaca import AlpacaSettings
from regimeflow.types.enums import OrderSide
from regimeflow.types.secrets import SecretStr

SYMBOL = "AAPL"
BID, ASK, SIZE = Decimal("229.90"), Decimal("230.10"), Decimal(100_000)
MONEY = Decimal(100_000)
POST = {"method": "POST"}
FILL = {"event": "partial_fill"}
FAULTS = {
    Trouble.ANSWER_LOST: ("no_answer", {"where": POST}),
    Trouble.ANSWER_LATE: ("late_answer", {"where": POST, "seconds": 0.05}),
    Trouble.ERROR_AFTER_ACCEPTANCE: ("error_after_done", {"where": POST}),
    Trouble.ERROR_BEFORE_ACCEPTANCE: ("error_before", {"where": POST}),
    Trouble.REPORT_TWICE: ("duplicate_events", {}),
    Trouble.REPORT_LOST: ("lost_event", {"where": FILL}),
    Trouble.NEW_FIELDS: ("new_field", {}),
    Trouble.REPLACE_HALF_DONE: ("fill_before_replace", {}),
    Trouble.READ_FAILS: ("error_before", {"where": {"method": "GET"}}),
    Trouble.RATE_LIMITED: ("too_many_requests", {"where": {"kind": "trading"}}),
    Trouble.STREAM_GAP: ("lost_data", {}),
    Trouble.STREAM_SILENT: ("silent_stream", {"where": {"stream": "iex"}}),
}
ACTIONS = {
    Trouble.DISCONNECT: ("disconnect", {"stream": "trading"}),
    Trouble.CONNECTION_TOO_OLD: ("disconnect", {}),
    Trouble.STREAM_CUT: ("disconnect", {"stream": "iex"}),
}


def two_accounts(instruments):
    (ours,) = app.default_accounts(instruments)
    ours = replace(ours, balances={"USD": MONEY}, options={"requests_per_minute": 100_000})
    return [ours, replace(ours, name="other", key="other")]


MODULE = SimpleNamespace(
    DEFAULT_SYMBOLS=(SYMBOL, "BTC/USD"),
    FAULTS=app.FAULTS,
    default_accounts=two_accounts,
    make_venue=app.make_venue,
)


class AlpacaBench:
    symbol = SYMBOL
    quantity = Decimal(10)

    def __init__(self, **settings: object) -> None:
        self.server = VenueServer(MODULE, Wishes(speed=0.0))
        self._settings = settings
        self.port = 0
        self._moves = 0
        self._offset_ns = 0
        self._made: list[str] = []

    async def open(self) -> None:
        self.port = await self.server.start()
        await self._quote()

    async def close(self) -> None:
        await self.server.stop()
        fired = self.server.faults.fired()
        assert [] == [name for name in self._made if name not in fired], "it never struck"

    def adapter(self, key: str = "local-key") -> AlpacaAdapter:
        os.environ["ALPACA_BENCH_KEY"] = key
        chosen = {
            "environment": "local",
            "api_key": SecretStr("env:ALPACA_BENCH_KEY"),
            "base_url": f"http://127.0.0.1:{self.port}",
            "request_timeout_s": 3.0,
            "max_stream_silence_s": 1.0,
            "max_requests_per_minute": 100_000,
        }
        settings = AlpacaSettings(**(chosen | self._settings))
        return AlpacaAdapter(settings, symbols=[SYMBOL, "BTC/USD"])

    def now_ns(self) -> int:
        return time.time_ns()

    def resting_price(self, side: OrderSide) -> Decimal:
        return Decimal("229.95") if side is OrderSide.BUY else Decimal("230.05")

    def taking_price(self, side: OrderSide) -> Decimal:
        return ASK if side is OrderSide.BUY else BID

    async def take(self, side: OrderSide, quantity: Decimal) -> None:
        taker = "sell" if side is OrderSide.BUY else "buy"
        price = self.resting_price(side)
        await self.act("trade", symbol=SYMBOL, price=price, qty=quantity, taker=taker)
        await self.settle()

    async def move_market(self) -> None:
        for _ in range(2):
            self._moves += 1
            await self._quote()
        await self.settle()

    async def settle(self) -> None:
        await self.server.venue.flush()
        await asyncio.sleep(0)

    async def make(self, trouble: Trouble) -> None:
        if trouble in ACTIONS:
            name, params = ACTIONS[trouble]
            await self.act(name, **params)
        elif trouble is Trouble.REPORT_UNKNOWN:
            newest = self.orders()[-1]["id"]
            await self.act("tell", order_id=newest, event="somersault")
        elif trouble is Trouble.CLOCK_WRONG:
            pass  # requests carry no time: there is nothing that a wrong clock could break
        else:
            name, options = FAULTS[trouble]
            self._made.append(name)
            count = {} if trouble is Trouble.STREAM_SILENT else {"count": 1}
            self.server.faults.set(name, **count, **options)

    def fault(self, name: str, **options: object) -> None:
        """Switch one of the venue's own faults on; it must strike."""
        self._made.append(name)
        self.server.faults.add(name, **({"count": 1} | options))

    async def act(self, name: str, **params: object) -> None:
        await self.server.venue.act(name, params)

    async def mend(self) -> None:
        self.server.faults.clear()

    def orders(self):
        """Every order of the account, as the venue has it."""
        truth = self.server.venue.truth()["alpaca"]
        return [order for order in truth["orders"] if order["account"] == "local"]

    def truth(self) -> Truth:
        chains = {}
        for order in self.orders():
            chains.setdefault(split_leg(order["client_order_id"])[0], []).append(order)
        account = self.server.venue.exchange.accounts["local"]
        balances = account.balances()
        return Truth(
            orders={name: _chain(name, legs) for name, legs in chains.items()},
            cash=sum(balances["USD"]),
            position=sum(balances.get(SYMBOL, (Decimal(0),))),
        )

    async def _quote(self) -> None:
        size = SIZE + self._moves % 7
        await self.act("quote", symbol=SYMBOL, bid=BID, ask=ASK, bid_qty=size, ask_qty=size)


def market_of(bench: AlpacaBench) -> Market:
    """What the venue tells of its market."""
    return bench.server.venue._house.market


async def place_elsewhere(bench: AlpacaBench, **body: object) -> None:
    """Have another client of the account place an order."""
    whole = {"symbol": SYMBOL, "side": "buy", "time_in_force": "gtc"} | body
    url = f"http://127.0.0.1:{bench.port}/v2/orders"
    headers = {"APCA-API-KEY-ID": "local-key", "APCA-API-SECRET-KEY": "local-secret"}
    async with ClientSession() as session, session.post(url, json=whole, headers=headers) as got:
        assert 200 == got.status, await got.text()


def _chain(name: str, legs) -> TrueOrder:
    """One order of all its legs: the newest that works, or worked, says how it stands."""
    real = [leg for leg in legs if leg["status"] != "rejected" or len(legs) == 1]
    filled = Decimal(real[-1]["filled_qty"])
    price = Decimal(real[-1]["filled_avg_price"] or 0)
    return TrueOrder(
        client_order_id=name,
        is_open=any(leg["status"] not in _ENDED for leg in real),
        is_filled=real[-1]["status"] == "filled",
        quantity=Decimal(real[-1]["qty"] or 0),
        cum_qty=filled,
        cum_money=filled * price,
    )


_ENDED = {"filled", "canceled", "expired", "replaced", "rejected"}
