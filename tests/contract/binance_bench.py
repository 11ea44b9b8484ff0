"""The local Binance venue and our adapter as a bench, in one process, over loopback."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

from regimeflow.adapters.brokers.binance.adapter import BinanceAdapter
from regimeflow.adapters.feeds.feed import DepthEvent, Scale, SnapshotEvent, TradeEvent
from regimeflow.apps.venues.binance import app
from regimeflow.apps.venues.binance.catalog import Row
from regimeflow.apps.venues.exchange.kinds import Kind, Refused, State, Stp, Tif
from regimeflow.apps.venues.exchange.requests import NewOrder
from regimeflow.apps.venues.server.run import VenueServer, Wishes
from regimeflow.testing.contract import Trouble, TrueOrder, Truth
from regimeflow.types.config.binance import BinanceSettings
from regimeflow.types.enums import OrderSide

SYMBOL = "BTCUSDT"
SCALE = Scale(0, -5)
BID, ASK, SIZE = 59_990, 60_010, 500_000
PLACE = {"method": "order.place"}
REPORT = {"event": "executionReport"}
FAULTS = {
    Trouble.ANSWER_LOST: ("answer_lost", {"where": PLACE}),
    Trouble.ANSWER_LATE: ("answer_late", {"where": PLACE, "delay_ms": 50}),
    Trouble.ERROR_AFTER_ACCEPTANCE: ("server_error", {"where": PLACE, "carried_out": True}),
    Trouble.ERROR_BEFORE_ACCEPTANCE: ("server_error", {"where": PLACE, "carried_out": False}),
    Trouble.REPORT_TWICE: ("event_duplicated", {"where": REPORT}),
    Trouble.REPORT_LOST: ("event_lost", {"where": REPORT}),
    Trouble.REPORT_UNKNOWN: ("event_unknown", {}),
    Trouble.NEW_FIELDS: ("new_field", {"where": REPORT}),
    Trouble.REPLACE_HALF_DONE: ("half_cancel_replace", {"lost": "new"}),
    Trouble.READ_FAILS: ("server_error", {"where": {"transport": "rest"}}),
    Trouble.RATE_LIMITED: ("too_many_requests", {"where": PLACE, "retry_after_s": 1}),
    Trouble.STREAM_GAP: ("depth_gap", {}),
    Trouble.STREAM_SILENT: ("stream_silent", {}),
    Trouble.CLOCK_WRONG: ("clock_skew", {"ms": -20_000}),
}
ACTIONS = {
    Trouble.DISCONNECT: ("disconnect", {"kind": "ws-api"}),
    Trouble.CONNECTION_TOO_OLD: ("day_is_over", {}),
    Trouble.STREAM_CUT: ("disconnect", {"kind": "stream"}),
}


def two_accounts(symbols):
    (ours,) = app.default_accounts(symbols)
    return [ours, replace(ours, name="other", key="other")]


MODULE = SimpleNamespace(
    DEFAULT_SYMBOLS=(SYMBOL,),
    FAULTS=app.FAULTS,
    default_accounts=two_accounts,
    make_venue=app.make_venue,
)


class BenchOfOneMarket:
    symbol = SYMBOL
    quantity = Decimal("0.1")

    def __init__(self) -> None:
        self._server = VenueServer(MODULE, Wishes(speed=0.0))
        self.exchange = self._server.venue.exchange
        self._port = 0
        self._now_ns = 0
        self._update_id = 0
        self._made: list[str] = []

    async def open(self) -> None:
        self._port = await self._server.start()
        self.book_of(levels=5)

    async def close(self) -> None:
        await self._server.stop()
        fired = self._server.faults.fired()
        assert [] == [name for name in self._made if name not in fired], "it never struck"

    def book_of(self, levels: int) -> None:
        """Have the market offer so many levels a side, ten apart."""
        self._update_id += 1
        bids = [(BID - 10 * n, SIZE) for n in range(levels)]
        asks = [(ASK + 10 * n, SIZE) for n in range(levels)]
        self._apply(SnapshotEvent(0, SYMBOL, self._update_id, bids, asks))

    def adapter(self, **given: object) -> BinanceAdapter:
        base = f"127.0.0.1:{self._port}"
        settings = BinanceSettings(
            environment="local",
            base_url=f"http://{base}",
            stream_url=f"ws://{base}",
            ws_api_url=f"ws://{base}/ws-api/v3",
            request_timeout_s=3.0,
            max_stream_silence_s=1.0,
            **given,
        )
        return BinanceAdapter(settings, symbols=[SYMBOL])

    def now_ns(self) -> int:
        return time.time_ns()

    def resting_price(self, side: OrderSide) -> Decimal:
        return Decimal(59_995) if side is OrderSide.BUY else Decimal(60_005)

    def taking_price(self, side: OrderSide) -> Decimal:
        return Decimal(ASK if side is OrderSide.BUY else BID)

    async def take(
        self,
        side: OrderSide,
        quantity: Decimal,
        *,
        account: str = "other",
        stp: Stp = Stp.NONE,
    ) -> None:
        other = OrderSide.SELL if side is OrderSide.BUY else OrderSide.BUY
        new = NewOrder(
            symbol=SYMBOL, side=other, kind=Kind.LIMIT, quantity=quantity, tif=Tif.IOC,
            limit_price=self.resting_price(side) - (1 if side is OrderSide.BUY else -1),
            stp=stp,
        )  # fmt: skip
        self.exchange.submit(account, new, self.now_ns())
        await self.settle()

    async def move_market(self) -> None:
        for _ in range(2):
            self._update_id += 1
            change = [(BID, SIZE + self._update_id % 7)]
            event = DepthEvent(0, SYMBOL, self._update_id, self._update_id, change, ())
            self._apply(event)
            await self._server.venue.act("tick", {})
        await self.settle()

    async def settle(self) -> None:
        await self._server.venue.flush()
        await asyncio.sleep(0)

    async def make(self, trouble: Trouble) -> None:
        if trouble in ACTIONS:
            await self._server.venue.act(*ACTIONS[trouble])
        else:
            name, options = FAULTS[trouble]
            self._made.append(name)
            count = {} if trouble is Trouble.STREAM_SILENT else {"count": 1}
            self._server.faults.set(name, **count, **options)

    async def act(self, name: str, **params: object) -> None:
        await self._server.venue.act(name, params)

    async def mend(self) -> None:
        self._server.faults.clear()

    def truth(self) -> Truth:
        account = self.exchange.accounts["local"]
        orders = {
            each.client_order_id: TrueOrder(
                client_order_id=each.client_order_id,
                is_open=each.is_open,
                is_filled=each.state is State.FILLED,
                quantity=each.quantity,
                cum_qty=each.cum_qty,
                cum_money=each.cum_quote,
            )
            for each in account.orders()
        }
        balances = account.balances()
        return Truth(orders=orders, cash=sum(balances["USDT"]), position=sum(balances["BTC"]))

    def _apply(self, event) -> None:
        try:
            self.exchange.apply(event, SCALE, self.now_ns())
        except Refused as error:
            raise AssertionError(str(error)) from error


class BinanceBench(BenchOfOneMarket):
    """The bench with what only tests of Binance ask of it."""

    async def change_bid(self, *prices: int, size: int = SIZE + 1) -> None:
        """Have the market change what it bids at some prices."""
        self._update_id += 1
        changes = [(price, size) for price in prices]
        self._apply(DepthEvent(0, SYMBOL, self._update_id, self._update_id, changes, ()))
        await self._server.venue.act("tick", {})
        await self.settle()

    async def prevent(self, side: OrderSide, quantity: Decimal) -> None:
        """Have our own account run into what rests there, which takes it off both."""
        await self.take(side, quantity, account="local", stp=Stp.DECREMENT)

    def rows(self) -> dict[str, Row]:
        """What the venue lets its clients do with each symbol."""
        return self._server.venue._parts.catalog.rows

    def has_struck(self, name: str) -> bool:
        """Whether a fault has struck yet."""
        return name in self._server.faults.fired()

    def fault(self, name: str, **options: object) -> None:
        """Switch one of the venue's own faults on; it must strike."""
        self._made.append(name)
        self._server.faults.add(name, **options)

    async def trades_at(self, px: int) -> None:
        """Have the market trade at a price, and have a book around it."""
        self._update_id += 1
        event = TradeEvent(0, SYMBOL, self._update_id, px, 1, int(OrderSide.BUY))
        self._apply(event)
        await self.settle()
