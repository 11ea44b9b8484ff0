"""The whole configuration: what it takes, what it refuses, and how it says so."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.types.config import LiveConfig, PaperSettings, RiskLimits, StrategyConfig
from regimeflow.types.config.brokers import BROKERS
from regimeflow.types.errors import ConfigError


def faults_of(tables: dict[str, object]) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        LiveConfig.from_dict({"symbols": ["BTCUSDT"], **tables})
    return {fault.path: fault.text for fault in caught.value.faults}


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


FIVE_FAULTS = """
broker_type = "papper"
symbols = ["BTCUSDT"]

[risk]
max_order_qtty = 1
max_orders_per_second = true
price_collar_pct = 250

[heartbeat]
stale_after_s = "5s"
"""

FIVE_LINES = """\
risk.max_order_qtty: unknown key (did you mean "max_order_qty"?)
risk.max_orders_per_second: found true; expected a whole number, at least 1, or leave it out
risk.price_collar_pct: found 250; expected a number in percent, above 0 and at most 100
heartbeat.stale_after_s: found text '5s'; expected a number in seconds, above 0 and at most 86400, \
or leave it out
broker_type: found text 'papper'; expected EXPECTED (did you mean "paper"?)""".replace(
    "EXPECTED", " or ".join(BROKERS)
)


def test_five_faults_are_five_lines_each_with_its_path(tmp_path):
    path = written(tmp_path, "five.toml", FIVE_FAULTS)

    with pytest.raises(ConfigError) as caught:
        LiveConfig.from_file(path)

    assert FIVE_LINES.splitlines() == str(caught.value).splitlines()


def test_a_broker_type_and_symbols_make_a_complete_file(tmp_path):
    path = written(tmp_path, "least.toml", 'broker_type = "paper"\nsymbols = ["BTCUSDT"]\n')

    config = LiveConfig.from_file(path).frozen()

    assert PaperSettings() == config.broker
    assert ("BTCUSDT",) == config.symbols
    assert config.dry_run is False


def test_an_integer_limit_is_a_limit_and_max_notional_50000_is_never_ignored(tmp_path):
    """original.md, row 37: a YAML integer was not a double, so the limit was silently dropped."""
    path = written(tmp_path, "a.yaml", "symbols: [BTCUSDT]\nrisk:\n  max_order_notional: 50000\n")

    limits = LiveConfig.from_file(path).risk
    misspelt = faults_of({"risk": {"max_notional": 50000}})

    assert Decimal(50000) == limits.max_order_notional
    assert {"risk.max_notional": 'unknown key (did you mean "max_order_notional"?)'} == misspelt


@pytest.mark.parametrize("ending", ["toml", "yaml"])
def test_every_safety_setting_can_be_set_from_a_file(tmp_path, ending):
    """original.md, row 40: loss limit, rates, intervals and regime were not readable."""
    text = {
        "toml": """
symbols = ["BTCUSDT"]
risk = { daily_loss_limit = 500, max_orders_per_second = 5, max_orders_per_minute = 60 }
reconcile = { interval_s = 10 }
regime = { detector = "constant", regime = "bear" }
""",
        "yaml": """
