"""The paper venue as a bench: a market of one's own hands, played at twenty times real time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal

from regimeflow.adapters.brokers.paper.adapter import PaperAdapter
from regimeflow.adapters.feeds.feed import BadLine, Events, FeedEvent, QuoteEvent, Scale, TradeEvent
from regimeflow.adapters.feeds.instruments import instrument_of
from regimeflow.testing.contract import Trouble, TrueOrder, Truth
from regimeflow.types.config.brokers import PaperSettings
from regimeflow.types.enums import LiveOrderStatus, OrderSide
from regimeflow.types.instrument import Instrument

SYMBOL = "BTCUSDT"
SCALE = Scale(-2, -5)
START_NS = 1_704_186_000 * 10**9
STEP_NS = 10_000_000
BID, ASK = Decimal(59_990), Decimal(60_010)


def at(number: Decimal, exp: int) -> int:
    return int(number.scaleb(-exp))


class HandFeed:
    """The same quote again and again, and what was asked for in between; the same when replayed."""

    start_ns = START_NS
    bad_line_count = 0
    bad_lines: tuple[BadLine, ...] = ()

    def __init__(self) -> None:
        self.log: list[FeedEvent] = []
        self.wishes: list[TradeEvent] = []

    def events(self) -> Events:
        number = 0
        while True:
            if number == len(self.log):
                self.log.append(self._next(START_NS + number * STEP_NS, number))
            yield self.log[number]
            number += 1

    def _next(self, at_ns: int, number: int) -> FeedEvent:
        if self.wishes:
            wish = self.wishes.pop(0)
            return TradeEvent(at_ns, SYMBOL, number, wish.px, wish.qty, wish.aggressor, at_ns)
        qty = at(Decimal(5 + number % 2), SCALE.qty_exp)
        bid, ask = at(BID, SCALE.px_exp), at(ASK, SCALE.px_exp)
        return QuoteEvent(at_ns, SYMBOL, number, bid, qty, ask, qty, at_ns)

    def instruments(self) -> Mapping[str, Instrument]:
        return {SYMBOL: instrument_of(SYMBOL, Decimal("0.01"), Decimal("0.00001"))}

    def scales(self) -> Mapping[str, Scale]:
        return {SYMBOL: SCALE}

    def progress(self) -> float | None:
        return None


class PaperBench:
    symbol = SYMBOL
    quantity = Decimal("0.1")

    def __init__(self) -> None:
        self._feed = HandFeed()
        settings = PaperSettings(
            cash=Decimal(100_000), positions={SYMBOL: Decimal(1)}, allow_short=False,
            latency_ms=0.0, latency_jitter_ms=0.0,
        )  # fmt: skip
        self._adapter = PaperAdapter(settings, symbols=[SYMBOL], feed=self._feed)
        self._playing: asyncio.Task[None] | None = None

    async def open(self) -> None: ...

    async def close(self) -> None:
        if self._playing is not None:
            await self._playing

    def adapter(self) -> PaperAdapter:
        return self._adapter

    def now_ns(self) -> int:
        return self._adapter.clock.now_ns()

    def resting_price(self, side: OrderSide) -> Decimal:
        return Decimal(59_995) if side is OrderSide.BUY else Decimal(60_005)

    def taking_price(self, side: OrderSide) -> Decimal:
        return ASK if side is OrderSide.BUY else BID

    async def take(self, side: OrderSide, quantity: Decimal) -> None:
        aggressor = OrderSide.SELL if side is OrderSide.BUY else OrderSide.BUY
        px = at(self.resting_price(side), SCALE.px_exp)
        qty = at(quantity, SCALE.qty_exp)
        self._feed.wishes.append(TradeEvent(0, SYMBOL, 0, px, qty, int(aggressor)))
        if self._adapter.is_connected():
            while self._feed.wishes:
                await self.settle()

    async def move_market(self) -> None:
        played = len(self._feed.log)
        while len(self._feed.log) < played + 3:
            await self.settle()

    async def settle(self) -> None:
        if self._adapter.is_connected() and (self._playing is None or self._playing.done()):
            self._playing = asyncio.create_task(self._adapter.run_feed(speed=20.0))
        await asyncio.sleep(0)

    async def make(self, trouble: Trouble) -> None:
        raise AssertionError(f"nothing of that kind happens in memory: {trouble.value}")

    async def mend(self) -> None: ...

    def truth(self) -> Truth:
        ledger = self._adapter._venue.ledger
        orders = {}
        for name, order in ledger.orders._by_client_id.items():
            money = Decimal(order.cum_notional).scaleb(order.spec.px_exp + order.spec.qty_exp)
            orders[name] = TrueOrder(
                client_order_id=name,
                is_open=not order.status.is_terminal,
                is_filled=order.status is LiveOrderStatus.FILLED,
                quantity=Decimal(order.order_qty).scaleb(order.spec.qty_exp),
                cum_qty=Decimal(order.cum_qty).scaleb(order.spec.qty_exp),
                cum_money=money,
            )
        (spec,) = self._adapter._specs.values()
        account = self._adapter._office.account_info()
        held = ledger.account.holding(spec).qty
        return Truth(
            orders=orders,
            cash=account.cash_dec,
            position=Decimal(held).scaleb(spec.qty_exp),
        )
