"""The local TWS and our adapter as a bench, in one process, over loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal

from regimeflow.adapters.brokers.ib.adapter import IBAdapter
from regimeflow.apps.venues.exchange.kinds import Kind, State, Tif
from regimeflow.apps.venues.exchange.requests import NewOrder
from regimeflow.testing.contract import Trouble, TrueOrder, Truth
from regimeflow.types.config.ib import IBSettings
from regimeflow.types.enums import OrderSide
from tests.support.ib_tws import HOST, LocalTws

SYMBOL = "AAPL"
ACCOUNT = "DU1"
OTHER = "DU2"
PLACE = {"at": "place"}
FAULTS = {
    Trouble.ANSWER_LOST: ("disconnect", {"where": PLACE, "after_effect": True}),
    Trouble.ANSWER_LATE: ("late_answer", {"seconds": 0.05}),
    Trouble.ERROR_AFTER_ACCEPTANCE: ("outage", {"where": PLACE, "seconds": 0.2}),
    Trouble.ERROR_BEFORE_ACCEPTANCE: ("disconnect", {"where": PLACE, "after_effect": False}),
    Trouble.REPORT_TWICE: ("repeat_execution", {"times": 3}),
    Trouble.REPORT_LOST: ("outage", {"where": {"at": "fill"}, "seconds": 0.2, "code": 1102}),
    Trouble.REPORT_UNKNOWN: ("odd_status", {"status": "Pondered"}),
    Trouble.NEW_FIELDS: ("new_field", {"count": 4}),
    Trouble.READ_FAILS: ("pacing", {}),
    Trouble.RATE_LIMITED: ("pacing", {}),
    Trouble.STREAM_GAP: ("depth_reset", {}),
    Trouble.STREAM_SILENT: ("silent_data", {}),
}
ACTIONS = {
    Trouble.DISCONNECT: ("disconnect", {}),
    Trouble.CONNECTION_TOO_OLD: ("restart", {"seconds": 0.2}),
    Trouble.STREAM_CUT: ("outage", {"seconds": 0.2, "code": 1101}),
    Trouble.REPLACE_HALF_DONE: None,
    Trouble.CLOCK_WRONG: None,
}


class IbBench:
    symbol = SYMBOL
    symbols: Sequence[str] = (SYMBOL,)
    quantity = Decimal(10)

    def __init__(self, *, venue: Mapping[str, object] | None = None, **settings: object) -> None:
        self._venue = venue or {}
        self._settings = settings
        self._local: LocalTws | None = None
        self._moves = 0
        self._made: list[str] = []

    @property
    def local(self) -> LocalTws:
        assert self._local is not None
        return self._local

    async def open(self) -> None:
        self._local = LocalTws(self._venue, (ACCOUNT, OTHER), cash=Decimal(50_000))
        self.local.open_market()
        self.local.port = await self.local.venue.listen(HOST, 0)

    async def close(self) -> None:
        await self.local.venue.stop()
        fired = self.local.faults.fired()
        assert [] == [name for name in self._made if name not in fired], "it never struck"

    def adapter(self, **more: object) -> IBAdapter:
        settings = {
            "environment": "local",
            "port": self.local.port,
            "account": ACCOUNT,
            "request_timeout_s": 5.0,
            "book_levels": 3,
            "max_data_silence_s": 1.0,
            **self._settings,
            **more,
        }
        return IBAdapter(IBSettings(**settings), symbols=self.symbols)

    def now_ns(self) -> int:
        return self.local.clock.now_ns

    def resting_price(self, side: OrderSide) -> Decimal:
        return Decimal("200.00") if side is OrderSide.BUY else Decimal("200.02")

    def taking_price(self, side: OrderSide) -> Decimal:
        return self.resting_price(OrderSide.SELL if side is OrderSide.BUY else OrderSide.BUY)

    async def take(self, side: OrderSide, quantity: Decimal) -> None:
        other = OrderSide.SELL if side is OrderSide.BUY else OrderSide.BUY
        new = NewOrder(
            symbol=SYMBOL, side=other, kind=Kind.LIMIT, quantity=quantity, tif=Tif.IOC,
            limit_price=self.resting_price(side),
        )  # fmt: skip
        self.local.venue.exchange.submit(OTHER, new, self.local.clock())
        await self.settle()

    async def move_market(self) -> None:
        self._moves += 1
        self.local.quote("AAPL", "199.99", f"{500 + self._moves % 7}", "200.03", "500")
        await self.settle()

    async def settle(self) -> None:
        await self.local.venue.flush()
        await asyncio.sleep(0)

    async def make(self, trouble: Trouble) -> None:
        if trouble is Trouble.REPLACE_HALF_DONE:
            await self.settle()
            for ticket in self.local.tws.desk:
                self.local.tws.flow.end_if_open(ticket)
        elif trouble is Trouble.CLOCK_WRONG:
            self.local.clock.now_ns += 20_000_000_000
        elif trouble in ACTIONS:
            await self.act(*ACTIONS[trouble])
        else:
            name, options = FAULTS[trouble]
            count = {} if trouble is Trouble.STREAM_SILENT else {"count": 1}
            self.fault(name, **{**count, **options})

    def fault(self, name: str, **options: object) -> None:
        """Switch one of the venue's own faults on; it must strike."""
        self._made.append(name)
        self.local.faults.set(name, **options)

    async def act(self, name: str, params: dict[str, object] | None = None) -> object:
        return await self.local.venue.act(name, params or {})

    async def mend(self) -> None:
        self.local.faults.clear()

    def truth(self) -> Truth:
        account = self.local.venue.exchange.accounts[ACCOUNT]
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
        held = balances.get("AAPL")
        return Truth(
            orders=orders,
            cash=round(sum(balances["USD"]), 2),  # TWS tells cents
            position=Decimal(0) if held is None else sum(held),
        )
