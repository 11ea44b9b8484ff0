"""The hidden Markov model online: filtered probabilities, one sample at a time.

In plain arithmetic and in logarithms: nothing underflows, however improbable a sample is or
however long the session, and a replay gives the same to the last bit. A sample costs O(states^2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, cast

from regimeflow.domain.regime.detector import RegimeDetector, RegimeVerdict, most_probable
from regimeflow.domain.regime.model import HmmModel, cholesky

_NEVER: Final = -math.inf
_LOG_2_PI: Final = math.log(2 * math.pi)


def log_sum_exp(values: Sequence[float]) -> float:
    """Return the logarithm of the sum of what values are the logarithms of."""
    highest = max(values)
    if highest == _NEVER:
        return _NEVER
    return highest + math.log(math.fsum(math.exp(each - highest) for each in values))


class _Gaussian:
    """The logarithm of one state's density."""

    def __init__(self, mean: Sequence[float], covariance: Sequence[Sequence[float]]) -> None:
        lower = cholesky(covariance)
        if lower is None:
            raise ValueError(f"found {covariance}, which is no covariance")
        self._mean: Final = mean
        self._lower: Final = lower
        log_root = math.fsum(math.log(row[i]) for i, row in enumerate(lower))
        self._constant: Final = -0.5 * len(mean) * _LOG_2_PI - log_root

    def log_density(self, values: Sequence[float]) -> float:
        """Return it at a point."""
        away: list[float] = []  # from the mean, in units of the state's own spread
        squares = 0.0
        for i, row in enumerate(self._lower):
            rest = values[i] - self._mean[i]
            for k in range(i):
                rest -= row[k] * away[k]
            one = rest / row[i]
            away.append(one)
            squares += one * one
        found = self._constant - 0.5 * squares
        return found if found == found else _NEVER  # noqa: PLR0124 - not a number: too far away


class HmmFilter:
    """The probability of each state, given all samples so far.

    Attributes:
        log_shares: Their logarithms; None before the first sample.
    """

    def __init__(self, model: HmmModel) -> None:
        self.log_shares: list[float] | None = None
        self._start: Final = [_log(each) for each in model.start]
        columns = zip(*model.transition, strict=True)
        self._into: Final = [[_log(each) for each in column] for column in columns]
        self._gaussians: Final = [
            _Gaussian(mean, covariance)
            for mean, covariance in zip(model.means, model.covariances, strict=True)
        ]

    @property
    def shares(self) -> list[float]:
        """The probabilities of the states; those of the start before the first sample."""
        logs = self._start if self.log_shares is None else self.log_shares
        return [math.exp(each) for each in logs]

    def update(self, values: Sequence[float]) -> float:
        """Take a sample; return the logarithm of how probable it was, given those before.

        One that is impossible in every state (beyond what a float holds) says nothing: the
        probabilities are those that were foreseen.
        """
        before = self.log_shares
        if before is None:
            foreseen = self._start
        else:
            foreseen = [
                log_sum_exp([share + step for share, step in zip(before, steps, strict=True)])
                for steps in self._into
            ]
        joint = [
            share + gaussian.log_density(values)
            for share, gaussian in zip(foreseen, self._gaussians, strict=True)
        ]
        highest = max(joint)
        is_possible = highest != _NEVER
        if not is_possible:
            joint, highest = foreseen, max(foreseen)
        # The highest is taken off first: of far samples it is so large that a sum would be rounded.
        shares = [each - highest for each in joint]
        total = log_sum_exp(shares)
        self.log_shares = [each - total for each in shares]
        return highest + total if is_possible else _NEVER


class HmmDetector(RegimeDetector):
    """Tells the regime that the model's states come to.

    The probability of a regime is that of all the states that bear its name.
    """

    def __init__(self, model: HmmModel) -> None:
        self._model = model
        self._filter = HmmFilter(model)

    @property
    def features(self) -> Sequence[str]:
        """What the model was fitted to."""
        return self._model.features

    @property
    def model(self) -> str:
        """The model's digest."""
        return self._model.digest

    @property
    def hmm(self) -> HmmModel:
        """The model."""
        return self._model

    def update(self, values: Sequence[float], ts_ns: int) -> RegimeVerdict:
        """Filter one sample."""
        del ts_ns
        self._filter.update(values)
        return self._verdict()

    def swap(self, model: HmmModel, rows: Sequence[Sequence[float]]) -> None:
        """Go on with another model of the same features, as if it had seen the last samples."""
        fresh = HmmFilter(model)
        for row in rows:
            fresh.update(row)
        self._model, self._filter = model, fresh

    def _verdict(self) -> RegimeVerdict:
        shares: dict[str, float] = {}
        for name, share in zip(self._model.regimes, self._filter.shares, strict=True):
            shares[name] = shares.get(name, 0.0) + share
        return most_probable(shares)

    def save_state(self) -> Mapping[str, object]:
        """The states' probabilities; what is impossible is None."""
        logs = self._filter.log_shares
        kept = None if logs is None else [each if each > _NEVER else None for each in logs]
        return {"log_shares": kept}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Have those probabilities."""
        kept = cast("Sequence[float | None] | None", state.get("log_shares"))
        if kept is None:
            return
        if len(kept) != self._model.states:
            raise ValueError(f"found {len(kept)} states; expected {self._model.states}")
        self._filter.log_shares = [_NEVER if each is None else float(each) for each in kept]


def _log(share: float) -> float:
    return math.log(share) if share else _NEVER
