"""The table [regime] makes a detector, or says everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from regimeflow.domain.regime.loader import load_detector
from regimeflow.live import ConfigError, LiveConfig
from regimeflow.types.config import RegimeSettings
from tests.support.regimes import HERE, a_model

VOLATILITY = {"thresholds": [0.01], "regimes": ["neutral", "crisis"]}


def config_faults(**regime: object) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        LiveConfig.from_dict({"symbols": ["BTCUSDT"], "regime": regime})
    return {fault.path: fault.text for fault in caught.value.faults}


def load_faults(folder: Path, **regime: object) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load_detector(RegimeSettings(**regime), folder=folder)
    return {fault.path: fault.text for fault in caught.value.faults}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.json").write_text(a_model().as_json())
    return tmp_path


class TestTables:
    @pytest.mark.parametrize(
        ("regime", "path", "text"),
        [
            ({"detector": "hnm"}, "detector", 'did you mean "hmm"'),
            ({"detector": "my:"}, "detector", "module:Class"),
            ({"confirms": 1}, "confirms", "unknown key"),
            ({"regime": "bul"}, "regime", 'did you mean "bull"'),
            ({"sample": "second"}, "sample", '"bar" or "tick" or "quote"'),
            ({"bar_interval": "1x"}, "bar_interval", "as in 1m"),
            ({"sample": "tick", "bar_interval": "1s"}, "bar_interval", "is for sample"),
            ({"symbol": "ETHUSDT"}, "symbol", "is not in symbols"),
            ({"min_confidence": 1.5}, "min_confidence", "1.5"),
            ({"confirm": 0}, "confirm", "0"),
            ({"detector": "volatility"}, "volatility.thresholds", "is missing"),
            ({"volatility": VOLATILITY}, "volatility", 'is for detector = "volatility"'),
            (
                {"detector": "volatility", "volatility": VOLATILITY | {"window": 1}},
                "volatility.window",
                "1",
            ),
            (
                {
                    "detector": "volatility",
                    "volatility": {"thresholds": [2, 1], "regimes": ["a", "b", "c"]},
                },
                "volatility.thresholds",
                "above the last",
            ),
            (
                {"detector": "volatility", "volatility": VOLATILITY | {"regimes": ["a"]}},
                "volatility.regimes",
                "expected 2",
            ),
            (
                {"detector": "volatility", "volatility": VOLATILITY | {"regimes": ["a", "a"]}},
                "volatility.regimes",
                "each name once",
            ),
            (
                {"detector": "volatility", "volatility": VOLATILITY | {"regimes": ["a", "B!"]}},
                "volatility.regimes[1]",
                "lower-case",
            ),
            ({"detector": "hmm"}, "hmm.model", "regime fit"),
            ({"hmm": {"model": "m.json"}}, "hmm", 'is for detector = "hmm"'),
            ({"detector": "hmm", "hmm": {"mode": "m"}}, "hmm.mode", 'did you mean "model"'),
            (
                {"detector": "hmm", "hmm": {"model": "m", "features": ["retturn"]}},
                "hmm.features[0]",
                'did you mean "return"',
            ),
            (
                {"detector": "hmm", "hmm": {"model": "m", "features": ["range:0"]}},
                "hmm.features[0]",
                "1 to 10000",
            ),
            ({"detector": "ensemble"}, "members", "at least one"),
            ({"members": [{}]}, "members", 'is for detector = "ensemble"'),
            (
                {"detector": "ensemble", "members": [{"detector": "ensemble"}]},
                "members[0].detector",
                "constant, volatility, hmm",
            ),
            (
                {"detector": "ensemble", "members": [{"weight": 0}]},
                "members[0].weight",
                "above 0",
            ),
            (
                {
                    "detector": "ensemble",
                    "members": [{"detector": "hmm", "hmm": {"model": "m", "retrain_every_s": 5}}],
                },
                "members[0].hmm.retrain_every_s",
                "is not for a member",
            ),
            ({"params": {"a": 1}}, "params", "detector of yours"),
        ],
        ids=lambda value: value if isinstance(value, str) else None,
    )
    def test_each_wrong_key_is_named_with_what_was_expected(self, regime, path, text) -> None:
        found = config_faults(**regime)

        assert [f"regime.{path}"] == list(found)
        assert text in found[f"regime.{path}"]

    def test_what_it_comes_to_reads_back_equal(self) -> None:
        import tomllib

        members = [
            {"detector": "volatility", "weight": 2, "volatility": VOLATILITY},
            {"detector": "my:Own", "params": {"a": [1, "b"]}},
            {"detector": "hmm", "hmm": {"model": "m.json", "features": ["range:5"]}},
        ]
        config = LiveConfig.from_dict(
            {"symbols": ["BTCUSDT"], "regime": {"detector": "ensemble", "members": members}}
        ).frozen()

        again = LiveConfig.from_dict(tomllib.loads(config.describe())).frozen()

        assert config.regime == again.regime


class TestDetectors:
    def test_a_constant_regime_has_no_detector(self) -> None:
        assert load_detector(RegimeSettings()) is None

    def test_a_modelsays_what_it_reads_and_of_which_bars(self, folder: Path) -> None:
        hmm = {"model": "model.json", "digest": a_model().digest, "features": ["return"]}

        found = load_detector(RegimeSettings(detector="hmm", hmm=hmm), folder=folder)

        assert found is not None
        assert (("return:1",), 10**9) == (found.detector.features, found.bar_interval_ns)
        assert {"regime.hmm.model": a_model().as_json()} == found.models

    def test_a_kept_modelstands_in_for_its_file(self, tmp_path: Path) -> None:
        settings = RegimeSettings(detector="hmm", hmm={"model": "gone.json"})
        kept = {"regime.hmm.model": a_model().as_json()}

        found = load_detector(settings, folder=tmp_path, kept=kept)

        assert found is not None
        assert a_model().digest == found.detector.model

    @pytest.mark.parametrize(
        ("regime", "path", "text"),
        [
            ({"hmm": {"model": "none.json"}}, "regime.hmm.model", "no such file"),
            (
                {"hmm": {"model": "model.json", "digest": "sha256:0"}},
                "regime.hmm.digest",
                a_model().digest,
            ),
            (
                {"hmm": {"model": "model.json", "features": ["return:2"]}},
                "regime.hmm.features",
                "was fitted to return:1",
            ),
            (
                {"hmm": {"model": "model.json"}, "sample": "tick"},
                "regime.hmm.model",
                "each bar",
            ),
            (
                {"hmm": {"model": "model.json"}, "bar_interval": "1m"},
                "regime.hmm.model",
                "bars of 1 s",
            ),
        ],
    )
    def test_another_modelthan_the_configured_one_is_refused(
        self, folder: Path, regime, path, text
    ) -> None:
        found = load_faults(folder, detector="hmm", **regime)

        assert [path] == list(found)
        assert text in found[path]

    @pytest.mark.parametrize(
        ("name", "params", "path", "text"),
        [
            ("nowhere_to_be:Found", {}, "regime.detector", "there is no module"),
            (f"{HERE}:UpAndDwn", {}, "regime.detector", 'did you mean "UpAndDown"'),
            (f"{HERE}:HearsRegimes", {}, "regime.detector", "is not a RegimeDetector"),
            (f"{HERE}:NotMade", {}, "regime.detector", "OSError: no disk"),
            (f"{HERE}:UpAndDown", {"most": 1}, "regime.params.most", "unknown parameter"),
            (f"{HERE}:UpAndDown", {"least": -1}, "regime.params", "least is below 0"),
            (f"{HERE}:OddFeatures", {}, "regime.detector", "a feature that there is not"),
        ],
    )
    def test_a_class_of_ones_own_is_told_what_is_wrong(
        self, tmp_path: Path, name, params, path, text
    ) -> None:
        found = load_faults(tmp_path, detector=name, params=params)

        assert [path] == list(found)
        assert text in found[path]

    def test_a_class_of_ones_own_has_its_parameters(self) -> None:
        settings = RegimeSettings(detector=f"{HERE}:UpAndDown", params={"least": 2})

        found = load_detector(settings)

        assert found is not None
        assert {"least": 2.0} == dict(found.detector.params)

    def test_every_fault_of_an_ensemble_is_told(self, tmp_path: Path) -> None:
        members = [
            {"detector": "hmm", "hmm": {"model": "a.json"}},
            {"detector": f"{HERE}:NotMade"},
        ]

        found = load_faults(tmp_path, detector="ensemble", members=members)

        assert ["regime.members[0].hmm.model", "regime.members[1].detector"] == list(found)

    def test_an_ensemble_that_never_looks_is_refused(self, tmp_path: Path) -> None:
        found = load_faults(tmp_path, detector="ensemble", members=[{}])

        assert "reads no feature" in found["regime.detector"]

    def test_quotes_tell_no_volume(self, tmp_path: Path) -> None:
        model = a_model(
            features=("return:1", "volume:5"),
            sample="quote",
            bar_interval_ns=0,
            means=((0.0, 1.0), (0.0, 1.0)),
            covariances=(((1.0, 0.0), (0.0, 1.0)),) * 2,
        )
        (tmp_path / "m.json").write_text(model.as_json())

        found = load_faults(tmp_path, detector="hmm", hmm={"model": "m.json"}, sample="quote")

        assert "which no quote tells" in found["regime.sample"]
