"""Regimes by realised volatility, and the regime that never changes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from regimeflow.domain.regime.detector import RegimeDetector, RegimeVerdict
from regimeflow.types.config import VolatilitySettings


class ConstantDetector(RegimeDetector):
    """Tells one regime, whatever happens: a fixed vote in an ensemble."""

    def __init__(self, regime: str) -> None:
        self._verdict: Final = RegimeVerdict(regime, {regime: 1.0})

    @property
    def features(self) -> Sequence[str]:
        """None."""
        return ()

    def update(self, values: Sequence[float], ts_ns: int) -> RegimeVerdict:
        """Tell it."""
        del values, ts_ns
        return self._verdict


class VolatilityDetector(RegimeDetector):
    """Levels of volatility, with a band around each threshold in which nothing changes.

    A level is left upwards above ``threshold * (1 + band)`` and downwards below
    ``threshold * (1 - band)``. The probability of a level is that of the true volatility being in
    it: the logarithm of a volatility of n returns has a standard error of about 1/sqrt(2 n).
    """

    def __init__(self, settings: VolatilitySettings) -> None:
        self._settings: Final = settings
        self._thresholds: Final = settings.thresholds
        self._band: Final = settings.band_pct / 100
        self._error: Final = 1 / math.sqrt(2 * settings.window)
        self._level: int | None = None

    @property
    def features(self) -> Sequence[str]:
        """Volatility over the window."""
        return (f"volatility:{self._settings.window}",)

    @property
    def level(self) -> int | None:
        """How many thresholds are below; None before the first sample."""
        return self._level

    def update(self, values: Sequence[float], ts_ns: int) -> RegimeVerdict:
        """Go up or down as far as it takes."""
        del ts_ns
        volatility, thresholds = values[0], self._thresholds
        level = self._level
        if level is None:
            level = sum(volatility > each for each in thresholds)
        while level < len(thresholds) and volatility > thresholds[level] * (1 + self._band):
            level += 1
        while level and volatility < thresholds[level - 1] * (1 - self._band):
            level -= 1
        self._level = level
        below = [0.0, *(self._below(volatility, each) for each in thresholds), 1.0]
        names = self._settings.regimes
        shares = {name: below[i + 1] - below[i] for i, name in enumerate(names)}
        return RegimeVerdict(names[level], shares)

    def _below(self, volatility: float, threshold: float) -> float:
        """How probable it is that the true volatility is below a threshold."""
        if volatility <= 0:
            return 1.0
        z = math.log(threshold / volatility) / self._error
        return 0.5 * (1 + math.erf(z / math.sqrt(2)))

    def save_state(self) -> Mapping[str, object]:
        """The level."""
        return {"level": self._level}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Be at that level."""
        level = state.get("level")
        if level is not None and level not in range(len(self._thresholds) + 1):
            raise ValueError(f"found level {level!r}; expected 0 to {len(self._thresholds)}")
        self._level = level if isinstance(level, int) else None
