"""``cancel-all``, ``flatten``, ``kill`` and ``enable`` as a person calls them at night."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow._core.journal_writer import JournalWriter
from regimeflow.apps.cli.commands import main as cli
from regimeflow.apps.venues.exchange.kinds import Kind
from regimeflow.apps.venues.exchange.requests import NewOrder
from regimeflow.types.enums import OrderSide
from tests.support.binance_venue import RunningVenue


@pytest.fixture
def venue() -> Iterator[RunningVenue]:
    with RunningVenue() as running:
        running.quote()
        yield running


def file_for(venue: RunningVenue, folder: Path, environment: str = "local") -> str:
    path = folder / "live.toml"
    path.write_text(
        f"""
broker_type = "binance"
symbols = ["BTCUSDT"]
[broker]
environment = "{environment}"
base_url = "{venue.http}"
api_key = "file:key"
secret_key = "file:key"
"""
        if environment == "live"
        else f"""
broker_type = "binance"
symbols = ["BTCUSDT"]
[broker]
environment = "local"
base_url = "{venue.http}"
"""
    )
    (folder / "key").write_text("k")
    return str(path)


def leave_orders(venue: RunningVenue) -> None:
    for px in ("59000", "59001"):
        new = NewOrder(
            symbol="BTCUSDT",
            side=OrderSide.BUY,
            kind=Kind.LIMIT,
            quantity=Decimal("0.1"),
            limit_price=Decimal(px),
        )
        venue.do(lambda running, new=new: running.exchange.submit("local", new, 1))


def open_orders(venue: RunningVenue) -> int:
    def count(running) -> int:
        return sum(each.is_open for each in running.exchange.accounts["local"].orders())

    return venue.do(count)


def test_cancel_all_cancels_everything_and_says_so(venue, tmp_path, capsys) -> None:
    leave_orders(venue)
    path = file_for(venue, tmp_path)

    codes = [cli(["cancel-all", path, "--dry-run"]), open_orders(venue)]
    codes += [cli(["cancel-all", path]), open_orders(venue), cli(["cancel-all", path])]

    assert [0, 2, 0, 0, 0] == codes
    lines = capsys.readouterr().out.splitlines()
    assert 2 == sum(line.startswith("there is BUY 0.1") for line in lines)
    assert 2 == sum(line.startswith("cancelled BUY 0.1") for line in lines)
    assert ["nothing is left", "there is nothing to do"] == lines[-2:]


def test_what_is_left_is_in_the_exit_code_and_in_json(venue, tmp_path, capsys) -> None:
    leave_orders(venue)

    code = cli(["flatten", file_for(venue, tmp_path), "--json", "--wait", "0.5"])

    found = json.loads(capsys.readouterr().out)
    assert 1 == code
    assert 2 == sum(line.startswith("cancelled") for line in found["done"])
    (left,) = found["left"]  # the account holds more than the book takes
    assert "the broker still has it" in left


def test_a_live_account_is_touched_only_when_that_is_said(venue, tmp_path, capsys) -> None:
    code = cli(["cancel-all", file_for(venue, tmp_path, "live")])

    assert 1 == code
    assert "this is real money; nothing was done; --live says" in capsys.readouterr().err


def test_a_session_that_runs_is_not_worked_against(venue, tmp_path, capsys) -> None:
    leave_orders(venue)
    path = file_for(venue, tmp_path)
    folder = tmp_path / "regimeflow-journal" / "binance-local"
    writer = JournalWriter(str(folder), segment_bytes=1 << 20)
    try:
        codes = [cli(["cancel-all", path]), open_orders(venue)]
        codes += [cli(["cancel-all", path, "--even-if-running"]), open_orders(venue)]
    finally:
        writer.close()

    assert [1, 2, 0, 0] == codes
    assert "holds the journal of this account: two hands" in capsys.readouterr().err


def test_the_paper_venue_has_nothing_to_end(tmp_path, capsys) -> None:
    path = tmp_path / "paper.toml"
    path.write_text('symbols = ["BTCUSDT"]\n')

    assert [0, 0] == [cli(["cancel-all", str(path)]), cli(["flatten", str(path)])]
    assert "keeps no account between sessions" in capsys.readouterr().err


def test_a_broker_that_cannot_be_reached_is_one_line(tmp_path, capsys) -> None:
    path = tmp_path / "live.toml"
    path.write_text(
        'broker_type = "binance"\nsymbols = ["BTCUSDT"]\n'
        '[broker]\nenvironment = "local"\nbase_url = "http://127.0.0.1:1"\n'
    )

    assert 1 == cli(["cancel-all", str(path)])
    (line,) = capsys.readouterr().err.splitlines()
    assert "NetworkError" in line


@pytest.mark.parametrize("option", ["--flatten", "--cancel", None])
def test_kill_makes_the_file_and_enable_takes_it_away(venue, tmp_path, capsys, option) -> None:
    path = file_for(venue, tmp_path)
    kill_file = tmp_path / "regimeflow-journal" / "binance-local.kill"

    codes = [cli(["kill", path, *([option] if option else [])])]
    word = kill_file.read_text().split()[0]
    codes.append(cli(["enable", path]))

    assert [0, 0] == codes
    assert {"--flatten": "flatten", "--cancel": "cancel", None: "as"}[option] == word
    assert not kill_file.exists()
    assert kill_file.with_name(f"{kill_file.name}.enable").exists()
    assert "the next session begins with it" in capsys.readouterr().out


def test_a_session_without_a_journal_needs_a_kill_file_by_name(tmp_path, capsys) -> None:
    path = tmp_path / "paper.toml"
    path.write_text('symbols = ["BTCUSDT"]\n')
    named = tmp_path / "named.toml"
    named.write_text('symbols = ["BTCUSDT"]\n[risk]\nkill_file = "off"\n')

    assert [1, 0] == [cli(["kill", str(path)]), cli(["kill", str(named)])]
    assert "set risk.kill_file" in capsys.readouterr().err
    assert (tmp_path / "off").exists()
