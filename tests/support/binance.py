"""Builders for tests of the Binance adapter."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from regimeflow.adapters.brokers.binance.adapter import BinanceAdapter
from regimeflow.adapters.brokers.binance.rules import SymbolRules, rules_of
from regimeflow.live import (
    ExecType,
    ExecutionReport,
    LiveOrder,
    LiveOrderStatus,
    OrderBook,
    OrderSide,
    OrderType,
    Position,
    Quote,
    SystemCode,
    SystemMessage,
    Tick,
    TimeInForce,
)
from regimeflow.types.config.binance import BinanceSettings
from tests.support.payloads import SHARED

PAYLOADS = SHARED / "payloads" / "binance"


def needs_payloads(test):
    """Mark a test that reads recorded messages."""
    gone = not PAYLOADS.is_dir()
    return pytest.mark.shared(
        pytest.mark.skipif(gone, reason=f"no recordings in {PAYLOADS} (REGIMEFLOW_SHARED)")(test)
    )


TYPES = (
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
)


def symbol_info(symbol: str = "BTCUSDT", **given: Any) -> dict[str, Any]:
    """An item of exchangeInfo's symbols."""
    base, quote = symbol[:3], symbol[3:]
    return {
        "symbol": symbol,
        "status": given.get("status", "TRADING"),
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "orderTypes": list(given.get("order_types", TYPES)),
        "amendAllowed": given.get("allows_amend", True),
        "cancelReplaceAllowed": True,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": given.get("min_price", "0.01000000"),
                "maxPrice": given.get("max_price", "1000000.00000000"),
                "tickSize": given.get("tick_size", "0.01000000"),
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": given.get("min_qty", "0.00001000"),
                "maxQty": given.get("max_qty", "9000.00000000"),
                "stepSize": given.get("lot_size", "0.00001000"),
            },
            {"filterType": "MARKET_LOT_SIZE", "minQty": "0", "maxQty": "100", "stepSize": "0"},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
            {"filterType": "ICEBERG_PARTS", "limit": 10},
            {
                "filterType": "TRAILING_DELTA",
                "minTrailingAboveDelta": 10,
                "maxTrailingAboveDelta": 2000,
                "minTrailingBelowDelta": 20,
                "maxTrailingBelowDelta": 1000,
            },
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": given.get("most_orders", 200)},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        ],
        "icebergAllowed": given.get("allows_iceberg", True),
        "allowTrailingStop": given.get("allows_trailing", True),
    }


def rules(symbol: str = "BTCUSDT", **given: Any) -> SymbolRules:
    """What may be ordered of a symbol."""
    return rules_of(symbol_info(symbol, **given))


BTC_RULES = rules()

_NUMBERS = itertools.count(1)


def an_order(side: str = "BUY", qty: str = "0.01", px: str | None = "59000", **given) -> LiveOrder:
    """An order as the engine hands it to an adapter; at the market without a price."""
    now_ns, number = time.time_ns(), next(_NUMBERS)
    kind = OrderType.MARKET if px is None else OrderType.LIMIT
    values = {
        "order_id": number,
        "client_order_id": f"test{now_ns}-{number}",
        "broker_order_id": "",
        "symbol": "BTCUSDT",
        "side": OrderSide[side],
        "type": kind,
        "quantity": Decimal(qty),
        "limit_price": None if px is None else Decimal(px),
        "stop_price": None,
        "time_in_force": TimeInForce.GTC,
        "expire_time_ns": None,
        "status": LiveOrderStatus.PENDING_NEW,
        "cum_qty": Decimal(0),
        "leaves_qty": Decimal(qty),
        "avg_px": None,
        "in_doubt": False,
        "strategy": "",
        "created_at_ns": now_ns,
        "updated_at_ns": now_ns,
    }
    return LiveOrder(**{**values, **given})


class Heard:
    """All that an adapter said."""

    def __init__(self, adapter: BinanceAdapter) -> None:
        self.data: list[object] = []
        self.reports: list[ExecutionReport] = []
        self.positions: list[Position] = []
        adapter.on_market_data(self.data.append)
        adapter.on_execution_report(self.reports.append)
        adapter.on_position_update(self.positions.append)

    def of(self, order: LiveOrder) -> list[tuple[str, str]]:
        """What was said of an order: what happened, and how it stood."""
        return [
            (ExecType(each.exec_type).name, LiveOrderStatus(each.ord_status).name)
            for each in self.reports
            if each.client_order_id == order.client_order_id
        ]

    def fills(self) -> list[str]:
        """The ids of the fills, in the order they came."""
        return [each.exec_id for each in self.reports if each.exec_type == ExecType.TRADE]

    def codes(self, symbol: str = "BTCUSDT") -> list[SystemCode]:
        """What was said of a symbol's data."""
        return [
            SystemCode(each.code)
            for each in self.data
            if isinstance(each, SystemMessage) and each.symbol == symbol
        ]

    def trade_ids(self) -> list[int]:
        return [each.trade_id for each in self.data if isinstance(each, Tick)]

    def books(self) -> list[OrderBook]:
        return [each for each in self.data if isinstance(each, OrderBook)]

    def quotes(self) -> list[Quote]:
        return [each for each in self.data if isinstance(each, Quote)]


@contextlib.asynccontextmanager
async def a_session(url: str, **settings: Any) -> AsyncIterator[tuple[BinanceAdapter, Heard]]:
    """An adapter that is connected to a local venue, and what it says."""
    adapter = BinanceAdapter(
        BinanceSettings(environment="local", base_url=url, **settings), symbols=["BTCUSDT"]
    )
    heard = Heard(adapter)
    await adapter.connect()
    try:
        yield adapter, heard
    finally:
        await adapter.disconnect()


Act = Callable[[BinanceAdapter, Heard], Awaitable[None]]


def in_session(http: str, act: Act, *, watching: Sequence[str] = (), **settings) -> None:
    """Run what a test does within a session, for half a minute at the most."""

    async def main() -> None:
        async with a_session(http, **settings) as (adapter, heard):
            if watching:
                await adapter.subscribe_market_data(watching)
            await act(adapter, heard)

    asyncio.run(asyncio.wait_for(main(), 90))
