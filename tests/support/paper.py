"""A paper session over a small recording, with commands at chosen moments."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from regimeflow._core.messages import AccountInfo, ExecutionReport, Position
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
    OrdRejReason,
    TimeInForce,
)
from tests.support.recording import START_NS, STEP_NS, Recording

NO_LATENCY = {"latency_ms": 0.0, "latency_jitter_ms": 0.0}


def an_order(
    order_id: int = 1,
    *,
    side: OrderSide = OrderSide.BUY,
    qty: str = "1",
    limit: str | None = None,
    stop: str | None = None,
    type: OrderType | None = None,  # noqa: A002 - as LiveOrder calls it
    tif: TimeInForce = TimeInForce.GTC,
    expire_time_ns: int | None = None,
    symbol: str = "BTCUSDT",
    client_order_id: str | None = None,
) -> LiveOrder:
    """An order as the engine hands it over; its type follows from its prices unless given."""
    by_prices = {
        (False, False): OrderType.MARKET,
        (True, False): OrderType.LIMIT,
        (False, True): OrderType.STOP,
        (True, True): OrderType.STOP_LIMIT,
    }
    return LiveOrder(
        order_id=order_id,
        client_order_id=f"c-{order_id}" if client_order_id is None else client_order_id,
        broker_order_id="",
        symbol=symbol,
        side=side,
        type=by_prices[limit is not None, stop is not None] if type is None else type,
        quantity=Decimal(qty),
        limit_price=None if limit is None else Decimal(limit),
        stop_price=None if stop is None else Decimal(stop),
        time_in_force=tif,
        expire_time_ns=expire_time_ns,
        status=LiveOrderStatus.PENDING_NEW,
        cum_qty=Decimal(0),
        leaves_qty=Decimal(qty),
        avg_px=None,
        in_doubt=False,
        strategy="",
        created_at_ns=0,
        updated_at_ns=0,
    )


class PaperSession:
    """Plays ``recording`` with commands that were put at lines of it."""

    def __init__(self, recording: Recording, folder: Path, **settings: object) -> None:
        path = recording.write(folder / "feed.txt")
        chosen = PaperSettings(**{**NO_LATENCY, "cash": Decimal(10_000), **settings})
        symbols = list(RecordedFeed([path]).instruments())
        self.adapter = PaperAdapter(chosen, symbols=symbols, feed=self._feed(path, chosen))
        self.reports: list[ExecutionReport] = []
        self.updates: list[Position | AccountInfo] = []
        self.market: list[object] = []
        self.adapter.on_execution_report(self.reports.append)
        self.adapter.on_position_update(self.updates.append)
        self.adapter.on_market_data(self.market.append)

    def at_line(self, line: int, command: Callable[[], object]) -> PaperSession:
        """Run a command just before a line (0 is the first) happens."""
        self.adapter.clock.call_at(START_NS + line * STEP_NS - 1, lambda: _drop(command()))
        return self

    def submit(self, line: int, order: LiveOrder) -> PaperSession:
        """Submit just before a line."""
        return self.at_line(line, lambda: self.adapter.submit_order(order))

    def cancel(self, line: int, broker_order_id: str) -> PaperSession:
        """Cancel just before a line."""
        return self.at_line(line, lambda: self.adapter.cancel_order(broker_order_id))

    def modify(self, line: int, broker_order_id: str, **changes: object) -> PaperSession:
        """Change just before a line."""
        mod = OrderModification(**changes)
        return self.at_line(line, lambda: self.adapter.modify_order(broker_order_id, mod))

    def play(self, speed: float | None = None) -> PaperSession:
        """Play all of it."""
        asyncio.run(self.play_on_loop(speed))
        return self

    async def play_on_loop(self, speed: float | None = None) -> None:
        await self.adapter.connect()
        await self.adapter.subscribe_market_data(list(self.adapter._specs))
        await self.adapter.run_feed(speed=speed)

    @property
    def fills(self) -> list[tuple[str, str, str]]:
        """(quantity, price, liquidity) of each fill, in order."""
        return [
            (f"{r.last_qty_dec.normalize():f}", f"{r.last_px_dec:f}", Liquidity(r.liquidity).name)
            for r in self.reports
            if r.exec_type == ExecType.TRADE
        ]

    @property
    def story(self) -> list[tuple[str, str]]:
        """(what happened, status then) of each report, in order."""
        return [
            (ExecType(r.exec_type).name, LiveOrderStatus(r.ord_status).name) for r in self.reports
        ]

    @property
    def refusal(self) -> tuple[str, str]:
        """(reason, text) of the last report."""
        last = self.reports[-1]
        return OrdRejReason(last.ord_rej_reason).name, last.text

    @property
    def account(self) -> AccountInfo:
        """The account at the end."""
        return asyncio.run(self.adapter.get_account_info())

    def _feed(self, path: Path, settings: PaperSettings) -> RecordedFeed | None:
        def adjust(instrument):
            override = settings.instruments.get(instrument.symbol)
            return instrument if override is None else override.apply(instrument)

        return RecordedFeed([path], adjust=adjust)


def _drop(_: object) -> None:
    """Answers of commands come as reports."""
