"""How a breach is told, and what of the watches outlives a restart."""

from __future__ import annotations

from regimeflow.domain.risk.exposure import Breach
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.engine.parts import Parts
from regimeflow.types.errors import RiskDenied


def tell_breach(parts: Parts, breach: Breach, text: str) -> None:
    """Tell the session's lines, the audit log and on_error of a breach and what was done."""
    parts.say("error", text, rule=breach.rule, limit=breach.limit, value=breach.value, of=breach.of)
    error = RiskDenied(breach.rule, limit=breach.limit, value=breach.value, text=text)
    parts.listeners.tell_error(error)


def keep(parts: Parts, **facts: object) -> None:
    """Write down what a restart must know, where it is other than what was written before."""
    kept = parts.books.risk
    changed = {name: fact for name, fact in facts.items() if kept.get(name) != fact}
    if not changed:
        return
    kept.update(changed)
    if parts.log is not None:
        parts.log.note(parts.clock.now_ns(), NoteCode.RISK, changed)
