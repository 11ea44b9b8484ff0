"""A session's audit log: where it is, and whether there is one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from regimeflow.engine.audit.trail import AuditTrail
from regimeflow.types.errors import InvalidState

if TYPE_CHECKING:
    from regimeflow.engine.journal.keeper import Journal
    from regimeflow.engine.parts import Parts
    from regimeflow.types.config import LiveConfig


def audit_folder(config: LiveConfig, journal: str, *, is_played: bool) -> str | None:
    """Return where a session's audit log is; None: it has none."""
    settings = config.audit
    if settings.enabled == "no" or (settings.enabled == "auto" and is_played):
        return None
    folder = settings.folder or str(Path(journal, "audit"))
    return str(Path(config.source_dir or "", Path(folder).expanduser()).absolute())


def trail_of(parts: Parts, journal: Journal, *, is_played: bool) -> AuditTrail | None:
    """Return what will follow the session's journal, not yet started; None: nothing is to.

    Raises:
        InvalidState: another process has the log, or it cannot be written.
        ConfigError: it cannot be signed with the key that is configured.
    """
    settings = parts.config.audit
    folder = audit_folder(parts.config, journal.folder, is_played=is_played)
    if folder is None:
        return None
    from regimeflow.adapters.audit.jsonl import AuditLogger

    key = settings.sign_key
    if key is not None:
        key = str(Path(parts.config.source_dir or "", Path(key).expanduser()))
    sink = AuditLogger(folder, rotate_mb=settings.rotate_mb, sign_key=key)

    def tell(fault: str) -> None:
        parts.on_loop(lambda: _tell(parts, folder, fault))

    trail = AuditTrail(sink, journal.folder, tell)
    journal.followers.append(lambda: trail.position >> 32)
    return trail


def _tell(parts: Parts, folder: str, fault: str) -> None:
    if not fault:
        parts.say("warning", f"audit log {folder}: it is written again")
        return
    text = f"audit log {folder} cannot be written: {fault}; it follows once there is room"
    parts.say("error", text)
    parts.listeners.tell_error(InvalidState(text))
