"""Which market regime a session is told, and how it is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, Literal

from regimeflow.types.errors import Fault
from regimeflow.types.frozen import EMPTY_TABLE
from regimeflow.types.intervals import interval_ns_of
from regimeflow.types.reading import near
from regimeflow.types.settings import Settings, setting, table

DETECTORS: Final = ("constant", "volatility", "hmm", "ensemble")
# What a feature is called, and its window where none is given [samples].
FEATURES: Final[Mapping[str, int]] = {
    "return": 1,
    "volatility": 20,
    "range": 1,
    "volume": 20,
    "spread": 1,
    "trend": 20,
}
LONGEST_WINDOW: Final = 10_000
_LONGEST_NAME: Final = 31
_WINDOW_DIGITS: Final = 5


def parse_feature(text: str) -> tuple[str, int]:
    """Return the name and the window of ``"volatility:20"``, or of ``"volatility"``.

    Raises:
        ValueError: it is no feature; says what was expected.
    """
    name, colon, digits = text.partition(":")
    if name not in FEATURES:
        listed = ", ".join(FEATURES)
        raise ValueError(f"one of {listed}, with a window as in volatility:20")
    if not colon:
        return name, FEATURES[name]
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= _WINDOW_DIGITS
    if not is_number or not 1 <= int(digits) <= LONGEST_WINDOW:
        raise ValueError(f"a window of 1 to {LONGEST_WINDOW} samples, as in {name}:20")
    return name, int(digits)


def feature_text(text: str) -> str:
    """Return a feature as models name it: always with its window."""
    name, window = parse_feature(text)
    return f"{name}:{window}"


def is_regime_name(name: str) -> bool:
    """Whether a regime may be called so."""
    word = name.replace("-", "_")
    return word.isascii() and word.isidentifier() and word.lower() == word and _fits(word)


def _fits(word: str) -> bool:
    return len(word) <= _LONGEST_NAME


def _feature_fault(text: str) -> str | None:
    try:
        parse_feature(text)
    except ValueError as error:
        return f"{error}{near(text.partition(':')[0], [*FEATURES])}"
    return None


def _name_fault(text: str) -> str | None:
    if is_regime_name(text):
        return None
    return (
        f"at most {_LONGEST_NAME} lower-case letters, digits, '_' and '-', beginning with a letter"
    )


def _detector_fault(name: str, known: Sequence[str] = DETECTORS) -> str | None:
    module, colon, class_name = name.partition(":")
    words = [*module.split("."), class_name]
    if name in known or (colon and all(word.isidentifier() for word in words)):
        return None
    return f'"module:Class" or one of {", ".join(known)}{near(name, list(known))}'


def _member_fault(name: str) -> str | None:
    return _detector_fault(name, DETECTORS[:-1])


def _interval_fault(text: str) -> str | None:
    try:
        interval_ns_of(text)
    except ValueError:
        return "a number and s, m, h or d, as in 1m"
    return None


class VolatilitySettings(Settings):
    """Regimes by realised volatility: levels with a band around each threshold."""

    window: int = setting(
        20, "Samples over which volatility is taken.", at_least=2, at_most=LONGEST_WINDOW
    )
    thresholds: tuple[float, ...] = setting(
        (), "Volatility per sample that parts one regime from the next, rising.", above=0
    )
    regimes: tuple[str, ...] = setting(
        (), "Names of the regimes, calmest first: one more than thresholds.", check=_name_fault
    )
    band_pct: float = setting(
        10.0,
        "How far beyond a threshold volatility must be for a change.",
        at_least=0,
        at_most=99,
    )

    def faults_together(self) -> Iterator[Fault]:
        """Thresholds rise, and each regime has its level."""
        if any(low >= high for low, high in pairwise(self.thresholds)):
            yield Fault("thresholds", f"found {[*self.thresholds]}; expected each above the last")
        if self.thresholds and len(self.regimes) != len(self.thresholds) + 1:
            expected = f"expected {len(self.thresholds) + 1}, one more than thresholds"
            yield Fault("regimes", f"found {len(self.regimes)} names; {expected}")
        if len(set(self.regimes)) < len(self.regimes):
            yield Fault("regimes", f"found {[*self.regimes]}; expected each name once")


class HmmSettings(Settings):
    """Regimes by a hidden Markov model, which ``regimeflow-live regime fit`` makes."""

    model: str | None = setting(None, "The model's file.", also=("path", "file", "model_path"))
    digest: str | None = setting(
        None, "The model's digest, sha256:...; with it no other model is taken."
    )
    features: tuple[str, ...] = setting(
        (),
        "What the model must read; none: what it was fitted to.",
        check=_feature_fault,
    )
    retrain_every_s: float | None = setting(
        None, "How often the model is fitted again; none: never.", above=0, at_most=31_536_000
    )
    retrain_samples: int = setting(
        2_000, "How many of the last samples it is fitted to.", at_least=100, at_most=100_000
    )


class RegimeMember(Settings):
    """One detector of an ensemble."""

    detector: str = setting("constant", "How it finds the regime.", check=_member_fault)
    weight: float = setting(1.0, "What its vote counts.", above=0, at_most=1_000_000)
    regime: Literal["bull", "neutral", "bear", "crisis"] = setting(
        "neutral", "The regime that the constant detector tells."
    )
    volatility: VolatilitySettings = table(VolatilitySettings, "Of the volatility detector.")
    hmm: HmmSettings = table(HmmSettings, "Of the hmm detector; it is not fitted again.")
    params: Mapping[str, object] = setting(EMPTY_TABLE, "What a detector of yours is given.")

    def faults_together(self) -> Iterator[Fault]:
        """What one detector needs, and another has no use for."""
        yield from _faults_of(self.detector, self.volatility, self.hmm, self.params)
        if self.hmm.retrain_every_s is not None:
            text = "is not for a member of an ensemble; expected it in [regime.hmm] alone"
            yield Fault("hmm.retrain_every_s", text)


class RegimeSettings(Settings):
    """Which market regime the strategies are told."""

    detector: str = setting(
        "constant",
        "How the regime is found: constant, volatility, hmm, ensemble, or module:Class.",
        check=_detector_fault,
        also=("model", "type"),
    )
    regime: Literal["unknown", "bull", "neutral", "bear", "crisis"] = setting(
        "neutral", "The regime that the constant detector tells."
    )
    symbol: str | None = setting(None, "Whose market is looked at; none: the first of symbols.")
    sample: Literal["bar", "tick", "quote"] = setting(
        "bar", "What each look is taken at: closed bars, trades, or quotes."
    )
    bar_interval: str | None = setting(
        None, "Of which bars, such as 1m; none: whatever bars there are.", check=_interval_fault
    )
    min_confidence: float = setting(
        0.6, "How probable another regime must be before it is told.", at_least=0, at_most=1
    )
    confirm: int = setting(
        1, "In how many samples on end it must be so.", at_least=1, at_most=10_000
    )
    volatility: VolatilitySettings = table(VolatilitySettings, "Of the volatility detector.")
    hmm: HmmSettings = table(HmmSettings, "Of the hmm detector.")
    members: tuple[RegimeMember, ...] = setting((), "The detectors of an ensemble.")
    params: Mapping[str, object] = setting(EMPTY_TABLE, "What a detector of yours is given.")

    def faults_together(self) -> Iterator[Fault]:
        """What one detector needs, and another has no use for."""
        yield from _faults_of(self.detector, self.volatility, self.hmm, self.params)
        if self.detector == "ensemble" and not self.members:
            yield Fault("members", "found none; expected at least one detector")
        if self.detector != "ensemble" and self.members:
            yield Fault("members", _of_another("ensemble", self.detector))
        if self.sample != "bar" and self.bar_interval is not None:
            yield Fault("bar_interval", f'is for sample = "bar"; sample is "{self.sample}"')


def _faults_of(
    detector: str, volatility: VolatilitySettings, hmm: HmmSettings, params: Mapping[str, object]
) -> Iterator[Fault]:
    if detector == "volatility":
        if not volatility.thresholds:
            yield Fault("volatility.thresholds", "is missing; expected at least one number above 0")
    elif volatility != VolatilitySettings():
        yield Fault("volatility", _of_another("volatility", detector))
    if detector == "hmm":
        if hmm.model is None:
            text = "is missing; expected a file that `regimeflow-live regime fit` has made"
            yield Fault("hmm.model", text)
    elif hmm != HmmSettings():
        yield Fault("hmm", _of_another("hmm", detector))
    if detector in DETECTORS and params:
        yield Fault("params", f'is for a detector of yours; detector is "{detector}"')


def _of_another(theirs: str, ours: str) -> str:
    return f'is for detector = "{theirs}"; detector is "{ours}"'
