"""The pre-trade gate: trading states, exits, strategies, changes and what is open."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from regimeflow.domain.orders.order import OrderModification
from regimeflow.types.config import RiskLimits
from regimeflow.types.enums import LiveOrderStatus, TradingState
from regimeflow.types.errors import RegimeFlowError, RiskDenied
from tests.support.risk import (
    BTC,
    BUY,
    SELL,
    Desk,
    a_desk,
    a_live_order,
    a_trade,
    an_order,
)


def denied(desk: Desk, order, **how) -> RiskDenied:
    with pytest.raises(RiskDenied) as caught:
        desk.gate.check(order, **how)
    return caught.value


# ---- trading state and exits


def test_halted_lets_nothing_pass() -> None:
    desk = a_desk()
    desk.hold("5")
    desk.gate.set_state(TradingState.HALTED, "callback failed")

    refusal = denied(desk, an_order(SELL, "1"))

    assert ("trading_state", "HALTED (callback failed)") == (refusal.rule, refusal.limit)
    assert "SELL 1 BTC with 5 BTC held and 0 BTC open on that side" == refusal.value


@pytest.mark.parametrize(
    ("held", "exits", "entry"),
    [
        ("5", an_order(SELL, "5"), an_order(SELL, "5.00001")),
        ("-5", an_order(BUY, "5"), an_order(BUY, "6")),
    ],
)
def test_reduce_only_lets_pass_what_makes_the_position_smaller(held, exits, entry) -> None:
    desk = a_desk()
    desk.hold(held)
    desk.gate.set_state(TradingState.REDUCE_ONLY, "daily loss limit")

    refusal = denied(desk, entry)
    desk.gate.check(exits)

    assert ("trading_state", "REDUCE_ONLY (daily loss limit)") == (refusal.rule, refusal.limit)


def test_positions_can_be_closed_after_trading_was_disabled() -> None:
    """Row 30: the breach disabled trading first, and the flag then swallowed the exits."""
    desk = a_desk(max_order_notional=1)
    desk.hold("5")

    desk.gate.set_state(TradingState.REDUCE_ONLY, "daily loss limit")

    desk.gate.check(an_order(SELL, "5"))


def test_exits_are_exempt_from_entry_limits() -> None:
    """Row 42: exits were refused by the order value and rate limits."""
    desk = a_desk(
        bid="",
        max_order_qty=1,
        max_order_notional=1,
        max_orders_per_second=1,
        max_orders_per_minute=1,
        price_collar_pct=1,
    )
    desk.hold("10")

    for _ in range(5):
        desk.gate.check(an_order(SELL, "2"))


def test_closing_twice_does_not_sell_twice() -> None:
    """Row 42: calling close_all twice sold 10 of 5."""
    desk = a_desk()
    desk.hold("5")
    desk.gate.set_state(TradingState.REDUCE_ONLY, "closing")
    close = a_live_order(SELL, "5")
    desk.gate.check(close)
    desk.gate.on_submitted(close)

    refusal = denied(desk, an_order(SELL, "5"))

    assert "SELL 5 BTC with 5 BTC held and 5 BTC open on that side" == refusal.value


def test_an_exit_may_wait_for_any_better_price() -> None:
    desk = a_desk(price_collar_pct=1)
    desk.hold("5")

    desk.gate.check(an_order(SELL, "5", "150"))

    assert "price_collar_pct" == denied(desk, an_order(BUY, "5", "50")).rule


# ---- strategies


def test_a_strategy_is_held_to_its_own_limits_too() -> None:
    desk = a_desk(max_order_qty=10)
    desk.gate.add_strategy("careful", RiskLimits(max_order_qty=1))

    refusal = denied(desk, an_order(BUY, "2"), strategy="careful")
    desk.gate.check(an_order(BUY, "2"), strategy="bold")

    assert "1 BTC" == refusal.limit
    assert "max_order_qty of strategy careful" in str(refusal)
    assert "10 BTC" == denied(desk, an_order(BUY, "11"), strategy="careful").limit


def test_a_strategy_that_is_refused_uses_up_nothing_of_the_account() -> None:
    desk = a_desk(max_orders_per_second=1, duplicate_window_s=5)
    desk.gate.add_strategy("careful", RiskLimits(max_order_qty=1))

    denied(desk, an_order(BUY, "2"), strategy="careful")

    desk.gate.check(an_order(BUY, "2"), strategy="bold")


def test_strategies_have_positions_of_their_own() -> None:
    desk = a_desk()
    desk.gate.add_strategy("long", RiskLimits(max_position_qty=5))
    desk.gate.add_strategy("short", RiskLimits(max_position_qty=5))

    desk.gate.on_trade(a_trade(BUY, "5", strategy="long"))
    desk.gate.on_trade(a_trade(SELL, "3", strategy="short"))

    assert Decimal(2) == desk.exposure()[0]
    assert Decimal(5) == desk.exposure(strategy="long")[0]
    assert Decimal(-3) == desk.exposure(strategy="short")[0]
    assert "max_position_qty" == denied(desk, an_order(BUY, "1"), strategy="long").rule
    desk.gate.check(an_order(BUY, "1"), strategy="short")


# ---- changes of an order


def test_a_change_is_judged_without_the_order_that_it_changes() -> None:
    desk = a_desk(max_position_qty=10, max_order_qty=10)
    order = a_live_order(BUY, "8", "99")
    desk.gate.on_submitted(order)

    desk.gate.check_modification(order, OrderModification(quantity=10))

    assert Decimal(10) == desk.exposure()[1]


def test_a_change_beyond_a_limit_is_refused_and_reserves_nothing() -> None:
    desk = a_desk(max_position_qty=10)
    order = a_live_order(BUY, "8", "99")
    desk.gate.on_submitted(order)

    with pytest.raises(RiskDenied, match="max_position_qty: 11 BTC"):
        desk.gate.check_modification(order, OrderModification(quantity=11))

    assert Decimal(8) == desk.exposure()[1]


def test_a_change_counts_at_the_larger_quantity_until_it_is_over() -> None:
    desk = a_desk()
    order = a_live_order(BUY, "8", "99")
    desk.gate.on_submitted(order)
    desk.gate.check_modification(order, OrderModification(quantity=10))

    desk.gate.on_order_update(replace(order, status=LiveOrderStatus.PENDING_REPLACE))
    during = desk.exposure()[1]
    desk.gate.on_order_update(replace(order, status=LiveOrderStatus.NEW))

    assert (Decimal(10), Decimal(8)) == (during, desk.exposure()[1])


def test_a_change_that_waits_for_the_acknowledgement_stays_reserved() -> None:
    desk = a_desk()
    order = a_live_order(BUY, "8", "99")
    desk.gate.on_submitted(order)
    desk.gate.check_modification(order, OrderModification(quantity=10))

    desk.gate.on_order_update(replace(order, status=LiveOrderStatus.NEW))
    waiting = desk.exposure()[1]
    desk.gate.on_order_update(replace(order, status=LiveOrderStatus.PENDING_REPLACE))
    changed = {"quantity": Decimal(10), "leaves_qty": Decimal(10)}
    desk.gate.on_order_update(replace(order, status=LiveOrderStatus.NEW, **changed))

    assert (Decimal(10), Decimal(10)) == (waiting, desk.exposure()[1])


# ---- what happened


@pytest.mark.parametrize("fill_first", [True, False])
def test_fills_and_updates_may_come_in_either_order(fill_first: bool) -> None:
    desk = a_desk()
    order = a_live_order(BUY, "5", "99")
    desk.gate.on_submitted(order)
    filled = replace(
        order,
        status=LiveOrderStatus.PARTIALLY_FILLED,
        cum_qty=Decimal(2),
        leaves_qty=Decimal(3),
    )
    steps = [
        lambda: desk.gate.on_trade(a_trade(BUY, "2", order_id=1)),
        lambda: desk.gate.on_order_update(filled),
    ]

    worst = []
    for step in steps if fill_first else steps[::-1]:
        step()
        position, open_buy, _ = desk.exposure()
        worst.append(position + open_buy)

    assert [Decimal(5), Decimal(5)] == worst
    assert (Decimal(2), Decimal(3), Decimal(0)) == desk.exposure()


def test_saying_the_same_update_again_changes_nothing() -> None:
    desk = a_desk()
    order = a_live_order(SELL, "5", "101")

    for _ in range(3):
        desk.gate.on_order_update(order)

    assert (Decimal(0), Decimal(0), Decimal(5)) == desk.exposure()


def test_a_fill_after_the_cancel_still_moves_the_position() -> None:
    desk = a_desk()
    order = a_live_order(BUY, "5", "99")
    desk.gate.on_submitted(order)
    over = replace(order, status=LiveOrderStatus.CANCELLED, leaves_qty=Decimal(0))
    desk.gate.on_order_update(over)

    desk.gate.on_trade(a_trade(BUY, "2", order_id=1))
    desk.gate.on_order_update(replace(over, cum_qty=Decimal(2)))

    assert (Decimal(2), Decimal(0), Decimal(0)) == desk.exposure()


def test_a_busted_trade_gives_the_position_back() -> None:
    desk = a_desk()
    order = a_live_order(BUY, "5", "99")
    desk.gate.on_submitted(order)

    desk.gate.on_trade(a_trade(BUY, "2", order_id=1))
    desk.gate.on_trade(a_trade(SELL, "2", order_id=1, exec_ref_id="E1"))

    assert (Decimal(0), Decimal(5), Decimal(0)) == desk.exposure()


def test_dust_below_the_lot_is_not_sold_as_an_exit() -> None:
    desk = a_desk()
    desk.gate.set_position(BTC, Decimal("1.000019"))

    assert desk.gate.is_reducing(BTC, SELL, "1.00001")
    assert not desk.gate.is_reducing(BTC, SELL, "1.00002")
    assert not desk.gate.is_reducing("ETHUSDT", SELL, "1")


def test_every_refusal_is_one_of_ours() -> None:
    desk = a_desk(max_order_qty=1)

    with pytest.raises(RegimeFlowError):
        desk.gate.check(an_order(BUY, "2"))
