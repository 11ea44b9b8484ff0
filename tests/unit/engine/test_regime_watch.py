"""The regime is found before the strategies hear, told to everybody, and costs nothing unasked."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest

from regimeflow._core.frames import RegimeChange
from regimeflow._core.journal_reader import JournalReader
from regimeflow.engine.audit.events import event_of
from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import (
    ConfigError,
    LiveTradingEngine,
    RegimeTransition,
    RegimeType,
    SystemCode,
    TradingState,
)
from tests.support.engines import Run, a_config
from tests.support.regimes import HERE, a_model

UP_AND_DOWN = {"detector": f"{HERE}:UpAndDown"}


def a_run(regime: dict[str, object], *strategies: str, **tables: object) -> Run:
    config = a_config(
        *strategies,
        broker={"bar_interval": "1s", "duration_s": 20},
        regime=regime,
        **tables,
    )
    return Run(config)


def a_hearing_run(regime: dict[str, object], **tables: object) -> Run:
    strategy = [{"name": f"{HERE}:HearsRegimes", "id": "hears"}]
    return a_run(regime, strategy=strategy, **tables)


def play(run: Run) -> list[RegimeTransition]:
    told: list[RegimeTransition] = []
    run.engine.on_regime_change(told.append)
    asyncio.run(run.engine.run())
    return told


def test_a_change_reaches_callbacks_strategies_events_and_the_status() -> None:
    run = a_hearing_run(UP_AND_DOWN)

    told = play(run)

    (strategy,) = run.strategies
    assert len(told) > 3
    assert RegimeType.UNKNOWN is told[0].before.regime
    assert {RegimeType.BULL, RegimeType.BEAR} == {each.after.regime for each in told}
    assert [(each, each.after.name) for each in told] == strategy.heard
    assert len(told) == len(run.texts("regime"))
    assert told[-1].after.name == run.engine.get_status().current_regime.name
    assert told[-1].after.name == run.engine.get_dashboard_snapshot().regime.name
    assert [] == run.errors


def test_a_transition_says_how_long_the_regime_before_it_had_lasted() -> None:
    told = play(a_run(UP_AND_DOWN))

    for before, after in itertools.pairwise(told):
        assert before.after.name == after.before.name
        assert after.duration_ns == after.after.since_ns - before.after.since_ns > 0
        assert after.confidence == after.after.confidence == 1.0


def test_a_strategy_sees_the_regime_of_the_bar_that_it_is_told() -> None:
    run = a_hearing_run(UP_AND_DOWN)
    closes: list[float] = []
    run.engine.event_bus.subscribe_payload(3, lambda bar: closes.append(bar.close_px))

    play(run)

    (strategy,) = run.strategies
    for place in range(1, len(closes)):
        if closes[place] != closes[place - 1]:
            expected = "bull" if closes[place] > closes[place - 1] else "bear"
            assert expected == strategy.at_bars[place]


def test_a_constant_regime_is_on_no_stream() -> None:
    run = a_run({"regime": "bear"})

    told = play(run)

    assert [] == told
    assert RegimeType.BEAR is run.engine.get_status().current_regime.regime
    assert run.engine._runtime.regime_watch._subscription is None
    assert {} == run.engine._runtime.regime_watch.state()


def test_row_81_the_detector_that_is_configured_is_the_one_that_decides() -> None:
    calm = {"thresholds": [1e-12], "regimes": ["asleep", "awake"], "window": 2}

    told = play(a_run({"detector": "volatility", "volatility": calm}))

    assert ["awake"] == [each.after.name for each in told]
    assert RegimeType.CUSTOM is told[0].after.regime


def test_row_81_a_model_from_the_configuration_decides(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(a_model(means=((-1.0,), (0.0,)), regimes=("bear", "bull")).as_json())

    told = play(a_run({"detector": "hmm", "hmm": {"model": str(path)}}))

    assert ["bull"] == [each.after.name for each in told]


def test_a_regime_must_be_probable_enough() -> None:
    half = {"detector": "ensemble", "members": [UP_AND_DOWN, {"regime": "crisis"}]}

    assert [] == play(a_run(half | {"min_confidence": 0.51}))
    assert [] != play(a_run(half | {"min_confidence": 0.5}))


def test_a_regime_must_be_confirmed_as_often_as_is_configured() -> None:
    always, thrice = play(a_run(UP_AND_DOWN)), play(a_run(UP_AND_DOWN | {"confirm": 3}))

    assert len(thrice) < len(always)


def test_trades_and_quotes_may_be_looked_at_instead() -> None:
    for sample in ("tick", "quote"):
        run = a_run(UP_AND_DOWN | {"sample": sample})

        assert len(play(run)) > 3


def test_only_the_symbol_that_is_named_is_looked_at() -> None:
    tables = {"symbols": ("BTCUSDT", "ETHUSDT")}
    runs = [
        play(a_run(UP_AND_DOWN | symbol, **tables))
        for symbol in ({}, {"symbol": "BTCUSDT"}, {"symbol": "ETHUSDT"})
    ]

    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(
    ("detector", "text"), [("Broken", "no regime today"), ("Senseless", "expected probabilities")]
)
def test_a_detector_that_fails_holds_trading_and_is_told_once(detector: str, text: str) -> None:
    run = a_run({"detector": f"{HERE}:{detector}"})
    states: list[TradingState] = []
    run.engine.event_bus.subscribe(0, lambda _: states.append(run.engine._parts.switch.state))

    assert [] == play(run)

    assert 1 == len(run.errors)
    assert text in str(run.errors[0])
    assert TradingState.HALTED is states[-1]


def test_a_detector_that_cannot_be_made_is_a_fault_before_anything_connects() -> None:
    with pytest.raises(ConfigError, match=r"regime\.hmm\.model"):
        LiveTradingEngine(a_config(regime={"detector": "hmm", "hmm": {"model": "gone.json"}}))


class TestWrittenDown:
    def run(self, folder: Path, regime: dict[str, object]) -> tuple[Run, list[RegimeTransition]]:
        journal = {"enabled": "yes", "folder": str(folder), "segment_mb": 4}
        run = a_run(regime, "Silent", journal=journal)
        return run, play(run)

    def test_each_change_is_in_the_journal_and_in_the_audit_log(self, tmp_path: Path) -> None:
        _, told = self.run(tmp_path / "j", UP_AND_DOWN)

        frames = list(JournalReader(str(tmp_path / "j")))
        changes = [each for each in frames if isinstance(each.message, RegimeChange)]
        events = [event_of(each) for each in changes]
        assert [each.after.name for each in told] == [each.message.after_name for each in changes]
        assert [each.after.since_ns for each in told] == [e.message.now_ns for e in changes]
        assert {"regime"} == {each.kind for each in events}
        assert told[0].after.name == events[0].data["after_name"]

    def test_each_change_is_a_message_that_queues_carry(self, tmp_path: Path) -> None:
        run, told = self.run(tmp_path / "j", UP_AND_DOWN)

        said = [
            each.message.payload
            for each in JournalReader(str(tmp_path / "j"))
            if getattr(getattr(each.message, "payload", None), "code", None) == SystemCode.REGIME
        ]
        assert run.texts("regime") == [each.text for each in said]
        assert [int(each.after.regime) for each in told] == [each.value for each in said]

    @pytest.mark.parametrize("sample", ["bar", "tick", "quote"])
    def test_a_replay_finds_the_same_regimes(self, tmp_path: Path, sample: str) -> None:
        run, told = self.run(tmp_path / "j", UP_AND_DOWN | {"sample": sample})

        replayed = replay_session(str(tmp_path / "j"))

        assert replayed.difference is None
        assert len(told) > 3
        assert run.engine._parts.regime == replayed.runtime.parts.regime

    def test_a_replay_needs_no_file_of_the_model(self, tmp_path: Path) -> None:
        path = tmp_path / "m.json"
        path.write_text(a_model(means=((-1.0,), (0.0,)), regimes=("bear", "bull")).as_json())
        _, told = self.run(tmp_path / "j", {"detector": "hmm", "hmm": {"model": str(path)}})
        path.unlink()

        replayed = replay_session(str(tmp_path / "j"))

        assert replayed.difference is None
        assert ["bull"] == [each.after.name for each in told]