symbols: [BTCUSDT]
risk: {daily_loss_limit: 500, max_orders_per_second: 5, max_orders_per_minute: 60}
reconcile: {interval_s: 10}
regime: {detector: constant, regime: bear}
""",
    }[ending]

    config = LiveConfig.from_file(written(tmp_path, f"a.{ending}", text))

    assert Decimal(500) == config.risk.daily_loss_limit
    assert (5, 60) == (config.risk.max_orders_per_second, config.risk.max_orders_per_minute)
    assert 10.0 == config.reconcile.interval_s
    assert "bear" == config.regime.regime


def test_paper_true_is_refused_with_the_key_that_was_meant():
    """original.md, row 41: ``paper: true`` was ignored and the default was production."""
    faults = faults_of({"broker": {"paper": True}})

    assert {"broker.paper": 'unknown key (did you mean "environment"?)'} == faults


def test_no_default_reaches_for_real_money():
    """original.md, row 41."""
    assert "paper" == LiveConfig().broker_type
    assert {"broker.environment"} == faults_of({"broker": {"environment": "live"}}).keys()


def test_a_key_in_the_wrong_table_says_where_it_belongs():
    faults = faults_of({"max_orders_per_minute": 5})

    assert {
        "max_orders_per_minute": 'unknown key here (did you mean "risk.max_orders_per_minute"?)'
    } == faults


def test_a_misspelt_broker_table_is_recognised():
    assert {"brokers": 'unknown key (did you mean "broker"?)'} == faults_of({"brokers": {}})


def test_thousands_of_faults_are_told_without_ado():
    faults = faults_of({f"key_{i}": i for i in range(5000)})

    assert 5000 == len(faults)


def test_values_nested_beyond_reason_are_a_fault():
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]

    faults = faults_of({"strategy": {"name": "m:C", "params": {"deep": deep}}})

    assert ["is nested too deep; expected at most 32"] == list(faults.values())


def test_params_are_floats_from_a_file_and_what_they_are_from_code(tmp_path):
    text = 'symbols = ["X"]\nstrategy = { name = "m:C", params = { x = 0.1 } }\n'

    filed = LiveConfig.from_file(written(tmp_path, "a.toml", text)).strategy[0].params["x"]
    coded = StrategyConfig(name="m:C", params={"x": Decimal("0.1")}).params["x"]

    assert (float, Decimal) == (type(filed), type(coded))


def test_a_fault_in_the_second_strategy_says_so():
    strategies = [{"name": "buy_and_hold"}, {"name": "buy_and_hold", "params": 3}]

    faults = faults_of({"strategy": strategies})

    assert {"strategy[1].params": "found 3; expected a table, each any value"} == faults


def test_one_strategy_may_stand_as_a_table():
    config = LiveConfig.from_dict(
        {"symbols": ["BTCUSDT"], "strategy": {"name": "my.module:Trend", "params": {"fast": 3}}}
    )

    assert (StrategyConfig(name="my.module:Trend", params={"fast": 3}),) == config.strategy


def test_strategies_without_an_id_get_distinct_ones():
    names = ["buy_and_hold", "a.b:Trend", "buy_and_hold", "c:Trend"]
    config = LiveConfig(symbols=["X"], strategy=[StrategyConfig(name=name) for name in names])

    ids = [each.id for each in config.frozen().strategy]

    assert ["buy_and_hold", "Trend", "buy_and_hold-2", "Trend-2"] == ids


def test_two_strategies_with_one_id_are_refused():
    twins = [{"name": "buy_and_hold", "id": "a"}, {"name": "m:C", "id": "a"}]

    assert {"strategy[1].id": 'found "a" twice; expected each id once'} == faults_of(
        {"strategy": twins}
    )


def test_a_limit_by_symbol_covers_every_symbol():
    config = LiveConfig.from_dict(
        {"symbols": ["A", "B"], "risk": {"max_order_qty": {"A": "0.5", "*": 7}}}
    )

    assert {"A": Decimal("0.5"), "*": Decimal(7)} == config.risk.max_order_qty


def test_a_limit_by_symbol_that_leaves_one_out_or_names_a_stranger_is_refused():
    tables = {"symbols": ["A", "B"], "risk": {"max_order_qty": {"A": 1, "C": 2}}}

    assert {
        "risk.max_order_qty.C": "is not in symbols; expected one of A, B",
        "risk.max_order_qty": 'leaves B without a limit; name it, or add "*" for the rest',
    } == faults_of(tables)


def test_attributes_are_checked_when_it_is_frozen():
    config = LiveConfig()
    config.symbols = ["BTCUSDT", "BTCUSDT"]
    config.broker_type = "acme"
    config.dry_run = "yes"

    with pytest.raises(ConfigError) as caught:
        config.frozen()

    assert {"symbols[1]", "broker_type", "dry_run"} == {each.path for each in caught.value.faults}


def test_a_table_may_be_set_as_a_mapping():
    config = LiveConfig(symbols=["X"], broker={"cash": 5})
    config.risk = {"max_order_qty": 2}

    frozen = config.frozen()

    assert RiskLimits(max_order_qty=2) == frozen.risk
    assert PaperSettings(cash=5) == frozen.broker


def test_a_frozen_copy_does_not_follow_its_original_and_cannot_change():
    params = {"levels": [1, 2]}
    config = LiveConfig(symbols=["X"], strategy=[StrategyConfig(name="m:C", params=params)])
    frozen = config.frozen()

    params["levels"].append(3)
    config.symbols = ["Y"]

    assert ("X",) == frozen.symbols
    assert {"levels": (1, 2)} == frozen.strategy[0].params
    assert frozen is frozen.frozen()
    with pytest.raises(FrozenInstanceError):
        frozen.dry_run = True
    with pytest.raises(TypeError):
        frozen.strategy[0].params["levels"] = ()


def test_a_misspelt_attribute_is_refused():
    config = LiveConfig()

    with pytest.raises(AttributeError, match="brokr_type"):
        config.brokr_type = "ib"


def test_a_broker_of_ones_own_needs_no_type_that_we_know():
    config = LiveConfig(broker_type="mine", symbols=["X"], broker={"host": "localhost"})

    frozen = config.frozen(own_broker=True)

    assert {"host": "localhost"} == frozen.broker


def test_copies_and_pickles_are_equal():
    config = LiveConfig(symbols=["X"], broker={"positions": {"X": 1}}).frozen()

    again = pickle.loads(pickle.dumps(config))  # noqa: S301  # our own bytes

    assert config == copy.deepcopy(config) == again


def test_relative_feeds_start_from_the_folder_of_the_file(tmp_path):
    written(tmp_path, "feed.jsonl", "")
    text = 'symbols = ["X"]\n[broker]\nfeed = "feed.jsonl"\n'

    config = LiveConfig.from_file(written(tmp_path, "a.toml", text))

    assert str(tmp_path) == config.source_dir
    assert (str(tmp_path / "feed.jsonl"),) == config.frozen().broker.feed


def test_a_feed_that_is_not_there_is_a_fault():
    faults = faults_of({"broker": {"feed": ["/nowhere/a.gz"]}})

    assert {"broker.feed[0]": "there is no file /nowhere/a.gz"} == faults


def test_overrides_stand_in_for_what_the_file_says(tmp_path):
    text = 'symbols = ["X"]\n[broker]\nfeed = "gone.gz"\nspeed = 2\n'
    path = written(tmp_path, "a.toml", text)

    config = LiveConfig.from_file(
        path,
        {"broker.feed": [], "broker.speed": "max", "dry_run": True, "risk.daily_loss_limit": 9},
    ).frozen()

    assert ((), "max", True) == (config.broker.feed, config.broker.speed, config.dry_run)
    assert Decimal(9) == config.risk.daily_loss_limit


def test_the_representation_shows_no_broker_table():
    config = LiveConfig(broker={"api_secret": "hunter2"})

    assert "hunter2" not in repr(config)


def test_a_description_hides_what_is_named_like_a_secret():
    params = {
        "api_token": "hunter2",
        "deep": {"password": "hunter3"},
        "credentials": {"user": "hunter4", "more": ["hunter5"]},
    }
    config = LiveConfig(symbols=["X"], strategy=[StrategyConfig(name="m:C", params=params)])

    text = config.describe()

    assert "hunter" not in text
    assert 'api_token = "***"' in text
