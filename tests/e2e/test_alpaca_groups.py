"""Linked orders that Alpaca keeps linked itself: one request, legs under our ids, found again."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.domain.orders.links import LinkedOrders, bracket
from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import (
    LiveOrderStatus,
    LiveTradingEngine,
    Order,
    OrderModification,
    OrderSide,
    OrderType,
)
from regimeflow.types.config import OrderSettings
from tests.e2e.test_alpaca_sessions import config, position, wait_until
from tests.support.alpaca_venue import RunningVenue

S = LiveOrderStatus
POST = {"method": "POST"}


@pytest.fixture
def venue():
    running = RunningVenue()
    yield running
    running.stop()


def an_engine(venue: RunningVenue, folder: Path) -> LiveTradingEngine:
    chosen = config(venue, folder, "AAPL")
    chosen.orders = OrderSettings(on_stop="leave")
    return LiveTradingEngine(chosen)


@pytest.fixture
def engine(venue, tmp_path):
    running = an_engine(venue, tmp_path / "journal")
    running.start()
    yield running
    running.stop()


def an_entry(price: str = "230") -> Order:
    return Order("AAPL", OrderSide.BUY, OrderType.LIMIT, 100, limit_price=price)


def a_target() -> Order:
    return Order("AAPL", OrderSide.SELL, OrderType.LIMIT, 100, limit_price="240")


def a_stop() -> Order:
    return Order("AAPL", OrderSide.SELL, OrderType.STOP, 100, stop_price="220")


def statuses(engine: LiveTradingEngine, ids: list[int]) -> list[LiveOrderStatus]:
    return [engine.order_manager.get_order(each).status for each in ids]


def theirs(venue: RunningVenue) -> list[dict]:
    return venue.call(venue.venue.truth)["alpaca"]["orders"]


def send_bracket(engine: LiveTradingEngine) -> list[int]:
    return engine.order_manager.submit_linked_orders(bracket(an_entry(), a_target(), a_stop()))


def until(engine: LiveTradingEngine, ids: list[int], *expected: LiveOrderStatus) -> None:
    wait_until(lambda: statuses(engine, ids) == list(expected))


def test_a_bracket_leaves_as_one_and_what_one_exit_fills_ends_the_other(venue, engine, tmp_path):
    ids = send_bracket(engine)
    until(engine, ids, S.NEW, S.INACTIVE, S.INACTIVE)
    venue.trade("AAPL", "230", "100")
    until(engine, ids, S.FILLED, S.NEW, S.INACTIVE)
    venue.trade("AAPL", "240", "40", taker="buy")
    wait_until(lambda: position(engine, "AAPL") == 60)
    venue.trade("AAPL", "240", "60", taker="buy")
    until(engine, ids, S.FILLED, S.FILLED, S.CANCELLED)
    engine.stop()

    assert ["bracket"] * 3 == [each["order_class"] for each in theirs(venue)]
    assert 0 == position(engine, "AAPL")
    assert 0 == engine.order_manager.groups.count
    assert replay_session(str(tmp_path / "journal")).difference is None


def test_one_exit_leaves_with_its_entry(venue, engine):
    ids = engine.order_manager.submit_linked_orders(LinkedOrders((a_stop(),), parent=an_entry()))
    until(engine, ids, S.NEW, S.INACTIVE)
    venue.trade("AAPL", "230", "100")
    until(engine, ids, S.FILLED, S.NEW)
    venue.trade("AAPL", "219", "200000")
    wait_until(lambda: statuses(engine, ids) == [S.FILLED, S.FILLED])

    assert ["oto", "oto"] == [each["order_class"] for each in theirs(venue)]


def test_two_exits_of_a_holding_work_beside_each_other_and_one_cancels_the_other(venue, engine):
    manager = engine.order_manager
    manager.submit_order(Order("AAPL", OrderSide.BUY, OrderType.MARKET, 100))
    wait_until(lambda: position(engine, "AAPL") == 100)
    ids = manager.submit_linked_orders(LinkedOrders((a_stop(), a_target())))
    until(engine, ids, S.NEW, S.INACTIVE)
    target = manager.get_order(ids[0])
    manager.modify_order(ids[0], OrderModification(limit_price="239"))
    wait_until(lambda: manager.get_order(ids[0]).limit_price == 239)
    venue.trade("AAPL", "239", "100", taker="buy")
    until(engine, ids, S.FILLED, S.CANCELLED)

    assert OrderType.LIMIT is target.type
    assert {"oco"} == {each["order_class"] for each in theirs(venue)[1:]}


def test_an_exit_that_is_changed_stays_the_order_that_it_was(venue, engine):
    manager = engine.order_manager
    ids = send_bracket(engine)
    until(engine, ids, S.NEW, S.INACTIVE, S.INACTIVE)
    venue.trade("AAPL", "230", "100")
    until(engine, ids, S.FILLED, S.NEW, S.INACTIVE)
    manager.modify_order(ids[1], OrderModification(limit_price="238"))
    wait_until(lambda: manager.get_order(ids[1]).limit_price == 238)
    venue.trade("AAPL", "238", "100", taker="buy")

    until(engine, ids, S.FILLED, S.FILLED, S.CANCELLED)


def test_the_cancel_of_an_entry_ends_its_exits(venue, engine):
    ids = send_bracket(engine)
    until(engine, ids, S.NEW, S.INACTIVE, S.INACTIVE)
    engine.order_manager.cancel_order(ids[0])

    until(engine, ids, S.CANCELLED, S.CANCELLED, S.CANCELLED)


def test_what_an_entry_has_filled_in_part_gets_its_exits_when_it_ends(venue, engine):
    ids = send_bracket(engine)
    until(engine, ids, S.NEW, S.INACTIVE, S.INACTIVE)
    venue.trade("AAPL", "230", "30")
    wait_until(lambda: position(engine, "AAPL") == 30)
    engine.order_manager.cancel_order(ids[0])
    until(engine, ids, S.CANCELLED, S.CANCELLED, S.CANCELLED)
    wait_until(lambda: len(theirs(venue)) == 5)

    assert {Decimal(30)} == {each.quantity for each in engine.order_manager.get_open_orders()}
    assert ["oco", "oco"] == [each["order_class"] for each in theirs(venue)[3:]]


def test_an_entry_that_is_refused_takes_its_exits_along(venue, engine):
    poor = Order("AAPL", OrderSide.BUY, OrderType.LIMIT, 100_000, limit_price="230")
    exits = [
        Order(each.symbol, each.side, each.type, 100_000, each.limit_price, each.stop_price)
        for each in (a_target(), a_stop())
    ]
    ids = engine.order_manager.submit_linked_orders(bracket(poor, *exits))

    until(engine, ids, S.REJECTED, S.REJECTED, S.REJECTED)
    assert [] == theirs(venue)


@pytest.mark.parametrize("fault", ["no_answer", "error_after_done", "late_answer"])
def test_a_bracket_whose_answer_is_lost_is_found_with_its_exits_and_never_sent_again(
    venue, engine, fault
):
    later = {"seconds": 2.0} if fault == "late_answer" else {}
    venue.fault(fault, where=POST, **later)
    ids = send_bracket(engine)
    wait_until(lambda: len(theirs(venue)) == 3)
    venue.trade("AAPL", "230", "100")
    venue.trade("AAPL", "240", "100", taker="buy")
    until(engine, ids, S.FILLED, S.FILLED, S.CANCELLED)

    assert 3 == len(theirs(venue))


@pytest.mark.parametrize("fills", [0, 1, 2])
def test_a_bracket_that_was_on_its_way_when_the_process_was_killed_is_found_again(
    venue, engine, tmp_path, fills
):
    venue.fault("late_answer", where=POST, seconds=3.0)
    ids = send_bracket(engine)
    wait_until(lambda: len(theirs(venue)) == 3)
    shutil.copytree(tmp_path / "journal", tmp_path / "killed")
    engine.stop()
    for price, taker in (("230", "sell"), ("240", "buy"))[:fills]:
        venue.trade("AAPL", price, "100", taker=taker)
    again = an_engine(venue, tmp_path / "killed")
    again.start()
    try:
        expected = [
            (S.NEW, S.INACTIVE, S.INACTIVE),
            (S.FILLED, S.NEW, S.INACTIVE),
            (S.FILLED, S.FILLED, S.CANCELLED),
        ][fills]
        until(again, ids, *expected)
        open_count = len(again.order_manager.get_open_orders())
    finally:
        again.stop()

    assert 3 == len(theirs(venue))
    assert (3, 2, 0)[fills] == open_count
