"""Trades every kind of order at random on the paper venue, and writes down what the venue says."""

from __future__ import annotations

import asyncio
import json
import random
from decimal import Decimal
from pathlib import Path

from regimeflow._core.messages import ExecutionReport, Quote
from regimeflow.adapters.brokers.paper.adapter import PaperAdapter
from regimeflow.adapters.feeds.recorded import RecordedFeed
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.types.config.brokers import PaperSettings
from regimeflow.types.enums import (
    ExecType,
    Liquidity,
    LiveOrderStatus,
    OrderSide,
    OrderType,
    TimeInForce,
)

CASH, HOLDING = Decimal(100_000_000), Decimal(10_000)  # more than a run can use up
MOST_OPEN = 12


class RandomTrader:
    """Now and then on a quote: a new order, a change or a cancel of an open one.

    Args:
        seed: Of all that it does.
        lots: Largest order, in lots.
        pause: Quotes between two actions, on average.
    """

    def __init__(self, venue: PaperAdapter, *, seed: int, lots: int, pause: int) -> None:
        self.lines: list[str] = []
        self._venue = venue
        self._chance = random.Random(seed)
        self._lots, self._pause = lots, pause
        self._open: dict[str, tuple[str, OrderSide]] = {}  # broker id -> symbol, side
        self._orders: dict[int, LiveOrder] = {}
        self._steps: dict[str, tuple[Decimal, Decimal]] = {}
        venue.on_market_data(self._on_market_data)
        venue.on_execution_report(self._on_report)

    async def trade(self, symbols: list[str]) -> None:
        """Play the whole feed."""
        await self._venue.connect()
        for symbol in symbols:
            found = await self._venue.get_instrument(symbol)
            self._steps[symbol] = found.tick_size, found.lot_size
        await self._venue.subscribe_market_data(symbols)
        await self._venue.run_feed(speed=None)
        await self._venue.disconnect()

    def _on_market_data(self, message: object) -> None:
        if not isinstance(message, Quote) or self._chance.randrange(self._pause):
            return
        if self._open and (len(self._open) >= MOST_OPEN or self._chance.random() < 0.4):
            self._change(message)
        else:
            self._submit(message)

    def _price(self, quote: Quote, side: OrderSide, *, behind: int) -> Decimal:
        tick = self._steps[quote.symbol][0]
        if side is OrderSide.BUY:
            return quote.bid_px_dec - behind * tick
        return quote.ask_px_dec + behind * tick

    def _quantity(self, symbol: str) -> Decimal:
        return self._chance.randint(1, self._lots) * self._steps[symbol][1]

    def _submit(self, quote: Quote) -> None:
        chance, key = self._chance, len(self._orders) + 1
        side = chance.choice((OrderSide.BUY, OrderSide.SELL))
        order_type = chance.choices(
            (OrderType.LIMIT, OrderType.MARKET, OrderType.STOP, OrderType.STOP_LIMIT),
            (20, 2, 2, 2),
        )[0]
        far = chance.choice((-300, -2, -1, 0, 0, 0, 0, 1, 1, 5, 30))
        has_limit = order_type in {OrderType.LIMIT, OrderType.STOP_LIMIT}
        has_stop = order_type in {OrderType.STOP, OrderType.STOP_LIMIT}
        tif = chance.choices((TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK), (8, 1, 1))[0]
        order = LiveOrder(
            order_id=key,
            client_order_id=f"r-{key}",
            broker_order_id="",
            symbol=quote.symbol,
            side=side,
            type=order_type,
            quantity=self._quantity(quote.symbol),
            limit_price=self._price(quote, side, behind=far) if has_limit else None,
            stop_price=self._price(quote, side, behind=-chance.randint(0, 400))
            if has_stop
            else None,
            time_in_force=tif if order_type is OrderType.LIMIT else TimeInForce.GTC,
            expire_time_ns=None,
            status=LiveOrderStatus.PENDING_NEW,
            cum_qty=Decimal(0),
            leaves_qty=Decimal(0),
            avg_px=None,
            in_doubt=False,
            strategy="random",
            created_at_ns=quote.ts_recv_ns,
            updated_at_ns=quote.ts_recv_ns,
        )
        self._orders[key] = order
        self._venue.submit_order(order)

    def _change(self, quote: Quote) -> None:
        broker_id, (symbol, side) = self._chance.choice(list(self._open.items()))
        if symbol != quote.symbol or self._chance.random() < 0.5:
            self._venue.cancel_order(broker_id)
            return
        quantity = self._quantity(symbol) if self._chance.random() < 0.5 else None
        behind = self._chance.choice((-1, 0, 0, 1, 2))
        price = self._price(quote, side, behind=behind) if self._chance.random() < 0.5 else None
        if quantity is not None or price is not None:
            mod = OrderModification(quantity=quantity, limit_price=price)
            self._venue.modify_order(broker_id, mod)

    def _on_report(self, report: ExecutionReport) -> None:
        status = LiveOrderStatus(report.ord_status)
        if status.is_terminal:
            self._open.pop(report.broker_order_id, None)
        elif report.exec_type == ExecType.NEW:
            self._open[report.broker_order_id] = report.symbol, OrderSide(report.side)
        if report.exec_type in {ExecType.CANCEL_REJECTED, ExecType.REPLACE_REJECTED}:
            return
        if report.exec_type == ExecType.TRADE:
            self._say_fill(report)
        self._say_order(report, status)

    def _say_fill(self, report: ExecutionReport) -> None:
        self._say(
            "fill",
            order_id=report.order_id,
            symbol=report.symbol,
            side=OrderSide(report.side).name,
            quantity=report.last_qty_dec,
            price=report.last_px_dec,
            commission=report.commission_dec,
            liquidity=Liquidity(report.liquidity).name,
            exec_id=report.exec_id,
            ts_event_ns=report.ts_event_ns,
            is_partial=bool(report.leaves_qty_raw),
        )

    def _say_order(self, report: ExecutionReport, status: LiveOrderStatus) -> None:
        self._say(
            "order",
            order_id=report.order_id,
            symbol=report.symbol,
            side=OrderSide(report.side).name,
            type=OrderType(report.ord_type).name,
            quantity=report.order_qty_dec,
            limit_price=report.limit_px_dec,
            stop_price=report.stop_px_dec,
            status=status.name,
            cum_qty=report.cum_qty_dec,
            leaves_qty=report.leaves_qty_dec,
            transact_time_ns=report.ts_event_ns,
        )

    def _say(self, kind: str, **data: object) -> None:
        line = {"kind": kind, "ts_ns": self._venue.clock.now_ns(), "data": data}
        self.lines.append(json.dumps(line, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{value!r} has no place in a line")


def trade_at_random(
    recordings: list[Path],
    symbols: list[str],
    *,
    seed: int,
    lots: int,
    pause: int = 4,
) -> list[str]:
    """Return the run's lines, as ``--json`` prints them."""
    settings = PaperSettings(cash=CASH, positions=dict.fromkeys(symbols, HOLDING))
    venue = PaperAdapter(settings, symbols=symbols, feed=RecordedFeed(recordings))
    trader = RandomTrader(venue, seed=seed, lots=lots, pause=pause)
    asyncio.run(trader.trade(symbols))
    return trader.lines
