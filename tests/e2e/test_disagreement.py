"""Books that differ from the broker's without an explanation: said, written down, shown."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.apps.cli.commands import main as cli
from regimeflow.live import AccountInfo, TradingState
from tests.support.engines import Run
from tests.support.journalled import (
    BUY,
    LEAVE,
    a_journal_with_a_fill,
    a_journalled_run,
    contents,
    play,
)
from tests.support.keeping import KeepingVenue, until

OFTEN = {"reconcile": {"interval_s": 0.02}}
PATIENCE = {
    "orders": {"on_stop": "leave", "lookup_interval_s": 0.01, "lookup_patience_s": 0.05},
    **OFTEN,
}


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


def a_lost_order(folder: Path) -> tuple[KeepingVenue, Run]:
    """Play a session whose only order, with 0.4 of 1 filled, is lost by the venue."""
    venue = KeepingVenue()
    run = a_journalled_run(venue, folder, **PATIENCE)

    async def act() -> None:
        manager = run.engine.order_manager
        manager.submit_order(BUY)
        await until(lambda: venue.orders and manager.get_open_orders()[0].broker_order_id)
        venue.fill("V1", "E1", "0.4")
        await until(lambda: run.engine.summary().fills)
        venue.forgotten.update(venue.orders)
        venue.orders.clear()  # a venue that starts from nothing, but for what was traded
        await state_is(run, TradingState.HALTED)
        assert 1 == run.engine.get_status().open_orders

    play(run, act)
    return venue, run


def test_an_order_that_the_broker_has_lost_halts_trading_and_names_both_sides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, run = a_lost_order(tmp_path / "j")

    (alert,) = (text for text in run.texts("error") if "halted" in text)
    assert "ours open as" in alert
    assert "theirs not open, not known, and no execution ends it" in alert
    assert "orders differ" in str(disagreement(tmp_path / "j", capsys))


def written_off(folder: Path, wanted: str, because: str = "the venue's desk knows nothing") -> int:
    return cli(["books", str(folder), "--json", "--write-off", wanted, "--because", because])


@pytest.mark.parametrize("name", ["order_id", "client_order_id", "broker_order_id"])
def test_a_person_writes_off_an_order_that_the_venue_has_lost_and_trading_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    folder = tmp_path / "j"
    venue, run = a_lost_order(folder)
    (row,) = run.engine.order_manager.get_open_orders()
    capsys.readouterr()

    assert 0 == written_off(folder, str(getattr(row, name)))
    out, err = capsys.readouterr()
    assert "is written off with 0.40000 of 1.00000 filled: it counts as cancelled" in err
    (order,) = json.loads(out)["orders"]
    assert ["CANCELLED", "0.40000"] == [order["status"], order["cum_qty"]]
    assert [False, None] == [order["is_open"], json.loads(out)["disagreement"]]

    again = a_journalled_run(venue, folder, **PATIENCE)

    async def act() -> None:
        await state_is(again, TradingState.ACTIVE)
        again.engine.order_manager.submit_order(BUY)
        await until(lambda: venue.orders)

    play(again, act)
    capsys.readouterr()
    assert 0 == cli(["replay", str(folder), "--session", "1"])
    assert 0 == cli(["replay", str(folder)])
    assert 0 == cli(["journal", "show", str(folder), "--kind", "Note"])
    assert "the venue's desk knows nothing" in capsys.readouterr().out


def test_an_order_that_was_written_off_and_is_shown_again_lives_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "j"
    venue, run = a_lost_order(folder)
    (lost,) = run.engine.order_manager.get_open_orders()
    assert 0 == written_off(folder, lost.client_order_id)
    again = a_journalled_run(venue, folder, **PATIENCE)

    async def act() -> None:
        await state_is(again, TradingState.ACTIVE)
        venue.orders.update(venue.forgotten)
        venue.fill("V1", "E2", "0.6")
        await until(lambda: again.engine.portfolio.position("BTCUSDT").quantity_dec == 1)

    play(again, act)

    assert 1 == len([text for text in again.texts("fill") if "0.6" in text])


def test_only_an_order_that_the_venue_has_lost_is_written_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "j"
    a_journal_with_a_fill(folder)
    before = contents(folder)
    faults = []
    for wanted in ("V1", "nobody"):
        code = written_off(folder, wanted)
        faults.append((code, capsys.readouterr().err.strip()))
    alone = cli(["books", str(folder), "--write-off", "V1"])

    assert [1, 1, 2] == [*(code for code, _ in faults), alone]
    assert "is PARTIALLY_FILLED: only an order that the venue has lost" in faults[0][1]
    assert "no order 'nobody'" in faults[1][1]
    assert "--write-off ID and --because TEXT go together" in capsys.readouterr().err
    assert before == contents(folder)


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
