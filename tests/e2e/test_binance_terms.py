"""Types and terms of orders, from the engine to the local Binance and back, over a restart."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import (
    InvalidArgument,
    LiveConfig,
    LiveOrder,
    LiveTradingEngine,
    Order,
    OrderModification,
    OrderSide,
    OrderTerms,
    OrderType,
)
from tests.e2e.venue.process import VenueProcess
from tests.support.keeping import until

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def an_engine(port: int, folder: Path) -> LiveTradingEngine:
    return LiveTradingEngine(
        LiveConfig.from_dict(
            {
                "broker_type": "binance",
                "symbols": ["BTCUSDT"],
                "broker": {
                    "environment": "local",
                    "base_url": f"http://127.0.0.1:{port}",
                    "max_stream_silence_s": None,
                    "bar_interval": "none",
                },
                "strategy": [{"name": "tests.support.strategies:Silent"}],
                "orders": {"on_stop": "leave"},
                "risk": {"max_order_notional": 1_000_000, "price_collar_pct": 50},
                "heartbeat": {"stale_after_s": None},
                "journal": {"enabled": "yes", "folder": str(folder), "segment_mb": 1},
            }
        )
    )


def price_at(port: int) -> Decimal:
    url = f"http://127.0.0.1:{port}/api/v3/ticker/price?symbol=BTCUSDT"
    with urllib.request.urlopen(url, timeout=20) as answer:
        return Decimal(json.loads(answer.read())["price"]).quantize(Decimal(1))


def some_orders(px: Decimal) -> list[Order]:
    return [
        Order("BTCUSDT", BUY, OrderType.LIMIT, "0.01", px - 900, terms=POST_ONLY),
        Order("BTCUSDT", BUY, OrderType.LIMIT, "0.05", px - 950, terms=SHOWN),
        Order("BTCUSDT", SELL, OrderType.TRAILING_STOP, "0.01", terms=TRAIL),
        Order("BTCUSDT", SELL, OrderType.MARKET_IF_TOUCHED, "0.01", stop_price=px + 5_000),
        Order(
            "BTCUSDT", SELL, OrderType.LIMIT_IF_TOUCHED, "0.01", px + 4_990, stop_price=px + 5_000
        ),
    ]


POST_ONLY = OrderTerms(post_only=True)
SHOWN = OrderTerms(display_qty="0.01")
TRAIL = OrderTerms(trail_percent="5")
BY_AMOUNT = Order(
    "BTCUSDT", SELL, OrderType.TRAILING_STOP, "0.01", terms=OrderTerms(trail_amount=100)
)
AT_VENUE = ["LIMIT_MAKER", "LIMIT", "STOP", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"]


async def rests(engine: LiveTradingEngine, count: int) -> list[LiveOrder]:
    """Wait until so many orders rest, and return them."""

    def resting() -> list[LiveOrder]:
        found = engine.order_manager.get_open_orders()
        return [each for each in found if each.broker_order_id and not each.in_doubt]

    await until(lambda: len(resting()) == count)
    return resting()


def of_venue(venue: VenueProcess) -> list[dict[str, Any]]:
    return [order for order in venue.ask("GET", "truth")["orders"] if order["is_open"]]


def test_what_was_asked_is_at_the_venue_and_stays_so_over_a_restart(tmp_path: Path) -> None:
    with VenueProcess("binance", seed=1) as venue:
        venue.ask("POST", "market", {"step": 300})
        px = price_at(venue.port)
        with an_engine(venue.port, tmp_path) as first:
            venue.ask("POST", "market", {"step": 50})
            asyncio.run(until(lambda: quoted(first)))
            for order in some_orders(px):
                first.order_manager.submit_order(order)
            with pytest.raises(InvalidArgument, match="trail_amount: the venue does not take it"):
                first.order_manager.submit_order(BY_AMOUNT)
            asyncio.run(rests(first, 5))
        with an_engine(venue.port, tmp_path) as second:
            orders = asyncio.run(rests(second, 5))
            assert [each.terms is not None for each in orders] == [True, True, True, False, False]
            venue.ask("POST", "market", {"step": 50})
            asyncio.run(until(lambda: quoted(second)))
            for each in orders[1:3]:
                more = OrderModification(quantity=each.quantity + Decimal("0.01"))
                second.order_manager.modify_order(each.order_id, more)
            wanted = {Decimal("0.06"), Decimal("0.02")}
            asyncio.run(until(lambda: wanted <= {each.quantity for each in found(second)}))
        there = of_venue(venue)

    assert sorted(AT_VENUE) == sorted(order["kind"] for order in there)
    by_quantity = {Decimal(order["quantity"]): order for order in there}
    assert Decimal("0.01") == Decimal(by_quantity[Decimal("0.06")]["display"])
    assert 500 == by_quantity[Decimal("0.02")]["trail_bips"]
    for number in (1, 2):
        assert replay_session(str(tmp_path), number=number).difference is None


def found(engine: LiveTradingEngine) -> list[LiveOrder]:
    return engine.order_manager.get_open_orders()


def quoted(engine: LiveTradingEngine) -> object:
    return engine.get_system_health().last_data_ns
