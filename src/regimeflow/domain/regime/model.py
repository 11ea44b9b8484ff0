"""A hidden Markov model with Gaussian states, as a value and as a file.

The file is JSON, so that it can be read, compared and reviewed, and loading it runs no code. Its
digest is the SHA-256 of all the rest of it: a number that was changed is found out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from regimeflow.types.config.regime import feature_text, is_regime_name
from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.records import Record, made

FORMAT: Final = "regimeflow-hmm-1"
MOST_STATES: Final = 16
_SUM_ERROR: Final = 1e-6
_LARGEST_BYTES: Final = 1 << 20
_DIGEST: Final = "sha256:"

Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]


class HmmModel(Record, kw_only=True):
    """What a fit found.

    ``start``, ``transition`` are probabilities of states, ``means``, ``covariances`` those of the
    features in each; ``regimes`` names each state. ``sample``, ``bar_interval_ns`` and ``symbol``
    say what the samples were; ``trained`` what they spanned, and how the fit went.
    """

    features: tuple[str, ...]
    sample: str
    bar_interval_ns: int
    symbol: str
    start: Vector
    transition: Matrix
    means: Matrix
    covariances: tuple[Matrix, ...]
    regimes: tuple[str, ...]
    trained: Mapping[str, object] = made(dict)

    @property
    def states(self) -> int:
        """How many there are."""
        return len(self.start)

    @property
    def digest(self) -> str:
        """What the model is known by."""
        return _digest_of(self._body())

    def as_json(self) -> str:
        """Return the file's text."""
        import json

        body = self._body()
        return json.dumps({**body, "digest": _digest_of(body)}, indent=1) + "\n"

    def _body(self) -> dict[str, object]:
        return {
            "format": FORMAT,
            "features": list(self.features),
            "sample": self.sample,
            "bar_interval_ns": self.bar_interval_ns,
            "symbol": self.symbol,
            "start": list(self.start),
            "transition": [list(row) for row in self.transition],
            "means": [list(row) for row in self.means],
            "covariances": [[list(row) for row in each] for each in self.covariances],
            "regimes": list(self.regimes),
            "trained": dict(self.trained),
        }


def model_of(text: str, path: str) -> HmmModel:
    """Return the model of a file's text.

    Args:
        text: As ``as_json`` writes it.
        path: What to blame.

    Raises:
        ConfigError: it is no such model, or it was changed since it was written.
    """
    import json

    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError([Fault(path, f"is no model: {error}")]) from None
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        found = given.get("format") if isinstance(given, dict) else type(given).__name__
        raise ConfigError([Fault(path, f"is no model: found {found!r}; expected {FORMAT!r}")])
    body = {name: value for name, value in given.items() if name != "digest"}
    if given.get("digest") != _digest_of(body):
        text = f"its digest is {given.get('digest')}, but its contents make {_digest_of(body)}"
        raise ConfigError([Fault(path, f"was changed since it was fitted: {text}")])
    try:
        model = _read(body)
        faults = [Fault(path, each) for each in _wrong(model)]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError([Fault(path, f"is no model: {error!r}")]) from None
    if faults:
        raise ConfigError(faults)
    return model


def read_model(file: str, path: str) -> HmmModel:
    """Return the model in a file.

    Raises:
        ConfigError: as ``model_of``, or the file cannot be read.
    """
    try:
        with open(file, "rb") as opened:  # noqa: PTH123 - pathlib is dear to import
            raw = opened.read(_LARGEST_BYTES + 1)
        if len(raw) > _LARGEST_BYTES:
            raise ConfigError([Fault(path, f"{file} is too large for a model")])
        return model_of(raw.decode(), path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise ConfigError([Fault(path, f"{file} cannot be read: {why}")]) from None
    except UnicodeDecodeError:
        raise ConfigError([Fault(path, f"{file} is no model: it is not UTF-8")]) from None


def _read(body: Mapping[str, Any]) -> HmmModel:
    return HmmModel(
        features=tuple(feature_text(each) for each in body["features"]),
        sample=str(body["sample"]),
        bar_interval_ns=int(body["bar_interval_ns"]),
        symbol=str(body["symbol"]),
        start=_vector(body["start"]),
        transition=_matrix(body["transition"]),
        means=_matrix(body["means"]),
        covariances=tuple(_matrix(each) for each in body["covariances"]),
        regimes=tuple(map(str, body["regimes"])),
        trained=dict(body["trained"]),
    )


def _vector(values: Sequence[float]) -> Vector:
    return tuple(float(each) for each in values)


def _matrix(rows: Sequence[Sequence[float]]) -> Matrix:
    return tuple(map(_vector, rows))


def _wrong(model: HmmModel) -> Iterator[str]:
    """Say what of a model cannot be."""
    states, width = len(model.start), len(model.features)
    shapes: Mapping[str, tuple[object, object]] = {
        "transition": ([len(row) for row in model.transition], [states] * states),
        "means": ([len(row) for row in model.means], [width] * states),
        "covariances": (
            [[len(row) for row in each] for each in model.covariances],
            [[width] * width] * states,
        ),
        "regimes": (len(model.regimes), states),
    }
    if not 1 <= states <= MOST_STATES or not width:
        yield f"has {states} states and {width} features; expected 1 to {MOST_STATES}, and any"
        return
    unfit = [name for name, (found, expected) in shapes.items() if found != expected]
    if unfit:
        yield f"{', '.join(unfit)} do not fit {states} states of {width} features"
        return
    for name, row in [("start", model.start), *(("transition", each) for each in model.transition)]:
        if not all(0 <= each <= 1 for each in row) or abs(math.fsum(row) - 1) > _SUM_ERROR:
            yield f"{name} has {list(row)}, which are no probabilities with the sum 1"
    if not all(math.isfinite(each) for row in model.means for each in row):
        yield "means has what is no finite number"
    for number, each in enumerate(model.covariances):
        if cholesky(each) is None:
            yield f"covariances[{number}] is not symmetric with positive eigenvalues"
    unnamed = [name for name in model.regimes if not is_regime_name(name)]
    if unnamed:
        yield f"regimes has {unnamed}, which are no names of regimes"


def cholesky(matrix: Sequence[Sequence[float]]) -> list[list[float]] | None:
    """Return the lower triangle whose square is a matrix; None: there is none."""
    size = len(matrix)
    lower = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            if not math.isclose(matrix[i][j], matrix[j][i], rel_tol=1e-9, abs_tol=1e-300):
                return None
            rest = matrix[i][j] - math.fsum(lower[i][k] * lower[j][k] for k in range(j))
            if i != j:
                lower[i][j] = rest / lower[j][j]
            elif rest > 0 and math.isfinite(rest):
                lower[i][i] = math.sqrt(rest)
            else:
                return None
    return lower


def _digest_of(body: Mapping[str, object]) -> str:
    import hashlib
    import json

    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return _DIGEST + hashlib.sha256(text.encode()).hexdigest()
