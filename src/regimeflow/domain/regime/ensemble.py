"""Several detectors, each with a vote that counts as much as is configured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, cast

from regimeflow._core.tuples import NamedTuple
from regimeflow.domain.regime.detector import RegimeDetector, RegimeVerdict, most_probable
from regimeflow.types.config.regime import feature_text


class Member(NamedTuple):
    """A detector and the weight of its vote."""

    detector: RegimeDetector
    weight: float


class EnsembleDetector(RegimeDetector):
    """Gives each regime the mean of its probabilities, weighted.

    A member that has no verdict yet does not vote. Where regimes are equally probable, the one
    that an earlier member names first is told.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members: Final = tuple(members)
        wanted = [[feature_text(name) for name in each.detector.features] for each in members]
        self._features: Final = tuple(dict.fromkeys(name for names in wanted for name in names))
        self._places: Final = [[self._features.index(name) for name in names] for names in wanted]

    @property
    def features(self) -> Sequence[str]:
        """All that its members want."""
        return self._features

    @property
    def model(self) -> str:
        """Its members' models."""
        return ",".join(each.detector.model for each in self._members if each.detector.model)

    def update(self, values: Sequence[float], ts_ns: int) -> RegimeVerdict | None:
        """Let each member vote."""
        votes: dict[str, list[float]] = {}
        weights = []
        for (detector, weight), places in zip(self._members, self._places, strict=True):
            verdict = detector.update([values[place] for place in places], ts_ns)
            if verdict is None:
                continue
            weights.append(weight)
            for name, share in verdict.shares.items():
                votes.setdefault(name, []).append(weight * share)
        if not weights:
            return None
        total = math.fsum(weights)
        return most_probable({name: math.fsum(each) / total for name, each in votes.items()})

    def save_state(self) -> Mapping[str, object]:
        """What each member has."""
        return {"members": [dict(each.detector.save_state()) for each in self._members]}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Give each member its own."""
        kept = cast("Sequence[Mapping[str, object]]", state.get("members", ()))
        if len(kept) != len(self._members):
            raise ValueError(f"found {len(kept)} members; expected {len(self._members)}")
        for member, each in zip(self._members, kept, strict=True):
            member.detector.load_state(each)
