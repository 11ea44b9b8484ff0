"""What was asked of an order before the venue knew it outlives the process that was asked."""

from __future__ import annotations

import asyncio
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import LiveOrderStatus, OrderModification
from regimeflow.types.enums import ExecType
from tests.support.engines import Run
from tests.support.journalled import BUY, LEAVE, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until


class SlowVenue(KeepingVenue):
    """Knows an order at once, and acknowledges it when it is asked for the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[tuple[str, OrderModification]] = []

    async def modify_order(self, broker_order_id: str, mod: OrderModification) -> str | None:
        self.changes.append((broker_order_id, mod))
        self._report(self._told(broker_order_id, ExecType.REPLACED, LiveOrderStatus.NEW))
        return None

    def report(self, *_: object, **__: object) -> None:
        """Say nothing: its acknowledgements are lost."""


async def never() -> None:
    await asyncio.Event().wait()


def killed_with_a_change_waiting(folder: Path, venue: SlowVenue) -> Path:
    """Run a session and copy its journal while a change waits; return the copy."""
    run = a_journalled_run(venue, folder / "first", **LEAVE)
    copy = folder / "killed"

    async def act() -> None:
        venue.before["submit"] = never
        order_id = run.engine.order_manager.submit_order(BUY)
        await until(lambda: "submit" in venue.calls)
        for price in (90, 95):
            mod = OrderModification(quantity="0.5", limit_price=price)
            run.engine.order_manager.modify_order(order_id, mod)
        shutil.copytree(folder / "first", copy)
        del venue.before["submit"]

    play(run, act)
    return copy


def arrived(venue: SlowVenue, run: Run) -> None:
    """Have the order at the venue after all, from a picture of it."""
    (order,) = run.engine.order_manager.get_open_orders()
    venue.orders["V1"] = order


@pytest.mark.parametrize("end", ["killed", "first"], ids=["killed", "stopped"])
def test_a_change_that_waited_is_sent_once_the_venue_shows_the_order(
    tmp_path: Path, end: str
) -> None:
    venue = SlowVenue()
    killed_with_a_change_waiting(tmp_path, venue)
    second = a_journalled_run(venue, tmp_path / end, **LEAVE)

    async def act() -> None:
        arrived(venue, second)
        await until(lambda: venue.changes)

    play(second, act)

    ((name, mod),) = venue.changes
    assert ("V1", Decimal("0.5"), Decimal(95)) == (name, mod.quantity, mod.limit_price)
    for number in (1, 2):
        assert replay_session(str(tmp_path / end), number=number).difference is None


def test_a_cancel_after_the_change_ends_it_in_the_books_too(tmp_path: Path) -> None:
    venue = SlowVenue()
    folder = killed_with_a_change_waiting(tmp_path, venue)
    second = a_journalled_run(venue, folder, **LEAVE)

    async def cancel() -> None:
        (order,) = second.engine.order_manager.get_open_orders()
        second.engine.order_manager.cancel_order(order.order_id)

    play(second, cancel)
    third = a_journalled_run(venue, folder, **LEAVE)

    async def act() -> None:
        arrived(venue, third)
        await until(lambda: "cancel" in venue.calls)

    play(third, act)

    assert [] == venue.changes
