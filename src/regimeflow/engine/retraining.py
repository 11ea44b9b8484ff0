"""Fits the model of a running session again, away from its loop.

What comes of a fit is an answer like a broker's: the journal keeps it, and a replay finds it there
instead of fitting. The new model takes the old one's place in the turn of the answer, at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from regimeflow.domain.regime.detector import RegimeDetector
from regimeflow.engine.parts import Parts
from regimeflow.engine.scripts import Script
from regimeflow.engine.watch import Repeating
from regimeflow.types.errors import ConfigError, Fault, InvalidState, RegimeFlowError

_FEWEST: Final = 100  # samples that say anything of a model
_FILTERED_AGAIN: Final = 200  # samples in which a filter forgets how it began
_PATIENCE_S: Final = 600.0
_KEY: Final = "regime.hmm.retrain_every_s"

Row = Sequence[float]


class Retraining:
    """Keeps the last samples of a session, and a model that is fitted to them.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts, detector: RegimeDetector) -> None:
        settings = parts.config.regime.hmm
        self._parts: Final = parts
        self._detector: Final = detector
        self._every_s: Final = settings.retrain_every_s
        self._rows: Final[deque[tuple[int, Row]]] = deque(maxlen=settings.retrain_samples)
        self._timer: Repeating | None = None
        self._script: Script[None] | None = None
        self._model = ""  # the text of one that was fitted here

    def keep(self, row: Row, ts_ns: int) -> None:
        """Keep a sample to fit to."""
        if self._every_s is not None:
            self._rows.append((ts_ns, row))

    def start(self) -> None:
        """Fit again from time to time."""
        if self._every_s is not None:
            self._timer = Repeating(self._parts, self._every_s, self._begin)

    def stop(self) -> None:
        """Fit no more; one that is under way is given up."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.stop()
        if self._script is not None:
            self._script.stop()

    def state(self) -> dict[str, object]:
        """Return what the next session goes on from."""
        if self._every_s is None:
            return {}
        return {"model": self._model, "rows": [[ts_ns, *row] for ts_ns, row in self._rows]}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Take what ``state`` returned.

        Raises:
            ConfigError, LookupError, TypeError, ValueError: it means nothing.
        """
        if self._every_s is None:
            return
        rows = [(int(each[0]), tuple(map(float, each[1:]))) for each in kept.get("rows", ())]
        if kept.get("model"):
            self._swap(str(kept["model"]), [])
        self._rows.extend(rows)

    def _begin(self) -> None:
        if self._script is not None and not self._script.is_over:
            return  # the last one is not done
        if len(self._rows) >= _FEWEST:
            self._script = self._parts.turns.start(self._fit())

    async def _fit(self) -> None:
        parts = self._parts
        request = self._request()
        try:
            call = partial(self._fitted, request)
            text = await parts.turns.ask("fit", call, within_s=_PATIENCE_S)
            before = self._detector.model
            self._swap(text, [row for _, row in self._rows][-_FILTERED_AGAIN:])
        except Exception as error:  # noqa: BLE001 - the old model serves; nobody else is told
            text = f"the regime's model could not be fitted again: {error}; the old one serves"
            parts.listeners.tell_error(InvalidState(text))
            return
        self._tell(before)

    async def _fitted(self, request: str) -> str:
        try:
            return await self._parts.fit(request)
        except Exception as error:  # whatever failed: a journal gives back its text alone
            raise RegimeFlowError(str(error) or type(error).__name__) from error

    def _request(self) -> str:
        from regimeflow.domain.regime.hmm import HmmDetector
        from regimeflow.domain.regime.training import Request

        detector = self._detector
        assert isinstance(detector, HmmDetector)  # noqa: S101 - the configuration allows no other
        return Request.again(detector.hmm, self._rows).as_json()

    def _swap(self, text: str, rows: Sequence[Row]) -> None:
        from regimeflow.domain.regime.hmm import HmmDetector
        from regimeflow.domain.regime.model import model_of

        detector = self._detector
        assert isinstance(detector, HmmDetector)  # noqa: S101 - the configuration allows no other
        model = model_of(text, _KEY)
        if model.features != detector.hmm.features:
            found = f"found a model of {', '.join(model.features)}"
            raise ConfigError(
                [Fault(_KEY, f"{found}; expected {', '.join(detector.hmm.features)}")]
            )
        detector.swap(model, rows)
        self._model = text

    def _tell(self, before: str) -> None:
        parts, model = self._parts, self._detector.model
        text = f"the regime's model is now {model}, fitted to {len(self._rows)} samples"
        if parts.log is not None:
            data = {"before": before, "after": model, "samples": len(self._rows)}
            parts.log.audit(parts.clock.now_ns(), "regime_model", text, data)
        parts.say("regime", text, before=before, after=model)
