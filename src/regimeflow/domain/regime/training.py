"""What is asked of a fit, and the model that comes of it: its states named by a stated rule.

With ``order = "return"`` states are named by their mean return, lowest first: bear, bull of two;
bear, neutral, bull of three; of four the most volatile is the crisis and the others are those. With
``order = "volatility"`` by volatility, lowest first: neutral, crisis of two; bull, neutral, crisis
of three; bull, neutral, bear, crisis of four. Names of one's own are given in the same order.

A state's return is its mean of the feature ``return``; its volatility is the root of that feature's
mean square, or where there is none its mean of ``volatility``, or of ``range``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, cast

from regimeflow.domain.regime.model import HmmModel, Vector
from regimeflow.types.config.regime import feature_text, is_regime_name
from regimeflow.types.errors import Fault, InvalidArgument
from regimeflow.types.records import Record, declared

if TYPE_CHECKING:
    from regimeflow.domain.regime.fit import Fitted

Order = Literal["return", "volatility"]

_NAMES: Final[Mapping[str, Mapping[int, tuple[str, ...]]]] = {
    "return": {
        1: ("neutral",),
        2: ("bear", "bull"),
        3: ("bear", "neutral", "bull"),
        4: ("bear", "neutral", "bull", "crisis"),
    },
    "volatility": {
        1: ("neutral",),
        2: ("neutral", "crisis"),
        3: ("bull", "neutral", "crisis"),
        4: ("bull", "neutral", "bear", "crisis"),
    },
}
_WITH_CRISIS: Final = 4
_MOST_STATES: Final = 16


class Request(Record, kw_only=True):
    """What is to be fitted to what, and how; ``rows`` begin with their time.

    ``regimes`` are the names of the states in the rule's order; () takes the rule's own.
    """

    features: tuple[str, ...]
    sample: str
    bar_interval_ns: int
    symbol: str
    rows: tuple[tuple[float, ...], ...]
    times_ns: tuple[int, ...]
    states: int = 3
    order: Order = "return"
    regimes: tuple[str, ...] = ()
    starts: int = 8
    seed: int = 1
    iterations: int = 200
    tolerance: float = 1e-6

    @classmethod
    def again(cls, model: HmmModel, rows: Sequence[tuple[int, Sequence[float]]]) -> Request:
        """Return the request for a fit as the model's own, to other samples."""
        trained = model.trained
        return cls(
            features=model.features,
            sample=model.sample,
            bar_interval_ns=model.bar_interval_ns,
            symbol=model.symbol,
            rows=tuple(tuple(row) for _, row in rows),
            times_ns=tuple(ts_ns for ts_ns, _ in rows),
            states=model.states,
            order=cast("Order", trained.get("order", "return")),
            regimes=tuple(cast("Sequence[str]", trained.get("regimes", ()))),
            starts=int(str(trained.get("starts", 8))),
            seed=int(str(trained.get("seed", 1))),
            iterations=int(str(trained.get("iterations", 200))),
        )

    def as_json(self) -> str:
        """Return it as text, for another process."""
        import json

        return json.dumps({name: getattr(self, name) for name in declared(Request)})


def request_of(text: str) -> Request:
    """Return the request of such a text."""
    import json

    given = json.loads(text)
    for name in ("features", "regimes", "times_ns"):
        given[name] = tuple(given[name])
    given["rows"] = tuple(map(tuple, given["rows"]))
    return Request(**given)


def train(request: Request) -> HmmModel:
    """Fit a model; needs NumPy, and a second or so for some thousand samples.

    Raises:
        InvalidArgument: lists what is wrong with the request or its samples.
    """
    from regimeflow.domain.regime.fit import fit

    _demand(request)
    fitted = fit(
        request.rows,
        states=request.states,
        starts=request.starts,
        seed=request.seed,
        iterations=request.iterations,
        tolerance=request.tolerance,
    )
    order = _ordered(request, fitted)
    pick = list(order.values())
    return HmmModel(
        features=tuple(map(feature_text, request.features)),
        sample=request.sample,
        bar_interval_ns=request.bar_interval_ns,
        symbol=request.symbol,
        start=_picked(fitted.start, pick),
        transition=tuple(_picked(fitted.transition[i], pick) for i in pick),
        means=tuple(tuple(fitted.means[i]) for i in pick),
        covariances=tuple(tuple(map(tuple, fitted.covariances[i])) for i in pick),
        regimes=tuple(order),
        trained={
            "from_ns": request.times_ns[0],
            "to_ns": request.times_ns[-1],
            "samples": len(request.rows),
            "log_likelihood": fitted.log_likelihood,
            "rounds": fitted.rounds,
            "converged": fitted.is_converged,
            "order": request.order,
            "regimes": list(request.regimes),
            "starts": request.starts,
            "seed": request.seed,
            "iterations": request.iterations,
        },
    )


def _picked(row: Sequence[float], order: Sequence[int]) -> Vector:
    return tuple(row[i] for i in order)


def _demand(request: Request) -> None:
    faults = []
    if not 1 <= request.states <= _MOST_STATES:
        faults.append(Fault("states", f"found {request.states}; expected 1 to {_MOST_STATES}"))
    elif request.regimes and len(request.regimes) != request.states:
        text = f"found {len(request.regimes)} names; expected {request.states}, one for each state"
        faults.append(Fault("regimes", text))
    elif not request.regimes and request.states not in _NAMES[request.order]:
        faults.append(Fault("regimes", f"must be given for {request.states} states"))
    unnamed = [name for name in request.regimes if not is_regime_name(name)]
    if unnamed or len(set(request.regimes)) < len(request.regimes):
        text = f"found {[*request.regimes]}; expected other lower-case words"
        faults.append(Fault("regimes", text))
    if _place(request.features, "return") is None and (
        request.order == "return"
        or all(_place(request.features, name) is None for name in ("volatility", "range"))
    ):
        wanted = "return" if request.order == "return" else "return, volatility or range"
        text = f"found {', '.join(request.features)}; expected {wanted}: states are named by it"
        faults.append(Fault("features", text))
    fewest = 10 * request.states * (1 + len(request.features))
    if len(request.rows) < fewest:
        text = f"found {len(request.rows)}; expected {fewest} or more for {request.states} states"
        faults.append(Fault("samples", text))
    if faults:
        raise InvalidArgument(faults)


def _place(features: Sequence[str], name: str) -> int | None:
    return next((i for i, each in enumerate(features) if each.split(":")[0] == name), None)


def _ordered(request: Request, fitted: Fitted) -> dict[str, int]:
    """Return which state bears which name, in the rule's order."""
    features, states = request.features, range(request.states)
    volatility = [_volatility(features, fitted.means[i], fitted.covariances[i]) for i in states]
    place = _place(features, "return")
    if request.order == "return" and place is not None:
        keys = [fitted.means[i][place] for i in states]
    else:
        keys = volatility
    order = sorted(states, key=keys.__getitem__)
    if request.order == "return" and request.states == _WITH_CRISIS and not request.regimes:
        crisis = max(states, key=volatility.__getitem__)
        order = [*(i for i in order if i != crisis), crisis]
    names = request.regimes or _NAMES[request.order][request.states]
    return dict(zip(names, order, strict=True))


def _volatility(
    features: Sequence[str], mean: Sequence[float], covariance: Sequence[Sequence[float]]
) -> float:
    place = _place(features, "return")
    if place is not None:
        return math.sqrt(covariance[place][place] + mean[place] ** 2)
    place = _place(features, "volatility")
    return mean[place if place is not None else cast("int", _place(features, "range"))]
