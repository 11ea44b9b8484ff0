"""What finds the market's regime: a class that is given features, sample by sample."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from regimeflow._core.tuples import NamedTuple
from regimeflow.types.enums import RegimeType


class RegimeVerdict(NamedTuple):
    """What a detector makes of the samples so far: a regime, and how probable each one is."""

    name: str
    shares: Mapping[str, float]

    @property
    def confidence(self) -> float:
        """How probable the regime is."""
        return self.shares.get(self.name, 0.0)


def most_probable(shares: Mapping[str, float]) -> RegimeVerdict:
    """Return the verdict for the most probable regime; the first of those that are equal."""
    return RegimeVerdict(max(shares, key=shares.__getitem__), shares)


def regime_type(name: str) -> RegimeType:
    """Return the member of a regime's name; CUSTOM for a name of one's own."""
    found = RegimeType.__members__.get(name.upper(), RegimeType.CUSTOM)
    return found if name == found.name.lower() else RegimeType.CUSTOM


class RegimeDetector(ABC):
    """Finds the regime; write one by overriding ``features`` and ``update``.

    It is named in the configuration as ``module:Class``, and its constructor takes no arguments.
    A class that lists its parameters in ``default_params`` has a misspelt one refused before
    anything connects. One that decides by its arguments and its own state alone replays bit for
    bit.

    Threading: the engine's loop only; nothing may block.
    """

    default_params: ClassVar[Mapping[str, object] | None] = None

    params: Mapping[str, object] = {}

    @property
    def features(self) -> Sequence[str]:
        """What ``update`` is given, as ``("return", "volatility:20")``; asked once."""
        return ("return:1",)

    @property
    def model(self) -> str:
        """What names the model behind the verdicts; "" where there is none."""
        return ""

    def prepare(self) -> None:  # noqa: B027 - most have nothing to do
        """Begin; ``params`` are there. A ValueError says what is wrong with them."""

    @abstractmethod
    def update(self, values: Sequence[float], ts_ns: int) -> RegimeVerdict | None:
        """Take one sample of each feature; return what it comes to, None while that is open."""

    def save_state(self) -> Mapping[str, object]:
        """Return what ``load_state`` needs after a restart, as plain values."""
        return {}

    def load_state(self, state: Mapping[str, object]) -> None:  # noqa: B027 - the same
        """Take what ``save_state`` returned, before the first ``update``."""
