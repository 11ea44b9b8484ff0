"""What restarts have lost elsewhere, at the level of the engine."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.domain.orders.order import LiveOrder
from regimeflow.engine.journal import snapshots
from regimeflow.engine.journal.recovery import read_books
from regimeflow.engine.kill_switch import BY_HAND, Hold
from regimeflow.live import LiveOrderStatus, Order, OrderSide, OrderType, TradingState
from tests.support.journalled import LEAVE, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until

SELL = Order("BTCUSDT", OrderSide.SELL, OrderType.LIMIT, 3, limit_price="101.5")


class PromptVenue(KeepingVenue):
    """Has the bytes of an order when the call returns; ``at_submit`` sees the journal then."""

    def __init__(self) -> None:
        super().__init__()
        self.at_submit = lambda _order: None

    def submit_order(self, order: LiveOrder) -> Awaitable[str | None]:  # type: ignore[override]
        self.at_submit(order)
        return super().submit_order(order)


def test_row_18_an_order_comes_back_from_a_killed_session_with_side_and_quantities(
    tmp_path: Path,
) -> None:
    venue = KeepingVenue()
    first = a_journalled_run(venue, tmp_path / "j", **LEAVE)

    async def act() -> None:
        first.engine.order_manager.submit_order(SELL)
        await until(lambda: venue.orders)
        venue.fill("V1", "E1", "1")
        await until(lambda: first.engine.summary().fills)
        shutil.copytree(tmp_path / "j", tmp_path / "killed")  # what kill -9 leaves at this moment

    play(first, act)
    second = a_journalled_run(venue, tmp_path / "killed", **LEAVE)
    seen: list[LiveOrder] = []

    async def look() -> None:
        seen.extend(second.engine.order_manager.get_open_orders())

    play(second, look)

    (order,) = seen
    assert (OrderSide.SELL, OrderType.LIMIT, Decimal("101.5")) == (
        order.side,
        order.type,
        order.limit_price,
    )
    assert (Decimal(3), Decimal(1), Decimal(2)) == (
        order.quantity,
        order.cum_qty,
        order.leaves_qty,
    )
    assert LiveOrderStatus.PARTIALLY_FILLED is order.status


def test_row_76_an_intent_is_in_the_journal_when_the_brokers_call_is_made(tmp_path: Path) -> None:
    venue = PromptVenue()
    run = a_journalled_run(venue, tmp_path / "j")
    known: list[int] = []

    def look(order: LiveOrder) -> None:
        table = read_books(str(tmp_path / "j"), id_prefix="t-").books.table
        known.append(table.find_by_client_id(order.client_order_id))

    async def act() -> None:
        venue.at_submit = look
        order_id = run.engine.order_manager.submit_order(SELL)
        assert [order_id] == known

    play(run, act)


def test_row_76_with_power_durability_the_intent_is_on_disk_when_the_call_is_made(
    tmp_path: Path,
) -> None:
    venue = PromptVenue()
    run = a_journalled_run(venue, tmp_path / "j", journal={"durability": "power"})
    on_disk: list[int] = []

    async def act() -> None:
        journal = run.engine._parts.journal
        assert journal is not None
        venue.at_submit = lambda _order: on_disk.append(journal.writer.synced_position)
        run.engine.order_manager.submit_order(SELL)
        intent_ends = journal.writer.position
        await until(lambda: on_disk)
        assert on_disk[0] >= intent_ends

    play(run, act)

    assert on_disk


@pytest.mark.parametrize("text", ['"', "\\", "a\nb", "a,b;c", "\x01", "ß漢"])
def test_row_76_any_text_comes_back_from_the_journal_as_it_was(tmp_path: Path, text: str) -> None:
    run = a_journalled_run(KeepingVenue(), tmp_path / "j")

    async def act() -> None:
        parts = run.engine._parts
        parts.switch.hold(Hold("person", TradingState.HALTED, text, BY_HAND, 0))
        await until(lambda: "person" in parts.books.holds)
        shutil.copytree(tmp_path / "j", tmp_path / "killed")

    play(run, act)

    recovered = read_books(str(tmp_path / "killed"), id_prefix="t-")
    assert {"person": text} == recovered.books.holds
    assert () == recovered.damages


def test_row_76_a_start_reads_what_came_after_the_snapshot_and_no_more(tmp_path: Path) -> None:
    venue = KeepingVenue()
    for _ in range(2):
        run = a_journalled_run(venue, tmp_path / "j", **LEAVE)

        async def act(run: object = run) -> None:
            count = len(venue.orders) + 20
            for _ in range(20):
                run.engine.order_manager.submit_order(SELL)  # type: ignore[attr-defined]
            await until(lambda: len(venue.orders) == count)

        play(run, act)

    recovered = read_books(str(tmp_path / "j"), id_prefix="t-")
    assert 40 == len(recovered.books.table)
    assert recovered.snapshot is not None
    assert recovered.frames <= 2  # that there is a snapshot, and the segment's end


def test_what_a_kill_left_of_an_unfinished_snapshot_is_deleted(tmp_path: Path) -> None:
    left = tmp_path / "j" / "snapshot-0000000100001000.rfs.new"
    left.parent.mkdir()
    left.write_bytes(b"half of it")

    play(a_journalled_run(KeepingVenue(), tmp_path / "j"), lambda: until(lambda: True))

    assert not left.exists()


def test_a_snapshot_is_never_ahead_of_the_journal_on_disk(tmp_path: Path) -> None:
    run = a_journalled_run(KeepingVenue(), tmp_path / "j", **LEAVE)
    ahead: list[int] = []

    async def act() -> None:
        journal = run.engine._parts.journal
        assert journal is not None
        run.engine.order_manager.submit_order(SELL)
        journal.snapshot(run.engine._parts.books)
        newest = snapshots.positions(journal.folder)[0]
        ahead.append(newest - journal.writer.synced_position)

    play(run, act)

    assert ahead[0] <= 0
