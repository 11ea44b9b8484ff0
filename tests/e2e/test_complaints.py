"""What users of trading engines complain of most, played against ours."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from regimeflow.live import Order, OrderSide, OrderType, TradingState
from tests.support.engines import Run
from tests.support.journalled import BUY, LEAVE, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until

OFTEN = {"reconcile": {"interval_s": 0.05}, **LEAVE}


def held(run: Run, symbol: str = "BTCUSDT") -> Decimal:
    return run.engine.portfolio.position(symbol).quantity_dec


async def is_active(run: Run) -> None:
    await until(lambda: run.engine.get_status().trading_state is TradingState.ACTIVE)


def test_a_fill_of_an_instrument_that_we_do_not_trade_is_counted(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", **OFTEN)

    async def act() -> None:
        venue.by_hand("H1", symbol="ETHUSDT")
        venue.fill("H1", "E1", "0.4")
        await until(lambda: held(run, "ETHUSDT"))
        await is_active(run)

    play(run, act)

    assert Decimal("0.4") == held(run, "ETHUSDT")


def liquidate(venue: KeepingVenue) -> None:
    """Let the broker close what we hold, by an order of its own."""
    quantity = venue.positions["BTCUSDT"]
    venue.by_hand("L1", str(quantity), side=OrderSide.SELL)
    venue.fill("L1", "E-liquidation")


def test_a_liquidation_at_the_broker_closes_the_position_here_and_orders_go_on(
    tmp_path: Path,
) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", **OFTEN)

    async def act() -> None:
        run.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)
        venue.fill("V1", "E1")
        await until(lambda: held(run) == 1)
        liquidate(venue)
        await until(lambda: not held(run))
        await is_active(run)
        venue.by_hand("H1")
        again = Order("BTCUSDT", OrderSide.BUY, OrderType.LIMIT, 2, limit_price=100)
        run.engine.order_manager.submit_order(again)
        await until(lambda: "V4" in venue.orders)

    play(run, act)

    assert 0 == venue.positions["BTCUSDT"]


def test_a_liquidation_while_nobody_ran_is_booked_by_the_restart(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", **OFTEN)

    async def buy() -> None:
        run.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)
        venue.fill("V1", "E1")
        await until(lambda: held(run) == 1)

    play(run, buy)
    liquidate(venue)
    again = a_journalled_run(venue, tmp_path / "j", **OFTEN)

    async def look() -> None:
        await is_active(again)

    play(again, look)

    assert 0 == held(again)


def test_positions_that_were_there_before_are_closed_like_any(tmp_path: Path) -> None:
    venue = KeepingVenue()
    venue.positions["BTCUSDT"] = Decimal(2)
    run = a_journalled_run(venue, tmp_path / "j", **OFTEN)

    async def act() -> None:
        await is_active(run)
        venue.quote(1)
        run.engine.close_all_positions()
        await until(lambda: venue.orders)
        venue.fill("V1", "E1")
        await is_active(run)

    play(run, act)

    (order,) = venue.orders.values()
    assert (OrderSide.SELL, Decimal(2)) == (order.side, order.quantity)
    assert 0 == held(run)
