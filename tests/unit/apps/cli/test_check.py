from __future__ import annotations

import json
from pathlib import Path

import pytest

from regimeflow.apps.cli.check import check_config
from regimeflow.apps.cli.exits import Exit

MINIMAL = 'broker_type = "paper"\nsymbols = ["BTCUSDT"]\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "live.toml"
    path.write_text(MINIMAL)
    return path


def test_two_keys_are_a_configuration_and_every_default_is_shown(config, capsys) -> None:
    assert Exit.OK == check_config(str(config))

    said = capsys.readouterr()
    assert 'symbols = ["BTCUSDT"]' in said.out
    assert "maker_fee_rate" in said.out
    assert f"{config}: valid\n" == said.err


def test_json_holds_the_whole_configuration(config, capsys) -> None:
    assert Exit.OK == check_config(str(config), as_json=True)

    said = json.loads(capsys.readouterr().out)
    assert said["ok"]
    assert ["BTCUSDT"] == said["config"]["symbols"]


def test_json_lists_the_faults(config, capsys) -> None:
    config.write_text(MINIMAL + "[risk]\nmax_order_qty = -1\n[nowhere]\n")

    assert Exit.CONFIG == check_config(str(config), as_json=True)

    said = json.loads(capsys.readouterr().out)
    assert not said["ok"]
    assert {"risk.max_order_qty", "nowhere"} == {fault["path"] for fault in said["faults"]}


def test_strategies_are_made_and_all_their_faults_listed(config, capsys) -> None:
    config.write_text(
        MINIMAL
        + '[[strategy]]\nname = "nowhere:Trader"\n'
        + '[[strategy]]\nname = "buy_and_hold"\nparams = { quantty = 1 }\n'
    )

    assert Exit.CONFIG == check_config(str(config))

    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"{config}: strategy[0].name: ")
    assert second.startswith(f"{config}: strategy[1].params.quantty: ")


def test_the_example_is_valid(capsys) -> None:
    example = Path(__file__).resolve().parents[4] / "examples" / "quickstart.toml"

    assert Exit.OK == check_config(str(example))


@pytest.mark.parametrize("name", ["torn.toml", "torn.yaml", "empty.toml"])
def test_a_file_that_cannot_be_read_is_named_once(name: str, tmp_path: Path, capsys) -> None:
    path = tmp_path / name
    path.write_text("" if name == "empty.toml" else 'symbols: ["X"')

    assert Exit.CONFIG == check_config(str(path))

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path}: ")
    assert 1 == line.count(name)
