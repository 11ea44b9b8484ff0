"""A disk that is full halts trading and loses nothing that is owned."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.apps.cli.commands import main as cli
from regimeflow.engine.journal.recovery import read_books
from regimeflow.engine.watch import JournalWatch
from regimeflow.live import InvalidState, LiveOrderStatus, Order, OrderSide, OrderType, TradingState
from regimeflow.types.errors import RiskDenied
from tests.support.engines import Run
from tests.support.journal import no_room
from tests.support.journalled import BUY, LEAVE, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until

MORE = Order("BTCUSDT", OrderSide.BUY, OrderType.LIMIT, 2, limit_price=100)


async def fill_the_journal(run: Run, venue: KeepingVenue, *, beyond: int = 0) -> None:
    bus, count = run.engine.event_bus, 0

    def is_enough() -> bool:
        if beyond:
            return bus.journal_lost >= beyond
        return run.engine.get_status().trading_state is TradingState.HALTED

    def quote() -> bool:
        nonlocal count
        for _ in range(200):
            count += 1
            venue.quote(count)
        return is_enough()

    await until(quote)


def test_a_full_disk_halts_trading_and_cancels_and_fills_go_on(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", **LEAVE)
    seen: list[object] = []

    async def act() -> None:
        manager = run.engine.order_manager
        for more in range(2):
            manager.submit_order(Order("BTCUSDT", OrderSide.BUY, OrderType.LIMIT, 1 + more, 100))
        await until(lambda: len(venue.orders) == 2)
        with no_room():
            await fill_the_journal(run, venue)
            with pytest.raises((InvalidState, RiskDenied), match="journal"):
                manager.submit_order(MORE)
            await fill_the_journal(run, venue, beyond=1)
            venue.fill("V1", "E1", "0.4")
            await until(lambda: run.engine.portfolio.position("BTCUSDT").quantity)
            seen.append(run.engine.portfolio.position("BTCUSDT").quantity_dec)
            second = max(order.order_id for order in manager.get_open_orders())
            manager.cancel_order(second)
            await until(lambda: len(manager.get_open_orders()) == 1)
            seen.append(manager.get_order(second).status)
        await until(lambda: run.engine.get_status().trading_state is TradingState.ACTIVE)
        manager.submit_order(MORE)
        await until(lambda: len(venue.orders) == 3)

    play(run, act)

    assert [Decimal("0.4"), LiveOrderStatus.CANCELLED] == seen
    (alert,) = (text for text in run.texts("error") if "halted" in text)
    assert "File too large" in alert
    assert str(tmp_path / "j") in alert
    assert any("a snapshot makes it whole again" in text for text in run.texts("journal"))
    books = read_books(str(tmp_path / "j"), id_prefix="t-")
    assert () == books.damages
    assert Decimal("0.4") == books.books.portfolio.position("BTCUSDT").quantity_dec
    assert 2 == books.books.table.open_count


def test_a_replay_of_a_session_that_lost_frames_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", **LEAVE)

    async def act() -> None:
        with no_room():
            await fill_the_journal(run, venue, beyond=1)
            await until(lambda: run.engine.get_status().trading_state is TradingState.HALTED)
        await until(lambda: run.engine.get_status().trading_state is TradingState.ACTIVE)
        run.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)

    play(run, act)

    told, err = replayed(tmp_path / "j", capsys)
    assert told["lost_frames"] >= 1
    assert f"{told['lost_frames']} frames of the session are not in it" in err
    assert "cannot be the same in a replay" in err


def replayed(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, int], str]:
    code = cli(["replay", str(folder), "--json"])
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert bool(code) is not told["same"]
    return told, err


def test_a_session_that_ends_before_a_snapshot_covers_a_loss_tells_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", **LEAVE)
    monkeypatch.setattr(JournalWatch, "check", lambda *_: None)  # its time never comes

    async def act() -> None:
        with no_room():
            await fill_the_journal(run, venue, beyond=1)
        await until(lambda: run.engine._parts.journal.has_room)

    play(run, act)

    assert replayed(tmp_path / "j", capsys)[0]["lost_frames"] >= 1


def test_an_order_whose_intent_cannot_be_written_never_leaves(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", **LEAVE)

    async def act() -> None:
        with no_room():
            await fill_the_journal(run, venue, beyond=1)
            for hold in run.engine._parts.switch.holds:
                run.engine._parts.switch.release(hold.cause)
            run.engine._parts.log.is_full = False
            with pytest.raises(InvalidState, match="nothing was sent"):
                run.engine.order_manager.submit_order(BUY)

    play(run, act)

    assert "submit" not in venue.calls
