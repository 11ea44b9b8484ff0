"""What a session leaves in its journal, the next one takes up."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.apps.cli.commands import main as cli
from regimeflow.engine.journal.recovery import read_books
from regimeflow.live import (
    ExecType,
    ExecutionReport,
    InvalidState,
    LiveOrderStatus,
    TradingState,
)
from tests.support.engines import Run
from tests.support.journalled import BUY, LEAVE, a_journal_with_a_fill, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until


def test_orders_positions_and_cash_outlive_the_session(tmp_path: Path) -> None:
    venue = a_journal_with_a_fill(tmp_path / "j")
    second = a_journalled_run(venue, tmp_path / "j", **LEAVE)
    seen: list[object] = []

    async def look() -> None:
        manager = second.engine.order_manager
        (order,) = manager.get_open_orders()
        seen.extend([order.cum_qty, order.status, order.broker_order_id])
        seen.append(second.engine.portfolio.position("BTCUSDT").quantity_dec)
        seen.append(second.engine.get_status().trading_state)

    play(second, look)

    assert [
        Decimal("0.4"),
        LiveOrderStatus.PARTIALLY_FILLED,
        "V1",
        Decimal("0.4"),
        TradingState.ACTIVE,
    ] == seen
    assert any("1 orders (1 open" in text for text in second.texts("journal"))


def test_a_fill_that_came_while_nobody_ran_is_booked_once(tmp_path: Path) -> None:
    venue = KeepingVenue()
    first = a_journalled_run(venue, tmp_path / "j", **LEAVE)

    async def act() -> None:
        first.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)

    play(first, act)
    venue.fill("V1", "E1")

    quantities = []
    for _ in range(2):
        again = a_journalled_run(venue, tmp_path / "j", **LEAVE)

        async def look(run: Run = again) -> None:
            quantities.append(run.engine.portfolio.position("BTCUSDT").quantity_dec)

        play(again, look)

    assert [Decimal(1), Decimal(1)] == quantities
    books = read_books(str(tmp_path / "j"), id_prefix="t-").books
    assert 1 == books.portfolio.fills()


def test_an_order_without_an_answer_is_in_doubt_after_the_restart_and_never_sent_again(
    tmp_path: Path,
) -> None:
    venue = KeepingVenue()
    first = a_journalled_run(venue, tmp_path / "j", **LEAVE)

    async def never() -> None:
        await asyncio.Event().wait()

    async def act() -> None:
        venue.before["submit"] = never
        first.engine.order_manager.submit_order(BUY)
        await until(lambda: "submit" in venue.calls)

    play(first, act)
    del venue.before["submit"]
    venue.calls.clear()
    second = a_journalled_run(venue, tmp_path / "j", **LEAVE)
    in_doubt: list[bool] = []

    async def look() -> None:
        (order,) = second.engine.order_manager.get_open_orders()
        in_doubt.append(order.in_doubt)
        await until(lambda: "find_order" in venue.calls)

    play(second, look)

    assert [True] == in_doubt
    assert "submit" not in venue.calls


def test_books_that_differ_without_an_explanation_halt_trading(tmp_path: Path) -> None:
    venue = KeepingVenue()
    play(a_journalled_run(venue, tmp_path / "j"), lambda: asyncio.sleep(0))
    venue.positions["BTCUSDT"] = Decimal(3)
    second = a_journalled_run(venue, tmp_path / "j")
    states: list[TradingState] = []

    async def look() -> None:
        states.append(second.engine.get_status().trading_state)

    play(second, look)

    assert [TradingState.HALTED] == states
    assert any("ours 0, theirs 3" in text for text in second.texts("error"))


def test_a_person_who_disabled_trading_is_asked_again_after_a_restart(tmp_path: Path) -> None:
    venue = KeepingVenue()
    first = a_journalled_run(venue, tmp_path / "j")

    async def disable() -> None:
        first.engine.disable_trading()

    play(first, disable)
    second = a_journalled_run(venue, tmp_path / "j")
    states: list[TradingState] = []

    async def look() -> None:
        states.append(second.engine.get_status().trading_state)
        second.engine.enable_trading()
        states.append(second.engine.get_status().trading_state)

    play(second, look)

    assert [TradingState.HALTED, TradingState.ACTIVE] == states


def test_two_engines_cannot_write_one_journal(tmp_path: Path) -> None:
    first = a_journalled_run(KeepingVenue(), tmp_path / "j")
    second = a_journalled_run(KeepingVenue(), tmp_path / "j")

    async def act() -> None:
        with pytest.raises(InvalidState, match="is being written by process"):
            await second.engine.run()

    play(first, act)


def test_an_intent_is_in_the_journal_before_its_bytes_leave(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j")
    known: list[int] = []

    async def look() -> None:
        known.append(len(read_books(str(tmp_path / "j"), id_prefix="t-").books.table))

    async def act() -> None:
        venue.before["submit"] = look
        run.engine.order_manager.submit_order(BUY)
        await until(lambda: known)

    play(run, act)

    assert [1] == known


def test_with_power_durability_an_order_leaves_once_its_intent_is_on_disk(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", journal={"durability": "power"})
    synced: list[bool] = []

    async def look() -> None:
        journal = run.engine._parts.journal
        assert journal is not None
        synced.append(journal.writer.synced_position > 0)

    async def act() -> None:
        venue.before["submit"] = look
        run.engine.order_manager.submit_order(BUY)
        assert "submit" not in venue.calls
        await until(lambda: synced)

    play(run, act)

    assert [True] == synced


def test_books_tells_what_we_own_from_the_journal_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    venue = a_journal_with_a_fill(tmp_path / "j")
    venue.calls.clear()

    assert 0 == cli(["books", str(tmp_path / "j"), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert 0 == cli(["books", str(tmp_path / "j")])
    text = capsys.readouterr().out

    assert [Decimal("0.4")] == [Decimal(order["cum_qty"]) for order in told["orders"]]
    assert [] == told["unknown"]
    assert {"BTCUSDT": Decimal("0.4")} == {
        each["symbol"]: Decimal(each["quantity"])
        for each in told["positions"]
        if not each["strategy"]
    }
    assert "PARTIALLY_FILLED" in text
    assert [] == venue.calls


def test_a_journal_is_shown_verified_and_exported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j")

    async def act() -> None:
        run.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)

    play(run, act)
    folder = str(tmp_path / "j")

    assert 0 == cli(["journal", "verify", folder])
    assert "Command" in capsys.readouterr().out
    assert 0 == cli(["journal", "show", folder, "--kind", "Command"])
    commands = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for name in ("all.jsonl", "all.csv"):
        assert 0 == cli(["journal", "export", folder, str(tmp_path / name)])
        assert (tmp_path / name).stat().st_size > 0

    assert ["SUBMIT", "CANCEL"] == [each["command"] for each in commands]
    assert Decimal(1) == Decimal(commands[0]["qty"])
    assert 1 == cli(["journal", "verify", str(tmp_path)])


def test_a_report_of_another_process_is_a_report_of_an_unknown_order(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j")

    async def act() -> None:
        venue._report(
            ExecutionReport(
                symbol="BTCUSDT",
                exec_type=ExecType.TRADE,
                ord_status=LiveOrderStatus.FILLED,
                broker_order_id="X9",
                exec_id="E9",
                last_qty=1,
                last_px=100,
            )
        )
        await until(lambda: run.errors)

    play(run, act)

    books = read_books(str(tmp_path / "j"), id_prefix="t-").books
    assert ["E9"] == [report.exec_id for report in books.orphans.reports()]
