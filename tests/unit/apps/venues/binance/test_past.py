"""What was true a moment ago."""

from __future__ import annotations

from decimal import Decimal

from regimeflow.apps.venues.binance.past import KEPT_NS, Past
from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.exchange.kinds import Kind
from regimeflow.apps.venues.exchange.requests import AccountSpec, Listing, NewOrder
from regimeflow.types.enums import OrderSide

SECOND = 1_000_000_000
BUY = NewOrder(
    symbol="BTCUSDT",
    side=OrderSide.BUY,
    kind=Kind.LIMIT,
    quantity=Decimal(1),
    limit_price=Decimal(10),
)


def market() -> tuple[Exchange, Past]:
    exchange = Exchange(
        [Listing(symbol="BTCUSDT", base="BTC", quote="USDT")],
        [AccountSpec(name="a", balances={"USDT": Decimal(100)})],
    )
    past = Past()
    past.begin("a", exchange.accounts["a"].balances())
    exchange.listen(past.add)
    return exchange, past


def test_an_order_that_did_not_exist_yet_is_not_seen() -> None:
    exchange, past = market()
    order = exchange.submit("a", BUY, 10 * SECOND)

    assert [] == past.orders([order], 9 * SECOND)
    assert [order] == past.orders([order], 10 * SECOND)


def test_a_cancelled_order_is_seen_open() -> None:
    exchange, past = market()
    order = exchange.submit("a", BUY, 10 * SECOND)
    gone = exchange.cancel("a", order.order_id, 12 * SECOND)

    assert [True] == [each.is_open for each in past.orders([gone], 11 * SECOND)]
    assert [False] == [each.is_open for each in past.orders([gone], 12 * SECOND)]


def test_balances_are_seen_as_they_were() -> None:
    exchange, past = market()
    exchange.submit("a", BUY, 10 * SECOND)
    now = exchange.accounts["a"].balances()

    assert (100, 0) == past.balances("a", now, 9 * SECOND)["USDT"]
    assert (90, 10) == past.balances("a", now, 10 * SECOND)["USDT"]


def test_what_is_older_than_a_minute_is_forgotten() -> None:
    exchange, past = market()
    order = exchange.submit("a", BUY, 10 * SECOND)
    gone = exchange.cancel("a", order.order_id, 11 * SECOND)
    exchange.submit("a", BUY, 12 * SECOND + KEPT_NS)

    assert [gone] == past.orders([gone], 10 * SECOND)
