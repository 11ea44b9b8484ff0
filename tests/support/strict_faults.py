"""Faults of a venue that says of no place what it has not declared: ``where`` could not name it."""

from __future__ import annotations

from collections.abc import Mapping

from regimeflow.apps.venues.server.faults import Faults


class StrictFaults(Faults):
    """Fails where a fault is asked for with a word that nobody could narrow it by."""

    def take(self, name: str, **context: object) -> Mapping[str, object] | None:
        known = self.declared[name].where
        strange = set() if known is None else set(context) - set(known)
        assert not strange, f"fault {name!r}: the place says {strange}, which is not declared"
        return super().take(name, **context)
