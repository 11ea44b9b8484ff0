"""Books that differ from the broker's without an explanation: said, written down, shown."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.apps.cli.commands import main as cli
from regimeflow.live import AccountInfo, TradingState
from tests.support.engines import Run
from tests.support.journalled import BUY, LEAVE, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until

OFTEN = {"reconcile": {"interval_s": 0.02}}


def disagreement(folder: Path, capsys: pytest.CaptureFixture[str]) -> str | None:
    capsys.readouterr()
    assert 0 == cli(["books", str(folder), "--json"])
    return json.loads(capsys.readouterr().out)["disagreement"]


async def state_is(run: Run, state: TradingState) -> None:
    await until(lambda: run.engine.get_status().trading_state is state)


def test_positions_that_differ_are_in_the_books_until_they_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, venue = tmp_path / "j", KeepingVenue()
    run = a_journalled_run(venue, folder, **OFTEN)
    seen: list[str | None] = []

    async def act() -> None:
        venue.positions["BTCUSDT"] = Decimal(3)
        await state_is(run, TradingState.HALTED)
        seen.append(disagreement(folder, capsys))
        del venue.positions["BTCUSDT"]
        await state_is(run, TradingState.ACTIVE)
        await until(lambda: not run.engine._parts.books.disagreement)
        seen.append(disagreement(folder, capsys))

    play(run, act)

    assert ["positions differ: BTCUSDT: ours 0, theirs 3", None] == seen


def test_an_order_that_stands_otherwise_at_the_broker_halts_trading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, venue = tmp_path / "j", KeepingVenue()
    orders = {"on_stop": "leave", "lookup_interval_s": 0.01, "lookup_patience_s": 0.05}
    run = a_journalled_run(venue, folder, orders=orders, **OFTEN)

    async def act() -> None:
        manager = run.engine.order_manager
        order_id = manager.submit_order(BUY)
        await until(lambda: venue.orders and manager.get_open_orders()[0].broker_order_id)
        manager.cancel_order(order_id)
        await until(lambda: not manager.get_open_orders())
        venue.ended.clear()  # it said that the order was cancelled, and works it
        await state_is(run, TradingState.HALTED)

    play(run, act)

    (alert,) = (text for text in run.texts("error") if "halted" in text)
    assert "ours CANCELLED with 0.00000 filled, theirs open with 0" in alert
    assert "orders differ" in str(disagreement(folder, capsys))


def test_an_order_that_the_broker_has_lost_halts_trading_and_names_both_sides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, venue = tmp_path / "j", KeepingVenue()
    orders = {"on_stop": "leave", "lookup_interval_s": 0.01, "lookup_patience_s": 0.05}
    run = a_journalled_run(venue, folder, orders=orders, **OFTEN)

    async def act() -> None:
        manager = run.engine.order_manager
        manager.submit_order(BUY)
        await until(lambda: venue.orders and manager.get_open_orders()[0].broker_order_id)
        venue.orders.clear()  # a venue that starts from nothing
        await state_is(run, TradingState.HALTED)
        assert 1 == run.engine.get_status().open_orders

    play(run, act)

    (alert,) = (text for text in run.texts("error") if "halted" in text)
    assert "ours open as" in alert
    assert "theirs not open, not known, and no execution ends it" in alert
    assert "orders differ" in str(disagreement(folder, capsys))


def test_cash_that_differs_is_told_once_and_holds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, venue = tmp_path / "j", KeepingVenue()
    run = a_journalled_run(venue, folder, **{**LEAVE, **OFTEN})
    cash = [100_000]

    async def account() -> AccountInfo:
        return AccountInfo(currency="USDT", equity=cash[0], cash=cash[0], buying_power=cash[0])

    monkeypatch.setattr(venue, "get_account_info", account)

    async def act() -> None:
        for cash[0] in (99_000, 98_000):
            text = f"cash differs: ours 100000, theirs {cash[0]} USDT"
            await until(lambda text=text: run.engine._parts.books.disagreement == text)
        assert run.engine.get_status().trading_state is TradingState.ACTIVE

    play(run, act)

    assert ["cash differs: ours 100000, theirs 99000 USDT"] == run.texts("warning")
    assert "cash differs: ours 100000, theirs 98000 USDT" == disagreement(folder, capsys)
