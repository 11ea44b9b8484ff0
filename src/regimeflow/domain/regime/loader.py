"""From the table ``[regime]`` to a detector that is ready to look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.domain.modules import module_of, near_name
from regimeflow.domain.regime.detector import RegimeDetector
from regimeflow.domain.regime.ensemble import EnsembleDetector, Member
from regimeflow.domain.regime.hmm import HmmDetector
from regimeflow.domain.regime.model import HmmModel, model_of, read_model
from regimeflow.domain.regime.volatility import ConstantDetector, VolatilityDetector
from regimeflow.domain.strategy.loader import merged_params
from regimeflow.types.config import HmmSettings, RegimeMember, RegimeSettings
from regimeflow.types.config.regime import feature_text
from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.intervals import interval_ns_of

if TYPE_CHECKING:
    from pathlib import Path


class Loaded(NamedTuple):
    """A detector, the bars that it looks at, and the models behind it.

    ``bar_interval_ns``: None: whatever bars there are. ``models``: by the key that names them,
    their files' text.
    """

    detector: RegimeDetector
    bar_interval_ns: int | None
    models: Mapping[str, str]


def load_detector(
    settings: RegimeSettings,
    *,
    folder: Path | None = None,
    kept: Mapping[str, str] | None = None,
) -> Loaded | None:
    """Make the detector that a configuration names; None: the regime is constant.

    Args:
        settings: The table.
        folder: The configuration file's: modules and models are found from it.
        kept: Models as another session read them, by the key that names them; they stand in for
            the files.

    Raises:
        ConfigError: lists every fault: a class or a model that is not there, was changed, or is of
            other features.
    """
    if settings.detector == "constant":
        return None
    shelf = _Shelf(settings, folder, kept)
    if settings.detector != "ensemble":
        detector = _one(settings, "regime", shelf)
    else:
        detector = _ensemble(settings.members, shelf)
    faults = [*_feature_faults(detector, settings), *_interval_faults(settings, shelf)]
    if faults:
        raise ConfigError(faults)
    intervals = {each.bar_interval_ns for each in shelf.models.values()} - {0}
    own = settings.bar_interval
    interval_ns = interval_ns_of(own) if own is not None else next(iter(intervals), None)
    return Loaded(detector, interval_ns, {key: m.as_json() for key, m in shelf.models.items()})


class _Shelf:
    """The models that a configuration names."""

    def __init__(
        self, settings: RegimeSettings, folder: Path | None, kept: Mapping[str, str] | None
    ) -> None:
        self.models: Final[dict[str, HmmModel]] = {}
        self.folder: Final = folder
        self._sample: Final = settings.sample
        self._kept: Final = kept or {}

    def model(self, settings: HmmSettings, path: str) -> HmmModel:
        """Return a model that is what its settings say."""
        import os

        key = f"{path}.hmm.model"
        if key in self._kept:
            model = model_of(self._kept[key], key)
        else:
            file = os.path.expanduser(settings.model or "")  # noqa: PTH111 - pathlib is dear
            model = read_model(os.path.join(self.folder or "", file), key)  # noqa: PTH118
        self.models[key] = model
        faults = [*self._faults(model, settings, path)]
        if faults:
            raise ConfigError(faults)
        return model

    def _faults(self, model: HmmModel, settings: HmmSettings, path: str) -> Iterator[Fault]:
        key = f"{path}.hmm"
        if settings.digest is not None and settings.digest != model.digest:
            text = f"found {settings.digest}; the model in the file is {model.digest}"
            yield Fault(f"{key}.digest", text)
        wanted = tuple(feature_text(each) for each in settings.features)
        if wanted and wanted != model.features:
            text = f"found {', '.join(wanted)}; the model was fitted to"
            yield Fault(f"{key}.features", f"{text} {', '.join(model.features)}")
        if model.sample != self._sample:
            text = f"was fitted to each {model.sample}; regime.sample is {self._sample}"
            yield Fault(f"{key}.model", text)


def _one(settings: RegimeSettings | RegimeMember, path: str, shelf: _Shelf) -> RegimeDetector:
    if settings.detector == "constant":
        return ConstantDetector(settings.regime)
    if settings.detector == "volatility":
        return VolatilityDetector(settings.volatility)
    if settings.detector == "hmm":
        return HmmDetector(shelf.model(settings.hmm, path))
    return _of_class(settings.detector, settings.params, path, shelf.folder)


def _ensemble(members: Sequence[RegimeMember], shelf: _Shelf) -> RegimeDetector:
    made: list[Member] = []
    faults: list[Fault] = []
    for place, each in enumerate(members):
        try:
            detector = _one(each, f"regime.members[{place}]", shelf)
            made.append(Member(detector, each.weight))
        except ConfigError as error:
            faults.extend(error.faults)
    if faults:
        raise ConfigError(faults)
    return EnsembleDetector(made)


def _of_class(
    name: str, params: Mapping[str, object], path: str, folder: Path | None
) -> RegimeDetector:
    module_name, _, class_name = name.partition(":")
    key = f"{path}.detector"
    module = module_of(module_name, folder, key)
    cls = getattr(module, class_name, None)
    if cls is None:
        here = [each for each, value in vars(module).items() if _is_detector(value)]
        own = ", ".join(here) or "no detector"
        text = f"{module_name} has no {class_name}; it has {own}{near_name(class_name, here)}"
        raise ConfigError([Fault(key, text)])
    if not _is_detector(cls):
        text = f"{name} is not a RegimeDetector; derive it from regimeflow.live.RegimeDetector"
        raise ConfigError([Fault(key, text)])
    try:
        detector: RegimeDetector = cls()
    except Exception as raised:  # a user's constructor may raise anything
        text = f"{name} could not be made: {type(raised).__name__}: {raised}"
        raise ConfigError([Fault(key, text)]) from raised
    detector.params = merged_params(detector, params, path=f"{path}.params")
    try:
        detector.prepare()
    except Exception as raised:  # a user's method may raise anything
        text = f"{name} refused: {type(raised).__name__}: {raised}"
        raise ConfigError([Fault(f"{path}.params", text)]) from raised
    return detector


def _is_detector(value: object) -> bool:
    is_class = isinstance(value, type) and issubclass(value, RegimeDetector)
    return is_class and value is not RegimeDetector


def _feature_faults(detector: RegimeDetector, settings: RegimeSettings) -> Iterator[Fault]:
    try:
        names = [feature_text(each) for each in detector.features]
    except (TypeError, ValueError, AttributeError) as error:
        yield Fault("regime.detector", f"reads a feature that there is not; expected {error}")
        return
    if not names:
        text = "reads no feature: it would never look; for one regime there is constant"
        yield Fault("regime.detector", text)
    if settings.sample == "quote":
        for name in names:
            if name.startswith("volume:"):
                text = f"reads {name}, which no quote tells; expected sample = bar or tick"
                yield Fault("regime.sample", text)


def _interval_faults(settings: RegimeSettings, shelf: _Shelf) -> Iterator[Fault]:
    if settings.sample != "bar":
        return
    own = settings.bar_interval
    wanted = 0 if own is None else interval_ns_of(own)
    for key, model in shelf.models.items():
        wanted = wanted or model.bar_interval_ns
        if model.bar_interval_ns and model.bar_interval_ns != wanted:
            text = f"was fitted to bars of {model.bar_interval_ns / 1e9:g} s"
            yield Fault(key, f"{text}; the others, or regime.bar_interval, have {wanted / 1e9:g} s")
