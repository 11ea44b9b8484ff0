"""The filters of exchangeInfo."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.apps.venues.binance import filters
from regimeflow.apps.venues.binance.catalog import Row
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.exchange.kinds import Kind
from regimeflow.apps.venues.exchange.requests import NewOrder
from regimeflow.types.enums import OrderSide

ROW = Row(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    tick=Decimal("0.01"),
    lot=Decimal("0.001"),
    least_price=Decimal("0.01"),
    most_price=Decimal(1000),
    least_qty=Decimal("0.001"),
    most_qty=Decimal(50),
    most_market_qty=Decimal(20),
)


def new(kind: Kind = Kind.LIMIT, **more: object) -> NewOrder:
    given = {
        name: Decimal(value) if isinstance(value, str) else value for name, value in more.items()
    }
    return NewOrder(symbol="BTCUSDT", side=OrderSide.BUY, kind=kind, **given)


@pytest.mark.parametrize(
    ("order", "broken"),
    [
        (new(quantity="1", limit_price="100"), None),
        (new(quantity="1", limit_price="100.001"), "PRICE_FILTER"),
        (new(quantity="1", limit_price="1000.01"), "PRICE_FILTER"),
        (new(Kind.STOP, quantity="1", stop_price="100.001"), "PRICE_FILTER"),
        (new(quantity="1", limit_price="19.99"), "PERCENT_PRICE_BY_SIDE"),
        (new(quantity="1", limit_price="500.01"), "PERCENT_PRICE_BY_SIDE"),
        (new(quantity="0.0001", limit_price="100"), "LOT_SIZE"),
        (new(quantity="50.001", limit_price="100"), "LOT_SIZE"),
        (new(quantity="1.0005", limit_price="100"), "LOT_SIZE"),
        (new(Kind.MARKET, quantity="20.001"), "MARKET_LOT_SIZE"),
        (new(quantity="0.049", limit_price="100"), "NOTIONAL"),
        (new(Kind.MARKET, quantity="0.049"), "NOTIONAL"),
        (new(Kind.MARKET, quote_quantity="4.99"), "NOTIONAL"),
        (new(quantity="40", limit_price="100", display="0.001"), "ICEBERG_PARTS"),
        (new(quantity="1", limit_price="100", display="0.0001"), "LOT_SIZE"),
        (new(Kind.STOP, quantity="1", trail_bips=9), "TRAILING_DELTA"),
        (new(Kind.STOP, quantity="1", trail_bips=2001), "TRAILING_DELTA"),
        (new(Kind.STOP, quantity="1", trail_bips=2000), None),
    ],
)
def test_a_filter_that_is_broken_is_named(order, broken) -> None:
    if broken is None:
        filters.check(order, ROW, Decimal(100))
        return

    with pytest.raises(Refusal, match=f"-1013: Filter failure: {broken}$"):
        filters.check(order, ROW, Decimal(100))


def test_before_the_first_trade_no_price_is_too_far() -> None:
    filters.check(new(quantity="1", limit_price="900"), ROW, None)


@pytest.mark.parametrize(
    ("orders", "row", "broken"),
    [
        ([new()] * 2, ROW._replace(most_orders=1), "MAX_NUM_ORDERS"),
        ([new(Kind.STOP)] * 2, ROW._replace(most_algo_orders=1), "MAX_NUM_ALGO_ORDERS"),
        ([new()] * 2, ROW._replace(most_lists=0), "MAX_NUM_ORDER_LISTS"),
    ],
)
def test_what_is_counted_is_refused_by_the_matching_engine(orders, row, broken) -> None:
    with pytest.raises(Refusal) as caught:
        filters.check_counts(orders, row, [])

    assert (-2010, f"Filter failure: {broken}") == (caught.value.code, caught.value.msg)


def test_exchange_info_says_the_same_numbers() -> None:
    shown = {each["filterType"]: each for each in ROW.filters()}

    assert "0.00100000" == shown["LOT_SIZE"]["stepSize"]
    assert "20.00000000" == shown["MARKET_LOT_SIZE"]["maxQty"]
    assert ("5", "0.2") == (
        shown["PERCENT_PRICE_BY_SIDE"]["bidMultiplierUp"],
        shown["PERCENT_PRICE_BY_SIDE"]["bidMultiplierDown"],
    )
