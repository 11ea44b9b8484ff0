"""Orders that a person or another client placed in our account."""

from __future__ import annotations

import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from regimeflow.engine.journal.recovery import read_books
from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import (
    AccountInfo,
    ConfigError,
    ExecutionReport,
    LiveOrderStatus,
    Order,
    OrderSide,
    OrderType,
    Position,
    TradingState,
)
from tests.support.engines import Run, a_config
from tests.support.journalled import BUY, LEAVE, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until


def a_run(venue: KeepingVenue, folder: Path, policy: str, **tables: object) -> Run:
    reconcile = {"external_orders": policy, "interval_s": 0.05}
    return a_journalled_run(venue, folder, reconcile=reconcile, **{**LEAVE, **tables})


def held(run: Run) -> Decimal:
    return run.engine.portfolio.position("BTCUSDT").quantity_dec


def test_row_45_adopted_orders_are_cancelled_by_id_only(tmp_path: Path) -> None:
    venue = KeepingVenue()
    venue.by_hand("H1")
    run = a_run(
        venue,
        tmp_path / "j",
        "adopt",
        orders={"on_stop": "cancel"},
        heartbeat={"stale_after_s": 0.2, "cancel_orders": True},
    )
    seen: list[object] = []

    async def act() -> None:
        manager = run.engine.order_manager
        venue.quote(time.time_ns())
        await until(lambda: run.engine.get_status().trading_state is TradingState.ACTIVE)
        manager.submit_order(BUY)
        await until(lambda: "V2" in venue.orders)
        await until(lambda: "V2" in venue.ended)  # the data went silent
        seen.append([order.strategy for order in manager.get_open_orders()])
        seen.append(manager.cancel_all_orders() + manager.cancel_orders("BTCUSDT"))

    play(run, act)

    assert [["external"], 0] == seen
    assert {"V2"} == venue.ended


def test_an_order_of_a_lost_journal_is_spared_where_those_of_others_are_cancelled(
    tmp_path: Path,
) -> None:
    venue = KeepingVenue()
    first = a_run(venue, tmp_path / "lost", "cancel")

    async def send() -> None:
        first.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)

    play(first, send)
    venue.by_hand("H1")
    second = a_run(venue, tmp_path / "fresh", "cancel")
    seen: list[str] = []

    async def act() -> None:
        await until(lambda: "H1" in venue.ended)
        seen.extend(
            order.broker_order_id for order in second.engine.order_manager.get_open_orders()
        )

    play(second, act)

    assert (["V1"], {"H1"}) == (seen, venue.ended)
    told = [text for text in second.texts("warning") if "this journal knows nothing of" in text]
    assert 1 == len(told)


def test_an_adopted_order_counts_in_books_gate_and_positions_and_is_cancelled_by_id(
    tmp_path: Path,
) -> None:
    venue = KeepingVenue()
    run = a_run(venue, tmp_path / "j", "adopt")
    seen: list[object] = []

    async def act() -> None:
        manager = run.engine.order_manager
        venue.by_hand("H1")
        await until(manager.get_open_orders)
        venue.fill("H1", "E1", "0.4")
        await until(lambda: held(run))
        (order,) = manager.get_open_orders()
        seen.extend([held(run), order.leaves_qty, run.engine.get_status().trading_state])
        manager.cancel_order(order.order_id)
        await until(lambda: not manager.get_open_orders())

    play(run, act)

    assert [Decimal("0.4"), Decimal("0.6"), TradingState.ACTIVE] == seen
    assert {"H1"} == venue.ended
    assert replay_session(str(tmp_path / "j")).difference is None


def test_a_stop_does_not_wait_for_orders_of_others(tmp_path: Path) -> None:
    venue = KeepingVenue()
    venue.by_hand("H1")
    orders = {"on_stop": "cancel", "stop_timeout_s": 600}
    run = a_run(venue, tmp_path / "j", "adopt", orders=orders)

    async def act() -> None:
        await until(run.engine.order_manager.get_open_orders)

    play(run, act)

    assert set() == venue.ended


