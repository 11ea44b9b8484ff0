"""Orders for an amount at the local Alpaca: what they come to is known from fills alone."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import (
    InvalidArgument,
    LiveConfig,
    LiveOrderStatus,
    LiveTradingEngine,
    Order,
    OrderSide,
    OrderTerms,
    OrderType,
    RiskDenied,
    TimeInForce,
)
from tests.e2e.test_alpaca_sessions import config, position, wait_until
from tests.support.alpaca_venue import RunningVenue

S = LiveOrderStatus


@pytest.fixture
def venue():
    running = RunningVenue()
    yield running
    running.stop()


@pytest.fixture
def engine(venue, tmp_path):
    running = LiveTradingEngine(config(venue, tmp_path / "journal", "AAPL"))
    running.start()
    sizes = itertools.count(100_000)
    wait_until(lambda: is_priced(running) or venue.quote("AAPL", qty=next(sizes)))
    yield running
    running.stop()


def is_priced(engine: LiveTradingEngine) -> bool:
    try:
        engine.order_manager.submit_order(an_order("1000000", "1"))
    except RiskDenied as denied:
        return "come to more" in str(denied)
    pytest.fail("it was taken")


def an_order(amount: str, most: str, side: OrderSide = OrderSide.BUY, **terms: object) -> Order:
    return Order(
        "AAPL",
        side,
        OrderType.MARKET,
        most,
        time_in_force=TimeInForce.DAY,
        terms=OrderTerms(notional=amount, **terms),
    )


def test_an_order_for_an_amount_ends_as_what_it_came_to(venue, engine, tmp_path):
    manager = engine.order_manager
    bought = manager.submit_order(an_order("1000", "5"))
    wait_until(lambda: manager.get_order(bought).status is S.FILLED)
    sold = manager.submit_order(an_order("500", "5", OrderSide.SELL))
    wait_until(lambda: manager.get_order(sold).status is S.FILLED)
    orders = [manager.get_order(each) for each in (bought, sold)]
    held = position(engine, "AAPL")
    engine.stop()
    truth = venue.call(venue.venue.truth)["alpaca"]["orders"]

    assert [Decimal(each["filled_qty"]) for each in truth] == [each.cum_qty for each in orders]
    assert [each.cum_qty for each in orders] == [each.quantity for each in orders]
    assert orders[0].cum_qty - orders[1].cum_qty == held
    assert [("1000", None), ("500", None)] == [(each["notional"], each["qty"]) for each in truth]
    assert replay_session(str(tmp_path / "journal")).difference is None


@pytest.mark.parametrize("event", ["fill", "new"])
def test_an_amount_whose_news_is_lost_is_found_out(venue, engine, event):
    venue.fault("lost_event", where={"event": event})
    order_id = engine.order_manager.submit_order(an_order("1000", "5"))
    wait_until(lambda: engine.order_manager.get_order(order_id).status is S.FILLED)

    order = engine.order_manager.get_order(order_id)
    assert order.quantity == order.cum_qty == position(engine, "AAPL")


def test_an_amount_whose_answer_is_lost_is_not_spent_twice(venue, engine):
    venue.fault("no_answer", where={"method": "POST"})
    order_id = engine.order_manager.submit_order(an_order("1000", "5"))
    wait_until(lambda: engine.order_manager.get_order(order_id).status is S.FILLED)

    assert 1 == len(venue.call(venue.venue.truth)["alpaca"]["orders"])


def test_an_amount_may_not_come_to_more_than_the_limits_were_asked_about(engine):
    with pytest.raises(RiskDenied, match="may come to more than 4 AAPL at"):
        engine.order_manager.submit_order(an_order("1000", "4"))


def test_a_venue_without_amounts_refuses_them_clearly():
    paper = LiveTradingEngine(LiveConfig(broker_type="paper", symbols=["BTCUSDT"]))
    paper.start()
    order = Order("BTCUSDT", OrderSide.BUY, OrderType.MARKET, 1, terms=OrderTerms(notional=10))
    try:
        with pytest.raises(InvalidArgument, match=r"terms\.notional: the venue does not take it"):
            paper.order_manager.submit_order(order)
    finally:
        paper.stop()


def test_only_market_orders_are_for_an_amount(engine):
    order = Order(
        "AAPL",
        OrderSide.BUY,
        OrderType.LIMIT,
        5,
        limit_price=230,
        time_in_force=TimeInForce.DAY,
        terms=OrderTerms(notional=10),
    )
    with pytest.raises(InvalidArgument, match="a LIMIT order is for a quantity"):
        engine.order_manager.submit_order(order)
