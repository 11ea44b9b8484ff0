"""``validate``: the life of one order at local venues, and what is said when it goes wrong."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow._core.journal_writer import JournalWriter
from regimeflow.apps.cli.commands import main as cli
from regimeflow.apps.cli.validate import _Report
from regimeflow.apps.cli.validation.filling import Filling
from regimeflow.apps.cli.validation.resting import Resting
from regimeflow.apps.cli.validation.trial import StepFailedError, least_quantity
from regimeflow.engine.risk.kill_file import press_file
from regimeflow.live import Instrument
from tests.support import alpaca_venue
from tests.support.binance_venue import RunningVenue

RESTING = ["connect", "instrument", "price", "submit", "listed", "cancel", "gone", "reconcile"]
FILLING = [*RESTING[:3], "buy", "execution", "position", "sell", "reconcile"]
RESTS, FILLS = "submit-cancel-reconcile", "fill-reconcile"
STEPS = {RESTS: RESTING, FILLS: FILLING}


@pytest.fixture
def venue() -> Iterator[RunningVenue]:
    with RunningVenue() as running:
        running.quote()
        running.trade()
        with moving(lambda _: running.order("BUY", "0.0001", "59999")):
            yield running


def file_for(venue: RunningVenue, folder: Path, more: str = "", head: str = "") -> str:
    path = folder / "live.toml"
    path.write_text(
        f'broker_type = "binance"\nsymbols = ["BTCUSDT"]\n{head}\n[broker]\n'
        f'environment = "local"\nbase_url = "{venue.http}"\n{more}\n'
    )
    return str(path)


def orders(venue: RunningVenue) -> list[tuple[str, bool]]:
    def read(running) -> list[tuple[str, bool]]:
        found = running.exchange.accounts["local"].orders()
        return [(each.side.name, each.is_open) for each in found]

    return venue.do(read)


def validate(path: str, capsys, *options: str) -> tuple[int, dict[str, object]]:
    code = cli(["validate", path, "--json", *options])
    return code, json.loads(capsys.readouterr().out)


def names(found: dict[str, object]) -> list[str]:
    return [each["name"] for each in found["steps"]]


@contextmanager
def moving(move: Callable[[int], object]) -> Iterator[None]:
    """Have the market tell something new again and again: nobody tells of the last quote."""
    over = threading.Event()

    def go_on() -> None:
        step = 0
        while not over.wait(0.05):
            step = 1 - step
            move(step)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("mode", STEPS)
def test_an_order_lives_its_life_at_binance(venue, tmp_path, capsys, mode) -> None:
    code, found = validate(file_for(venue, tmp_path), capsys, "--mode", mode)

    assert (0, True, []) == (code, found["ok"], found["left"]), found
    assert STEPS[mode] == names(found)
    assert {
        RESTS: [("BUY", False)],
        FILLS: [("BUY", False), ("SELL", False)],
    }[mode] == orders(venue)
    assert Path(found["journal"]).is_dir()


@pytest.mark.parametrize(("symbol", "mode"), [("AAPL", RESTS), ("AAPL", FILLS), ("BTC/USD", RESTS)])
def test_an_order_lives_its_life_at_alpaca(tmp_path, capsys, mode, symbol) -> None:
    bid = Decimal(alpaca_venue.PRICES[symbol])
    with (
        alpaca_venue.running_venue() as venue,
        moving(lambda step: venue.quote(symbol, bid - step, bid + 1)),
    ):
        path = tmp_path / "live.toml"
        path.write_text(
            f'broker_type = "alpaca"\nsymbols = ["{symbol}"]\n[broker]\nenvironment = "local"\n'
            f'base_url = "{venue.http}"\nmax_requests_per_minute = 100000\n'
        )
        code, found = validate(str(path), capsys, "--mode", mode)

    assert (0, True, []) == (code, found["ok"], found["left"]), found
    assert STEPS[mode] == names(found)


@pytest.mark.parametrize("mode", STEPS)
def test_an_order_lives_its_life_at_the_paper_venue(tmp_path, capsys, mode) -> None:
    path = tmp_path / "paper.toml"
    path.write_text('symbols = ["BTCUSDT"]\n[broker]\nspeed = "max"\n')

    code = cli(["validate", str(path), "--mode", mode])

    lines = capsys.readouterr().out.splitlines()
    assert 0 == code, lines
    assert [f"{mode} at paper (paper)", "every step is good"] == [lines[0], lines[-1]]
    assert STEPS[mode] == [line.split()[1] for line in lines[1:-1]]


def test_the_order_rests_as_far_away_as_is_said_and_is_the_least(venue, tmp_path, capsys) -> None:
    _, found = validate(file_for(venue, tmp_path), capsys, "--away", "50")

    assert {"price": "29999.50", "quantity": "0.00019"} == found["steps"][2]["data"]


def test_a_share_is_ordered_whole_and_what_is_bought_can_be_sold() -> None:
    share = Instrument(symbol="AAPL", tick_size="0.01", lot_size="0.000001", asset_class="equity")
    coin = Instrument(symbol="BTCUSDT", tick_size="0.01", lot_size="0.00001", min_notional="5")

    least = [
        least_quantity(share, Decimal(230), is_sold_again=True),
        least_quantity(coin, Decimal(50_000), is_sold_again=False),
        least_quantity(coin, Decimal(50_000), is_sold_again=True),
    ]

    assert [Decimal(1), Decimal("0.00011"), Decimal("0.00012")] == least


def test_an_answer_that_is_lost_is_no_failure(venue, tmp_path, capsys) -> None:
    venue.fault("unknown_outcome", count=1, carried_out=True, where={"method": "order.place"})

    code, found = validate(file_for(venue, tmp_path), capsys)

    assert (0, []) == (code, found["left"]), found
    assert [("BUY", False)] == orders(venue)


def test_what_the_engine_refuses_is_the_step_that_failed(venue, tmp_path, capsys) -> None:
    path = file_for(venue, tmp_path, "[risk]\nmax_order_notional = 1")

    code, found = validate(path, capsys)

    last = found["steps"][-1]
    assert (1, "submit", False) == (code, last["name"], last["ok"])
    assert "RiskDenied" in last["text"]
    assert [] == orders(venue)


def test_an_order_that_would_trade_at_once_is_not_sent(venue, tmp_path, capsys) -> None:
    code, found = validate(file_for(venue, tmp_path), capsys, "--limit-price", "60001")

    assert (1, "price") == (code, names(found)[-1])
    assert "would trade at once" in found["steps"][-1]["text"]
    assert [] == orders(venue)


def test_what_cannot_be_cancelled_is_left_and_said(venue, tmp_path, capsys, monkeypatch) -> None:
    cancel = Resting._cancel

    async def cancel_briefly(steps: Resting) -> str:
        steps._trial.wanted = replace(steps._trial.wanted, patience_s=0.2)  # nothing will come
        return await cancel(steps)

    monkeypatch.setattr(Resting, "_cancel", cancel_briefly)
    venue.fault("unknown_outcome", carried_out=False, where={"method": "order.cancel"})
    path = file_for(venue, tmp_path)

    code = cli(["validate", path])

    told = capsys.readouterr()
    assert 1 == code
    assert 1 == sum(line.startswith("LEFT    BUY") for line in told.out.splitlines()), told.out
    assert "something is left at the venue" in told.err
    assert [("BUY", True)] == orders(venue)


def test_what_was_bought_is_sold_when_a_later_step_fails(
    venue, tmp_path, capsys, monkeypatch
) -> None:
    async def fail(_: Filling) -> str:
        raise StepFailedError("it is planted")

    monkeypatch.setattr(Filling, "_find_executions", fail)

    code, found = validate(file_for(venue, tmp_path), capsys, "--mode", "fill-reconcile")

    assert 1 == code, found
    assert ["execution", "close"] == names(found)[-2:]
    assert [("BUY", False), ("SELL", False)] == orders(venue)
    assert [] == found["left"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_and_cancels(venue, tmp_path, capsys, monkeypatch, number) -> None:
    take = _Report.step

    def step(report: _Report, step: object) -> None:
        take(report, step)
        if step.name == "submit":
            os.kill(os.getpid(), number)

    monkeypatch.setattr(_Report, "step", step)

    code, found = validate(file_for(venue, tmp_path), capsys)

    assert 128 + number == code
    assert ["listed", "tidy up"] == names(found)[-2:]
    assert f"stopped by {number.name}" == found["steps"][-2]["text"]
    assert [("BUY", False)] == orders(venue)


def test_a_live_account_and_a_dry_run_are_refused(venue, tmp_path, capsys) -> None:
    (tmp_path / "key").write_text("k")
    live = tmp_path / "real.toml"
    live.write_text(
        'broker_type = "binance"\nsymbols = ["BTCUSDT"]\n[broker]\nenvironment = "live"\n'
        f'base_url = "{venue.http}"\napi_key = "file:key"\nsecret_key = "file:key"\n'
    )

    codes = [cli(["validate", str(live)])]
    codes.append(cli(["validate", file_for(venue, tmp_path, head="dry_run = true")]))
    codes.append(cli(["validate", file_for(venue, tmp_path), "--symbol", "ETHUSDT"]))

    assert [1, 1, 3] == codes
    money, dry, symbol = capsys.readouterr().err.splitlines()
    assert "this is real money; nothing was done; --live says" in money
    assert "no order would be sent" in dry
    assert "do not name ETHUSDT" in symbol
    assert [] == orders(venue)


def test_it_works_beside_no_session_and_against_no_kill_switch(venue, tmp_path, capsys) -> None:
    path = file_for(venue, tmp_path)
    folder = tmp_path / "regimeflow-journal" / "binance-local"
    writer = JournalWriter(str(folder), segment_bytes=1 << 20)
    try:
        codes = [cli(["validate", path])]
    finally:
        writer.close()
    press_file(f"{folder}.kill", flatten=None)
    codes.append(cli(["validate", path]))

    assert [1, 1] == codes
    running, killed = capsys.readouterr().err.splitlines()
    assert "holds the journal of this account" in running
    assert "the kill switch is pressed" in killed
    assert [] == orders(venue)


def test_a_venue_that_cannot_be_reached_is_the_step_that_failed(tmp_path, capsys) -> None:
    path = tmp_path / "live.toml"
    path.write_text(
        'broker_type = "binance"\nsymbols = ["BTCUSDT"]\n'
        '[broker]\nenvironment = "local"\nbase_url = "http://127.0.0.1:1"\n'
    )

    code, found = validate(str(path), capsys)

    assert (1, ["connect"], []) == (code, names(found), found["left"])
    assert "NetworkError" in found["steps"][0]["text"]