def test_ignored_orders_are_not_in_the_books_but_their_fills_are_counted_once(
    tmp_path: Path,
) -> None:
    venue = KeepingVenue()
    run = a_run(venue, tmp_path / "j", "ignore")
    seen: list[object] = []

    async def act() -> None:
        venue.by_hand("H1", "3")
        venue.fill("H1", "E1", "0.4")
        await until(lambda: held(run))
        venue.fill("H1", "E2", "0.6")
        await until(lambda: held(run) == 1)
        calls = len(venue.calls)
        await until(lambda: venue.calls[calls:].count("executions") > 2)
        seen.append(run.engine.get_status().trading_state)
        seen.append(run.engine.order_manager.get_open_orders())

    play(run, act)
    again = a_run(venue, tmp_path / "j", "ignore")

    async def look() -> None:
        seen.extend([held(again), again.engine.get_status().trading_state])

    play(again, look)

    assert [TradingState.ACTIVE, [], Decimal(1), TradingState.ACTIVE] == seen
    assert set() == venue.ended
    assert Decimal(1) == venue.positions["BTCUSDT"]
    for snapshot in (tmp_path / "j").glob("snapshot-*"):
        snapshot.unlink()
    books = read_books(str(tmp_path / "j"), id_prefix="t-").books
    assert Decimal(1) == books.portfolio.position("BTCUSDT").quantity_dec
    assert 0 == len(books.table)
    assert replay_session(str(tmp_path / "j"), number=1).difference is None


def test_orders_of_others_are_cancelled_where_that_is_the_rule(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_run(venue, tmp_path / "j", "cancel")

    async def act() -> None:
        run.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)
        venue.by_hand("H1")
        await until(lambda: "H1" in venue.ended)
        (ours,) = run.engine.order_manager.get_open_orders()
        assert ours.status is LiveOrderStatus.NEW

    play(run, act)

    assert {"H1"} == venue.ended
    assert any("hand-H1" in text and "cancelled" in text for text in run.texts("warning"))


def test_no_strategy_may_have_the_name_of_the_orders_of_others() -> None:
    with pytest.raises(ConfigError, match="marks the orders of others"):
        a_config(strategy=[{"name": "buy_and_hold", "id": "external"}])


def test_row_44_a_reconnect_agrees_on_orders_and_fetches_missed_fills(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(
        venue,
        tmp_path / "j",
        reconcile={"interval_s": 3_600},
        reconnect={"first_wait_s": 0.01},
        **LEAVE,
    )
    more = Order("BTCUSDT", OrderSide.BUY, OrderType.LIMIT, 2, limit_price=100)
    seen: list[object] = []

    async def act() -> None:
        manager = run.engine.order_manager
        manager.submit_order(BUY)
        manager.submit_order(more)
        await until(lambda: len(venue.orders) == 2)
        venue.is_up = False
        venue.fill("V1", "E1")
        venue.ended.add("V2")  # cancelled by hand meanwhile
        await until(lambda: venue.calls.count("connect") == 2)
        await until(lambda: run.engine.get_status().trading_state is TradingState.ACTIVE)
        seen.extend([held(run), manager.get_open_orders(), len(run.engine._parts.books.trades)])

    play(run, act)

    assert [Decimal(1), [], 1] == seen


class LateVenue(KeepingVenue):
    """Its first answer about positions is from before what it has just told."""

    is_late = True

    def _told(self, *args: Any, **more: Any) -> ExecutionReport:
        now_ns = time.time_ns()
        return super()._told(*args, ts_event_ns=now_ns, ts_recv_ns=now_ns, **more)

    async def get_account_info(self) -> AccountInfo:
        if self.is_late and "H1" not in self.orders:
            self.by_hand("H1")
            self.fill("H1", "E1")
        now_ns, money = time.time_ns(), "100000"
        return AccountInfo(
            currency="USDT", equity=money, cash=money, buying_power=money, ts_event_ns=now_ns
        )

    async def get_positions(self) -> Sequence[Position]:
        held = [] if self.is_late else await super().get_positions()
        self.is_late = False
        return held

    async def get_executions(self, since_ns: int) -> Sequence[ExecutionReport]:
        return [each for each in self.executions if each.ts_event_ns >= since_ns]


def test_new_books_do_not_begin_with_positions_from_before_a_fill_that_was_heard(
    tmp_path: Path,
) -> None:
    venue = LateVenue()
    orders = {"on_stop": "leave", "lookup_patience_s": 0.2}
    run = a_run(venue, tmp_path / "j", "adopt", orders=orders)
    seen: list[object] = []

    async def act() -> None:
        await until(lambda: run.engine.get_status().trading_state is TradingState.ACTIVE)
        seen.append(held(run))

    play(run, act)

    assert [Decimal(1)] == seen
    assert not [text for text in run.texts("error") if "differ" in text]
