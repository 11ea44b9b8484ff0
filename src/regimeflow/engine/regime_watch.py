"""Looks at the market for the regime, after the portfolio and before the strategies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from regimeflow._core.messages import Bar, Quote, Tick
from regimeflow.domain.regime.detector import RegimeVerdict, regime_type
from regimeflow.domain.regime.features import FeatureSet
from regimeflow.domain.regime.sampling import Sampler
from regimeflow.engine.journal.regime import regime_of, regime_state
from regimeflow.engine.kill_switch import BY_HAND, Hold
from regimeflow.engine.parts import Parts
from regimeflow.engine.retraining import Retraining
from regimeflow.engine.strategy_host import StrategyHost
from regimeflow.types.config.regime import is_regime_name
from regimeflow.types.enums import SystemCode, TradingState
from regimeflow.types.errors import ConfigError
from regimeflow.types.intervals import interval_text
from regimeflow.types.snapshots import RegimeState, RegimeTransition

_KINDS: Final = {"quote": 1, "tick": 2, "bar": 3}  # record kinds of src/_core/layout.h
_SETTLING: Final = 100  # samples beyond the features' own, in which a filter forgets its start
_MOST_BARS: Final = 1_000  # that brokers give at once
_SURE: Final = 1 + 1e-9
_NS_PER_S: Final = 1_000_000_000


class RegimeWatch:
    """Keeps ``parts.regime`` current, and tells everybody of a change.

    With a constant regime it is on no stream and costs nothing. A detector that raises is told to
    the listeners and trading is held until ``enable_trading``; it goes on hearing the market.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts, hosts: Sequence[StrategyHost]) -> None:
        self._parts: Final = parts
        self._hosts: Final = hosts
        self._settings: Final = parts.config.regime
        self._symbol: Final = self._settings.symbol or parts.symbols[0]
        self._found: Final = parts.finder
        self._subscription: int | None = None
        self._candidate, self._seen = "", 0
        self._told = ""  # the failure that was told last
        if self._found is None:
            return
        self._detector: Final = self._found.detector
        self._features: Final = FeatureSet(self._detector.features)
        interval_ns = self._found.bar_interval_ns
        sample = self._settings.sample
        self._sampler: Final = Sampler(self._symbol, sample, interval_ns, parts.board)
        self._retraining: Final = Retraining(parts, self._detector)
        self._finder: Final = "/".join(
            [self._by, sample, str(interval_ns), self._symbol, *self._features.names]
        )

    @property
    def warm_up(self) -> Mapping[str, int]:
        """The bars that must be at hand when it starts, as a strategy says it."""
        interval_ns = None if self._found is None else self._found.bar_interval_ns
        if interval_ns is None or self._settings.sample != "bar":
            return {}
        wanted = self._features.warm_up + _SETTLING
        return {interval_text(interval_ns): min(wanted, _MOST_BARS)}

    def start(self) -> None:
        """Take up what was known before, and look from here on."""
        if self._found is None or self._subscription is not None:
            return
        parts = self._parts
        self._restore(parts.books.regime)
        self._read_past()
        kind = _KINDS[self._settings.sample]
        self._subscription = parts.bus.subscribe_payload(kind, self._look)
        self._retraining.start()

    def stop(self) -> None:
        """Look no more."""
        if self._subscription is not None:
            self._parts.bus.unsubscribe(self._subscription)
            self._subscription = None
            self._retraining.stop()

    def catch_up(self) -> None:
        """Take the bars that an outage hid; the next one tells what they came to."""
        if self._subscription is not None:
            self._read_past()

    def _read_past(self) -> None:
        for interval, count in self.warm_up.items():
            for bar in self._parts.history(self._symbol, interval, count) or ():
                self._take(bar, is_past=True)

    def state(self) -> dict[str, object]:
        """Return what the next session goes on from."""
        if self._found is None:
            return {}
        return {
            "now": regime_state(self._parts.regime, self._by),
            "finder": self._finder,
            "last_ns": self._sampler.last_ns,
            "features": self._features.save_state(),
            "detector": dict(self._detector.save_state()),
            "candidate": [self._candidate, self._seen],
            **self._retraining.state(),
        }

    @property
    def _by(self) -> str:
        """Who finds the regime: the model's digest, or the detector's name."""
        return self._detector.model or self._settings.detector

    def _restore(self, kept: Mapping[str, Any]) -> None:
        parts = self._parts
        parts.regime = RegimeState(since_ns=parts.clock.now_ns())
        if kept.get("finder") == self._finder:
            try:
                self._retraining.restore(kept)
                self._features.load_state(kept["features"])
                self._detector.load_state(kept["detector"])
                self._sampler.last_ns = int(kept["last_ns"])
                self._candidate, self._seen = kept["candidate"]
            except (LookupError, TypeError, ValueError, ConfigError) as error:
                text = f"the regime's state cannot be used, it is found anew: {error!r}"
                parts.say("warning", text)
        parts.regime = regime_of(kept.get("now"), self._by) or parts.regime

    # The stream.

    def _look(self, message: Bar | Tick | Quote) -> None:
        self._take(message, is_past=False)

    def _take(self, message: Bar | Tick | Quote, *, is_past: bool) -> None:
        sample = self._sampler.of(message)
        row = None if sample is None else self._features.update(sample)
        if sample is None or row is None:
            return
        self._retraining.keep(row, sample.ts_ns)
        try:
            verdict = self._detector.update(row, sample.ts_ns)
            if verdict is not None:
                _demand_sense(verdict)
        except Exception as error:  # noqa: BLE001 - the user's code: the engine must outlive it
            self._failed(error)
            return
        if verdict is not None and self._is_change(verdict, is_past=is_past):
            self._change(verdict, sample.ts_ns)

    def _is_change(self, verdict: RegimeVerdict, *, is_past: bool) -> bool:
        now = self._parts.regime
        is_other = verdict.name != now.name
        if is_other and verdict.confidence >= self._settings.min_confidence:
            same = verdict.name == self._candidate
            self._candidate, self._seen = verdict.name, self._seen + 1 if same else 1
            if self._seen >= self._settings.confirm and not is_past:
                return True
        else:
            self._candidate, self._seen = "", 0
        self._parts.regime = RegimeState(
            regime=now.regime,
            name=now.name,
            confidence=min(verdict.shares.get(now.name, 0.0), 1.0),
            since_ns=now.since_ns,
        )
        return False

    def _change(self, verdict: RegimeVerdict, ts_event_ns: int) -> None:
        parts = self._parts
        self._candidate, self._seen = "", 0
        now_ns, before = parts.clock.now_ns(), parts.regime
        after = RegimeState(
            regime=regime_type(verdict.name),
            name=verdict.name,
            confidence=min(verdict.confidence, 1.0),
            since_ns=now_ns,
        )
        transition = RegimeTransition(before=before, after=after, ts_event_ns=ts_event_ns)
        parts.regime = after
        if parts.log is not None:
            from regimeflow.engine.journal.writing import write_regime_change

            write_regime_change(parts.log, transition, now_ns, self._symbol, self._by)
        text = text_of(transition)
        parts.publish_system(SystemCode.REGIME, text, value=int(after.regime))
        parts.say(
            "regime",
            text,
            before=before.name,
            after=after.name,
            confidence=after.confidence,
            duration_s=transition.duration_ns / _NS_PER_S,
        )
        parts.listeners.tell_regime_change(transition)
        for host in self._hosts:
            host.regime_changed(transition)

    def _failed(self, error: Exception) -> None:
        parts = self._parts
        text = f"the regime detector raised {type(error).__name__}: {error}"
        is_new = parts.switch.hold(
            Hold(
                cause="regime",
                state=TradingState.HALTED,
                text=text,
                ends_with=BY_HAND,
                since_ns=parts.clock.now_ns(),
            )
        )
        if is_new or text != self._told:  # the same at every sample would bury what else is said
            self._told = text
            parts.say("error", text)
            parts.listeners.tell_error(error)


def text_of(transition: RegimeTransition) -> str:
    """Return a change of regime in words."""
    before, after = transition.before, transition.after
    lasted = f" after {transition.duration_ns / _NS_PER_S:.1f} s" if transition.duration_ns else ""
    return f"{before.name} -> {after.name} ({after.confidence:.3f}){lasted}"


def _demand_sense(verdict: RegimeVerdict) -> None:
    if not is_regime_name(verdict.name):
        raise ValueError(f"found the regime {verdict.name!r}, which is no name")
    if not 0 <= verdict.confidence <= _SURE or not math.isfinite(
        math.fsum(verdict.shares.values())
    ):
        raise ValueError(f"found {dict(verdict.shares)}; expected probabilities")
