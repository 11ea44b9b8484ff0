"""A regime as the books keep it, and who found it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regimeflow._core.frames import RegimeChange
from regimeflow.types.enums import RegimeType
from regimeflow.types.snapshots import RegimeState


def regime_state(regime: RegimeState, by: str) -> dict[str, object]:
    """Return a regime as JSON has it."""
    return {
        "regime": int(regime.regime),
        "name": regime.name,
        "confidence": regime.confidence,
        "since_ns": regime.since_ns,
        "by": by,
    }


def regime_after(change: RegimeChange) -> dict[str, object]:
    """Return what a change of regime came to, in the same way."""
    return {
        "regime": change.after,
        "name": change.after_name,
        "confidence": change.after_confidence,
        "since_ns": change.after_since_ns,
        "by": change.model,
    }


def regime_of(state: object, by: str) -> RegimeState | None:
    """Return the regime of such a state; None: there is none, or another one found it."""
    if not isinstance(state, Mapping) or state.get("by") != by:
        return None
    kept: Mapping[str, Any] = state
    return RegimeState(
        regime=RegimeType(kept["regime"]),
        name=kept["name"],
        confidence=kept["confidence"],
        since_ns=kept["since_ns"],
    )
