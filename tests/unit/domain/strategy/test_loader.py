"""From a name in a configuration to a strategy."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from regimeflow.domain.strategy.base import METHODS, Strategy, overridden
from regimeflow.domain.strategy.builtin import BUILTINS, BuyAndHold, MovingAverageCross
from regimeflow.domain.strategy.loader import load_strategy, merged_params
from regimeflow.types.config import BUILT_IN_STRATEGIES
from regimeflow.types.errors import ConfigError

SOURCE = """
from regimeflow.domain.strategy.base import Strategy

VERSION = {version}

class Mine(Strategy):
    version = VERSION

class Choosy(Strategy):
    def __init__(self, size):
        pass

class Broken(Strategy):
    def __init__(self):
        1 / 0

class NoStrategy:
    pass
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "house_rules.py").write_text(SOURCE.format(version=1))
    (tmp_path / "torn.py").write_text("def f(:\n")
    (tmp_path / "needy.py").write_text("import no_such_package_anywhere\n")
    yield tmp_path
    for name in ("house_rules", "torn", "needy"):
        sys.modules.pop(name, None)


def fault(name: str, folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_strategy(name, folder=folder)
    (only,) = caught.value.faults
    assert "strategy.name" == only.path
    return only.text


def test_the_built_ins_are_those_that_the_configuration_knows() -> None:
    assert sorted(BUILT_IN_STRATEGIES) == sorted(BUILTINS)
    assert isinstance(load_strategy("buy_and_hold"), BuyAndHold)


def test_a_class_of_the_files_folder_is_found(folder: Path) -> None:
    strategy = load_strategy("house_rules:Mine", folder=folder)

    assert isinstance(strategy, Strategy)
    assert "Mine" == type(strategy).__name__


def test_a_module_of_the_same_name_in_another_folder_is_another_module(
    folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "house_rules.py").write_text(SOURCE.format(version=2))

    versions = [
        load_strategy("house_rules:Mine", folder=where).version  # type: ignore[attr-defined]
        for where in (folder, other, folder)
    ]

    assert [1, 2, 1] == versions


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("buy_and_hole", ['"module:Class"', 'did you mean "buy_and_hold"?']),
        ("house_rule:Mine", ["no module house_rule", 'did you mean "house_rules"?']),
        ("house_rules.deeper:Mine", ["no module house_rules.deeper"]),
        ("house_rules:Mime", ["has no Mime", 'did you mean "Mine"?']),
        ("house_rules:NoStrategy", ["is not a Strategy", "regimeflow.live.Strategy"]),
        ("house_rules:VERSION", ["is not a Strategy"]),
        ("house_rules:Strategy", ["is not a Strategy"]),
        ("house_rules:Broken", ["ZeroDivisionError"]),
        ("house_rules:Choosy", ["takes no arguments", "self.ctx.params"]),
        ("torn:Mine", ["importing torn failed", "SyntaxError"]),
        ("needy:Mine", ["no_such_package_anywhere", "is that package installed?"]),
    ],
)
def test_a_name_that_leads_nowhere_says_why(folder: Path, name: str, words: list[str]) -> None:
    text = fault(name, folder)

    assert [] == [word for word in words if word not in text]


def test_parameters_are_the_defaults_with_the_file_over_them() -> None:
    params = merged_params(MovingAverageCross(), {"fast": 5, "quantity": 0.25, "sample_s": 2})

    assert {"fast": 5, "slow": 30, "sample_s": 2.0, "quantity": Decimal("0.25")} == dict(params)


def test_every_wrong_parameter_is_named_at_once() -> None:
    given = {"fats": 5, "slow": "many", "quantity": "NaN", "sample_s": True}

    with pytest.raises(ConfigError) as caught:
        merged_params(MovingAverageCross(), given, path="strategy[0].params")

    faults = {each.path.rpartition(".")[2]: each.text for each in caught.value.faults}
    assert {"fats", "slow", "quantity", "sample_s"} == set(faults)
    assert 'did you mean "fast"?' in faults["fats"]
    assert "expected a whole number" in faults["slow"]


def test_a_strategy_that_lists_no_parameters_gets_what_is_given() -> None:
    assert {"anything": [1]} == dict(merged_params(Strategy(), {"anything": [1]}))


def test_only_what_a_strategy_has_of_its_own_is_dispatched() -> None:
    class Quiet(Strategy):
        pass

    class Loud(Quiet):
        def on_quote(self, quote):
            pass

    late = Quiet()
    late.on_tick = print  # type: ignore[method-assign]

    assert frozenset() == overridden(Quiet())
    assert {"on_quote"} == overridden(Loud())
    assert {"on_tick"} == overridden(late)
    assert all(hasattr(Strategy, name) for name in METHODS)


def test_the_methods_that_are_not_overridden_do_nothing() -> None:
    strategy = Strategy()

    for name in METHODS - {"on_start", "on_stop", "save_state"}:
        assert None is getattr(strategy, name)(None)
    assert {} == strategy.save_state()


class Hungry(Strategy):
    warm_up: ClassVar[Mapping[str, int]] = {"1m": 5, "7x": 2, "1h": 0}


class Confused(Strategy):
    warm_up = cast("Any", 50)


def test_a_warm_up_that_is_none_is_a_line_for_each_fault() -> None:
    with pytest.raises(ConfigError) as caught:
        load_strategy(f"{__name__}:Hungry", path="strategy[0].name")

    assert ["strategy[0].name"] * 2 == [fault.path for fault in caught.value.faults]
    bad_interval, bad_count = (fault.text for fault in caught.value.faults)
    assert "'7x'" in bad_interval
    assert "1h: found 0" in bad_count
    with pytest.raises(ConfigError, match="found 50; expected the bars wanted by interval"):
        load_strategy(f"{__name__}:Confused")
