"""Fitting a Gaussian hidden Markov model by expectation and maximisation, in NumPy.

Samples are brought to mean 0 and variance 1 first. Several starts are taken side by side from one
seed; the one that explains the samples best is kept. Two floors keep it sound: no covariance has an
eigenvalue below ``COVARIANCE_FLOOR`` of the features' own variance, and no transition is less
probable than ``SHARE_FLOOR``, so that a step never comes to nothing, and nothing underflows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from regimeflow._core.tuples import NamedTuple
from regimeflow.types.errors import Fault, InvalidArgument

COVARIANCE_FLOOR: Final = 1e-4
SHARE_FLOOR: Final = 1e-8
_STAYS: Final = 0.9  # how probable it is at first that a state lasts

Array = npt.NDArray[np.float64]


class Fitted(NamedTuple):
    """A model's numbers, states in no order, and how the fit went."""

    start: list[float]
    transition: list[list[float]]
    means: list[list[float]]
    covariances: list[list[list[float]]]
    log_likelihood: float
    rounds: int
    is_converged: bool


class _Guess(NamedTuple):
    """Parameters of all starts at once: the first axis is the start's number."""

    start: Array  # starts, states
    transition: Array  # starts, states, states
    means: Array  # starts, states, features
    covariances: Array  # starts, states, features, features


def fit(
    rows: Sequence[Sequence[float]],
    *,
    states: int,
    starts: int,
    seed: int,
    iterations: int,
    tolerance: float,
) -> Fitted:
    """Fit a model.

    Args:
        rows: One sample each.
        states: How many there are to be.
        starts: How many first guesses are followed.
        seed: What they are drawn from.
        iterations: The most rounds.
        tolerance: It is over when the best start gains less than this per sample.

    Raises:
        InvalidArgument: a feature is no finite number, or never changes.
    """
    samples = np.asarray(rows, dtype=np.float64)
    centre, scale = samples.mean(axis=0), samples.std(axis=0)
    faults = [
        Fault(f"features[{i}]", "is the same in every sample, or no finite number")
        for i in range(samples.shape[1])
        if not np.isfinite(scale[i]) or scale[i] <= 1e-12 * (abs(centre[i]) + 1e-300)
    ]
    if faults:
        raise InvalidArgument(faults)
    samples = (samples - centre) / scale
    guess = _first(samples, states, starts, np.random.Generator(np.random.PCG64(seed)))
    before, rounds, is_converged = -np.inf, 0, False
    while True:
        shares, steps, evidence = _expected(samples, guess)
        best = int(evidence.argmax())
        is_converged = bool(evidence[best] - before < tolerance * len(samples))
        if is_converged or rounds == iterations:
            break
        before, rounds = evidence[best], rounds + 1
        guess = _best(samples, shares, steps)
    covariances = guess.covariances[best] * np.outer(scale, scale)
    covariances = (covariances + covariances.transpose(0, 2, 1)) / 2
    return Fitted(
        start=guess.start[best].tolist(),
        transition=guess.transition[best].tolist(),
        means=(guess.means[best] * scale + centre).tolist(),
        covariances=covariances.tolist(),
        log_likelihood=float(evidence[best]) - len(samples) * float(np.log(scale).sum()),
        rounds=rounds,
        is_converged=is_converged,
    )


def _first(samples: Array, states: int, starts: int, dice: np.random.Generator) -> _Guess:
    """Return first guesses: the first parts samples by their size, the others are drawn."""
    count, width = samples.shape
    size = np.linalg.norm(samples, axis=1)
    parts = np.array_split(np.argsort(size, kind="stable"), states)
    means = np.empty((starts, states, width))
    covariances = np.empty((starts, states, width, width))
    covariances[:] = np.eye(width)
    means[0] = [samples[part].mean(axis=0) for part in parts]
    if min(map(len, parts)) > width:
        covariances[0] = [_about(samples[part]) for part in parts]
    for number in range(1, starts):
        means[number] = samples[dice.choice(count, states, replace=False)]
    transition = np.full((starts, states, states), (1 - _STAYS) / max(states - 1, 1))
    transition[:, range(states), range(states)] = _STAYS if states > 1 else 1.0
    start = np.full((starts, states), 1 / states)
    return _Guess(start, transition, means, _floored(covariances))


def _about(samples: Array) -> Array:
    away = samples - samples.mean(axis=0)
    return np.asarray(away.T @ away / len(samples))


def _expected(samples: Array, guess: _Guess) -> tuple[Array, Array, Array]:
    """Return the states' shares at each sample, the expected transitions, the log likelihoods."""
    logs = _log_densities(samples, guess)  # samples, starts, states
    highest = logs.max(axis=2, keepdims=True)
    likely = np.exp(logs - highest)
    count, starts, states = likely.shape
    forward = np.empty_like(likely)
    scales = np.empty((count, starts))
    row = guess.start * likely[0]
    for at in range(count):
        if at:
            row = (row[:, None, :] @ guess.transition)[:, 0, :] * likely[at]
        total = row.sum(axis=1)
        scales[at] = total
        row = row / total[:, None]
        forward[at] = row
    backward = np.empty_like(likely)
    row = np.ones((starts, states))
    backward[-1] = row
    for at in range(count - 1, 0, -1):
        row = (guess.transition @ (likely[at] * row)[:, :, None])[:, :, 0] / scales[at][:, None]
        backward[at - 1] = row
    shares = forward * backward
    after = likely[1:] * backward[1:] / scales[1:, :, None]
    steps = np.einsum("tsi,tsj->sij", forward[:-1], after) * guess.transition
    evidence = np.log(scales).sum(axis=0) + highest[:, :, 0].sum(axis=0)
    return shares, steps, evidence


def _log_densities(samples: Array, guess: _Guess) -> Array:
    lower = np.linalg.cholesky(guess.covariances)
    away = samples[:, None, None, :] - guess.means
    solved = np.einsum("skij,tskj->tski", np.linalg.inv(lower), away)
    roots = np.log(np.diagonal(lower, axis1=2, axis2=3)).sum(axis=2)
    constant = -0.5 * samples.shape[1] * np.log(2 * np.pi) - roots
    return np.asarray(constant - 0.5 * (solved**2).sum(axis=3))


def _best(samples: Array, shares: Array, steps: Array) -> _Guess:
    """Return the parameters that explain those shares best."""
    weight = shares.sum(axis=0)  # starts, states
    safe = np.maximum(weight, SHARE_FLOOR)
    means = np.einsum("tsk,td->skd", shares, samples) / safe[:, :, None]
    away = samples[:, None, None, :] - means
    covariances = np.einsum("tsk,tskd,tske->skde", shares, away, away, optimize=True)
    covariances /= safe[:, :, None, None]
    return _Guess(_as_shares(shares[0]), _as_shares(steps), means, _floored(covariances))


def _as_shares(weights: Array) -> Array:
    shares = weights / np.maximum(weights.sum(axis=-1, keepdims=True), SHARE_FLOOR)
    shares = np.maximum(shares, SHARE_FLOOR)
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def _floored(covariances: Array) -> Array:
    values, vectors = np.linalg.eigh(covariances)
    values = np.maximum(values, COVARIANCE_FLOOR)
    return np.asarray((vectors * values[..., None, :]) @ vectors.swapaxes(-1, -2))
