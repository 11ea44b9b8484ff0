"""Features: what a detector is told of the market, one row of numbers for each sample.

Each is worked out from its window alone, in plain arithmetic, so that the same samples give the
same numbers to the last bit, whatever came before, in a replay and after a restart.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.types.config.regime import feature_text, parse_feature


class Sample(NamedTuple):
    """One look at the market; ``spread`` is a share of the mid, None while there is no quote."""

    ts_ns: int
    px: float
    high_px: float
    low_px: float
    volume: float
    spread: float | None


def warm_up_of(feature: str) -> int:
    """Return how many samples a feature needs before its first value."""
    name, window = parse_feature(feature)
    return window + 1 if name in ("return", "volatility", "trend") else window


class _Window(ABC):
    """The last values that a feature is made of."""

    def __init__(self, window: int) -> None:
        self.values: deque[float] = deque(maxlen=window)

    @property
    def is_full(self) -> bool:
        return len(self.values) == self.values.maxlen

    @abstractmethod
    def add(self, sample: Sample, log_return: float | None) -> None:
        """Take what this feature is made of."""

    @abstractmethod
    def value(self) -> float:
        """The feature, once the window is full."""


class _Return(_Window):
    """The logarithm of how much the price changed over the window."""

    def add(self, sample: Sample, log_return: float | None) -> None:
        del sample
        if log_return is not None:
            self.values.append(log_return)

    def value(self) -> float:
        return math.fsum(self.values)


class _Volatility(_Return):
    """The root of the mean squared log return of a sample."""

    def value(self) -> float:
        return math.sqrt(math.fsum(each * each for each in self.values) / len(self.values))


class _Trend(_Return):
    """The way made over the way gone: 1 straight up, -1 straight down, 0 nowhere."""

    def value(self) -> float:
        gone = math.fsum(map(abs, self.values))
        return math.fsum(self.values) / gone if gone else 0.0


class _Range(_Window):
    """The logarithm of the highest price over the lowest."""

    def __init__(self, window: int) -> None:
        super().__init__(2 * window)  # high and low by turns

    def add(self, sample: Sample, log_return: float | None) -> None:
        del log_return
        self.values.append(sample.high_px)
        self.values.append(sample.low_px)

    def value(self) -> float:
        return math.log(max(self.values) / min(self.values))


class _Volume(_Window):
    """The last volume over the mean of the window; 1 where nothing was traded at all."""

    def add(self, sample: Sample, log_return: float | None) -> None:
        del log_return
        self.values.append(sample.volume)

    def value(self) -> float:
        mean = math.fsum(self.values) / len(self.values)
        return self.values[-1] / mean if mean else 1.0


class _Spread(_Window):
    """The mean spread, as a share of the mid."""

    def add(self, sample: Sample, log_return: float | None) -> None:
        del log_return
        if sample.spread is not None:
            self.values.append(sample.spread)

    def value(self) -> float:
        return math.fsum(self.values) / len(self.values)


_KINDS: Final[Mapping[str, type[_Window]]] = {
    "return": _Return,
    "volatility": _Volatility,
    "range": _Range,
    "volume": _Volume,
    "spread": _Spread,
    "trend": _Trend,
}


class FeatureSet:
    """Several features of one market.

    Attributes:
        names: What they are, each with its window.
        warm_up: How many samples pass before the first row.
        passed_over: Samples whose prices have no logarithm, and were left out.
    """

    def __init__(self, features: Sequence[str]) -> None:
        self.names: Final = tuple(feature_text(each) for each in features)
        self.warm_up: Final = max(map(warm_up_of, self.names))
        self.passed_over = 0
        self._last_px: float | None = None
        parsed = map(parse_feature, self.names)
        self._windows: Final = [_KINDS[name](window) for name, window in parsed]

    def update(self, sample: Sample) -> tuple[float, ...] | None:
        """Take a sample; return a value for each feature, None while one has too few samples."""
        if not (sample.low_px > 0 and sample.px > 0 and math.isfinite(sample.high_px)):
            self.passed_over += 1
            return None
        last_px, self._last_px = self._last_px, sample.px
        log_return = None if last_px is None else math.log(sample.px / last_px)
        is_full = True
        for window in self._windows:
            window.add(sample, log_return)
            is_full = is_full and window.is_full
        return tuple([window.value() for window in self._windows]) if is_full else None

    def save_state(self) -> dict[str, object]:
        """Return what ``load_state`` needs."""
        return {
            "last_px": self._last_px,
            "windows": {
                name: list(window.values)
                for name, window in zip(self.names, self._windows, strict=True)
            },
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take what ``save_state`` returned, of the same features."""
        last_px, windows = state["last_px"], state["windows"]
        self._last_px = None if last_px is None else float(last_px)
        for name, window in zip(self.names, self._windows, strict=True):
            window.values.clear()
            window.values.extend(map(float, windows[name]))
