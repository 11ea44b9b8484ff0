"""Detectors, models and markets for tests of regimes."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import ClassVar

from regimeflow._core.messages import Bar
from regimeflow.domain.regime.model import HmmModel
from regimeflow.live import RegimeDetector, RegimeTransition, RegimeVerdict, Strategy

SECOND_NS = 1_000_000_000
HERE = "tests.support.regimes"


def a_model(**changes: object) -> HmmModel:
    """Return a model of a calm and a wild state."""
    values: dict[str, object] = {
        "features": ("return:1",),
        "sample": "bar",
        "bar_interval_ns": SECOND_NS,
        "symbol": "BTCUSDT",
        "start": (0.5, 0.5),
        "transition": ((0.95, 0.05), (0.1, 0.9)),
        "means": ((0.0,), (0.0,)),
        "covariances": (((1e-10,),), ((1e-6,),)),
        "regimes": ("neutral", "crisis"),
        "trained": {"order": "volatility", "starts": 2, "iterations": 20},
    }
    return HmmModel(**{**values, **changes})


def bars(count: int, *, seed: int = 1, wild_from: int | None = None) -> list[Bar]:
    """Return bars of a second each, a hundred times as wild from one of them on."""
    dice, px, made = random.Random(seed), 60_000.0, []
    for number in range(count):
        size = 1e-3 if wild_from is not None and number >= wild_from else 1e-5
        opened, px = px, px * math.exp(dice.gauss(0, size))
        made.append(a_bar(number + 1, opened, px))
    return made


def a_bar(second: int, opened: float, closed: float, **changes: object) -> Bar:
    """Return a bar that closes at a second."""
    low, high = sorted([round(opened, 2), round(closed, 2)])
    return Bar(
        str(changes.pop("symbol", "BTCUSDT")),
        round(opened, 2),
        high,
        low,
        round(closed, 2),
        1,
        **{
            "interval_ns": SECOND_NS,
            "ts_event_ns": second * SECOND_NS,
            "ts_recv_ns": second * SECOND_NS,
            **changes,
        },
    )


class UpAndDown(RegimeDetector):
    """Tells bull where the price rose, bear where it fell, and counts its samples."""

    default_params: ClassVar = {"least": 0.0}

    def __init__(self) -> None:
        self.count = 0

    def prepare(self) -> None:
        if float(str(self.params["least"])) < 0:
            raise ValueError("least is below 0")

    def update(self, values: Sequence[float], ts_ns: int) -> RegimeVerdict | None:
        self.count += 1
        if abs(values[0]) <= float(str(self.params["least"])):
            return None
        name = "bull" if values[0] > 0 else "bear"
        return RegimeVerdict(name, {name: 1.0})

    def save_state(self) -> Mapping[str, object]:
        return {"count": self.count}

    def load_state(self, state: Mapping[str, object]) -> None:
        self.count = int(str(state["count"]))


class Broken(RegimeDetector):
    """Raises at every sample."""

    def update(self, values: Sequence[float], ts_ns: int) -> RegimeVerdict | None:
        raise ZeroDivisionError("no regime today")


class Senseless(RegimeDetector):
    """Tells what is no probability."""

    def update(self, values: Sequence[float], ts_ns: int) -> RegimeVerdict | None:
        return RegimeVerdict("bull", {"bull": math.nan})


class NotMade(RegimeDetector):
    """Cannot be made."""

    def __init__(self) -> None:
        raise OSError("no disk")

    def update(self, values: Sequence[float], ts_ns: int) -> RegimeVerdict | None:
        return None


class OddFeatures(UpAndDown):
    """Reads what there is not."""

    @property
    def features(self) -> Sequence[str]:
        return ("moon",)


class HearsRegimes(Strategy):
    """Notes each change, and what its context says meanwhile."""

    def __init__(self) -> None:
        self.heard: list[tuple[RegimeTransition, str]] = []
        self.at_bars: list[str] = []

    def on_regime_change(self, transition: RegimeTransition) -> None:
        self.heard.append((transition, self.ctx.regime.name))

    def on_bar(self, bar: Bar) -> None:
        self.at_bars.append(self.ctx.regime.name)
