"""Regimes over restarts, kills and fits in the middle of a session: the same, to the last bit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.messages import Bar
from regimeflow.apps.cli.commands import main as cli
from regimeflow.domain.regime.model import read_model
from regimeflow.engine.audit.events import event_of
from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import LiveConfig, LiveTradingEngine, RegimeState, RegimeTransition
from tests.support.engines import Run, a_config
from tests.support.journalled import a_journalled_run, play
from tests.support.keeping import KeepingVenue, until
from tests.support.payloads import SHARED
from tests.support.regimes import SECOND_NS, a_model, bars

FEED = SHARED / "data" / "btcusdt_20240808.gz"
EXAMPLE = Path(__file__).parents[2] / "examples" / "regime.toml"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    path.write_text(a_model().as_json())
    return path


class BarVenue(KeepingVenue):
    """Tells the bars that it is given, and has a history of them."""

    def __init__(self, history: Sequence[Bar] = ()) -> None:
        super().__init__()
        self.history = list(history)

    async def get_bars(self, symbol: str, since_ns: int, interval: str) -> Sequence[Bar]:
        return self.history

    def tell(self, some: Sequence[Bar]) -> None:
        for bar in some:
            self._data(bar)


def a_regime(model: Path, **more: object) -> dict[str, object]:
    return {"detector": "hmm", "hmm": {"model": str(model), **more}}


def a_session(
    venue: BarVenue, folder: Path, regime: dict[str, object]
) -> tuple[Run, list[RegimeTransition]]:
    run = a_journalled_run(venue, folder, regime=regime)
    told: list[RegimeTransition] = []
    run.engine.on_regime_change(told.append)
    return run, told


def telling(venue: BarVenue, some: Sequence[Bar]) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        venue.tell(some)

    return act


def now(run: Run) -> RegimeState:
    return run.engine._parts.regime


def test_a_restart_in_the_middle_changes_no_bit(tmp_path: Path, model: Path) -> None:
    some = bars(80, wild_from=50)
    whole, expected = a_session(BarVenue(), tmp_path / "whole", a_regime(model))
    play(whole, telling(whole.engine._parts.broker, some))
    first, head = a_session(BarVenue(), tmp_path / "halves", a_regime(model))
    play(first, telling(first.engine._parts.broker, some[:53]))

    second, tail = a_session(BarVenue(), tmp_path / "halves", a_regime(model))
    play(second, telling(second.engine._parts.broker, some[53:]))

    mine, theirs = (run.engine._runtime.regime_watch.state() for run in (second, whole))
    assert (theirs["features"], theirs["detector"]) == (mine["features"], mine["detector"])
    assert (now(whole).name, now(whole).confidence) == (now(second).name, now(second).confidence)
    both = [(each.ts_event_ns, each.after.name) for each in head + tail]
    assert [(each.ts_event_ns, each.after.name) for each in expected] == both
    assert head[-1].after.since_ns == tail[0].before.since_ns
    for number in (1, 2):
        assert replay_session(str(tmp_path / "halves"), number=number).difference is None


def test_after_a_kill_the_regime_is_that_of_the_last_change(tmp_path: Path, model: Path) -> None:
    run, _ = a_session(BarVenue(), tmp_path / "j", a_regime(model))
    play(run, telling(run.engine._parts.broker, bars(40, wild_from=20)))
    for snapshot in (tmp_path / "j").glob("snapshot-*"):
        snapshot.unlink()

    again, told = a_session(BarVenue(), tmp_path / "j", a_regime(model))
    play(again, telling(again.engine._parts.broker, []))

    assert ("crisis", now(run).since_ns) == (now(again).name, now(again).since_ns)
    assert [] == told


def test_another_detector_begins_anew(tmp_path: Path, model: Path) -> None:
    run, _ = a_session(BarVenue(), tmp_path / "j", a_regime(model))
    play(run, telling(run.engine._parts.broker, bars(40)))
    model.write_text(a_model(regimes=("bull", "bear")).as_json())

    again, _ = a_session(BarVenue(), tmp_path / "j", a_regime(model))
    play(again, telling(again.engine._parts.broker, []))

    assert "unknown" == now(again).name


def test_the_brokers_history_warms_it_up(tmp_path: Path, model: Path) -> None:
    some = bars(41)
    run, told = a_session(BarVenue(some[:40]), tmp_path / "j", a_regime(model))

    play(run, telling(run.engine._parts.broker, some))  # forty of them it has seen

    assert ["neutral"] == [each.after.name for each in told]
    assert 41 * SECOND_NS == told[0].ts_event_ns
    assert replay_session(str(tmp_path / "j")).difference is None


def play_a_feed(folder: Path) -> Run:
    """Play a market in which the model is fitted twice."""
    folder.mkdir()
    (folder / "model.json").write_text(a_model().as_json())
    regime = a_regime(folder / "model.json", retrain_every_s=110, retrain_samples=120)
    broker = {"bar_interval": "1s", "duration_s": 230}
    journal = {"enabled": "yes", "folder": str(folder / "j"), "segment_mb": 16}
    run = Run(a_config("Silent", broker=broker, journal=journal, regime=regime))
    asyncio.run(run.engine.run())
    return run


@pytest.fixture(scope="module")
def over_a_feed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, str]:
    folder = tmp_path_factory.mktemp("regime") / "feed"
    return play_a_feed(folder), str(folder / "j")


class TestFittedAgain:
    def test_over_a_feed_one_seed_gives_one_result(self, over_a_feed, tmp_path: Path) -> None:
        runs = (over_a_feed[0], play_a_feed(tmp_path / "feed"))

        mine, theirs = (run.engine._runtime.regime_watch for run in runs)
        assert [] == runs[0].errors
        assert a_model().digest != mine._by == theirs._by
        assert mine.state() == theirs.state()

    def test_a_replay_takes_the_models_from_the_journal(
        self, over_a_feed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run, journal = over_a_feed
        monkeypatch.setattr("regimeflow.domain.regime.training.train", None)

        replayed = replay_session(journal)

        assert replayed.difference is None
        theirs = replayed.runtime.regime_watch
        assert run.engine._runtime.regime_watch.state()["detector"] == theirs.state()["detector"]

    def test_each_is_in_the_audit_log(self, over_a_feed) -> None:
        run, journal = over_a_feed

        events = map(event_of, JournalReader(journal))
        swaps = [each for each in events if each is not None and each.kind == "regime_model"]
        assert 2 == len(swaps)
        assert a_model().digest == swaps[0].data["before"]
        assert run.engine._runtime.regime_watch._by == swaps[-1].data["after"]

    def test_with_a_broker_it_is_fitted_in_another_process(
        self, tmp_path: Path, model: Path
    ) -> None:
        regime = a_regime(model, retrain_every_s=0.05)
        run, _ = a_session(BarVenue(), tmp_path / "j", regime)
        watch = run.engine._runtime.regime_watch

        async def act() -> None:
            run.engine._parts.broker.tell(bars(300, wild_from=150))
            await until(lambda: watch._by != a_model().digest)

        play(run, act)
        again, _ = a_session(BarVenue(), tmp_path / "j", regime)
        play(again, telling(again.engine._parts.broker, []))

        assert [] == run.errors
        assert watch._by == again.engine._runtime.regime_watch._by
        for number in (1, 2):
            assert replay_session(str(tmp_path / "j"), number=number).difference is None

    def test_a_fit_that_fails_leaves_the_old_model(self, tmp_path: Path, model: Path) -> None:
        run, _ = a_session(BarVenue(), tmp_path / "j", a_regime(model, retrain_every_s=0.05))
        still = [
            Bar("BTCUSDT", 100, 100, 100, 100, 1, interval_ns=SECOND_NS, ts_event_ns=b.ts_event_ns)
            for b in bars(150)
        ]

        async def act() -> None:
            run.engine._parts.broker.tell(still)
            await until(lambda: run.errors)

        play(run, act)

        assert "is the same in every sample" in str(run.errors[0])
        assert "the old one serves" in str(run.errors[0])
        assert a_model().digest == run.engine._runtime.regime_watch._by
        assert replay_session(str(tmp_path / "j")).difference is None


class TestCommands:
    @pytest.fixture
    def config(self, tmp_path: Path) -> Path:
        path = tmp_path / "regime.toml"
        path.write_text(EXAMPLE.read_text().replace("duration_s = 600.0", "duration_s = 150.0"))
        return path

    def fit(self, config: Path, *more: str) -> int:
        model = str(config.with_name("regime-model.json"))
        return cli(["regime", "fit", str(config), model, "--order", "volatility", *more])

    def test_the_example_is_fitted_checked_run_and_reported(self, config, capsys) -> None:
        assert 0 == self.fit(config, "--features", "volatility:20,range:20")
        fitted = read_model(str(config.with_name("regime-model.json")), "")
        assert fitted.digest in capsys.readouterr().out
        assert (10**9, "BTCUSDT") == (fitted.bar_interval_ns, fitted.symbol)

        assert 0 == cli(["check", str(config)])
        assert 0 == cli(["run", str(config)])
        lines = [line for line in capsys.readouterr().out.splitlines() if " regime " in line]

        assert 0 == cli(["report", str(config), "--json"])
        told = json.loads(capsys.readouterr().out)
        assert len(lines) == len(told["changes"]) > 2
        assert pytest.approx(1) == sum(told["shares"].values())

    def test_the_same_is_fitted_to_a_journal_and_reported_of_it(self, config, capsys) -> None:
        text = config.read_text() + '\n[journal]\nenabled = "yes"\nfolder = "j"\n'
        written = config.with_name("written.toml")
        written.write_text(text[: text.index("[regime]")] + text[text.index("[journal]") :])
        played = config.with_name("played.json")
        assert 0 == cli(["regime", "fit", str(config), str(played)])
        assert 0 == cli(["run", str(written)])

        kept = config.with_name("kept.json")
        assert 0 == cli(["regime", "fit", str(written), str(kept)])

        assert played.read_text() == kept.read_text()
        capsys.readouterr()
        assert 0 == cli(["report", str(config.with_name("j"))])
        assert "neutral  100.0% of the time" in capsys.readouterr().out
        assert 1 == cli(["report", str(config.with_name("j")), "--session", "2"])

    def test_the_picture_is_a_picture(self, config, capsys) -> None:
        pytest.importorskip("matplotlib")
        self.fit(config)
        png = config.with_name("regimes.png")

        assert 0 == cli(["report", str(config), "--png", str(png)])

        assert png.read_bytes().startswith(b"\x89PNG")
        assert f"drawn: {png}" in capsys.readouterr().out

    def test_a_missing_model_is_a_fault_of_the_configuration(self, config, capsys) -> None:
        assert 3 == cli(["check", str(config)])
        assert 3 == cli(["run", str(config)])
        assert "regime.hmm.model" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("more", "code", "text"),
        [
            (["--features", "moon"], 2, "'moon' is no feature"),
            (["--bar-interval", "x"], 2, "as in '1m'"),
            (["--states", "5"], 1, "must be given for 5 states"),
            (["--regimes", "a,b"], 1, "expected 3"),
            (["--symbol", "ETHUSDT"], 1, "samples"),
        ],
    )
    def test_what_cannot_be_fitted_is_one_line(self, config, capsys, more, code, text) -> None:
        assert code == self.fit(config, *more)
        assert text in capsys.readouterr().err
        assert not config.with_name("regime-model.json").exists()


@pytest.mark.shared
@pytest.mark.skipif(not FEED.exists(), reason=f"no {FEED} (REGIMEFLOW_SHARED)")
def test_a_model_finds_the_regimes_of_the_recorded_feed(tmp_path: Path) -> None:
    config = tmp_path / "btc.toml"
    config.write_text(
        f'symbols = ["BTCUSDT"]\n[broker]\nfeed = "{FEED}"\nspeed = "max"\nbar_interval = "1s"\n'
        '[journal]\nenabled = "yes"\nfolder = "j"\n'
        '[regime]\ndetector = "hmm"\nmin_confidence = 0.8\nhmm = { model = "m.json" }\n'
    )
    played = tmp_path / "played.toml"
    played.write_text(config.read_text().replace('enabled = "yes"', 'enabled = "no"'))
    features = "volatility:20,range:20"
    assert 0 == cli(
        [
            "regime",
            "fit",
            str(played),
            str(tmp_path / "m.json"),
            "--order",
            "volatility",
            "--features",
            features,
        ]
    )
    engine = LiveTradingEngine(LiveConfig.from_file(config))
    told: list[RegimeTransition] = []
    engine.on_regime_change(told.append)
    asyncio.run(engine.run())

    replayed = replay_session(str(tmp_path / "j"))
    assert {"bull", "neutral", "crisis"} == {each.after.name for each in told}
    assert 16 == len(told)
    assert min(each.confidence for each in told) >= 0.8
    assert replayed.difference is None
