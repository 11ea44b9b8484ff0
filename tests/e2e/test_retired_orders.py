"""Orders that ended long ago are let go; what the venue still says of them counts all the same."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from regimeflow.engine.journal.recovery import read_books
from regimeflow.live import ExecType, LiveOrderStatus, TradingState
from tests.support.engines import Run
from tests.support.journalled import BUY, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until
from tests.support.remote import told

FORGETFUL = {
    "on_stop": "leave",
    "lookup_interval_s": 0.01,
    "lookup_patience_s": 0.02,
    "retire_after_s": 0.001,
}
OFTEN = {"interval_s": 0.05}


async def with_a_retired_order(run: Run, venue: KeepingVenue) -> int:
    """Have an order fill 0.4 of 1, be cancelled, and be let go by the session's own clock."""
    manager = run.engine.order_manager
    order_id = manager.submit_order(BUY)
    await until(lambda: venue.orders)
    venue.fill("V1", "E1", "0.4")
    await until(lambda: run.engine.summary().fills)
    manager.cancel_order(order_id)
    await until(lambda: manager.get_order(order_id) is None)
    return order_id


def revise(venue: KeepingVenue, kind: ExecType, exec_id: str, of: str, **more: object) -> None:
    report = told(
        venue.orders["V1"],
        "V1",
        kind,
        LiveOrderStatus.CANCELLED,
        exec_id=exec_id,
        exec_ref_id=of,
        **more,
    )
    venue.executions.append(report)
    venue._report(report)


def position(run: Run) -> Decimal:
    return run.engine.portfolio.position("BTCUSDT").quantity_dec


def test_a_late_fill_of_a_retired_order_is_booked_once_and_trading_goes_on(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", orders=FORGETFUL, reconcile=OFTEN)
    seen: list[object] = []

    async def act() -> None:
        await with_a_retired_order(run, venue)
        venue.ended.discard("V1")
        venue.fill("V1", "E2", "0.2")
        venue.ended.add("V1")
        asked = venue.calls.count("positions")
        await until(lambda: venue.calls.count("positions") > asked + 3)
        seen.extend((position(run), run.engine.get_status().trading_state))

    play(run, act)
    read = read_books(str(tmp_path / "j"), id_prefix="x-").books.portfolio

    assert [Decimal("0.6"), TradingState.ACTIVE] == seen
    assert Decimal("0.6") == read.position("BTCUSDT").quantity_dec
    assert 1 == sum("it is counted" in text for text in run.texts("warning"))


def test_a_fill_of_a_retired_order_can_be_corrected_and_busted(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", orders=FORGETFUL, reconcile=OFTEN)
    held: list[Decimal] = []

    async def act() -> None:
        await with_a_retired_order(run, venue)
        revise(venue, ExecType.TRADE_CORRECT, "E1b", "E1", last_qty="0.3", last_px="60000.00")
        await until(lambda: position(run) != Decimal("0.4"))
        held.append(position(run))
        revise(venue, ExecType.TRADE_CANCEL, "E1c", "E1b")
        await until(lambda: position(run) != Decimal("0.3"))
        held.append(position(run))
        venue.positions["BTCUSDT"] = Decimal(0)

    play(run, act)
    read = read_books(str(tmp_path / "j"), id_prefix="x-").books.portfolio

    assert [Decimal("0.3"), Decimal(0)] == held
    assert Decimal(0) == read.position("BTCUSDT").quantity_dec


def test_a_correction_that_overtakes_another_of_a_retired_order_waits_for_it(
    tmp_path: Path,
) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", orders=FORGETFUL, reconcile=OFTEN)

    async def act() -> None:
        await with_a_retired_order(run, venue)
        revise(venue, ExecType.TRADE_CORRECT, "E3", "E2", last_qty="0.1", last_px="60000.00")
        revise(venue, ExecType.TRADE_CORRECT, "E2", "E1", last_qty="0.2", last_px="60000.00")
        await until(lambda: position(run) == Decimal("0.1"))
        venue.positions["BTCUSDT"] = Decimal("0.1")

    play(run, act)
    read = read_books(str(tmp_path / "j"), id_prefix="x-").books.portfolio

    assert Decimal("0.1") == read.position("BTCUSDT").quantity_dec
    assert any("is not counted" in text for text in run.texts("warning"))


def test_orders_are_retired_over_many_short_sessions(tmp_path: Path) -> None:
    venue = KeepingVenue()
    for _ in range(3):
        run = a_journalled_run(
            venue, tmp_path / "j", orders={**FORGETFUL, "on_stop": "cancel"}, reconcile=OFTEN
        )

        async def act(run: Run = run) -> None:
            order_id = run.engine.order_manager.submit_order(BUY)
            run.engine.order_manager.cancel_order(order_id)
            await until(lambda: run.engine.order_manager.get_order(order_id) is None)

        play(run, act)

    assert 3 == len(venue.orders)
    assert 0 == len(read_books(str(tmp_path / "j"), id_prefix="x-").books.table)


class StormyVenue(KeepingVenue):
    """Fills between each question and its answer, while it storms."""

    def __init__(self) -> None:
        super().__init__()
        self.storm = False
        self.fills = 0

    async def get_open_orders(self):  # type: ignore[no-untyped-def]  # as the base has it
        if self.storm:
            self.fills += 1
            self.fill("V1", f"S{self.fills}", "0.01")
        return await super().get_open_orders()


def test_trading_does_not_begin_on_books_that_nobody_could_compare(tmp_path: Path) -> None:
    venue = StormyVenue()
    first = a_journalled_run(venue, tmp_path / "j", orders=FORGETFUL, reconcile=OFTEN)

    async def place() -> None:
        first.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)

    play(first, place)
    venue.positions["BTCUSDT"] = Decimal(7)  # which nothing explains
    venue.storm = True
    second = a_journalled_run(venue, tmp_path / "j", orders=FORGETFUL, reconcile=OFTEN)
    states: list[TradingState] = []

    async def look() -> None:
        states.append(second.engine.get_status().trading_state)

    play(second, look)

    assert [TradingState.HALTED] == states
    assert any("fills came between" in text for text in second.texts("error"))
